"""`mcu h323 call` and `probe` against a room made of code."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator

import pytest
from rich.console import Console

from mcu.cli import h323_calls
from mcu.errors import ConfigurationError, RefusedError
from mcu.h323.address import Address
from mcu.h323.call_options import CallOptions
from mcu.synthetic.room import RoomSettings, SyntheticRoom


@pytest.fixture
async def room() -> AsyncIterator[SyntheticRoom]:
    made = SyntheticRoom(
        RoomSettings(name="강남 회의실", product="Seoul RoomKit"),
        voice=h323_calls.tone,
        picture=h323_calls.moving_picture,
    )
    yield made
    await made.close()


def printing() -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, width=200, highlight=False), out


async def test_a_call_says_what_comes(room: SyntheticRoom) -> None:
    address = await room.listen()
    console, out = printing()
    assert await h323_calls._call(str(address), 2.5, CallOptions(), "12#", console) == 0
    said = out.getvalue()
    assert "Answered." in said
    assert "received: main H264 1280×720" in said
    assert "Pressed 12#" in said
    levels = [float(line.split()[1]) for line in said.splitlines() if line.startswith("hears")]
    assert levels
    assert max(levels) > -25
    assert room.digits == "12#"


async def test_a_probe_says_who_it_is_and_what_it_can(room: SyntheticRoom) -> None:
    address = await room.listen()
    console, out = printing()
    assert await h323_calls._probe(f"3001@{address}", console) == 0
    said = out.getvalue()
    for words in ("강남 회의실", "Seoul RoomKit", "PCMA 64 kbit/s", "It sends, main", "We send, audio"):
        assert words in said
    await room.until(lambda: room.ended is not None)


async def test_nobody_there_is_said() -> None:
    console, out = printing()
    assert await h323_calls._probe(str(Address("127.0.0.1", 1)), console) == h323_calls.EXIT_FAILED
    assert "unreachable" in out.getvalue()


@pytest.mark.parametrize("dialled", ["3001", "no.such.invalid##1"])
async def test_what_cannot_be_called_is_said(dialled: str) -> None:
    console, _ = printing()
    with pytest.raises((ConfigurationError, RefusedError)):
        await h323_calls._call(dialled, 1.0, CallOptions(), "", console)
