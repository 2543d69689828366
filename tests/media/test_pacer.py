from __future__ import annotations

import math

from mcu.media.pacer import BURST_BYTES, MAX_SPREAD, Pacer, Slice

BITRATE = 1_200_000


def drain(pacer: Pacer[str], slices: list[Slice[str]], now: float) -> list[tuple[float, Slice[str]]]:
    timed = [(now, part) for part in slices]
    while (due := pacer.next_timer()) < math.inf:
        assert due > now
        now = due
        timed += [(now, part) for part in pacer.take(now)]
    return timed


def test_an_ordinary_frame_leaves_at_once() -> None:
    pacer: Pacer[str] = Pacer(BITRATE)
    payloads = [bytes(1_000)] * 6
    assert pacer.put("delta", payloads, 1.0) == [Slice("delta", payloads, last=True)]
    assert pacer.next_timer() == math.inf
    assert pacer.spread_frames == 0


def test_a_keyframe_is_spread_and_gone_before_the_next_frame() -> None:
    pacer: Pacer[str] = Pacer(BITRATE)
    payloads = [bytes((index,)) * 1_000 for index in range(60)]
    timed = drain(pacer, pacer.put("key", payloads, 1.0), 1.0)
    assert [payload for _, part in timed for payload in part.payloads] == payloads
    assert [part.last for _, part in timed] == [False] * (len(timed) - 1) + [True]
    assert max(sum(map(len, part.payloads)) for _, part in timed) <= BURST_BYTES + 1_000
    assert len(timed) > 5
    assert timed[-1][0] <= 1.0 + MAX_SPREAD + 0.005
    assert pacer.spread_frames == 1


def test_steady_video_at_its_bitrate_is_never_held_back() -> None:
    pacer: Pacer[str] = Pacer(BITRATE)
    for index in range(100):
        slices = pacer.put("delta", [bytes(1_000)] * 6, 1.0 + index / 25)
        assert [part.last for part in slices] == [True]


def test_what_is_left_of_a_frame_goes_before_the_next_one() -> None:
    pacer: Pacer[str] = Pacer(BITRATE)
    payloads = [bytes(1_000)] * 40
    (begun,) = pacer.put("first", payloads, 1.0)
    slices = pacer.put("second", [b"x"], 1.001)
    assert slices[0] == Slice("first", payloads[len(begun.payloads) :], last=True)
    assert [part.frame for _, part in drain(pacer, slices, 1.001)] == ["first", "second"]


def test_an_empty_frame_is_nothing() -> None:
    pacer: Pacer[str] = Pacer(BITRATE)
    assert pacer.put("nothing", [], 1.0) == []
    assert pacer.next_timer() == math.inf
    assert pacer.take(2.0) == []
