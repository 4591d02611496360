#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The main job on loopback: import, send, join, correct, request, provide, transfer, close,
export; then what must be refused; then every ledger verified offline and one person's story.
Prints what happened; with --json a last line."""
import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import textwrap
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from institutions import ISSUE, ROLES, Authority, Failed, Institution, sh  # noqa: E402


def free_ports(n):
    sockets = [socket.socket() for _ in range(n)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Market:
    def __init__(self, options):
        self.options = options
        self.root = os.path.abspath(
            os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
        )
        self.build = os.path.abspath(options.build)
        self.sekisho = os.path.join(self.build, "core", "cli", "sekisho")
        self.persons = os.path.join(self.build, "examples", "market", "persons")
        self.scripts = os.path.join(self.root, "scripts")
        self.folder = (
            os.path.abspath(options.keep)
            if options.keep
            else tempfile.mkdtemp(prefix="sekisho-market-")
        )
        os.makedirs(self.folder, exist_ok=True)
        self.institutions, self.unexpected = {}, 0
        self.counts = dict.fromkeys(
            ("imported", "rejected_rows", "sent", "stored", "provided", "refused"), 0
        )
        self.begin = time.time()

    def say(self, text):
        print(f"[{time.time() - self.begin:6.1f} s] {text}", flush=True)

    def expect(self, what, found, wanted):
        if found == wanted:
            return True
        self.unexpected += 1
        print(f"UNEXPECTED: {what}: {found!r} instead of {wanted!r}", flush=True)
        return False

    def open(self):
        self.authority = Authority(os.path.join(self.folder, "authority"))
        for name, port in zip(ROLES, free_ports(len(ROLES))):
            self.institutions[name] = Institution(self, name, port)
        everybody = self.institutions.values()
        for institution in everybody:
            institution.write_profile()
            institution.make_keys()
        for institution in everybody:
            institution.write_profile()
            institution.approve()
            institution.start()
        self.say(
            "One transfer institution (ti), two account management institutions (am1, am2) "
            "and one issuer (is1) serve. "
            "Their certificates come from a test authority."
        )

    def csv(self, name, *arguments, encoding=None):
        """Rows of the generator in a file, streamed."""
        path = os.path.join(self.folder, name)
        with open(path, "wb") as out:
            if encoding is None:
                subprocess.run([self.persons, *map(str, arguments)], stdout=out, check=True)
            else:
                rows = subprocess.Popen(
                    [self.persons, *map(str, arguments)], stdout=subprocess.PIPE
                )
                subprocess.run(
                    ["iconv", "-f", "UTF-8", "-t", encoding],
                    stdin=rows.stdout,
                    stdout=out,
                    check=True,
                )
                rows.stdout.close()
                if rows.wait():
                    raise Failed("the generator of persons failed")
        return path

    def take(self, institution, *words, expect_refused=0):
        """A command over a file of rows; returns its summary."""
        summary = institution.ask(*words, check=False)
        if "refused" not in summary:
            raise Failed(f"{institution.name}: sekisho {' '.join(words)}: {summary}")
        if expect_refused is not None:
            self.expect(
                f"{institution.name} {' '.join(words[:2])}: refused records",
                summary["refused"],
                expect_refused,
            )
        return summary

    def curl(self, institution, certificate, action, message, *extra):
        """A message as an office or a hostile peer would send it: curl's exit, status, answer."""
        done = subprocess.run(
            [
                "curl",
                "-sS",
                "--http2",
                "--tlsv1.3",
                "--cert",
                certificate[0],
                "--key",
                certificate[1],
                "--cacert",
                self.authority.path("ca.pem"),
                "--resolve",
                f"{institution.name}.market.test:{institution.port}:127.0.0.1",
                "-H",
                "content-type: application/json",
                "--data-binary",
                "@-",
                "-w",
                "\n%{http_code}",
                *extra,
                f"https://{institution.name}.market.test:{institution.port}/v1/{action}",
            ],
            input=json.dumps(message, ensure_ascii=False).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        body, _, status = done.stdout.decode().rpartition("\n")
        return done.returncode, int(status or 0), json.loads(body) if body.strip() else {}

    def close(self):
        for institution in self.institutions.values():
            institution.stop()

    def remove(self):
        for institution in self.institutions.values():
            if institution.process is not None and institution.process.poll() is None:
                institution.process.kill()
                institution.process.wait()
        if not self.options.keep:
            shutil.rmtree(self.folder, ignore_errors=True)


def play_import(market):
    n = market.options.people
    am1, am2 = market.institutions["am1"], market.institutions["am2"]
    market.n1 = max(20, n * 6 // 10)
    market.n2 = max(20, n - market.n1)
    for institution, path, count in (
        (am1, market.csv("am1.csv", "people", 1, 1, market.n1, 1, "bad"), market.n1),
        (
            am2,
            market.csv(
                "am2.csv", "people", 2, market.n1 + 1, market.n2, 1, "bad", encoding="CP932"
            ),
            market.n2,
        ),
    ):
        summary = market.take(institution, "import", "account.register", path)
        market.expect(f"{institution.name}: imported", summary["taken"], count)
        market.expect(f"{institution.name}: rejected rows", summary["wrong"], 8)
        market.counts["imported"] += summary["taken"]
        market.counts["rejected_rows"] += summary["wrong"]
    market.say(
        f"am1 imported {market.n1} persons from UTF-8, am2 {market.n2} from CP932; 8 bad rows "
        "each were rejected, "
        "with row, column and reason."
    )


def play_send(market):
    ti = market.institutions["ti"]
    for name, first, count in (("am1", 1, market.n1), ("am2", market.n1 + 1, market.n2)):
        institution = market.institutions[name]
        summary = market.take(
            institution,
            "send",
            market.csv(f"{name}-codes.csv", "codes", 1 if name == "am1" else 2, first, count),
            "--purpose",
            "P02",
            "--basis",
            "Number Act 19",
            expect_refused=None,
        )
        market.counts["sent"] += summary["taken"]
        market.counts["refused"] += summary["refused"]
        market.expect(
            f"{name}: everybody was sent or refused", summary["taken"] + summary["refused"], count
        )
        market.say(
            f"{name} sent {summary['taken']} persons to ti; {summary['refused']} without a "
            "holding stayed."
        )
    for name in ("am1", "am2"):
        market.expect(f"{name}: messages held back", market.institutions[name].wait_queue(), [])
    market.counts["stored"] = ti.ask("status")["acts"]["put"]
    market.expect("ti stored what was sent", market.counts["stored"], market.counts["sent"])
    market.say(f"ti stored {market.counts['stored']} records, each indexed by number.")


def play_correct(market):
    am1, ti = market.institutions["am1"], market.institutions["ti"]
    count = max(5, market.n1 // 100)
    market.take(am1, "import", "account.correct", market.csv("fixes.csv", "fixes", 1, 1, count))
    market.expect("am1: messages held back", am1.wait_queue(), [])
    code = f"1205760{3:014d}"
    here, there = am1.ask("record", "show", code, "--purpose", "P02"), ti.ask(
        "record", "show", code, "--purpose", "P02"
    )
    market.expect("the corrected address reached ti", there["address"], here["address"])
    market.say(f"am1 corrected {count} persons; the corrections reached ti.")


def play_join(market):
    """One person of am1 also at am2, with another reading: reported, never merged."""
    am1, am2, ti = (market.institutions[n] for n in ("am1", "am2", "ti"))
    taro = {
        "name": "山田　太郎",
        "kana": "ヤマダ　タロウ",
        "birth": "1980-05-05",
        "number": "123456789018",
        "address": "東京都港区",
        "holding": "yes",
    }
    for institution, code, kana in (
        (am1, "120576099000000000001", taro["kana"]),
        (am2, "120576199000000000001", "ヤマタ　タロウ"),
    ):
        status = market.curl(
            institution,
            institution.office,
            "account.register",
            {"id": f"join-{institution.name}-1", "records": [{**taro, "code": code, "kana": kana}]},
        )
        market.expect(
            f"{institution.name}: registered by curl",
            (status[1], status[2].get("records")),
            (200, [True]),
        )
        status = market.curl(
            institution,
            institution.office,
            "account.send",
            {"id": f"join-{institution.name}-2", "purpose": "P02", "records": [{"code": code}]},
        )
        market.expect(
            f"{institution.name}: sent by curl",
            (status[1], status[2].get("records")),
            (200, [True]),
        )
        market.expect("messages held back", institution.wait_queue(), [])
    reports = ti.ask("record", "reports").get("items", [])
    market.expect(
        "ti reports the mismatch",
        any(r.get("name", r.get("reason")) == "mismatch" for r in reports),
        True,
    )
    market.counts["imported"] += 2
    market.counts["sent"] += 2
    market.counts["stored"] += 2
    market.say(
        "One number came from am1 and am2 under two readings: ti keeps both records and "
        "reports the mismatch."
    )


def play_request(market):
    ti, is1 = market.institutions["ti"], market.institutions["is1"]
    count = max(10, market.n1 // 10)
    before = ti.ask("status")["acts"]["give"]
    market.take(ti, "import", "transfer.holders", market.csv("holders.csv", "holders", 1, 1, count))
    summary = market.take(
        is1,
        "request",
        market.csv("requests.csv", "requests", 1, 1, count),
        "--purpose",
        "P02",
        "--basis",
        "ITA 225(1)(ii)",
    )
    market.expect("is1 asked for all", summary["taken"], count)
    market.expect("is1: messages held back", is1.wait_queue(), [])
    provided = market.counts["provided"] = ti.ask("status")["acts"]["give"] - before
    reports = is1.ask("record", "reports").get("items", [])
    market.expect(
        "every number asked for was provided or refused for want of a holding",
        provided + len(reports),
        count,
    )
    market.counts["refused"] += len(reports)
    market.holders = count
    market.say(
        f"is1 asked ti for the numbers of {count} holders of {ISSUE} for P02; {provided} were "
        "provided."
    )


def play_transfer(market):
    am1, am2 = market.institutions["am1"], market.institutions["am2"]
    before = am2.ask("status")["acts"]["put"]
    summary = market.take(
        am1,
        "import",
        "account.pass",
        market.csv("pass.csv", "pass", 1, 11, 5),
        "--to",
        "am2",
        "--purpose",
        "P10",
    )
    market.expect("am1: messages held back", am1.wait_queue(), [])
    market.expect(
        "am2 accepted the records passed on",
        am2.ask("status")["acts"]["put"] - before,
        summary["taken"],
    )
    market.take(am1, "import", "account.close", market.csv("closures.csv", "closures", 1, 11, 5))
    market.expect("am1: messages held back", am1.wait_queue(), [])
    market.say(
        "5 accounts moved from am1 to am2 with their records, and were closed at am1; ti "
        "heard of it."
    )


def play_export(market):
    is1 = market.institutions["is1"]
    columns = os.path.join(market.root, "examples", "market", "report.map")
    for name, extra, wants_number in (
        ("report.csv", (), True),
        ("copy.csv", ("--recipient-copy",), False),
    ):
        out = os.path.join(market.folder, name)
        summary = is1.ask(
            "export",
            os.path.join(market.folder, "requests.csv"),
            "--columns",
            columns,
            "--output",
            out,
            "--purpose",
            "P02",
            *extra,
            check=False,
        )
        with open(out, "rb") as f:
            lines = f.read().decode("cp932").splitlines()
        written = summary.get("written", -1)
        market.expect(f"{name}: rows", len(lines), written)
        market.expect(
            f"{name}: the number stands there",
            any(c.isdigit() and len(c) in (12, 13) for c in lines[0].split(",")[:3]),
            wants_number,
        )
    market.say(
        f"is1 exported {written} rows of a report in CP932 and the recipients' copy without "
        "numbers; "
        f"{summary.get('wrong', 0)} rows with characters CP932 can not write are listed."
    )


def play_refusals(market):
    ti, am1, is1 = (market.institutions[n] for n in ("ti", "am1", "is1"))
    authority = market.authority
    as_am2 = authority.issue(
        "rogue-am2", "am2.market.test", "serverAuth,clientAuth", "am2.market.test"
    )
    as_is1 = authority.issue(
        "rogue-is1", "is1.market.test", "serverAuth,clientAuth", "is1.market.test"
    )
    as_nobody = authority.issue(
        "rogue-nobody", "nobody.market.test", "serverAuth,clientAuth", "nobody.market.test"
    )
    other = Authority(os.path.join(market.folder, "other-authority"))
    as_forged = other.issue("forged", "am1.market.test", "serverAuth,clientAuth", "am1.market.test")
    person = {
        "code": "120576000000000000001",
        "name": "偽名",
        "kana": "ギメイ",
        "number": "123456789018",
        "address": "東京都",
        "holding": "yes",
    }

    # A peer whose ledger is known must show it: who imitates one can copy its checkpoint.
    notes = {
        name: market.institutions[name].ask("ledger", "checkpoint")["note"]
        for name in ("am2", "is1")
    }

    def ask_ti(certificate, name, action, message):
        return market.curl(ti, certificate, action, {**message, "checkpoint": notes[name]})

    def refused(what, answer, reason):
        _, status, body = answer
        found = body.get("reason") or (body.get("records") or [None])[0]
        if market.expect(what, found, reason):
            market.counts["refused"] += 1
            print(f"           refused: {what} ({reason}, HTTP {status})")

    def shut_out(what, answer):
        exit_code, status, _ = answer
        if market.expect(what, exit_code != 0 and status == 0, True):
            market.counts["refused"] += 1
            print(f"           refused: {what} (no connection, curl {exit_code})")

    refused(
        "a purpose outside the six",
        ask_ti(
            as_is1,
            "is1",
            "transfer.provide",
            {
                "id": "refuse-0001",
                "purpose": "P03",
                "records": [{"code": person["code"], "issue": ISSUE}],
            },
        ),
        "policy-refused",
    )
    refused(
        "a holder of someone else's issue",
        ask_ti(
            as_is1,
            "is1",
            "transfer.provide",
            {
                "id": "refuse-0002",
                "purpose": "P02",
                "records": [{"code": person["code"], "issue": "JP9999999999"}],
            },
        ),
        "issue-foreign",
    )
    refused(
        "another institution's account codes",
        ask_ti(
            as_am2,
            "am2",
            "transfer.register",
            {"id": "refuse-0003", "purpose": "P02", "records": [person]},
        ),
        "code-foreign",
    )
    refused(
        "an institution in the wrong role",
        ask_ti(
            as_is1,
            "is1",
            "transfer.register",
            {"id": "refuse-0004", "purpose": "P02", "records": [person]},
        ),
        "caller-not-allowed",
    )
    refused(
        "a person without a holding",
        ask_ti(
            as_am2,
            "am2",
            "transfer.register",
            {
                "id": "refuse-0005",
                "purpose": "P02",
                "records": [{**person, "code": "120576100000000099999", "holding": "no"}],
            },
        ),
        "no-holding",
    )
    refused(
        "an action nobody knows",
        ask_ti(as_am2, "am2", "transfer.everything", {"id": "refuse-0006", "records": []}),
        "unknown-action",
    )
    market.curl(
        am1,
        am1.office,
        "account.register",
        {
            "id": "refuse-0007",
            "records": [{**person, "code": "120576098000000000001", "number": "123456789018"}],
        },
    )
    refused(
        "the same message id with other content",
        market.curl(
            am1,
            am1.office,
            "account.register",
            {"id": "refuse-0007", "records": [{**person, "code": "120576098000000000002"}]},
        ),
        "message-id-reused",
    )
    shut_out(
        "a certificate nobody in the profile has",
        market.curl(ti, as_nobody, "transfer.register", {"id": "refuse-0008", "records": []}),
    )
    shut_out(
        "a certificate of another authority",
        market.curl(ti, as_forged, "transfer.register", {"id": "refuse-0009", "records": []}),
    )
    shut_out(
        "the right certificate from another address",
        market.curl(
            ti,
            as_am2,
            "transfer.register",
            {"id": "refuse-0010", "records": []},
            "--interface",
            "127.0.0.9",
        ),
    )
    with open(ti.profile) as f:
        text = f.read().replace("mark = test", "mark = production")
    production = os.path.join(ti.folder, "production.conf")
    with open(production, "w") as f:
        f.write(text)
    status = subprocess.run(
        [market.sekisho, "check", "--profile", production],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ).returncode
    if market.expect("test certificates at a production node are refused", status != 0, True):
        market.counts["refused"] += 1
        print(
            "           refused: test certificates at a production node (sekisho check: exit "
            f"{status})"
        )
    market.say("What must be refused was refused.")


def play_audit(market):
    am1, ti = market.institutions["am1"], market.institutions["ti"]
    code = f"1205760{3:014d}"
    receipts = []
    for institution in (am1, ti):
        print(f"The story of account {code[:7]}...{code[-2:]} at {institution.name}:")
        _, story = institution.run("record", "story", code)
        print(textwrap.indent(textwrap.dedent(story), "    "), end="")
        acts = institution.ask("record", "story", code).get("acts", [])
        market.expect(f"{institution.name}: the story has acts", len(acts) >= 2, True)
        receipts += [
            (act["message"], act["receipt"])
            for act in acts
            if act.get("receipt") and act.get("peer") == "ti"
        ]
    market.memory = {
        name: institution.memory() for name, institution in market.institutions.items()
    }
    market.close()
    verified = True
    market.expect("am1 holds receipts of ti for what it sent", len(receipts) > 0, True)
    for message, receipt in receipts:
        with open(ti.path("data", "ledger", "0", "level-0"), "rb") as f:
            f.seek(32 * receipt["index"])
            market.expect(
                "the leaf of ti's receipt stands in ti's ledger", f.read(32).hex(), receipt["leaf"]
            )
        _, entry = ti.run(
            "ledger",
            "show",
            ti.path("data", "ledger", "0"),
            str(receipt["index"]),
            str(receipt["index"] + 1),
        )
        market.expect("and speaks of the same message", message in entry, True)
    for institution in market.institutions.values():
        status, out = institution.run(
            "ledger",
            "verify",
            institution.path("data", "ledger"),
            "--key",
            institution.vkey,
            check=False,
        )
        verified = (
            market.expect(f"{institution.name}: ledger verified offline", status, 0) and verified
        )
        print(f"    {institution.name}: {out.strip().splitlines()[-1] if out.strip() else status}")
    market.say(
        "Every ledger was verified offline with its public key alone. Largest memory: "
        + ", ".join(f"{name} {mib} MiB" for name, mib in market.memory.items())
        + "."
    )
    return verified


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--people", type=int, default=10000)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--keep", metavar="DIR")
    arguments.add_argument("--build", default="build-plain", help=argparse.SUPPRESS)
    market = Market(arguments.parse_args())
    verified = False
    try:
        market.open()
        for act in (
            play_import,
            play_send,
            play_join,
            play_correct,
            play_request,
            play_transfer,
            play_export,
            play_refusals,
        ):
            act(market)
        verified = play_audit(market)
    except (Failed, subprocess.CalledProcessError, OSError, KeyError) as error:
        market.unexpected += 1
        print(f"UNEXPECTED: {type(error).__name__}: {error}", flush=True)
    finally:
        market.remove()
    if market.options.json:
        print(
            json.dumps(
                {
                    "people": market.options.people,
                    **market.counts,
                    "unexpected": market.unexpected,
                    "ledger_verified": verified,
                    "seconds": round(time.time() - market.begin, 1),
                }
            )
        )
    return 1 if market.unexpected or not verified else 0


if __name__ == "__main__":
    sys.exit(main())
