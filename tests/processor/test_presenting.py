"""Who is sent the shared screen as a stream of its own: fake legs whose lines carry more or less."""

from __future__ import annotations

import math
import time
from typing import cast

import pytest

from mcu.media.types import SHARED_SCREEN, StreamKind, VideoProfile
from mcu.processor.composing import ComposingThread
from mcu.processor.content_thread import ContentThread
from mcu.processor.decoding import DecoderPool
from mcu.processor.leg import Leg
from mcu.processor.member import Member
from mcu.processor.picture_encoders import PacketizedFrame
from mcu.processor.presenting import LEAST_BITRATE, Presenting
from mcu.processor.rungs import COMPLAINTS, HOLD_FIRST, OVERHEAD, REGRET_SECONDS, UP_SECONDS, ladder
from mcu.processor.showing import ADAPT_SECONDS, Showing
from tests.fakes.content import FakeComposingThread, FakeContentThread
from tests.fakes.legs import CONTENT_TYPE, FakeLeg

PICTURE = VideoProfile("VP8", 1280, 720, 25, 1_200_000)
BEST, MIDDLE, SMALL = (rung.profile for rung in ladder(PICTURE))
MOST_BITRATE = SHARED_SCREEN.bitrate
SHARER = "leg0"


class Stage:
    """A sharer and some receivers, a clock, and a frame of the screen at each look at the lines."""

    def __init__(self, receivers: int, *, takes_content: bool = True) -> None:
        self.screen, self.composite = FakeContentThread(), FakeComposingThread()
        self.shared = True
        self.presenting = Presenting(
            cast(ContentThread, self.screen), is_shared=lambda: self.shared, call_later=lambda *_: None
        )
        self.showing = Showing(cast(ComposingThread, self.composite), self.presenting, call_later=lambda *_: None)
        self.legs = [FakeLeg(f"leg{n}", PICTURE, takes_content=takes_content) for n in range(receivers + 1)]
        pool = cast(DecoderPool, None)  # nothing is decoded here
        self.members = {leg.id: Member(leg.id, cast(Leg, leg), decoders=pool) for leg in self.legs}
        self.now = 100.0
        self.frame = 0
        self.update(SHARER)

    def update(self, sharer: str | None) -> None:
        self.presenting.update(self.members, sharer, self.now)
        self.showing.update(self.members, self.now)

    def look(self) -> None:
        self.now += ADAPT_SECONDS
        self.showing.adapt(self.now)

    def send(self, *, keyframe: bool = False) -> None:
        self.frame += 1
        payloads = [b"\x10" + bytes([keyframe])]
        for profile in self.screen.rates or (SHARED_SCREEN,):
            self.presenting.send(PacketizedFrame(profile, payloads, self.frame * 9_000, keyframe))

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / ADAPT_SECONDS)):
            self.look()
            asked, self.screen.asked = self.screen.asked, 0
            if self.screen.rate:
                self.send(keyframe=asked > 0)

    def got(self, index: int) -> int:
        """Packets of the screen that a participant was sent."""
        return len(self.legs[index].received(CONTENT_TYPE))


def test_everybody_but_the_sharer_is_sent_the_screen_from_a_keyframe_on() -> None:
    stage = Stage(3)
    stage.look()
    stage.send()
    assert [stage.got(index) for index in range(4)] == [0, 0, 0, 0]
    stage.send(keyframe=True)
    stage.send()
    assert [stage.got(index) for index in range(4)] == [0, 2, 2, 2]
    assert stage.screen.rate == MOST_BITRATE
    assert stage.presenting.receivers == 3
    payloads = [[packet.payload for packet in leg.received(CONTENT_TYPE)] for leg in stage.legs[1:]]
    assert payloads[0] == payloads[1] == payloads[2]  # packetised once


def test_who_does_not_take_the_stream_costs_nothing() -> None:
    stage = Stage(3, takes_content=False)
    stage.run(1)
    assert stage.screen.rate == 0
    assert stage.presenting.receivers == 0


def test_when_sharing_ends_nothing_more_is_sent_and_lines_are_the_composites_again() -> None:
    stage = Stage(1)
    stage.legs[1].carries = 2_000_000
    stage.run(1)
    assert stage.composite.rates[MIDDLE] > 0
    stage.shared = False
    stage.update(None)
    before = stage.got(1)
    stage.run(HOLD_FIRST + UP_SECONDS + 1)
    stage.send()  # was being coded then
    assert stage.got(1) == before
    assert stage.screen.rate == 0
    assert stage.composite.rates == {BEST: PICTURE.bitrate}
    stage.shared = True
    stage.update(SHARER)
    stage.run(1)
    assert stage.got(1) > before


def test_who_takes_over_is_sent_nothing_and_the_one_before_is() -> None:
    stage = Stage(2)
    stage.run(1)
    before = stage.got(1)
    stage.update("leg1")
    stage.run(1)
    assert stage.got(1) == before
    assert stage.got(0) > 0


def test_a_poor_line_has_the_composite_alone_and_the_others_keep_their_rate() -> None:
    stage = Stage(3)
    stage.run(1)
    stage.legs[2].carries = 400_000
    stage.run(1)
    before = stage.got(2)
    stage.run(2)
    assert stage.got(2) == before
    assert stage.screen.rate == MOST_BITRATE
    assert MIDDLE in stage.composite.rates
    assert stage.composite.rates[MIDDLE] == int(400_000 / OVERHEAD)  # nothing is kept for the screen


