"""A bridge with legs that are not there: what it shows, sends, asks for and reports."""

from __future__ import annotations

import gc
import math
import time
import weakref
from collections.abc import Iterator
from typing import cast

import msgspec
import pytest

from mcu import control
from mcu.media.types import EncodedFrame, StreamKind, VideoProfile
from mcu.media.video_codecs import VideoDecoder
from mcu.processor.bridge import Bridge
from mcu.processor.decoding import DecoderPool
from mcu.processor.leg import Leg
from mcu.processor.overload import STEPS, Moving
from mcu.processor.resting import RENEW_SECONDS
from mcu.processor.told import LOWER_SECONDS
from mcu.processor.totals import Totals
from tests.fakes.legs import CONTENT_TYPE, VIDEO_TYPE
from tests.processor.bridge_stand import (
    PICTURE,
    PROFILE,
    Loop,
    before_composite,
    join,
    keyframes,
    one_keyframe,
    screen_size,
    state,
    tick,
)

SMALL = VideoProfile("H264", 320, 180, 50, 200_000, h264_profile="constrained-baseline")


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def notices() -> list[control.Notice]:
    return []


@pytest.fixture
def bridge(loop: Loop, notices: list[control.Notice]) -> Iterator[Bridge]:
    decoders = DecoderPool(1, call_main=lambda call: loop.call_main(call))
    bridge = Bridge(
        "c",
        PICTURE,
        decoders=decoders,
        call_main=loop.call_main,
        call_later=loop.call_later,
        notify=notices.append,
        totals=Totals(),
    )
    yield bridge
    bridge.close()
    decoders.close()


def test_places_are_told_when_they_change_and_only_then(bridge: Bridge, notices: list[control.Notice]) -> None:
    bridge.update(state(1, "a", "b"))
    (first,) = [notice for notice in notices if isinstance(notice, control.TilesChanged)]
    assert [tile.participant for tile in first.tiles] == ["a", "b"]
    notices.clear()
    bridge.update(state(2, "a", "b", muted=True))
    assert not notices
    bridge.update(state(3, "a"))
    (second,) = [notice for notice in notices if isinstance(notice, control.TilesChanged)]
    assert [tile.participant for tile in second.tiles] == ["a"]


def test_an_older_state_is_ignored(bridge: Bridge, notices: list[control.Notice]) -> None:
    bridge.update(state(5, "a", "b"))
    notices.clear()
    bridge.update(state(4, "a"))
    assert not notices


def test_two_receivers_of_one_profile_share_an_encoder_and_every_payload(bridge: Bridge, loop: Loop) -> None:
    bridge.update(state(1, "a", "b"))
    first, second = join(bridge, "a"), join(bridge, "b")
    loop.run_until(lambda: len(second.received(VIDEO_TYPE)) > 10)
    assert bridge.video.encoders == 1
    theirs = [packet.payload for packet in second.received(VIDEO_TYPE)]
    ours = [packet.payload for packet in first.received(VIDEO_TYPE)]
    assert theirs == ours[-len(theirs) :]


def test_another_codec_is_another_encoder(bridge: Bridge, loop: Loop) -> None:
    bridge.update(state(1, "a", "b"))
    first, second = join(bridge, "a"), join(bridge, "b", SMALL)
    loop.run_until(lambda: bool(first.received(VIDEO_TYPE)) and bool(second.received(VIDEO_TYPE)))
    assert bridge.video.encoders == 2


def test_nobody_watches_nothing_is_encoded(bridge: Bridge, loop: Loop) -> None:
    bridge.update(state(1, "a"))
    leg = join(bridge, "a")
    loop.run_until(lambda: bool(leg.received(VIDEO_TYPE)))
    bridge.remove_participant("a", reason="left")
    loop.run_until(lambda: bridge.video.encoders == 0)
    assert leg.closed_for == "left"


def test_keyframe_requests_from_many_become_one_keyframe(bridge: Bridge, loop: Loop) -> None:
    bridge.update(state(1, *"abcdef"))
    legs = [join(bridge, name) for name in "abcdef"]
    loop.run_until(lambda: all(len(leg.received(VIDEO_TYPE)) > 20 for leg in legs))
    before = keyframes(legs[0])
    ticks = bridge.video.ticks.index
    for leg in legs:
        bridge.keyframe_requested(cast(Leg, leg), StreamKind.MAIN)
    loop.run_until(lambda: keyframes(legs[0]) > before and bridge.video.ticks.index > ticks + 10)
    assert keyframes(legs[0]) in (before + 1, before + 2)  # two when a tick fell between the requests


