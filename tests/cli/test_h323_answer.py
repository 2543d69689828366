"""`mcu h323 answer`: a room made of code that is called."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from mcu.cli import h323_answer, h323_calls
from mcu.errors import ConfigurationError
from mcu.h323.address import Address
from mcu.h323.call_options import CallOptions
from tests.cli.test_h323_calls import printing
from tests.support.server import free_port


async def test_it_takes_one_call_after_the_other_and_says_what_comes() -> None:
    address = Address("127.0.0.1", free_port())
    console, out = printing()
    answering = asyncio.ensure_future(h323_answer._answer(address, "시험 회의실", console, calls=2))
    async with asyncio.timeout(30):
        while "call 127.0.0.1" not in out.getvalue():
            await asyncio.sleep(0)
        for keys in ("12#", ""):
            theirs, said = printing()
            assert await h323_calls._call(str(address), 2.0, CallOptions(), keys, theirs) == 0
            assert "received: main H264" in said.getvalue()
            while out.getvalue().count("Over:") < (1 if keys else 2):
                await asyncio.sleep(0.01)
        await answering
    told = out.getvalue()
    assert told.count("Called by mcu h323 call") == 2
    assert [line for line in told.splitlines() if line.startswith("keys")] == ["keys: 1", "keys: 2", "keys: #"]
    levels = [float(line.split()[1]) for line in told.splitlines() if line.startswith("hears")]
    assert max(levels) > -25
    assert "[hung-up: " in told


def test_it_beeps_and_is_quiet_between() -> None:
    blocks = [h323_answer.beep(beat) for beat in range(300)]  # six seconds
    loud = [bool(np.abs(block).max() > 0.1) for block in blocks]
    assert (loud[0], loud[75], loud[150], sum(loud)) == (True, False, True, 20)


@pytest.mark.parametrize("where", ["here", "127.0.0.1:99999", "0.0.0.0", "192.0.2.250:1721"])
async def test_where_it_cannot_be_is_said(where: str) -> None:
    console, _ = printing()
    with pytest.raises(ConfigurationError):
        await asyncio.to_thread(h323_answer.answer, where, name="x", console=console)
