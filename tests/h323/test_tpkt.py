"""TPKT: messages cut out of a stream whatever pieces it comes in."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from mcu.h323 import capture_file, tpkt
from tests.h323 import captures

MESSAGES = [b"\x08", bytes(300), b"x" * 2000]
STREAM = b"".join(map(tpkt.frame, MESSAGES))


def test_a_frame_says_its_length() -> None:
    assert tpkt.frame(b"abc") == b"\x03\x00\x00\x07abc"
    assert tpkt.frame(b"") == tpkt.KEEPALIVE


def test_pieces_of_any_size_give_the_same_messages() -> None:
    rng = random.Random(1006)
    for size in (1, 2, 3, 5, len(STREAM)):
        deframer = tpkt.Deframer()
        got = [m for at in range(0, len(STREAM), size) for m in deframer.receive(STREAM[at : at + size])]
        assert got == MESSAGES
    for _ in range(50):
        deframer, got, at = tpkt.Deframer(), [], 0
        while at < len(STREAM):
            size = rng.randrange(700)
            got += deframer.receive(STREAM[at : at + size])
            at += size
        assert got == MESSAGES


@pytest.mark.parametrize("keepalive", ["03000004", "03000000", "0300 0003", "03ff0004"])
def test_empty_packets_are_keepalives(keepalive: str) -> None:
    deframer = tpkt.Deframer()
    data = bytes.fromhex(keepalive)
    assert deframer.receive(data + tpkt.frame(b"a") + data) == [b"a"]
    assert deframer.keepalives == 2


@pytest.mark.parametrize("data", ["04000005aa", "00000005aa", "0300ffff", "474554202f"])
def test_what_is_no_tpkt_ends_it(data: str) -> None:
    with pytest.raises(tpkt.TpktError):
        tpkt.Deframer().receive(bytes.fromhex(data))


def test_the_longest_message_passes_and_one_more_octet_does_not() -> None:
    longest = bytes(tpkt.MAX_MESSAGE)
    assert tpkt.Deframer().receive(tpkt.frame(longest)) == [longest]
    with pytest.raises(ValueError, match="TPKT"):
        tpkt.frame(longest + b"\0")
    with pytest.raises(tpkt.TpktError):
        tpkt.Deframer().receive(bytes((3, 0)) + (tpkt.MAX_MESSAGE + tpkt.HEADER + 1).to_bytes(2, "big"))


@captures.needs_captures
@pytest.mark.parametrize("path", captures.FILES, ids=lambda p: p.stem)
def test_captured_streams_are_cut_the_same_octet_by_octet(path: Path) -> None:
    streams: dict[object, bytes] = {}
    for piece in captures.pieces(path):
        if piece.protocol == capture_file.TCP:
            way = piece.source, piece.destination
            streams[way] = streams.get(way, b"") + piece.data
    for stream in streams.values():
        whole, slow = tpkt.Deframer(), tpkt.Deframer()
        messages = whole.receive(stream)
        assert b"".join(map(tpkt.frame, messages)) == stream
        assert [m for at in range(len(stream)) for m in slow.receive(stream[at : at + 1])] == messages
