"""The receive path of one stream on packets made by hand; with real codecs and a network see test_rtp_session_loss."""

from __future__ import annotations

import math

import pytest

from mcu.media.types import CodecParameters, EncodedFrame
from mcu.media.video_receiver import MAX_AGE, VideoReceiver

FEEDBACK = frozenset({"nack", "nack pli"})
CODECS = {
    96: CodecParameters("VP8", 96, 90_000, feedback=FEEDBACK),
    98: CodecParameters("H264", 98, 90_000, feedback=FEEDBACK),
    99: CodecParameters("VP8", 99, 90_000, feedback=frozenset({"nack pli"})),
}
KEY, DELTA, MORE = b"\x10\x00key", b"\x10\x01delta", b"\x00more"


class Stream:
    """Feeds a receiver: one VP8 frame per number unless told otherwise."""

    def __init__(self) -> None:
        self.receiver = VideoReceiver(CODECS)
        self.now = 10.0

    def put(
        self,
        number: int,
        payload: bytes,
        *,
        marker: bool = True,
        timestamp: int | None = None,
        orientation: int = -1,
        payload_type: int = 96,
    ) -> list[EncodedFrame]:
        self.receiver.receive(
            payload_type=payload_type,
            sequence_number=number & 0xFFFF,
            timestamp=number * 3_000 if timestamp is None else timestamp,
            marker=marker,
            payload=payload,
            orientation=orientation,
            now=self.now,
        )
        return self.receiver.take_frames()

    def wait(self, seconds: float) -> list[tuple[float, str, list[int]]]:
        """Let time pass; what the receiver asked for, and when."""
        asked = []
        end = self.now + seconds
        while (due := self.receiver.next_timer()) <= end:
            self.now = max(self.now, due)
            self.receiver.handle_timer(self.now)
            if numbers := self.receiver.take_nacks(self.now):
                asked.append((self.now, "nack", numbers))
            if self.receiver.take_keyframe_request(self.now):
                asked.append((self.now, "keyframe", []))
        self.now = end
        return asked


def test_a_frame_leaves_with_its_last_packet() -> None:
    stream = Stream()
    assert stream.put(65_535, KEY, marker=False, timestamp=5) == []
    (frame,) = stream.put(65_536, MORE, timestamp=5)
    assert (frame.codec, frame.data, frame.timestamp, frame.keyframe) == ("VP8", b"\x00keymore", 5, True)
    assert frame.arrived == stream.now
    assert stream.receiver.next_timer() == math.inf


def test_a_stream_that_begins_without_a_keyframe_asks_for_one_at_once() -> None:
    stream = Stream()
    assert stream.put(1, DELTA) == []
    assert stream.wait(0.1) == [(10.0, "keyframe", [])]
    assert stream.put(2, KEY)
    assert stream.wait(5) == []


def test_a_hole_is_asked_for_then_a_keyframe_then_given_up() -> None:
    stream = Stream()
    stream.put(1, KEY)
    assert stream.put(3, DELTA) == []
    asked = stream.wait(MAX_AGE)
    nacks = [(round(now - 10, 3), numbers) for now, what, numbers in asked if what == "nack"]
    assert nacks[:3] == [(0.01, [2]), (0.12, [2]), (0.23, [2])]
    requests = [now - 10 for now, what, _ in asked if what == "keyframe"]
    assert requests[0] <= 0.25
    assert len(requests) <= 3
    assert stream.put(2, DELTA) == []  # came too late
    assert stream.put(4, DELTA) == []  # would smear
    assert stream.receiver.counters.refused == 2
    (frame,) = stream.put(5, KEY)
    assert frame.keyframe


def keyframe_asked_after(lost: int, *, step: float = 1 / 25, rtt: float = 0.11, pause: float = 0.0) -> float:
    """Seconds from noticing that `lost` whole pictures, a `step` apart, are missing to asking for a keyframe."""
    stream = Stream()
    stream.receiver.rtt = rtt
    ticks = round(step * 90_000)
    for number in range(1, 4):
        stream.put(number, KEY if number == 1 else DELTA, timestamp=number * ticks)
        stream.now += step
    stream.now += lost * step + pause
    stream.put(4 + lost, DELTA, timestamp=(4 + lost) * ticks + round(pause * 90_000))
    noticed = stream.now
    return next(when for when, what, _ in stream.wait(1.0) if what == "keyframe") - noticed


@pytest.mark.parametrize(
    ("lost", "step", "rtt", "pause", "after"),
    [
        (1, 0.04, 0.11, 0.0, 0.25),  # noticed as soon as may be
        (2, 0.04, 0.11, 0.0, 0.21),
        (9, 0.04, 0.11, 0.0, 0.21),  # and no sooner
        (2, 0.04, 0.11, 0.5, 0.25),  # the sender paused
        (1, 0.2, 0.11, 0.0, 0.25),  # rarer pictures are noticed later, and that is as usual
        (2, 0.04, 0.04, 0.0, 0.1),  # the first repair is always waited for
        (2, 0.04, 0.1, 0.0, 0.24),  # nobody knows yet how long it takes
        (2, 0.04, 0.3, 0.0, 0.56),
    ],
)
def test_a_picture_that_stood_still_before_it_was_noticed_gets_its_keyframe_a_little_sooner(
    lost: int, step: float, rtt: float, pause: float, after: float
) -> None:
    assert round(keyframe_asked_after(lost, step=step, rtt=rtt, pause=pause), 3) == after


def test_an_original_that_came_just_late_says_nothing_of_the_time_of_a_repair() -> None:
    stream = Stream()
    stream.put(1, KEY)
    stream.put(3, DELTA)
    assert [what for _, what, _ in stream.wait(0.0105)] == ["nack"]
    assert stream.put(2, DELTA)
    assert stream.receiver.repair_time == 0.0


