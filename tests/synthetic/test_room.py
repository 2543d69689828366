"""Two meeting rooms made of code that call each other: sound, picture, keys and content, without a server between."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator

import numpy as np
import pytest

from mcu.h323.events import EndReason
from mcu.h323.leg import KEYFRAME_SECONDS
from mcu.media.types import StreamKind
from mcu.synthetic.picture_code import MAX_FRAME, Code, read
from tests.support.room_scene import Room, camera

DRAWING = 11  # what the mark in the shared picture says


@pytest.fixture
async def rooms() -> AsyncIterator[tuple[Room, Room]]:
    """The first has called the second."""
    caller, called = Room(1), Room(2)
    await caller.call(await called.listen())
    await caller.until(lambda: caller.answered)
    yield caller, called
    await caller.close()
    await called.close()


async def test_they_hear_and_see_each_other(rooms: tuple[Room, Room]) -> None:
    caller, called = rooms
    await caller.until(lambda: caller.hears(2) and caller.picture is not None)
    await called.until(lambda: called.hears(1) and called.picture is not None)
    caller.forget_heard()
    assert not caller.heard.size
    caller.press("12#")
    await called.until(lambda: called.digits == "12#")


async def test_content_is_sent_while_one_presents_and_the_last_one_does(rooms: tuple[Room, Room]) -> None:
    caller, called = rooms
    await called.until(lambda: called.picture is not None)
    caller.present(camera(DRAWING))
    await called.until(lambda: called.presented() == DRAWING)
    before = called.frames[StreamKind.MAIN]
    await called.until(lambda: called.frames[StreamKind.MAIN] > before + 5)
    called.present(camera(DRAWING + 1))
    await caller.until(lambda: caller.presented() == DRAWING + 1)
    assert (caller.holds_token, called.holds_token) == (False, True)
    called.stop_presenting()
    seen = caller.frames[StreamKind.CONTENT]
    await caller.until(lambda: not called.holds_token and called.leg is not None and not called.leg.content_profile)
    main = caller.frames[StreamKind.MAIN]
    await caller.until(lambda: caller.frames[StreamKind.MAIN] > main + 10)
    assert caller.frames[StreamKind.CONTENT] <= seen + 1  # under way when it ended


async def test_a_call_that_is_over_ends_for_both(rooms: tuple[Room, Room]) -> None:
    caller, called = rooms
    await called.until(lambda: called.picture is not None)
    caller.present(camera(DRAWING))
    await called.until(lambda: called.presented() == DRAWING)
    await caller.close()
    await called.until(lambda: called.ended is not None)
    assert called.leg is None
    assert called.counters["received"] > called.counters["overflowed"]
    assert not called.holds_token


async def test_what_is_sent_and_heard_is_told_as_it_happens(rooms: tuple[Room, Room]) -> None:
    caller, called = rooms
    left: list[tuple[StreamKind, int]] = []
    blocks: list[bool] = []
    caller.notice_sent(lambda kind, beat, now: left.append((kind, beat)))
    called.listen_in(lambda block, due, now: blocks.append(block is not None))
    await called.until(lambda: blocks[-20:] == [True] * 20)
    sounds = [beat for kind, beat in left if kind is StreamKind.AUDIO]
    assert sounds == list(range(sounds[0], sounds[0] + len(sounds)))
    pictures = [beat for kind, beat in left if kind is StreamKind.MAIN]
    assert {later - earlier for earlier, later in itertools.pairwise(pictures)} <= {3, 4}  # of 20 ms, at 15 fps
    keyframes = called.keyframes
    await asyncio.sleep(KEYFRAME_SECONDS)  # the least between two requests
    called.request_keyframe()
    await called.until(lambda: called.keyframes > keyframes)


async def test_one_that_vanishes_says_nothing(rooms: tuple[Room, Room]) -> None:
    caller, called = rooms
    await called.until(lambda: called.hears(1))
    caller.vanish()
    assert caller.leg is None
    await called.until(lambda: called.ended is not None)  # its TCP connection is gone
    assert called.ended is not None
    assert called.ended.reason is EndReason.CONNECTION_LOST


async def test_one_that_was_called_can_be_called_again() -> None:
    caller, called = Room(1), Room(2)
    address = await called.listen()
    await caller.call(address)
    await called.until(lambda: called.hears(1))
    await caller.close()
    await called.until(lambda: called.ended is not None)
    another = Room(3)
    await another.call(address)
    await called.until(lambda: called.hears(3))
    assert called.ended is None
    assert called.answered
    await another.close()
    await called.close()


def test_a_camera_films_for_hours() -> None:
    film = camera(3)
    for beat, number in ((MAX_FRAME, MAX_FRAME), (MAX_FRAME + 1, 0), (20 * 3_600 * 50, 3_600_000 % 4_096)):
        luma = np.asarray(film(beat, 320, 176).to_ndarray(format="gray8"))
        assert read(luma) == Code(3, number)


async def test_who_waits_can_be_called_away_though_something_happens_at_once() -> None:
    room = Room(1)
    waiting = asyncio.create_task(room.changed(seconds=60.0))
    await asyncio.sleep(0)
    room.stirred()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await room.close()