def test_a_middling_line_has_the_screen_first_and_the_composite_of_what_is_left() -> None:
    stage = Stage(1)
    stage.legs[1].carries = 2_000_000
    stage.run(1)
    assert LEAST_BITRATE < stage.screen.rate < MOST_BITRATE
    total = OVERHEAD * (stage.screen.rate + stage.composite.rates[MIDDLE])
    assert total <= 2_000_000 + 2


def test_the_weakest_line_costs_the_others_no_more_than_the_least_rate() -> None:
    stage = Stage(2)
    stage.legs[1].carries = 1_750_000
    stage.run(1)
    assert LEAST_BITRATE <= stage.screen.rate < 0.75 * MOST_BITRATE
    assert min(stage.got(1), stage.got(2)) > 5


def test_a_line_that_opens_is_probed_for_the_screen_and_then_gets_it() -> None:
    stage = Stage(1)
    stage.legs[1].carries = 1_400_000
    stage.run(HOLD_FIRST + 1)
    (wanted,) = set(stage.legs[1].probed)  # the best rung of the composite is there already
    assert 1.5 * LEAST_BITRATE < wanted < 2 * LEAST_BITRATE
    assert stage.got(1) == 0
    stage.legs[1].carries = wanted
    stage.run(HOLD_FIRST + UP_SECONDS + 1)
    assert stage.got(1) > 0


@pytest.mark.parametrize("carries", [math.inf, 2_944_000])  # nothing known; what a line is first taken to carry
def test_a_good_line_has_both_in_full(carries: float) -> None:
    stage = Stage(1)
    for leg in stage.legs:
        leg.carries = carries
    stage.run(1)
    assert stage.screen.rate == MOST_BITRATE
    assert stage.composite.rates == {BEST: PICTURE.bitrate}


def test_requests_for_keyframes_reach_the_encoder_from_those_who_are_sent_the_screen() -> None:
    stage = Stage(2)
    before = stage.screen.asked
    stage.presenting.keyframe_requested(stage.members["leg1"], stage.now)
    assert stage.screen.asked == before
    stage.run(1)
    stage.screen.asked = 0
    stage.presenting.keyframe_requested(stage.members["leg1"], stage.now)
    assert stage.screen.asked == 1


def test_who_asks_again_and_again_does_without_for_a_while() -> None:
    stage = Stage(2)
    stage.run(1)
    for _ in range(COMPLAINTS):
        stage.presenting.keyframe_requested(stage.members["leg1"], stage.now)
        stage.run(2)
    before = stage.got(1), stage.got(2)
    stage.run(2)
    assert stage.got(1) == before[0]
    assert stage.got(2) > before[1]
    stage.run(REGRET_SECONDS + 2)
    assert stage.got(1) > before[0]


def test_who_leaves_or_is_cut_off_is_sent_nothing() -> None:
    stage = Stage(2)
    stage.run(1)
    stage.legs[1].connected = False
    before = stage.got(1)
    stage.send()
    stage.update(SHARER)
    stage.run(1)
    assert stage.got(1) == before
    assert stage.presenting.receivers == 1


def test_a_large_picture_leaves_no_faster_than_lines_carry_and_holds_up_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = Stage(1)
    stage.run(1)
    before, later = stage.got(1), []
    monkeypatch.setattr(stage.presenting, "_call_later", lambda delay, call, *rest: later.append((delay, call, rest)))
    page = PacketizedFrame(SHARED_SCREEN, [b"\x10" + bytes(1_000)] * 100, 9_000_000, keyframe=True)
    stage.presenting.send(page)
    assert stage.got(1) - before < 20
    assert stage.screen.held
    waited = 0.0
    now = time.monotonic()
    while later:
        delay, call, rest = later.pop()
        waited += delay
        monkeypatch.setattr(time, "monotonic", lambda: now + waited)  # noqa: B023
        call(*rest)
    assert stage.got(1) - before == 100
    assert not stage.screen.held
    assert waited >= 0.8 * 8 * 90_000 / (1.25 * MOST_BITRATE)


def test_a_room_has_its_own_encoding_at_what_its_channel_allows() -> None:
    stage = Stage(3)
    room = VideoProfile("H264", 1280, 720, 5, 384_000, "constrained-baseline", 0)
    stage.legs[3].content_profile = room
    stage.legs[3].limits = {StreamKind.MAIN: 400_000 * OVERHEAD, StreamKind.CONTENT: 384_000 * OVERHEAD}
    stage.update(SHARER)
    stage.run(1)
    assert stage.screen.rates == {SHARED_SCREEN: MOST_BITRATE, room: 384_000}
    assert min(stage.got(index) for index in (1, 2, 3)) > 5
    stage.presenting.send(PacketizedFrame(room, [b"room"], 0, keyframe=False))
    assert b"room" not in [packet.payload for packet in stage.legs[1].received(CONTENT_TYPE)]
    stage.legs[3].limits[StreamKind.CONTENT] = 100_000  # flow control
    before = stage.got(3)
    stage.run(1)
    assert stage.screen.rates == {SHARED_SCREEN: MOST_BITRATE}
    assert stage.got(3) <= before + 1