def test_a_repaired_hole_lets_everything_out_and_withdraws_the_request() -> None:
    stream = Stream()
    stream.put(1, KEY)
    stream.put(3, DELTA)
    stream.put(4, DELTA)
    asked = stream.wait(0.13)
    assert [what for _, what, _ in asked] == ["nack", "nack"]
    assert [frame.timestamp for frame in stream.put(2, DELTA)] == [6_000, 9_000, 12_000]
    assert stream.wait(2) == []
    assert stream.receiver.counters.repaired == 1


def test_the_time_of_a_repair_is_measured() -> None:
    stream = Stream()
    stream.put(1, KEY)
    stream.put(3, DELTA)
    stream.wait(0.07)
    stream.put(2, DELTA)
    assert abs(stream.receiver.repair_time - 0.06) < 1e-6


def test_a_packet_that_came_before_it_was_asked_for_says_nothing_of_the_time_of_a_repair() -> None:
    stream = Stream()
    stream.put(1, KEY)
    stream.put(3, DELTA)
    came = stream.now + 0.005
    assert [what for _, what, _ in stream.wait(0.02)] == ["nack"]
    stream.now = came  # read after the request, and dated by the kernel
    assert stream.put(2, DELTA)
    assert stream.receiver.repair_time == 0.0


def test_a_keyframe_behind_the_hole_is_shown_at_once() -> None:
    stream = Stream()
    stream.put(1, KEY)
    stream.put(3, DELTA)
    (frame,) = stream.put(4, KEY)
    assert frame.keyframe
    assert stream.wait(1) == []  # nothing is missing any more


def test_an_outage_asks_for_a_keyframe_without_asking_for_each_packet() -> None:
    stream = Stream()
    stream.put(1, KEY)
    stream.put(400, DELTA)
    assert [what for _, what, _ in stream.wait(0.2)] == ["keyframe"]


def test_duplicates_and_padding_change_nothing() -> None:
    stream = Stream()
    stream.put(1, KEY)
    assert stream.put(1, KEY) == []
    assert stream.put(2, b"", marker=False, timestamp=3_000) == []
    assert [frame.keyframe for frame in stream.put(3, DELTA)] == [False]
    assert stream.receiver.counters.late == 1


def test_a_malformed_packet_counts_as_missing() -> None:
    stream = Stream()
    stream.put(1, KEY)
    stream.put(2, b"\x90")
    stream.put(3, DELTA)
    assert stream.wait(0.02)[0][2] == [2]
    assert stream.receiver.counters.malformed == 1


def test_the_last_known_orientation_stays() -> None:
    stream = Stream()
    assert [frame.rotation for frame in stream.put(1, KEY)] == [0]
    assert [frame.rotation for frame in stream.put(2, DELTA, orientation=90)] == [90]
    assert [frame.rotation for frame in stream.put(3, DELTA)] == [90]


def test_a_sender_that_starts_anew_is_followed() -> None:
    stream = Stream()
    stream.put(1, KEY)
    assert stream.put(20_000, KEY)
    assert stream.receiver.counters.restarts == 1
    shown = [stream.put(5_000 + index, KEY) for index in range(20)]  # backwards: believed after some
    assert shown[-1]
    assert stream.receiver.counters.restarts == 2


def test_a_change_of_codec_waits_for_its_keyframe() -> None:
    stream = Stream()
    stream.put(1, KEY)
    assert stream.put(2, b"\x41\x9aabc", payload_type=98) == []
    assert stream.wait(0.05)[0][1] == "keyframe"
    sps, pps = bytes.fromhex("6742c01fda014016e8400000030040000008a3c60ca8"), bytes.fromhex("68ce0fc8")
    stream.put(3, sps, payload_type=98, marker=False, timestamp=7)
    stream.put(4, pps, payload_type=98, marker=False, timestamp=7)
    (frame,) = stream.put(5, b"\x65\x88abc", payload_type=98, timestamp=7)
    assert (frame.codec, frame.keyframe) == ("H264", True)
    assert stream.put(6, b"whatever", payload_type=77) == []  # not negotiated


def test_without_nack_a_hole_is_only_waited_for_as_long_as_reordering_lasts() -> None:
    stream = Stream()
    stream.put(1, KEY, payload_type=99)
    stream.put(3, DELTA, payload_type=99)
    asked = stream.wait(0.2)
    assert [what for _, what, _ in asked] == ["keyframe"]
    assert asked[0][0] < 10.06


def test_packets_that_keep_overtaking_each_other_are_waited_for() -> None:
    stream = Stream()
    stream.put(0, KEY)
    needless = []
    for number in range(1, 200, 2):
        stream.put(number + 1, DELTA)
        needless.append(len(stream.wait(0.04)))
        stream.put(number, DELTA)
        stream.wait(0.01)
    assert needless[0] == 1
    assert sum(needless[20:]) == 0
    assert stream.receiver.counters.frames == 201


def test_repairs_that_come_at_once_are_not_taken_for_overtaken_packets() -> None:
    stream = Stream()
    stream.put(0, KEY)
    for number in range(1, 200, 2):
        stream.put(number + 1, DELTA)
        asked = stream.wait(0.012)
        assert [numbers for _, _, numbers in asked] == [[number]], "asked for as early as ever"
        stream.receiver.receive(
            payload_type=96,
            sequence_number=number,
            timestamp=number * 3_000,
            marker=True,
            payload=DELTA,
            orientation=-1,
            now=stream.now,
            repair=True,
        )
        stream.receiver.take_frames()
