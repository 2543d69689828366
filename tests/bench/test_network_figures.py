"""Figures from made-up records: every one of them against what was put in."""

from __future__ import annotations

import math

import pytest

from mcu.bench.network.figures import asked_after, bit_rates, figures, longest, per_second, quantile
from mcu.bench.network.record import Frame, Observation, Sound

FPS = 25
SENT = [(number, number / 15) for number in range(300)]


def frame(index: int, *, late: float = 0.1, keyframe: bool = False, shown: int | None = None) -> Frame:
    at = index / FPS + late
    number = int((index / FPS) * 15) if shown is None else shown
    return Frame(at, index * 3_600, 5_000, keyframe, (number,))


def sound(tick: int, *, lost: int = 0, restored: int = 0, concealed: int = 0, silent: int = 0) -> Sound:
    """After `tick` tenths of a second."""
    packets = tick * 5
    return Sound(
        at=tick / 10,
        lost=lost,
        restored=restored,
        decoded=packets - lost,
        concealed=concealed,
        played=packets * 960 - silent,
        delay=0.04,
        octets=tick * 15_000,
    )


def observation(
    frames: list[Frame], *, sounds: list[Sound] | None = None, asked: tuple[float, ...] = ()
) -> Observation:
    loud = tuple((index / 100, 0.1) for index in range(1_000))
    return Observation(tuple(frames), tuple(sounds or [sound(t) for t in range(101)]), loud, asked, 1, 0)


def test_a_clear_line_shows_everything() -> None:
    found = figures(observation([frame(index) for index in range(260)]), SENT, 1.0, 9.0, fps=FPS)
    assert found.fps == pytest.approx(25, abs=0.2)
    assert found.frame_share == pytest.approx(1, abs=0.01)
    assert found.freeze == pytest.approx(0.04)
    assert found.moved_fps == pytest.approx(15, abs=0.2)
    assert 0.1 <= found.delay_p50 <= 0.1 + 0.04
    assert found.delay_p95 <= 0.1 + 1 / 15
    assert (found.concealed, found.lost, found.gap) == (0, 0, 0)
    assert found.bitrate == pytest.approx(1_200_000)
    assert found.asked == ()


def test_frames_are_counted_by_the_second() -> None:
    assert per_second([0.9, 1.0, 1.5, 2.1, 3.9, 4.1], 1.0, 4.5) == (2, 1, 1)
    assert per_second([], 0.0, 0.5) == ()


def test_a_freeze_is_as_long_as_no_frame_comes() -> None:
    frames = [frame(index) for index in range(260) if not 50 <= index < 75]
    found = figures(observation(frames, asked=(2.3, 2.6)), SENT, 0.0, 10.0, fps=FPS)
    assert found.freeze == pytest.approx(26 / 25)
    assert found.frame_share == pytest.approx(0.9, abs=0.01)
    assert found.asked == pytest.approx((2.3 - (49 / 25 + 0.1) - 1 / 25,))


def test_a_picture_that_stays_away_is_a_freeze_up_to_the_end() -> None:
    found = figures(observation([frame(index) for index in range(100)]), SENT, 0.0, 10.0, fps=FPS)
    assert found.freeze == pytest.approx(10 - 99 / 25 - 0.1)
    assert found.frame_share < 0.45


def test_nothing_received_is_told_as_such() -> None:
    empty = Observation((), (), (), (), 0, 0)
    found = figures(empty, SENT, 0.0, 10.0, fps=FPS)
    assert (found.fps, found.frame_share, found.freeze, found.concealed, found.lost) == (0, 0, 10, 1, 1)
    assert math.isnan(found.delay_p50)
    assert math.isnan(found.buffer)


def test_somebody_may_stand_still_while_frames_come() -> None:
    frames = [frame(index, shown=7 if 50 <= index < 100 else None) for index in range(250)]
    found = figures(observation(frames), SENT, 0.0, 10.0, fps=FPS)
    assert found.freeze <= 0.15
    assert found.stall == pytest.approx(2.0, abs=0.1)


def test_a_number_that_was_never_sent_tells_no_delay() -> None:
    found = figures(observation([frame(index, shown=4_000 + index) for index in range(250)]), SENT, 0, 10, fps=FPS)
    assert math.isnan(found.delay_p95)


def test_unreadable_marks_are_passed_over() -> None:
    frames = [frame(index, shown=-1) for index in range(250)]
    assert figures(observation(frames), SENT, 0.0, 10.0, fps=FPS).moved_fps == 0


def test_what_was_restored_is_not_lost_and_silence_is_concealed() -> None:
    sounds = [
        sound(tick, lost=tick, restored=tick // 2, concealed=tick * 240, silent=tick * 480) for tick in range(101)
    ]
    found = figures(observation([], sounds=sounds), SENT, 0.0, 10.05, fps=FPS)
    assert found.concealed == pytest.approx((240 + 480) / 4_800)
    assert found.lost == pytest.approx(50 / 500, rel=0.1)


def test_a_gap_is_the_longest_quiet() -> None:
    loud = tuple((index / 100, 0.0 if 200 <= index < 217 or index == 300 else 0.1) for index in range(1_000))
    seen = Observation((), (), loud, (), 1, 0)
    assert figures(seen, SENT, 0.0, 10.0, fps=FPS).gap == pytest.approx(0.17)


def test_rates_are_of_whole_seconds() -> None:
    assert bit_rates([sound(tick) for tick in range(25)]) == pytest.approx((1_200_000, 1_200_000))
    assert bit_rates([]) == ()


def test_only_the_first_request_of_a_freeze_counts() -> None:
    assert asked_after([1.0, 2.0], [1.34, 1.64, 2.14], fps=25) == pytest.approx((0.3, 0.1))
    assert asked_after([], [1.0], fps=25) == ()


def test_helpers_take_empty_input() -> None:
    assert longest([], 1.0, 3.0) == 2.0
    assert math.isnan(quantile([], 0.5))
    assert quantile([1.0, 2.0, 3.0], 1.0) == 3.0
