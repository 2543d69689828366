"""The sum of what was said, and gaps next to it."""

from __future__ import annotations

import numpy as np
import pytest

from loadtests.checks.hearing import known
from loadtests.checks.passages import Followed, Passage, Row
from loadtests.checks.said import FRAME, Said, longest_gap, put_together, seconds_aloud
from mcu.media.types import BLOCK_SAMPLES, SAMPLE_RATE
from tests.support.loops import decoded, loop

BEGIN = 50.0
ALWAYS = ((0.0, 100.0),)
TONE = (0.1 * np.sin(np.arange(SAMPLE_RATE) * 0.1)).astype(np.float32)


def row(first: int, count: int, left: float) -> Row:
    return Row(first, tuple(left + 0.02 * index for index in range(count)))


def test_packets_stand_where_they_were_heard() -> None:
    mark = Passage(10, BEGIN - 0.3, BEGIN + 0.1, 1.0)
    said = Said(known(loop(1)), Followed(row(30, 100, BEGIN - 0.5), [mark]), ALWAYS)
    total = put_together([said], BEGIN, SAMPLE_RATE)
    start = (30 + 10) * BLOCK_SAMPLES - SAMPLE_RATE // 10
    assert np.array_equal(total, decoded(1)[start : start + SAMPLE_RATE])


def test_a_changed_delay_changes_the_place_half_way() -> None:
    marks = [Passage(0, BEGIN, BEGIN, 1.0), Passage(50, BEGIN + 1.0, BEGIN + 1.05, 1.0)]
    total = put_together([Said(known(loop(1)), Followed(row(0, 100, BEGIN), marks), ALWAYS)], BEGIN, 2 * SAMPLE_RATE)
    said = decoded(1)
    early, late = 20 * BLOCK_SAMPLES, 60 * BLOCK_SAMPLES
    assert np.array_equal(total[early : early + 500], said[early : early + 500])
    assert np.array_equal(total[late + 2_400 : late + 2_900], said[late : late + 500])


def test_a_row_that_was_not_found_is_as_late_as_the_rest() -> None:
    found = Said(known(loop(1)), Followed(row(0, 10, BEGIN), [Passage(0, BEGIN, BEGIN + 0.2, 1.0)]), ALWAYS)
    lost = Said(known(loop(2)), Followed(row(20, 5, BEGIN + 0.5), []), ALWAYS)
    total = put_together([found, lost], BEGIN, SAMPLE_RATE)
    start = round(0.7 * SAMPLE_RATE)
    assert np.array_equal(total[start : start + 5 * BLOCK_SAMPLES], decoded(2)[20 * BLOCK_SAMPLES : 25 * BLOCK_SAMPLES])
    assert not put_together([lost], BEGIN, SAMPLE_RATE).any()


def test_what_nobody_could_hear_is_left_out() -> None:
    mark = Passage(0, BEGIN, BEGIN, 1.0)
    said = Said(known(loop(1)), Followed(row(20, 50, BEGIN), [mark]), [(BEGIN + 0.495, BEGIN + 100)])
    total = put_together([said], BEGIN, SAMPLE_RATE)
    assert not total[: SAMPLE_RATE // 2].any()
    assert total[SAMPLE_RATE // 2 :].any()


def test_loops_go_round() -> None:
    count = len(loop(1).packets)
    said = Said(known(loop(1)), Followed(row(count - 5, 60, BEGIN), [Passage(0, BEGIN, BEGIN, 1.0)]), ALWAYS)
    total = put_together([said], BEGIN, SAMPLE_RATE)
    assert np.array_equal(total[5 * BLOCK_SAMPLES : 20 * BLOCK_SAMPLES], decoded(1)[: 15 * BLOCK_SAMPLES])


@pytest.mark.parametrize("frames", [0, 1, 7, 30])
def test_a_gap_is_as_long_as_it_is(frames: int) -> None:
    heard = TONE.copy()
    heard[20 * FRAME : (20 + frames) * FRAME] = 0
    assert longest_gap(TONE, heard) == pytest.approx(frames * 0.01)


def test_a_pause_within_a_gap_counts_and_around_it_does_not() -> None:
    wanted, heard = TONE.copy(), TONE.copy()
    wanted[30 * FRAME : 40 * FRAME] = 0
    heard[20 * FRAME : 50 * FRAME] = 0
    assert longest_gap(wanted, heard) == pytest.approx(0.3)
    wanted[: 25 * FRAME] = 0
    assert longest_gap(wanted, heard) == pytest.approx(0.25)


def test_others_who_are_heard_in_a_pause_end_a_gap() -> None:
    wanted, heard = TONE.copy(), TONE.copy()
    wanted[30 * FRAME : 40 * FRAME] = 0
    heard[20 * FRAME : 30 * FRAME] = 0
    heard[40 * FRAME : 45 * FRAME] = 0
    assert longest_gap(wanted, heard) == pytest.approx(0.1)


def test_softer_is_no_gap_but_a_faint_rest_is() -> None:
    assert longest_gap(TONE, 0.2 * TONE) == 0
    assert longest_gap(TONE, 0.01 * TONE) == pytest.approx(1.0)


def test_silence_has_no_gap() -> None:
    assert longest_gap(np.zeros(0, np.float32), np.zeros(0, np.float32)) == 0
    assert longest_gap(np.zeros(SAMPLE_RATE, np.float32), np.zeros(SAMPLE_RATE, np.float32)) == 0


def test_seconds_aloud() -> None:
    assert seconds_aloud(TONE) == pytest.approx(1.0)
    assert seconds_aloud(np.concatenate((TONE, 0.001 * TONE))) == pytest.approx(1.0)
