"""Spans of sending, and how much of a time they cover."""

from __future__ import annotations

from loadtests.checks.sending import covered, joined, longest, spans


def test_a_break_parts_spans() -> None:
    steady = [(number, 10 + number / 15) for number in range(31)]
    later = [(number, 14 + number / 15) for number in range(16)]
    assert spans(steady + later) == [(10.0, 12.0), (14.0, 15.0)]
    assert spans([]) == []


def test_what_overlaps_is_one() -> None:
    assert joined([(3.1, 4.0), (0.0, 1.0), (0.5, 2.0), (2.4, 2.5)]) == [(0.0, 2.5), (3.1, 4.0)]


def test_how_much_is_covered() -> None:
    sent = [(0.0, 1.0), (2.0, 5.0)]
    assert (longest(sent, 0.5, 4.0), covered(sent, 0.5, 4.0)) == (2.0, 2.5)
    assert (longest(sent, 1.2, 1.8), covered(sent, 1.2, 1.8)) == (0.0, 0.0)
    assert (longest([], 0.0, 9.0), covered([], 0.0, 9.0)) == (0.0, 0.0)
