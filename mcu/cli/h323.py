"""`mcu h323`: looks at calls, and makes some, from the command line."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from mcu.errors import ConfigurationError, ProtocolError
from mcu.h323 import capture_file
from mcu.h323.capture_file import Piece
from mcu.h323.ladder import Drawing, Ladder

ALL_PROTOCOLS = 0x0003  # ETH_P_ALL
MAX_FRAME = 65_536  # bytes; with segmentation offload a frame is larger than the MTU


def trace(source: Path | None, interface: str, *, media: bool) -> None:
    """Draw a captured call, or what passes on an interface, until the end or Ctrl-C. Raises ConfigurationError."""
    ladder, drawing, console = Ladder(), Drawing(), Console(highlight=False, markup=False, soft_wrap=True)
    pieces = _live(interface) if source is None else _recorded(source)
    lines = 0
    try:
        for piece in pieces:
            for line in ladder.take(piece):
                if media or line.protocol != "RTP":
                    lines += 1
                    for text in drawing.draw(line):
                        console.print(text)
    except KeyboardInterrupt:
        return
    if not lines:
        raise ConfigurationError(f"{source} holds no H.323: neither call signaling nor H.245 nor RAS.")


def _recorded(path: Path) -> Iterator[Piece]:
    try:
        if path.stat().st_size > capture_file.MAX_FILE:
            raise ConfigurationError(f"{path} is larger than {capture_file.MAX_FILE >> 20} MiB; cut it with editcap.")
        yield from capture_file.read(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from error
    except ProtocolError as error:
        raise ConfigurationError(
            f"{path} is no capture that can be read: {error}. Save it as pcap or pcapng."
        ) from error


def _live(interface: str) -> Iterator[Piece]:
    """What passes on an interface from now on. Both ways over the loopback interface are seen once."""
    if os.geteuid() != 0:
        raise ConfigurationError("Only root may listen to an interface: sudo .venv/bin/mcu h323 trace --live …")
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS)) as sniffer:
        try:
            sniffer.bind((interface, 0))
        except OSError as error:
            names = ", ".join(name for _, name in socket.if_nameindex())
            raise ConfigurationError(f"Interface {interface}: {error.strerror}. There are {names}.") from error
        assembler = capture_file.Assembler()
        while True:
            frame, (_, _, direction, *_) = sniffer.recvfrom(MAX_FRAME)
            if interface == "lo" and direction == socket.PACKET_OUTGOING:
                continue
            yield from assembler.take(time.time(), capture_file.ETHERNET, frame)
