"""Who looks and sounds like what, and that nobody is made twice or keeps the loop of events waiting."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from loadtests.agent import media
from loadtests.agent.media import CAMERA, DETAILED, SCREEN, SKETCH, Loop, Wardrobe, settings_of
from mcu.synthetic.clips import Clip, Performance


def tiny(person: int) -> Performance:
    clip = Clip("VP8", 320, 180, 15, (b"\x10\x00\x00frame",), (0,), 0, (b"sound",), (127,))
    return Performance(person=person, listening=clip, speaking=clip)


class Maker:
    """In place of `media.performances`: remembers what it was asked for, and waits until it may."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[tuple[int, ...]] = []
        self.may = threading.Event()
        self.called = threading.Event()
        monkeypatch.setattr(media, "performances", self.make)

    def make(self, numbers: Sequence[int], *, loop: Loop, **_: object) -> dict[int, Performance]:
        if numbers:
            self.asked.append(tuple(numbers))
            self.called.set()
            assert self.may.wait(10)
        return {who: tiny(who) for who in numbers}


def test_a_crowd_is_sketched_and_all_carry_marks() -> None:
    assert settings_of(0) is CAMERA
    assert settings_of(DETAILED - 1) is CAMERA
    assert settings_of(DETAILED) is SKETCH
    assert settings_of(3, Loop.SCREEN) is settings_of(300, Loop.SCREEN) is SCREEN
    assert all(settings.coded for settings in (CAMERA, SKETCH, SCREEN))
    assert (SKETCH.width, SKETCH.height, SKETCH.fps, SKETCH.bitrate) == (
        CAMERA.width,
        CAMERA.height,
        CAMERA.fps,
        CAMERA.bitrate,
    )


async def test_all_who_come_while_some_are_made_are_made_together(monkeypatch: pytest.MonkeyPatch) -> None:
    maker, wardrobe = Maker(monkeypatch), Wardrobe()
    first = asyncio.create_task(wardrobe.reels(7))
    await asyncio.to_thread(maker.called.wait, 10)
    later = [asyncio.create_task(wardrobe.reels(who)) for who in (9, 8, 9, 7)]
    await asyncio.sleep(0)  # they begin
    maker.may.set()
    made = await first
    others = await asyncio.gather(*later)
    assert maker.asked == [(7,), (8, 9)]
    assert others[3] is made
    assert others[0] is others[2]
    assert (await wardrobe.performance(8)).person == 8
    assert len(maker.asked) == 2
    assert (await wardrobe.screen(8)).clip.width == 320
    assert maker.asked[2:] == [(8,)]


async def test_no_more_is_kept_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    maker, wardrobe = Maker(monkeypatch), Wardrobe()
    maker.may.set()
    monkeypatch.setattr(media, "MAX_KEPT", 2)
    for who in (1, 2, 1, 3):
        await wardrobe.reels(who)
    await wardrobe.reels(1)  # used more recently than the second
    assert maker.asked == [(1,), (2,), (3,)]
    await wardrobe.reels(2)
    assert maker.asked == [(1,), (2,), (3,), (2,)]


async def test_a_failure_is_told_to_those_who_wait_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    maker, wardrobe = Maker(monkeypatch), Wardrobe()
    maker.may.set()
    good = media.performances

    def fail(*_: object, **__: object) -> dict[int, Performance]:
        raise OSError("disk full")

    monkeypatch.setattr(media, "performances", fail)
    with pytest.raises(OSError, match="disk full"):
        await wardrobe.reels(4)
    monkeypatch.setattr(media, "performances", good)
    await wardrobe.reels(4)
    assert maker.asked == [(4,)]
