"""Two network namespaces of a test's own, joined by a cable: the server lives in one, a browser in the other."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.chromium import EXECUTABLE

NEW_NETWORK = 0x40000000  # CLONE_NEWNET
SERVER_4, BROWSER_4 = "10.77.0.1", "10.77.0.2"
OTHER_4 = "10.77.0.3"
SERVER_6, BROWSER_6 = "fd77::1", "fd77::2"
COMMAND_SECONDS = 10


def refusal() -> str:
    """Why this machine allows no network namespaces; "" when it does."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    name = f"mcu-probe-{os.getpid()}"
    try:
        tried = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, timeout=COMMAND_SECONDS)
    except FileNotFoundError:
        return "the ip command is not installed (Debian: iproute2)"
    if tried.returncode:
        return f"no network namespaces here: {tried.stderr.strip()}"
    _run("ip", "netns", "del", name)
    return ""


@dataclass(frozen=True)
class Cable:
    """Namespaces by name; the ends of the cable are called "server" and "browser" in them."""

    server: str
    browser: str

    def block_udp(self) -> None:
        """A firewall that lets no UDP through the cable, either way, without a word."""
        rules = """table inet firewall {
            chain input { type filter hook input priority 0; iifname "server" meta l4proto udp counter drop; }
            chain output { type filter hook output priority 0; oifname "server" meta l4proto udp counter drop; }
        }"""
        _run("ip", "netns", "exec", self.server, "nft", "-f", "-", text=rules)

    def cut(self) -> None:
        """Nothing gets through any more, either way, and nobody is told; until `mend`."""
        rules = """table inet cut {
            chain input { type filter hook input priority 0; iifname "server" drop; }
            chain output { type filter hook output priority 0; oifname "server" drop; }
        }"""
        _run("ip", "netns", "exec", self.server, "nft", "-f", "-", text=rules)

    def mend(self) -> None:
        _run("ip", "netns", "exec", self.server, "nft", "delete", "table", "inet", "cut")

    def narrow(self, kbits: int, *, queue_ms: int = 400) -> None:
        """Both ways carry so much and no more, behind a queue of so long; what finds no place is dropped."""
        rule = ("tbf", "rate", f"{kbits}kbit", "burst", "3000", "latency", f"{queue_ms}ms")
        for namespace, end in ((self.server, "server"), (self.browser, "browser")):
            _run("ip", "netns", "exec", namespace, "tc", "qdisc", "replace", "dev", end, "root", *rule)

    def pull(self) -> None:
        """The browser's machine has no network, and knows it; until `plug`."""
        _run("ip", "-n", self.browser, "link", "set", "browser", "down")

    def plug(self) -> None:
        _run("ip", "-n", self.browser, "link", "set", "browser", "up")

    def readdress(self) -> None:
        """The browser's machine gets another address, and loses the one it had."""
        _run("ip", "-n", self.browser, "address", "del", f"{BROWSER_4}/24", "dev", "browser")
        _run("ip", "-n", self.browser, "address", "add", f"{OTHER_4}/24", "dev", "browser")

    def blocked(self) -> int:
        """Datagrams that the firewall has dropped."""
        text = _run("ip", "netns", "exec", self.server, "nft", "list", "table", "inet", "firewall")
        return sum(int(line.split("packets ")[1].split()[0]) for line in text.splitlines() if "packets " in line)

    def fragments(self) -> int:
        """IP fragments that either end has made, of both versions."""
        total = 0
        for namespace in (self.server, self.browser):
            text = _run("ip", "netns", "exec", namespace, "nstat", "-az", "IpFragCreates", "Ip6FragCreates")
            total += sum(int(line.split()[1]) for line in text.splitlines() if "FragCreates" in line)
        return total

    def browser_program(self, folder: Path) -> Path:
        """A program that is Chromium in the browser's namespace."""
        path = folder / "chromium"
        path.write_text(f'#!/bin/sh\nexec ip netns exec {self.browser} {EXECUTABLE} "$@"\n')
        path.chmod(0o755)
        return path


@contextmanager
def cable(*, mtu: int = 1500, versions: tuple[int, ...] = (4, 6)) -> Iterator[Cable]:
    """Both namespaces, while inside the block this thread, and what it starts, is in the server's."""
    made = Cable(f"mcu-server-{os.getpid()}", f"mcu-browser-{os.getpid()}")
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        for name in (made.server, made.browser):
            _run("ip", "netns", "add", name)
            _run("ip", "-n", name, "link", "set", "lo", "up")
        _run("ip", "-n", made.server, "link", "add", "server", "type", "veth", "peer", "browser", "netns", made.browser)
        for name, end, addresses in (
            (made.server, "server", {4: f"{SERVER_4}/24", 6: f"{SERVER_6}/64"}),
            (made.browser, "browser", {4: f"{BROWSER_4}/24", 6: f"{BROWSER_6}/64"}),
        ):
            for version in versions:
                extra = ("nodad",) if version == 6 else ()
                _run("ip", "-n", name, "address", "add", addresses[version], "dev", end, *extra)
            _run("ip", "-n", name, "link", "set", end, "mtu", str(mtu), "up")
        there = os.open(f"/run/netns/{made.server}", os.O_RDONLY)
        _enter(there)
        os.close(there)
        yield made
    finally:
        _enter(home)
        os.close(home)
        for name in (made.server, made.browser):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, timeout=COMMAND_SECONDS)


def _enter(descriptor: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, NEW_NETWORK):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _run(*command: str, text: str = "") -> str:
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=COMMAND_SECONDS)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
    return done.stdout
