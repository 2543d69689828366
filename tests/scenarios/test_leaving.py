"""One leaves: the layout closes within two ticks, and nobody else's picture or sound misses a beat."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.support.attendees import Attendee, heard_blocks, meeting, tone_reels, until
from tests.support.observe import codes_in_tiles
from tests.support.server import Server, running_server

NOTICE_FRAMES = 2  # of the server's beat
REPORT_BLOCKS = 110  # of sound: the server's figures are two seconds old at most


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running_server(tmp_path / "var") as running:
        yield running


def codes_anywhere(attendee: Attendee, places: list[dict[str, int]], frame: int) -> set[int]:
    """Who can be read in any of these places of the composite frames[frame]."""
    luma = attendee.look(upto=frame)
    assert luma is not None
    assert attendee.tiles is not None
    return {code.person for code in codes_in_tiles(luma, places, attendee.tiles.width) if code is not None}


async def left_out(server: Server) -> int:
    """Pictures that the server has left out so far because the machine did other things."""
    metrics = await asyncio.to_thread(server.metrics)
    return int(sum(value for name, value in metrics.items() if name.startswith("mcu_video_ticks_missed_total")))


async def test_the_layout_closes_within_two_ticks_and_nobody_else_notices(server: Server) -> None:
    async with meeting(server.url, server.ready_conference["id"]) as crowd:
        for person in (1, 2, 3, 4):
            await crowd.join(person, tone_reels(person))
        stays, leaver = crowd.attendees[0], crowd.attendees[3]
        await until(lambda: stays.people() == [1, 2, 3, 4], what="all four in the picture")
        for attendee in crowd.attendees[:3]:
            others = {2, 3, 4} if attendee is stays else {4}
            await until(
                lambda a=attendee, o=others: min(a.hearing.tones().get(p, 0) for p in o) > 25, what="the others"
            )
            await until(lambda a=attendee: len(a.people()) == 4, what="settled")
        before = {attendee: len(attendee.frames) for attendee in crowd.attendees[:3]}
        blocks = {attendee: len(attendee.hearing.blocks) for attendee in crowd.attendees[:3]}
        counts = {a: a.client.session.audio.counters for a in before}
        too_busy = await left_out(server)
        places, told = stays.places(), []
        stays_receive = stays._receive

        def note(message: object) -> None:
            stays_receive(message)  # type: ignore[arg-type]
            if type(message).__name__ == "Tiles":
                told.append(len(stays.frames))

        stays._receive = note  # type: ignore[method-assign]
        await crowd.leave(leaver)
        await until(lambda: bool(told), what="tiles without the one who left")
        await heard_blocks(stays, 75)

        closed = next(
            number
            for number in range(before[stays], len(stays.frames))
            if 4 not in codes_anywhere(stays, places + stays.places(), number)
        )
        missing = {attendee: attendee.missing_pictures(since=before[attendee] - 1) for attendee in before}
        if any(missing.values()):
            await heard_blocks(stays, REPORT_BLOCKS)
        print(f"closed {closed - told[0]} frames after the notice")
        assert closed - told[0] <= NOTICE_FRAMES
        assert {1, 2, 3} == set(stays.people())
        for attendee in before:
            assert missing[attendee] <= await left_out(server) - too_busy
            session = attendee.client.session
            now, then = session.audio.counters, counts[attendee]
            assert now.lost == then.lost
            assert now.restarts == then.restarts
            heard = attendee.hearing.blocks[blocks[attendee] - 10 :]
            assert all(block is not None for block in heard)
            levels = [float(np.sqrt(np.mean(block**2))) for block in heard if block is not None]
            assert min(levels) > 0.3 * max(levels), "a gap in the sound"
