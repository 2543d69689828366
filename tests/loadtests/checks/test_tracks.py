"""One person's tile, composite by composite."""

from __future__ import annotations

import pytest

from loadtests.checks.tracks import Track
from mcu.synthetic.picture_code import Code

FPS = 25
SENT = [(0.0, 10.0)]


def track(*codes: Code | None) -> Track:
    return Track(5, False, [(1 + index / FPS, code) for index, code in enumerate(codes)])


def test_who_else_was_seen_counts_from_three_on() -> None:
    own, misread = Code(5, 7), Code(900, 3)
    assert track(own, misread, own, misread, own).stranger() is None
    assert track(own, Code(8, 1), Code(8, 2), Code(8, 3), misread).stranger() == 8


def test_nothing_readable_counts_from_end_to_end_while_pictures_were_sent() -> None:
    seen = track(Code(5, 1), *[None] * 26, Code(5, 2), *[None] * 5)
    assert seen.black(SENT, 0.0) == pytest.approx(1.0)
    assert seen.black([(0.0, 1.5)], 0.0) == pytest.approx(0.46)
    assert seen.black([(0.0, 1.5)], 0.2) == pytest.approx(0.66)  # what arrives then was painted 0.2 s before
    assert seen.black([], 0.0) == 0.0


def test_a_number_that_does_not_go_on() -> None:
    seen = track(Code(5, 1), *[Code(5, 2)] * 25, None, *[Code(5, 2)] * 25, Code(5, 3))
    assert seen.frozen(SENT, 0.0) == pytest.approx(50 / FPS)
    assert seen.frozen([], 0.0) == 0.0


def test_how_often_it_goes_on() -> None:
    seen = track(*[Code(5, index * 15 // FPS) for index in range(2 * FPS)])
    assert seen.fps(SENT, 0.0) == pytest.approx(15, rel=0.05)
    assert seen.fps([(0.0, 1.5)], 0.0) is None
    assert track(None).fps(SENT, 0.0) is None
