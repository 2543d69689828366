"""Who is sent which rung: fake legs whose lines carry more or less, and a composing thread played by the test."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import cast

import pytest

from mcu.media.types import StreamKind, VideoProfile
from mcu.processor.composing import MAX_PROFILES, ComposingThread
from mcu.processor.content_thread import ContentThread
from mcu.processor.decoding import DecoderPool
from mcu.processor.leg import Leg
from mcu.processor.member import Member
from mcu.processor.picture_encoders import PacketizedFrame
from mcu.processor.presenting import Presenting
from mcu.processor.rungs import COMPLAINTS, HOLD_FIRST, OVERHEAD, REGRET_SECONDS, UP_SECONDS, ladder
from mcu.processor.showing import ADAPT_SECONDS, Showing
from tests.fakes.content import FakeComposingThread, FakeContentThread
from tests.fakes.legs import VIDEO_TYPE, FakeLeg

PICTURE = VideoProfile("VP8", 1280, 720, 25, 1_200_000)
BEST, MIDDLE, SMALL = (rung.profile for rung in ladder(PICTURE))


class Stage:
    """Some receivers, a clock, and frames on demand."""

    def __init__(self, count: int) -> None:
        self.video = FakeComposingThread()
        nothing = Presenting(
            cast(ContentThread, FakeContentThread()), is_shared=lambda: False, call_later=lambda *_: None
        )
        self.showing = Showing(cast(ComposingThread, self.video), nothing, call_later=lambda *_: None)
        self.legs = [FakeLeg(f"leg{number}", PICTURE) for number in range(count)]
        pool = cast(DecoderPool, None)  # nothing is decoded here
        self.members = {leg.id: Member(leg.id, cast(Leg, leg), decoders=pool) for leg in self.legs}
        self.now = 100.0
        self.tick = 0
        self.showing.update(self.members, self.now)

    def run(self, seconds: float) -> None:
        """Time passes, and each profile in use gives a frame, a keyframe when one was asked for."""
        for _ in range(round(seconds / ADAPT_SECONDS)):
            self.now += ADAPT_SECONDS
            self.showing.adapt(self.now)
            self.tick += 1
            for number, profile in enumerate(self.video.rates):
                payload = bytes([number]) + profile.width.to_bytes(2, "big")
                keyframe = profile in self.video.asked
                self.showing.send(PacketizedFrame(profile, [payload], self.tick * 9_000, keyframe))
            self.video.asked.clear()

    def widths(self, index: int) -> list[int]:
        """Of every frame that a receiver was sent."""
        return [int.from_bytes(packet.payload[1:3], "big") for packet in self.legs[index].received(VIDEO_TYPE)]


def test_good_lines_share_the_best_rung_alone() -> None:
    stage = Stage(30)
    stage.run(2)
    assert stage.video.rates == {BEST: 1_200_000}
    assert all(set(stage.widths(index)) == {1280} for index in range(30))


def test_a_bad_line_goes_down_with_a_keyframe_and_the_others_see_no_change() -> None:
    stage = Stage(30)
    stage.run(1)
    stage.legs[7].carries = 300_000
    stage.run(2)
    assert stage.widths(7)[-1] == 640
    assert stage.video.rates == {BEST: 1_200_000, MIDDLE: int(300_000 / OVERHEAD)}
    for index in (0, 6, 8, 29):
        assert set(stage.widths(index)) == {1280}
        assert len(stage.widths(index)) == 30  # every frame, none twice


def test_repairs_come_out_of_the_budget_of_a_line_that_has_shown_its_end() -> None:
    stage = Stage(2)
    stage.legs[0].repaired = stage.legs[1].repaired = 0.2
    stage.legs[0].carries = 1_200_000 * OVERHEAD  # all of it, though not with repairs: no end is known
    stage.legs[1].carries = 300_000
    stage.run(2)
    assert stage.widths(0)[-1] == 1280
    assert stage.widths(1)[-1] == 640
    assert stage.video.rates == {BEST: 1_200_000, MIDDLE: int(300_000 / 1.2 / OVERHEAD)}
    assert min(stage.legs[1].probed) > 1.2 * 1_200_000, "the way back has room for them as well"


def test_a_line_that_carries_just_what_a_probe_asked_for_is_given_it() -> None:
    stage = Stage(2)
    leg = stage.legs[0]
    leg.carries, leg.repaired = 300_000, 0.02
    stage.run(HOLD_FIRST + 1)
    assert stage.widths(0)[-1] == 640
    leg.carries, leg.repaired = round(min(leg.probed)), 0.024  # rounded, and a little more is lost than then
    stage.run(HOLD_FIRST + UP_SECONDS + 1)
    assert stage.widths(0)[-1] == 1280


def test_no_frame_of_the_new_rung_comes_before_its_keyframe() -> None:
    stage = Stage(2)
    stage.run(1)
    stage.legs[0].carries = 300_000
    stage.now += ADAPT_SECONDS
    stage.showing.adapt(stage.now)
    stage.showing.send(PacketizedFrame(MIDDLE, [b"\0" + (640).to_bytes(2, "big")], 1, keyframe=False))
    stage.showing.send(PacketizedFrame(BEST, [b"\0" + (1280).to_bytes(2, "big")], 1, keyframe=False))
    assert stage.widths(0)[-1] == 1280
    stage.showing.send(PacketizedFrame(MIDDLE, [b"\0" + (640).to_bytes(2, "big")], 2, keyframe=True))
    stage.showing.send(PacketizedFrame(BEST, [b"\0" + (1280).to_bytes(2, "big")], 2, keyframe=False))
    assert stage.widths(0)[-1] == 640


def test_who_is_shown_what_is_a_smaller_rung_of_others_is_admitted_once() -> None:
    """A room that takes half the size, beside those who take all of it: two ladders with an equal rung."""
    stage = Stage(2)
    stage.legs[1].video_profile = replace(MIDDLE)
    stage.showing.update(stage.members, stage.now)
    admitted: list[VideoProfile] = []
    admit = stage.video.admit

    def note(profile: VideoProfile) -> None:
        admitted.append(profile)
        admit(profile)

    stage.video.admit = note  # type: ignore[method-assign]
    stage.legs[0].carries = 300_000  # both are sent the rung that they have in common
    stage.run(3)
    assert stage.widths(0)[-1] == stage.widths(1)[-1] == 640
    assert admitted.count(MIDDLE) <= 2


def test_a_line_that_carries_only_sound_is_sent_no_picture_and_gets_it_back() -> None:
    stage = Stage(2)
    stage.run(1)
    stage.legs[0].carries = 20_000
    stage.run(1)
    before = len(stage.widths(0))
    stage.run(2)
    assert len(stage.widths(0)) == before
    assert stage.video.rates == {BEST: 1_200_000}
    stage.legs[0].carries = math.inf
    stage.run(HOLD_FIRST + UP_SECONDS + 1)
    assert set(stage.widths(0)) == {1280}
    assert len(stage.widths(0)) > before


def test_probes_are_asked_for_while_there_is_something_better() -> None:
    stage = Stage(2)
    stage.legs[0].carries = 300_000
    stage.run(HOLD_FIRST + 1)
    assert stage.legs[0].probed
    assert not stage.legs[1].probed
    assert min(stage.legs[0].probed) > 1_200_000


def test_where_everybody_has_less_the_best_rung_is_coded_for_less() -> None:
    stage = Stage(3)
    for leg in stage.legs:
        leg.carries = 1_000_000 * OVERHEAD
    stage.run(1)
    assert stage.video.rates == {BEST: 1_000_000}
    assert set(stage.widths(0)) == {1280}


@pytest.mark.parametrize("carries", range(800_001, 1_290_000, 12_347))
def test_the_best_line_carries_the_best_rung_whatever_it_carries(carries: int) -> None:
    stage = Stage(2)
    for leg in stage.legs:
        leg.carries = carries
    stage.run(1)
    assert set(stage.widths(0)) == set(stage.widths(1)) == {1280}


@pytest.mark.parametrize("carries", [900_000, 1_000_000, 1_134_000, 1_250_001])
def test_a_line_that_recovers_only_in_part_gets_the_best_rung_again_for_what_it_carries(carries: int) -> None:
    stage = Stage(1)
    stage.run(1)
    stage.legs[0].carries = 300_000
    stage.run(2)
    assert stage.widths(0)[-1] == 640
    stage.legs[0].carries = carries
    stage.run(HOLD_FIRST + UP_SECONDS + 1)
    assert stage.widths(0)[-1] == 1280
    assert stage.video.rates == {BEST: pytest.approx(carries / OVERHEAD, abs=1)}


def test_who_ends_the_picture_by_a_new_offer_takes_it_from_nobody_else() -> None:
    stage = Stage(3)
    stage.run(1)
    stage.legs[0].video_profile = None
    del stage.legs[0].sent[StreamKind.MAIN]
    before = len(stage.widths(1))
    stage.run(1)
    assert len(stage.widths(1)) == before + 10
    stage.showing.update(stage.members, stage.now)
    stage.run(1)
    assert len(stage.widths(2)) == before + 20


def test_a_few_with_pictures_of_their_own_kinds_leave_the_others_theirs() -> None:
    stage = Stage(MAX_PROFILES + 3)
    for fps, leg in enumerate(stage.legs[:MAX_PROFILES], 10):
        leg.video_profile = replace(PICTURE, fps=fps)  # max-fr in an offer does this
    stage.showing.update(stage.members, stage.now)
    stage.run(1)
    assert len(stage.video.rates) == MAX_PROFILES
    assert BEST in stage.video.rates
    assert all(len(stage.widths(MAX_PROFILES + index)) == 10 for index in range(3))


def test_a_rung_that_nobody_watches_any_more_is_not_coded() -> None:
    stage = Stage(2)
    stage.legs[0].carries = 300_000
    stage.run(1)
    assert MIDDLE in stage.video.rates
    stage.showing.update({leg: member for leg, member in stage.members.items() if leg != "leg0"}, stage.now)
    assert stage.video.rates == {BEST: 1_200_000}


@pytest.mark.parametrize("video", [None, VideoProfile("H264", 640, 360, 25, 500_000)])
def test_receivers_without_pictures_or_of_another_codec_have_their_own_ladder(video: VideoProfile | None) -> None:
    stage = Stage(2)
    stage.legs[0].video_profile = video
    stage.showing.update(stage.members, stage.now)
    assert set(stage.video.rates) == ({BEST} if video is None else {BEST, video})


def test_who_asks_for_keyframes_again_and_again_moves_to_where_it_disturbs_fewer() -> None:
    stage = Stage(30)
    stage.run(1)
    member = stage.members["leg7"]
    for _ in range(COMPLAINTS):
        stage.showing.keyframe_requested(member, stage.now)
        stage.showing.keyframe_requested(member, stage.now + 0.1)  # once more until it comes: one complaint
        stage.run(2)
    assert stage.widths(7)[-1] == 640
    assert all(stage.widths(index)[-1] == 1280 for index in (0, 6, 8, 29))
    for _ in range(COMPLAINTS):  # it is alone there, and a smaller picture would help nobody
        stage.showing.keyframe_requested(member, stage.now)
        stage.run(2)
    assert stage.widths(7)[-1] == 640
    stage.run(REGRET_SECONDS + 2)
    assert stage.widths(7)[-1] == 1280  # the line had carried it all the time


def test_a_request_now_and_then_changes_nothing() -> None:
    stage = Stage(2)
    stage.run(1)
    for _ in range(10):
        stage.showing.keyframe_requested(stage.members["leg0"], stage.now)
        stage.run(6)
    assert set(stage.widths(0)) == {1280}
