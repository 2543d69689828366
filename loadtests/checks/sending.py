"""When people sent pictures, without a break. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

BREAK = 0.5  # seconds between two pictures that are no interruption: cameras in the dark give three a second

Span = tuple[float, float]  # from when to when


def spans(pictures: Iterable[tuple[int, float]]) -> list[Span]:
    """From (number, when) in any order."""
    return joined((when, when) for _, when in pictures)


def joined(found: Iterable[Span]) -> list[Span]:
    """Spans that overlap, or are no more than BREAK apart, as one; in order."""
    result: list[Span] = []
    for begin, end in sorted(found):
        if result and begin - result[-1][1] <= BREAK:
            result[-1] = result[-1][0], max(end, result[-1][1])
        else:
            result.append((begin, end))
    return result


def longest(found: Sequence[Span], begin: float, end: float) -> float:
    """Seconds of the longest part of `begin` to `end` that one span covers."""
    return max((max(0.0, min(end, last) - max(begin, first)) for first, last in found), default=0.0)


def covered(found: Sequence[Span], begin: float, end: float) -> float:
    """Seconds of all parts together."""
    return sum(max(0.0, min(end, last) - max(begin, first)) for first, last in found)
