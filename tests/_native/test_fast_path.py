"""What takes the fast path comes out as by the usual one; see tests/fuzz/test_fuzz_fast_path.py for all the rest."""

from __future__ import annotations

import random

import pytest

from mcu._native.fast_path import MAX_GAP, ArrivalLog, FastPath, FrameRun, SourceCount
from mcu.media.types import StreamKind
from tests.fakes.two_paths import Camera, TwoPaths, rtp

VOICE = b"\x78" + bytes(60)  # Opus, 20 ms


def begun(two: TwoPaths, camera: Camera) -> None:
    """A keyframe, and the picture after it: then the fast path knows the camera."""
    two.receive(camera.frame(keyframe=True, mid="1"), 1.0)
    two.receive(camera.frame(mid="1"), 1.02)
    two.check()


def test_pictures_in_order_are_put_together_without_the_session() -> None:
    two, camera = TwoPaths(), Camera()
    begun(two, camera)
    for index in range(50):
        for datagram in camera.frame(pieces=1 + index % 4, orientation=90 if index == 20 else -1):
            two.receive([datagram], 1.04 + index / 1_000)
    assert len(two.fast.frames) == 50
    assert {frame.rotation for _, frame in two.fast.frames[20:]} == {90}
    two.check()
    assert two.fast.fast > 100
    assert two.usual.fast == 0
    assert two.fast.session.fast_path.last_received == pytest.approx(1.089)


def test_sound_goes_to_its_receiver() -> None:
    two = TwoPaths()
    for number in range(40):
        voice = rtp(VOICE, 111, number, number * 960, 5, mid="0", audio_level=30)
        comfort = rtp(b"\x30", 13, number, number * 960, 5)
        two.receive([voice] if number % 7 else [comfort], number * 0.02)
        two.check()
    assert two.fast.fast > 30


def test_a_stream_that_is_only_counted_leaves_nothing_to_do() -> None:
    two, camera = TwoPaths(), Camera()
    for side in (two.fast, two.usual):
        side.session.set_counts_only(StreamKind.MAIN, True)
        side.receive([datagram for _ in range(20) for datagram in camera.frame(mid="1")][:40], 1.0)
        camera = Camera()
    for index in range(20):
        datagrams = camera.frame()
        for side in (two.fast, two.usual):
            side.receive(datagrams, 2.0 + index / 1_000)
    assert two.fast.fast > 30
    ours, theirs = (side.session.reception(StreamKind.MAIN) for side in (two.fast, two.usual))
    assert ours is not None
    assert theirs is not None
    assert (ours.received, ours.expected, ours.jitter) == (theirs.received, theirs.expected, theirs.jitter)
    two.fast.session.set_counts_only(StreamKind.MAIN, False)
    before = two.fast.fast
    two.fast.receive(camera.frame(keyframe=True), 3.0)
    assert two.fast.frames[-1][1].keyframe
    assert two.fast.fast == before


def test_an_unfinished_frame_is_given_back_when_a_packet_is_missing() -> None:
    two, camera = TwoPaths(), Camera()
    begun(two, camera)
    first, lost, last = camera.frame(pieces=3)
    two.receive([first], 1.04)
    assert two.fast.run.armed
    assert len(two.fast.run) == 1
    taken = two.fast.fast
    two.receive([last], 1.041)
    assert not two.fast.run.armed
    two.check()
    two.receive(camera.frame(), 1.08)
    two.pass_time(1.2)
    two.check()
    two.receive([lost], 1.25)
    assert len(two.fast.frames) == 2
    two.check()
    assert two.fast.fast == taken
    two.receive(camera.frame(), 1.3)
    two.receive(camera.frame(), 1.31)
    two.check()
    assert two.fast.fast > taken


def test_nothing_overtakes_within_a_reading() -> None:
    two, camera = TwoPaths(), Camera()
    begun(two, camera)
    frames = [camera.frame(pieces=2) for _ in range(6)]
    frames[2].reverse()
    two.receive([datagram for frame in frames for datagram in frame], 1.04)
    assert [frame.timestamp for _, frame in two.fast.frames] == [number * 3_000 for number in range(2, 8)]
    two.check()


@pytest.mark.parametrize("payload_type", [97, 98, 99])
def test_another_payload_type_goes_the_usual_way(payload_type: int) -> None:
    two, camera = TwoPaths(), Camera()
    begun(two, camera)
    camera.payload_type = payload_type
    two.receive(camera.frame(), 1.04)
    two.check()
    camera.payload_type = 96
    for keyframe in (True, False, False):
        two.receive(camera.frame(keyframe=keyframe), 1.05)
    two.check()


def test_a_new_source_takes_over_and_the_old_one_is_not_believed() -> None:
    two, camera = TwoPaths(), Camera()
    begun(two, camera)
    other = Camera(ssrc=2_000, picture=camera.picture)
    begun(two, other)
    two.receive(camera.frame(), 1.1)
    two.receive(other.frame(), 1.12)
    two.check()


def test_a_mid_of_another_stream_moves_the_source() -> None:
    two, camera = TwoPaths(), Camera()
    begun(two, camera)
    two.receive(camera.frame(keyframe=True, mid="2"), 1.1)
    assert two.fast.frames[-1][0] is StreamKind.CONTENT
    two.receive(camera.frame(), 1.12)
    assert two.fast.frames[-1][0] is StreamKind.CONTENT
    two.receive(camera.frame(mid="nonsense"), 1.14)
    two.check()


def test_a_frame_too_large_goes_the_usual_way() -> None:
    two, camera = TwoPaths(), Camera()
    begun(two, camera)
    for size, pieces in ((900, 70), (72_000, 60), (900, 3)):  # many packets; many octets; and as before
        taken = two.fast.fast
        two.receive(camera.frame(size, pieces=pieces), 1.1)
        two.receive(camera.frame(size, pieces=pieces), 1.1)
        assert len(two.fast.frames) == 2
        two.check()
    assert two.fast.fast == taken + 6


def test_a_run_gives_back_what_it_has() -> None:
    run = FrameRun()
    assert run.disarm() == []
    run.arm(65_536 + 7)
    assert run.armed
    assert run.disarm() == []
    assert not run.armed


def test_a_path_knows_a_bounded_number_of_routes_and_forgets_the_source_before() -> None:
    path = FastPath(ArrivalLog())
    for ssrc in range(100):
        path.learn(ssrc, 96, "1", SourceCount(ssrc, 90_000), object())
        assert len(path) <= 8
    path.forget()
    stream = object()
    for ssrc in (1, 2):
        count = SourceCount(ssrc, 90_000)
        for _ in range(2):
            path.learn(ssrc, 96, None, count, stream)
            path.learn(ssrc, 13, None, count, stream)
        assert len(path) == 2
    path.learn(3, 96, "a mid longer than sixteen", SourceCount(3, 90_000), object())
    assert len(path) == 2


def test_arrivals_are_held_in_order_and_bounded() -> None:
    log, rng = ArrivalLog(), random.Random(4)
    numbers = list(range(1_000, 1_300))
    rng.shuffle(numbers)
    for number in numbers + numbers:
        log.record(number, number / 4)
    assert log.take_span(400) == (66_536, [number * 1_000 for number in range(1_000, 1_300)])
    assert log.take_span(400) is None
    for number in range(2 * MAX_GAP):
        log.record((2_000 + 2 * number) & 0xFFFF, 6.0)
    assert log.dropped > 0
    assert log.pending
