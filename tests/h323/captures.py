"""The captured calls between real stacks, cut into what our parsers take. Only where the folder of captures is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcu.h323 import capture_file, tpkt
from mcu.h323.address import Address
from mcu.h323.capture_file import Piece

FOLDER = Path(os.environ.get("MCU_TEST_H323", Path(__file__).resolve().parents[3] / "shared" / "h323"))
FILES = sorted(FOLDER.glob("*.pcap"))
RAS_PORTS = (1718, 1719)

needs_captures = pytest.mark.skipif(not FILES, reason=f"no captured calls in {FOLDER}")


def pieces(path: Path) -> Iterator[Piece]:
    """All of a capture, in order."""
    return capture_file.read(path.read_bytes())


def messages(path: Path) -> Iterator[tuple[Address, Address, bytes]]:
    """(source, destination, contents of a TPKT): Q.931 where the first byte is 8, H.245 elsewhere."""
    deframers: dict[tuple[Address, Address], tpkt.Deframer] = {}
    for piece in pieces(path):
        if piece.protocol != capture_file.TCP:
            continue
        way = piece.source, piece.destination
        if piece.begins:
            deframers[way] = tpkt.Deframer()
        for message in deframers.setdefault(way, tpkt.Deframer()).receive(piece.data):
            yield *way, message


def ras_messages(path: Path) -> Iterator[tuple[Address, Address, bytes]]:
    """(source, destination, datagram) of gatekeeper traffic."""
    for piece in pieces(path):
        if piece.protocol == capture_file.UDP and {piece.source.port, piece.destination.port} & set(RAS_PORTS):
            yield piece.source, piece.destination, piece.data
