# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL of the yardstick: set up and started by its own script, which is told to hold, and
asked by its own client.  Nothing of it is copied here."""
import os
import shutil
import signal
import subprocess
import sys

from server import Failed, measure

BIN = os.environ.get("PGBIN", "/usr/lib/postgresql/15/bin")
WORKS = {"register": "register", "provide": "provide", "mix": "mixed"}
HOLD = "86400"


class Postgres:
    streams = False  # it has no streams on one connection

    @staticmethod
    def find(folder, records):
        yardstick = os.environ.get("YARDSTICK")
        if not yardstick:
            print(
                "custody: YARDSTICK names no folder; PostgreSQL's rows and all ratios are skipped",
                file=sys.stderr,
            )
            return None
        return Postgres(os.path.abspath(yardstick), os.path.join(folder, "postgresql"), records)

    def __init__(self, yardstick, folder, records):
        self.yardstick, self.folder, self.script = yardstick, folder, None
        self.source = os.path.join(yardstick, "src")
        os.makedirs(os.path.join(folder, "bin"))
        os.chmod(folder, 0o711)
        self.need()
        self.compile("genpersons")
        flags = subprocess.run(
            ["pkg-config", "--cflags", "--libs", "libpq"],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
        self.compile("pgclient", *flags.split(), "-lpthread")
        self.records = os.path.join(folder, "persons.tsv")
        with open(self.records, "w") as out:
            subprocess.run([self.bin("genpersons"), str(records)], stdout=out, check=True)
        os.chmod(self.records, 0o644)
        subprocess.run(
            ["sh", os.path.join(yardstick, "certs.sh"), os.path.join(folder, "certs")],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.chmod(os.path.join(folder, "certs"), 0o711)

    def need(self):
        if (
            os.path.exists(os.path.join(BIN, "postgres"))
            and shutil.which("pkg-config")
            and subprocess.run(["pkg-config", "--exists", "libpq"]).returncode == 0
        ):
            return
        print("custody: installing postgresql-15 and libpq-dev for the yardstick", file=sys.stderr)
        if subprocess.run(
            [
                "apt-get",
                "install",
                "-y",
                "--no-install-recommends",
                "postgresql-15",
                "libpq-dev",
                "pkg-config",
                "gcc",
            ],
            stdout=subprocess.DEVNULL,
        ).returncode:
            raise Failed(
                "PostgreSQL can not be installed; install postgresql-15 and libpq-dev, "
                "or leave YARDSTICK out"
            )

    def bin(self, name):
        return os.path.join(self.folder, "bin", name)

    def compile(self, name, *libraries):
        subprocess.run(
            [
                "gcc",
                "-O2",
                "-w",
                os.path.join(self.source, name + ".c"),
                "-o",
                self.bin(name),
                *libraries,
            ],
            check=True,
        )

    def start(self):
        """A new cluster: the script prints how to connect once all is set up, and waits."""
        command = [
            sys.executable,
            os.path.join(self.yardstick, "p1_postgres.py"),
            "--dir",
            self.folder,
            "--out",
            os.devnull,
        ]
        self.script = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "HOLD": HOLD},
        )
        for line in self.script.stdout:
            if "sslmode=verify-full" in line:
                self.connection = line.strip().rpartition(" ")[0]
                return
        raise Failed("PostgreSQL of the yardstick did not start")

    def measure(self, work, shape, n, first=0, stored=0):
        env = {
            **os.environ,
            "CONNINFO": self.connection,
            "REC": self.records,
            "WORK": WORKS[work],
            "SHAPE": "batch" if shape == "batch1000" else "one",
            "N": str(n),
            "OFF": str(first),
            "STORED": str(stored or n),
        }
        line = measure("postgresql", self.script.pid, [self.bin("pgclient")], env)
        line.update(work=work, shape=shape, index=False)
        return line

    def stop(self):
        if self.script is None:
            return
        self.script.send_signal(signal.SIGINT)  # its own way out: stops the cluster and removes it
        self.script.wait(120)
        self.script.stdout.close()
        self.script = None

    close = stop