def test_a_stream_that_comes_into_the_picture_is_asked_for_a_keyframe(bridge: Bridge) -> None:
    leg = join(bridge, "a")
    leg.keyframes_asked.clear()
    bridge.update(state(1, "a"))
    assert leg.keyframes_asked == [StreamKind.MAIN]
    bridge.update(state(2, "a", content="a"))
    assert leg.keyframes_asked == [StreamKind.MAIN, StreamKind.CONTENT]


def test_a_leg_that_comes_after_its_place_is_shown_at_once(bridge: Bridge) -> None:
    bridge.update(state(1, "a"))
    leg = join(bridge, "a")
    assert StreamKind.MAIN in leg.keyframes_asked


def asked(notices: list[control.Notice], leg: str) -> list[tuple[int, int] | None]:
    """The sizes that the peer of a leg was told to send, None for nothing."""
    return [
        notice.picture and (notice.picture.width, notice.picture.height)
        for notice in notices
        if isinstance(notice, control.PictureNeeded) and notice.leg == leg
    ]


def test_senders_are_told_what_their_tiles_need(
    bridge: Bridge, notices: list[control.Notice], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    bridge.update(state(1, "a"))
    join(bridge, "a")
    assert asked(notices, "leg-a") == [(320, 180)]
    bridge.update(state(2, "a", "b", "c", "d"))
    join(bridge, "b")
    assert asked(notices, "leg-b") == [(256, 144)]
    bridge.audio_tick(1, now + LOWER_SECONDS - 1, now + LOWER_SECONDS - 1)
    assert asked(notices, "leg-a") == [(320, 180)]  # less is told later
    bridge.audio_tick(2, now + LOWER_SECONDS, now + LOWER_SECONDS)
    assert asked(notices, "leg-a") == [(320, 180), (256, 144)]
    bridge.update(state(3, "b"))
    assert asked(notices, "leg-b") == [(256, 144), (320, 180)]
    bridge.audio_tick(3, now + 20, now + 20)
    assert asked(notices, "leg-a") == [(320, 180), (256, 144)]  # is not in the conference any more: told nothing


def test_who_is_not_shown_is_told_to_send_nothing(bridge: Bridge, notices: list[control.Notice]) -> None:
    single = msgspec.structs.replace(state(1, "a", "b"), layout=control.LayoutChoice("single"))
    bridge.update(single)
    join(bridge, "a")
    join(bridge, "b")
    assert [asked(notices, "leg-a"), asked(notices, "leg-b")] == [[(320, 180)], [None]]


def test_viewers_are_told_nothing(bridge: Bridge, notices: list[control.Notice]) -> None:
    bridge.update(state(1, "a", seen=False))
    join(bridge, "a")
    assert asked(notices, "leg-a") == []


def test_a_new_leg_is_told_what_the_old_one_was(bridge: Bridge, notices: list[control.Notice]) -> None:
    bridge.update(state(1, "a"))
    join(bridge, "a")
    notices.clear()
    join(bridge, "a")
    assert asked(notices, "leg-a") == [(320, 180)]


def test_a_picture_stays_until_the_first_of_another_size(bridge: Bridge, loop: Loop) -> None:
    bridge.update(state(1, "a"))
    leg = cast(Leg, join(bridge, "a"))
    member = bridge.members["a"]
    bridge.frame_received(leg, StreamKind.MAIN, one_keyframe())
    before_composite(bridge)
    loop.run_until(lambda: member.picture(content=False) is not None)
    seen = {(320, 180)}
    for size in ((256, 144), (160, 90), (320, 180)):
        bridge.frame_received(leg, StreamKind.MAIN, one_keyframe(*size))
        before_composite(bridge)

        def arrived(size: tuple[int, int] = size) -> bool:
            picture = member.picture(content=False)
            assert picture is not None  # never a gap
            seen.add((picture.width, picture.height))
            return (picture.width, picture.height) == size

        loop.run_until(arrived)
    assert seen == {(320, 180), (256, 144), (160, 90)}


def test_a_second_leg_replaces_the_first(bridge: Bridge) -> None:
    bridge.update(state(1, "a"))
    first = join(bridge, "a")
    second = join(bridge, "a")
    assert first.closed_for == "replaced"
    assert not second.closed_for
    bridge.leg_closed(cast(Leg, first))
    assert bridge.members["a"].leg is cast(Leg, second)


def test_a_leg_that_falls_silent_shows_a_card_not_its_last_face(bridge: Bridge, loop: Loop) -> None:
    bridge.update(state(1, "a"))
    leg = join(bridge, "a")
    bridge.frame_received(cast(Leg, leg), StreamKind.MAIN, one_keyframe())
    before_composite(bridge)
    loop.run_until(lambda: bridge.members["a"].picture(content=False) is not None)
    bridge.leg_disconnected(cast(Leg, leg))
    assert bridge.members["a"].picture(content=False) is None


def test_cameras_are_decoded_at_the_last_tick_of_the_sound_before_the_composite(bridge: Bridge) -> None:
    bridge.update(state(1, "a", content="a"))
    leg = cast(Leg, join(bridge, "a"))
    for kind in (StreamKind.MAIN, StreamKind.CONTENT):
        bridge.frame_received(leg, kind, one_keyframe())
    camera, screen = (bridge.members["a"]._streams[kind] for kind in (StreamKind.MAIN, StreamKind.CONTENT))
    bridge.audio_tick(0, bridge.video.ticks.due - 10.0, time.monotonic())
    assert camera.given == math.inf
    assert screen.given < math.inf  # at once
    before_composite(bridge)
    assert camera.given < math.inf


def test_too_little_cpu_lets_the_quiet_rest_and_brings_them_back(bridge: Bridge, loop: Loop) -> None:
    bridge.update(state(1, "a", "b", content="b"))
    legs = {name: join(bridge, name) for name in "ab"}
    asked_before = {name: len(leg.keyframes_asked) for name, leg in legs.items()}
    still = next(step for step in STEPS if step.moving is not Moving.ALL)
    bridge.shed(still, 100.0)
    bridge.shed(still, 100.1)
    for leg in legs.values():
        bridge.frame_received(cast(Leg, leg), StreamKind.MAIN, EncodedFrame("VP8", b"\x01", 0, keyframe=False))
    assert [member.rested for member in bridge.members.values()] == [1, 1]
    bridge.frame_received(cast(Leg, legs["b"]), StreamKind.CONTENT, EncodedFrame("VP8", b"\x01", 0, keyframe=False))
    assert bridge.members["b"].rested == 1  # what is shared moves on
    bridge.shed(still, 100.0 + RENEW_SECONDS)
    bridge.shed(STEPS[0], 101.0 + RENEW_SECONDS)
    for name, leg in legs.items():
        new = leg.keyframes_asked[asked_before[name] :]
        assert new.count(StreamKind.MAIN) == 2  # one to renew, one to move again
    assert bridge.video.pace.divisor == 1
    assert bridge.take_longest_wait() >= 0.0


def test_a_new_offer_gives_another_picture_or_none(bridge: Bridge, loop: Loop) -> None:
    a, b = join(bridge, "a"), join(bridge, "b")
    bridge.update(state(1, "a", "b"))
    loop.run_until(lambda: bool(a.received(VIDEO_TYPE) and b.received(VIDEO_TYPE)))
    a.video_profile, stream = None, a.sent.pop(StreamKind.MAIN)
    bridge.leg_updated()
    before = len(a.received(VIDEO_TYPE)), len(b.received(VIDEO_TYPE))
    loop.run_until(lambda: len(b.received(VIDEO_TYPE)) > before[1])
    assert len(a.received(VIDEO_TYPE)) == before[0]
    a.video_profile, a.sent[StreamKind.MAIN] = PROFILE, stream
    bridge.leg_updated()
    loop.run_until(lambda: keyframes(a) == 2)


def test_a_closed_bridge_holds_no_codecs_until_the_garbage_collector_comes(bridge: Bridge, loop: Loop) -> None:
    bridge.update(state(1, "a"))
    leg = join(bridge, "a")
    bridge.frame_received(cast(Leg, leg), StreamKind.MAIN, one_keyframe())
    before_composite(bridge)
    loop.run_until(lambda: bridge.members["a"].picture(content=False) is not None and bridge.video.encoders == 1)
    stream = bridge.members["a"]._streams[StreamKind.MAIN]
    decoder = weakref.ref(cast(VideoDecoder, stream._decoder))
    gc.disable()
    try:
        bridge.close()
        loop.run_until(lambda: decoder() is None)
        assert bridge.video.encoders == 0
    finally:
        gc.enable()


def test_a_shared_screen_is_sent_as_a_stream_of_its_own_to_who_takes_it(bridge: Bridge, loop: Loop) -> None:
    bridge.update(state(1, "a", "b", "c", content="a"))
    a, b, c = (join(bridge, name, takes_content=name != "c") for name in "abc")
    bridge.frame_received(cast(Leg, a), StreamKind.CONTENT, one_keyframe(640, 360))
    loop.run_until(lambda: bridge.members["a"].picture(content=True) is not None)
    tick(bridge, 0.2)
    loop.run_until(lambda: bool(b.received(CONTENT_TYPE)))
    assert not a.received(CONTENT_TYPE)
    assert not c.received(CONTENT_TYPE)
    assert bridge.presenting.receivers == 1
    assert screen_size(b) == (640, 360)
    loop.run_until(lambda: len(c.received(VIDEO_TYPE)) > 2)  # the composite goes on


def test_a_layout_without_a_place_for_the_screen_shows_it_nowhere(bridge: Bridge, loop: Loop) -> None:
    places = (control.SlotRule(0, 0, 1920, 1080, "seat", 1),)
    custom = control.LayoutChoice("custom", slots=places)
    bridge.update(msgspec.structs.replace(state(1, "a", "b", content="a"), layout=custom))
    a, b = (join(bridge, name, takes_content=True) for name in "ab")
    bridge.frame_received(cast(Leg, a), StreamKind.CONTENT, one_keyframe(640, 360))
    tick(bridge, 0.2)
    loop.run_until(lambda: bool(b.received(VIDEO_TYPE)))
    assert not b.received(CONTENT_TYPE)
    assert bridge.members["a"].decoded == 0


def test_a_lost_keyframe_of_the_screen_is_sent_again_to_who_asks(bridge: Bridge, loop: Loop) -> None:
    bridge.update(state(1, "a", "b", content="a"))
    a, b = (join(bridge, name, takes_content=True) for name in "ab")
    bridge.frame_received(cast(Leg, a), StreamKind.CONTENT, one_keyframe(640, 360))
    loop.run_until(lambda: bridge.members["a"].picture(content=True) is not None)
    tick(bridge, 0.2)
    loop.run_until(lambda: keyframes(b, CONTENT_TYPE) == 1)
    composites = keyframes(b)
    bridge.keyframe_requested(cast(Leg, b), StreamKind.CONTENT)
    loop.run_until(lambda: keyframes(b, CONTENT_TYPE) == 2)
    assert keyframes(b) == composites


def test_when_sharing_ends_so_does_its_stream(bridge: Bridge, loop: Loop) -> None:
    bridge.update(state(1, "a", "b", content="a"))
    a, b = (join(bridge, name, takes_content=True) for name in "ab")
    bridge.frame_received(cast(Leg, a), StreamKind.CONTENT, one_keyframe(640, 360))
    loop.run_until(lambda: bridge.members["a"].picture(content=True) is not None)
    tick(bridge, 0.2)
    loop.run_until(lambda: bool(b.received(CONTENT_TYPE)))
    bridge.update(state(2, "a", "b"))
    tick(bridge, 0.4)
    loop.run_until(lambda: bridge.content.encoders == 0)
    assert bridge.presenting.receivers == 0


def test_a_leg_that_moves_is_let_go_and_not_closed(bridge: Bridge, loop: Loop, notices: list[control.Notice]) -> None:
    bridge.update(state(1, "a", "b"))
    moving, staying = join(bridge, "a"), join(bridge, "b")
    bridge.release(cast(Leg, moving))
    assert "a" not in bridge.members
    assert moving.connected
    before = len(moving.received(VIDEO_TYPE))
    loop.run_until(lambda: keyframes(staying) > 0)
    assert len(moving.received(VIDEO_TYPE)) == before
    bridge.release(cast(Leg, moving))  # a second time nothing happens
