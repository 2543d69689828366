"""A standard WHIP and WHEP server that is nobody's here: Janus with Meetecho's two HTTP servers, on free ports.

A WHIP endpoint publishes in a room of Janus, which forwards RTP to a mountpoint of Janus's own; a WHEP endpoint shows
that. Janus and the WHIP server are Debian's, in the root that tools/whip-peers makes; the WHEP server is npm's.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.server import ROOT, free_port

TOOL = ROOT / "tools" / "whip-peers"
INTEROP = ROOT / "tests" / "interop"
CHECK_SECONDS = 20
START_SECONDS = 20.0
END_SECONDS = 5.0
TOKEN = "secret-of-the-peer"
ROOM = 1234
LOG_TAIL = 20  # lines that are told when it does not start
UNUSED_PLUGINS = ("audiobridge", "duktape", "echotest", "lua", "nosip", "recordplay", "sip", "textroom", "videocall")
UNUSED_TRANSPORTS = ("http", "mqtt", "nanomsg", "pfunix", "rabbitmq")


@dataclass(frozen=True)
class Peer:
    """Streams are numbered from 1."""

    whip_port: int
    whep_port: int
    token: str = TOKEN

    def whip(self, stream: int) -> str:
        return f"http://127.0.0.1:{self.whip_port}/whip/endpoint/stream-{stream}"

    def whep(self, stream: int) -> str:
        return f"http://127.0.0.1:{self.whep_port}/whep/endpoint/stream-{stream}"


@functools.cache
def looked_for() -> tuple[int, str, str]:
    done = subprocess.run([TOOL, "--check"], capture_output=True, text=True, timeout=CHECK_SECONDS)
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def installed() -> Path:
    """The root. Skips the test without one; with MCU_TEST_PEERS=required, fails it."""
    code, path, reason = looked_for()
    if not code and (reason := without_whep()):
        code = 3
    if not code:
        return Path(path)
    if os.environ.get("MCU_TEST_PEERS") == "required":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def without_whep(packages: Path = INTEROP / "node_modules") -> str:
    """Why there is no WHEP server, or nothing. Of what it needs, tools/node-packages may have left one uncompiled."""
    if not (packages / "janus-whep-server").exists():
        return "no janus-whep-server in tests/interop/node_modules. Run tools/setup test"
    if not (packages / "unix-dgram" / "build" / "Release" / "unix_dgram.node").exists():
        return (
            "unix-dgram, which janus-whep-server needs, is not compiled: var/node-packages.log says why. "
            "Remove tests/interop/node_modules and run tools/setup test"
        )
    return ""


@contextmanager
def running_peer(streams: int = 1) -> Iterator[Peer]:
    """Ready to take that many senders, and any number of viewers of each."""
    root = installed()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mcu-whip-", dir=root / "tmp")))
        control, whip, whep = free_port(), free_port(), free_port()
        ports = {stream: tuple(free_port() for _ in range(3)) for stream in range(1, streams + 1)}
        _configure(folder, root, control, ports)
        inside = f"/tmp/{folder.name}"
        janus = ["chroot", str(root), "/usr/bin/janus", "-F", inside, "-C", f"{inside}/janus.jcfg"]
        stack.enter_context(_process("janus", folder, janus))
        _await_port(control, folder / "janus.log")
        source = f"{inside}/whip"
        shutil.copytree(root / "usr/share/simple-whip-server/src", folder / "whip", ignore=lambda *_: ["config.js"])
        address = f"ws://127.0.0.1:{control}"
        config = {"janus": {"address": address}, "port": whip, "rest": "/whip", "allowTrickle": False}
        (folder / "whip" / "config.js").write_text(f"module.exports = {json.dumps(config)};\n")
        stack.enter_context(_process("whip", folder, ["chroot", str(root), "/usr/bin/node", f"{source}/server.js"]))
        settings = {"janus": address, "port": whep, "token": TOKEN, "streams": streams}
        node = shutil.which("node") or "node"
        stack.enter_context(_process("whep", folder, [node, str(INTEROP / "stacks/whep.mjs"), json.dumps(settings)]))
        _await_port(whip, folder / "whip.log")
        _await_port(whep, folder / "whep.log")
        for stream, (audio, video, rtcp) in ports.items():
            recipient = {"host": "127.0.0.1", "audioPort": audio, "videoPort": video, "videoRtcpPort": rtcp}
            _create(whip, {"id": f"stream-{stream}", "room": ROOM, "token": TOKEN, "recipient": recipient})
        yield Peer(whip, whep)


def _configure(folder: Path, root: Path, control: int, ports: dict[int, tuple[int, ...]]) -> None:
    (library,) = (root / "usr/lib").glob("*/janus")
    inside = Path("/") / library.relative_to(root)
    unused = {
        "plugins": ",".join(f"libjanus_{name}.so" for name in UNUSED_PLUGINS),
        "transports": ",".join(f"libjanus_{name}.so" for name in UNUSED_TRANSPORTS),
    }
    folders = "".join(f'{name}_folder = "{inside / name}"\n' for name in ("plugins", "transports", "events", "loggers"))
    (folder / "janus.jcfg").write_text(
        f'general: {{\nconfigs_folder = "/tmp/{folder.name}"\n{folders}debug_level = 4\n}}\n'
        f'plugins: {{ disable = "{unused["plugins"]}" }}\ntransports: {{ disable = "{unused["transports"]}" }}\n'
    )
    (folder / "janus.transport.websockets.jcfg").write_text(
        f'general: {{\njson = "compact"\nws = true\nws_port = {control}\nws_ip = "127.0.0.1"\nwss = false\n}}\n'
    )
    (folder / "janus.plugin.videoroom.jcfg").write_text(
        f'room-{ROOM}: {{\npublishers = {len(ports)}\naudiocodec = "opus"\nvideocodec = "vp8"\n}}\n'
    )
    (folder / "janus.plugin.streaming.jcfg").write_text(
        "".join(
            f'stream-{stream}: {{\ntype = "rtp"\nid = {stream}\nmedia = (\n'
            f'{{ type = "audio", mid = "a", port = {audio}, pt = 111, codec = "opus" }},\n'
            f'{{ type = "video", mid = "v", port = {video}, rtcpport = {rtcp}, pt = 96, codec = "vp8" }}\n)\n}}\n'
            for stream, (audio, video, rtcp) in ports.items()
        )
    )


def _create(port: int, endpoint: dict[str, object]) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/whip/create", json.dumps(endpoint).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=5):
        pass


@contextmanager
def _process(name: str, folder: Path, command: list[str]) -> Iterator[None]:
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT, cwd=folder)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_port(port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    pytest.fail("\n".join([f"{log.name}:", *log.read_text(errors="replace").splitlines()[-LOG_TAIL:]]), pytrace=False)
