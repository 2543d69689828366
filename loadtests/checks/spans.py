"""Spans of time: what is in them, what they share, how much they cover. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Span = tuple[float, float]  # from when to when, in seconds


def joined(found: Iterable[Span], *, gap: float = 0.0) -> list[Span]:
    """Those that overlap, or are no more than `gap` apart, as one; in order."""
    result: list[Span] = []
    for begin, end in sorted(found):
        if result and begin - result[-1][1] <= gap:
            result[-1] = result[-1][0], max(end, result[-1][1])
        else:
            result.append((begin, end))
    return result


def shared(some: Iterable[Span], others: Sequence[Span]) -> list[Span]:
    """What is in both."""
    found = ((max(a, c), min(b, d)) for a, b in some for c, d in others)
    return joined((begin, end) for begin, end in found if begin < end)


def shrunk(found: Iterable[Span], by: float, *, begin: float, end: float) -> list[Span]:
    """Each later and earlier by so much where it does not go on beyond `begin` and `end`."""
    left = ((a if a <= begin else a + by, b if b >= end else b - by) for a, b in found)
    return [(a, b) for a, b in left if a < b]


def within(when: float, found: Iterable[Span]) -> bool:
    """Whether a time is in one of them."""
    return any(begin <= when <= end for begin, end in found)


def longest(found: Sequence[Span], begin: float, end: float) -> float:
    """Seconds of the longest part of `begin` to `end` that one of them covers."""
    return max((max(0.0, min(end, last) - max(begin, first)) for first, last in found), default=0.0)


def covered(found: Sequence[Span], begin: float, end: float) -> float:
    """Seconds of all parts together."""
    return sum(max(0.0, min(end, last) - max(begin, first)) for first, last in found)
