"""tshark as an independent decoder: what it finds malformed in messages that are put into a capture file for it."""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")

CALL_SIGNALING, CONTROL, RAS = 1720, 1721, 1719  # ports; H.245 has none of its own
_FILTER = "_ws.malformed || _ws.expert.group == Malformed || per.encoding_error || _ws.unreassembled"


def capture(messages: Iterable[tuple[int, bytes]]) -> bytes:
    """A capture file (raw IP) of messages, each (port, contents): with TPKT over TCP, or a datagram of RAS."""
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 16, 101)
    sequences = {CALL_SIGNALING: 1, CONTROL: 1}
    for number, (port, contents) in enumerate(messages):
        if port == RAS:
            body = struct.pack("!HHHH", 40000, port, 8 + len(contents), 0) + contents
        else:
            body = struct.pack("!HHIIBBHHH", 40000, port, sequences[port], 1, 5 << 4, 0x18, 65535, 0, 0) + contents
            sequences[port] += len(contents)
        protocol = 17 if port == RAS else 6
        header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), number & 0xFFFF, 0, 64, protocol, 0)
        packet = header + bytes((192, 0, 2, 1)) + bytes((192, 0, 2, 2)) + body
        data += struct.pack("<IIII", number // 1000, number % 1000, len(packet), len(packet)) + packet
    return data


def malformed(messages: Iterable[tuple[int, bytes]], folder: Path) -> list[str]:
    """One line for each message that tshark does not understand in full."""
    return _run(messages, folder, "-Y", _FILTER)


def summaries(messages: Iterable[tuple[int, bytes]], folder: Path) -> list[str]:
    """One line for each message, as tshark reads it."""
    return _run(messages, folder)


def _run(messages: Iterable[tuple[int, bytes]], folder: Path, *options: str) -> list[str]:
    path = folder / "messages.pcap"
    path.write_bytes(capture(messages))
    ports = ("-d", f"tcp.port=={CONTROL},h245")
    done = subprocess.run(
        ["tshark", "-n", "-r", str(path), *ports, *options],
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    return done.stdout.splitlines()
