# SPDX-License-Identifier: Apache-2.0
"""Nodes to be measured, made like the market's institutions, and what one measure says."""
import json
import os
import shutil
import socket
import subprocess
import sys
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".."))
sys.path.insert(0, os.path.join(ROOT, "examples", "market"))
from institutions import CODES, Authority, Failed, Institution  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")
SETTLE = 0.3                            # seconds for what a server still does after the last answer


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def stat(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rsplit(")", 1)[1].split()
    except OSError:
        return None


def tree(root):
    """The process and all below it."""
    children, todo, found = {}, [root], []
    for name in os.listdir("/proc"):
        fields = stat(name) if name.isdigit() else None
        if fields:
            children.setdefault(int(fields[1]), []).append(int(name))
    while todo:
        found.append(todo.pop())
        todo += children.get(found[-1], [])
    return found


def cpu_seconds(root):
    """User and system time of all threads of the tree, ended children included."""
    found = filter(None, map(stat, tree(root)))
    return sum(sum(int(x) for x in fields[11:15]) for fields in found) / TICK


def rss_mb(root):
    """Memory of the tree, shared pages counted once."""
    total = 0
    for pid in tree(root):
        try:
            with open(f"/proc/{pid}/smaps_rollup") as f:
                total += sum(int(line.split()[1]) for line in f if line.startswith("Pss:"))
        except OSError:
            pass
    return total / 1024


def measure(peer, root, command, env=None):
    """Runs one client and joins its line with the server's cost."""
    before = cpu_seconds(root)
    done = subprocess.run(command, stdout=subprocess.PIPE, env=env)
    time.sleep(SETTLE)
    cpu = cpu_seconds(root) - before
    if not done.stdout.strip():
        raise Failed(f"{' '.join(command[:2])} ...: exit {done.returncode}")
    line = json.loads(done.stdout.decode().strip().splitlines()[-1])
    return {"peer": peer, **line, "server_cpu_seconds": round(cpu, 2),
            "server_us": round(cpu / line["n"] * 1e6, 2), "rss_mb": round(rss_mb(root), 1)}


class Town:
    """What the market's institutions want of a market."""

    def __init__(self, folder, build):
        self.folder, self.build = folder, build
        self.sekisho = os.environ.get("SEKISHO", os.path.join(build, "core", "cli", "sekisho"))
        self.client = os.path.join(build, "tests", "bench", "custody", "client")
        self.scripts = os.path.join(ROOT, "scripts", "access")
        self.institutions = {}
        for file in (self.sekisho, self.client):
            if not os.path.exists(file):
                raise Failed(f"{file} is missing; build first: ninja -C {build}")
        self.authority = Authority(os.path.join(folder, "authority"))


class Node:
    """One node, begun anew from the same keys at every start."""
    streams = True

    def __init__(self, folder, build, name):
        self.town = Town(os.path.join(folder, name), build)
        self.tag = 0
        self.node = Institution(self.town, name, free_port())
        self.town.institutions[name] = self.node
        self.certificate, self.key = self.node.office
        self.prepare()
        self.node.write_profile()
        self.node.make_keys()
        self.node.approve()
        shutil.copytree(self.node.path("data"), self.node.path("pristine"))

    def prepare(self):
        pass

    def start(self):
        shutil.rmtree(self.node.path("data"))
        shutil.rmtree(self.node.path("store"), ignore_errors=True)
        shutil.copytree(self.node.path("pristine"), self.node.path("data"))
        self.node.start()

    def stop(self):
        self.node.stop()

    def measure(self, work, shape, n, first=0, stored=0):
        self.tag += 1
        command = [self.town.client, "--connect", f"127.0.0.1:{self.node.port}",
                   "--name", f"{self.node.name}.market.test",
                   "--authority", self.town.authority.path("ca.pem"),
                   "--certificate", self.certificate, "--key", self.key,
                   "--work", work, "--shape", shape, "--n", str(n), "--first", str(first),
                   "--stored", str(stored), "--prefix", CODES["am1"],
                   "--tag", f"bench-{self.tag:04d}", *self.extra()]
        return measure("sekisho", self.node.process.pid, command)

    def extra(self):
        return []


class AccountNode(Node):
    """role-account, asked by its own back office: no index but the account code."""

    def __init__(self, folder, build):
        super().__init__(folder, build, "am1")


class TransferNode(Node):
    """role-transfer, sent to by an account institution: indexes by number and by person too."""

    def __init__(self, folder, build):
        super().__init__(folder, build, "ti")

    def prepare(self):
        sender = Institution(self.town, "am1", free_port())
        self.town.institutions["am1"] = sender
        self.certificate, self.key = self.town.authority.issue(
            "sender", "am1.market.test", "serverAuth,clientAuth", "am1.market.test")

    def extra(self):
        return ["--transfer"]
