# SPDX-License-Identifier: Apache-2.0
"""The institutions of the market: certificates, profiles, keys, approvals, nodes."""
import hashlib
import json
import os
import signal
import subprocess
import time

PASSPHRASE = b"market market market"
ISSUE = "JP1234567890"
ROLES = {"ti": "transfer", "am1": "account", "am2": "account", "is1": "issuer"}
CODES = {"am1": "1205760", "am2": "1205761"}
PERSONS = ("aoki", "baba", "chiba")


class Failed(Exception):
    pass


def sh(*command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    if done.returncode:
        raise Failed(
            f"{' '.join(command[:4])} ...: exit {done.returncode}\n"
            f"{done.stderr.decode(errors='replace')[-2000:]}"
        )
    return done.stdout


class Authority:
    """A certificate authority that nobody can take for a real one."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        subject = "/C=JP/O=SEKISHO TEST - NOT FOR PRODUCTION/OU=sekisho test/CN=SEKISHO TEST CA"
        sh(
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-keyout",
            self.path("ca.key"),
            "-out",
            self.path("ca.pem"),
            "-subj",
            subject,
            "-days",
            "365",
            "-addext",
            "keyUsage=critical,keyCertSign,cRLSign",
        )
        open(self.path("index.txt"), "w").close()
        with open(self.path("ca.cnf"), "w") as f:
            f.write(
                f"[ca]\ndefault_ca=d\n[d]\ndatabase={self.path('index.txt')}\n"
                "default_md=sha256\ndefault_crl_days=200\n"
                f"certificate={self.path('ca.pem')}\nprivate_key={self.path('ca.key')}\n"
            )
        self.list()

    def path(self, name):
        return os.path.join(self.folder, name)

    def list(self):
        sh("openssl", "ca", "-config", self.path("ca.cnf"), "-gencrl", "-out", self.path("ca.crl"))

    def sign(self, request, out, usage, name=None):
        extensions = out + ".ext"
        with open(extensions, "w") as f:
            f.write(
                "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
                f"extendedKeyUsage={usage}\n"
            )
            if name:
                f.write(f"subjectAltName=DNS:{name}\n")
        sh(
            "openssl",
            "x509",
            "-req",
            "-in",
            request,
            "-CA",
            self.path("ca.pem"),
            "-CAkey",
            self.path("ca.key"),
            "-set_serial",
            str(int.from_bytes(os.urandom(8), "big") >> 1),
            "-sha256",
            "-days",
            "200",
            "-extfile",
            extensions,
            "-out",
            out,
        )
        os.unlink(extensions)

    def issue(self, stem, common, usage, name=None):
        key, request, out = (
            self.path(stem + ".key"),
            self.path(stem + ".csr"),
            self.path(stem + ".pem"),
        )
        sh(
            "openssl",
            "genpkey",
            "-algorithm",
            "EC",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-out",
            key,
        )
        sh(
            "openssl",
            "req",
            "-new",
            "-key",
            key,
            "-subj",
            f"/C=JP/O=SEKISHO TEST/CN={common}",
            "-out",
            request,
        )
        self.sign(request, out, usage, name)
        return out, key


class Institution:
    """One node: its profile, its data, its process."""

    def __init__(self, market, name, port):
        self.market, self.name, self.port = market, name, port
        self.folder = os.path.join(market.folder, name)
        self.profile = os.path.join(self.folder, "profile.conf")
        self.process = self.vkey = None
        os.makedirs(os.path.join(self.folder, "persons"), exist_ok=True)
        for person in PERSONS:
            certificate, key = market.authority.issue(
                f"{name}-{person}", f"{person} of {name}", "emailProtection"
            )
            os.replace(certificate, self.path("persons", person + ".pem"))
            os.replace(key, self.path("persons", person + ".key"))
        self.office = market.authority.issue(
            f"{name}-office", f"back office of {name}", "clientAuth", f"office.{name}.market.test"
        )

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write_profile(self):
        role = ROLES[self.name]
        lines = [
            "[node]",
            f"id = {self.name}",
            f"roles = {role}",
            "mark = test",
            "country = JP",
            "data = data",
            f"listen = 127.0.0.1:{self.port}",
            f"name = {self.name}.market.test",
            f"codes = {CODES.get(self.name, '')}",
            f"issues = {ISSUE if role == 'issuer' else ''}",
            f"control = {self.path('control')}",
            "",
            "[trust]",
            f"authorities = {self.market.authority.path('ca.pem')}",
            f"lists = {self.market.authority.path('ca.crl')}",
            "",
            "[retention]",
            "years = 7",
            "",
            "[office back]",
            f"name = office.{self.name}.market.test",
            "from = 127.0.0.1",
            "",
        ]
        for person in PERSONS:
            lines += [
                f"[person {person}]",
                f"certificate = persons/{person}.pem",
                "duties = security",
                "",
            ]
        for other in self.market.institutions.values():
            if other is self:
                continue
            lines += [
                f"[peer {other.name}]",
                f"roles = {ROLES[other.name]}",
                "country = JP",
                f"name = {other.name}.market.test",
                "from = 127.0.0.1",
                f"to = 127.0.0.1:{other.port}",
                f"codes = {CODES.get(other.name, '')}",
                f"issues = {ISSUE if ROLES[other.name] == 'issuer' else ''}",
            ]
            if other.vkey:
                lines += [f"ledger-key = {other.vkey}"]
            lines += [""]
        for module, options in (
            ("storage-rocksdb", ["path = store"]),
            ("policy-lua", [f"rules = {self.market.scripts}"]),
            (f"role-{role}", []),
            ("transport-h2", []),
        ):
            kind, _, plain = module.partition("-")
            file = os.path.join(self.market.build, "modules", kind, plain, module + ".so")
            with open(file, "rb") as f:
                digest = hashlib.sha256(f.read()).hexdigest()
            lines += [f"[module {module}]", f"file = {file}", f"digest = {digest}", *options, ""]
        with open(self.profile, "w") as f:
            f.write("\n".join(lines))

    def run(self, *words, check=True, passphrase=False, text=None):
        """One command line of sekisho; returns (status, standard output)."""
        command = [self.market.sekisho, *words, "--profile", self.profile]
        fds = ()
        if passphrase:
            reader, writer = os.pipe()
            os.write(writer, PASSPHRASE)
            os.close(writer)
            command += ["--passphrase-fd", str(reader)]
            fds = (reader,)
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=fds,
            input=text,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
        for fd in fds:
            os.close(fd)
        if check and done.returncode:
            raise Failed(
                f"{self.name}: sekisho {' '.join(words)}: exit {done.returncode}\n"
                f"{done.stdout.decode(errors='replace')[-1000:]}"
                f"{done.stderr.decode(errors='replace')[-2000:]}"
            )
        return done.returncode, done.stdout.decode(errors="replace")

    def ask(self, *words, check=True):
        status, out = self.run(*words, "--json", check=check)
        last = out.strip().splitlines()[-1] if out.strip() else "{}"
        return json.loads(last)

    def make_keys(self):
        self.run("key", "init", "--recovery", self.path("recovery.pem"), passphrase=True)
        self.run(
            "key",
            "request",
            "--subject",
            f"CN={self.name}.market.test,O=SEKISHO TEST,C=JP",
            "--output",
            self.path("node.csr"),
            passphrase=True,
        )
        self.market.authority.sign(
            self.path("node.csr"),
            self.path("node.pem"),
            "serverAuth,clientAuth",
            f"{self.name}.market.test",
        )
        self.run("key", "install", self.path("node.pem"), passphrase=True)
        self.vkey = self.ask("key", "show")["ledger_key"]

    def approve(self):
        """The profile as it stands, wanted by two persons."""
        statement = self.path("profile.stmt")
        self.run("approval", "propose", statement)
        signatures = []
        for person in PERSONS[:2]:
            signatures.append(self.path(person + ".p7s"))
            self.run(
                "approval",
                "sign",
                statement,
                "--person",
                person,
                "--person-key",
                self.path("persons", person + ".key"),
                "--output",
                signatures[-1],
            )
        self.run("approval", "submit", statement, *signatures)

    def start(self):
        reader, writer = os.pipe()
        os.write(writer, PASSPHRASE)
        os.close(writer)
        log = open(self.path("node.log"), "ab")
        self.process = subprocess.Popen(
            [self.market.sekisho, "run", "--profile", self.profile, "--passphrase-fd", str(reader)],
            stdout=log,
            stderr=log,
            pass_fds=(reader,),
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
        os.close(reader)
        log.close()
        for _ in range(300):
            if self.process.poll() is not None:
                break
            status, out = self.run("status", "--json", check=False)
            if status == 0 and json.loads(out).get("state") == "serving":
                return
            time.sleep(0.1)
        with open(self.path("node.log"), errors="replace") as f:
            raise Failed(f"{self.name} does not serve:\n{f.read()[-2000:]}")

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failed(f"{self.name} did not stop in 60 s")

    def wait_queue(self, seconds=600):
        """Until everything queued was answered; returns what the peers hold back."""
        end = time.time() + seconds
        while time.time() < end:
            items = self.ask("queue", "list").get("items", [])
            waiting = [i for i in items if not i.get("held")]
            if not waiting:
                return items
            time.sleep(0.2)
        raise Failed(f"{self.name}: {len(items)} messages still wait: {items[0]}")

    def memory(self):
        with open(f"/proc/{self.process.pid}/status") as f:
            return max(int(line.split()[1]) for line in f if line.startswith("VmHWM")) // 1024
