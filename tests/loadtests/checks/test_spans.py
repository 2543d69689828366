"""Spans of time, and how much of a time they cover."""

from __future__ import annotations

import pytest

from loadtests.checks.spans import Span, covered, joined, longest, shared, shrunk, within


@pytest.mark.parametrize(
    ("found", "gap", "left"),
    [
        ([], 0.0, []),
        ([(3.0, 4.0), (1.0, 2.0), (2.0, 2.5)], 0.0, [(1.0, 2.5), (3.0, 4.0)]),
        ([(3.1, 4.0), (0.0, 1.0), (0.5, 2.0), (2.4, 2.5)], 0.5, [(0.0, 2.5), (3.1, 4.0)]),
        ([(0.0, 5.0), (1.0, 2.0)], 0.0, [(0.0, 5.0)]),
    ],
)
def test_what_meets_is_one(found: list[Span], gap: float, left: list[Span]) -> None:
    assert joined(found, gap=gap) == left


def test_what_several_share() -> None:
    assert shared([(0.0, 2.0), (3.0, 5.0)], [(1.0, 4.0)]) == [(1.0, 2.0), (3.0, 4.0)]
    assert shared([(0.0, 1.0)], [(1.0, 2.0)]) == []


def test_what_is_left_without_the_edges() -> None:
    assert shrunk([(0.0, 4.0), (4.5, 4.9), (6.0, 10.0)], 0.3, begin=0.0, end=10.0) == [(0.0, 3.7), (6.3, 10.0)]


def test_what_is_inside() -> None:
    assert within(1.0, [(0.0, 1.0)])
    assert not within(1.1, [(0.0, 1.0), (2.0, 3.0)])


def test_how_much_is_covered() -> None:
    sent = [(0.0, 1.0), (2.0, 5.0)]
    assert (longest(sent, 0.5, 4.0), covered(sent, 0.5, 4.0)) == (2.0, 2.5)
    assert (longest(sent, 1.2, 1.8), covered(sent, 1.2, 1.8)) == (0.0, 0.0)
    assert (longest([], 0.0, 9.0), covered([], 0.0, 9.0)) == (0.0, 0.0)
