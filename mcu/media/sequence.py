"""Serial number arithmetic (RFC 1982 as RFC 3550 uses it): numbers that wrap, made comparable."""

from __future__ import annotations


def distance(older: int, newer: int, bits: int = 16) -> int:
    """Signed steps from `older` to `newer`, between -2**(bits-1) and 2**(bits-1) - 1."""
    span = 1
    span <<= bits
    half = span >> 1
    return ((newer - older + half) & (span - 1)) - half


class Unwrapper:
    """Extends a wrapping counter: each value becomes the nearest integer to the highest one seen.

    The first value v becomes 2**bits + v, so that what was sent shortly before it is still positive.
    """

    __slots__ = ("_half", "_mask", "highest")

    def __init__(self, bits: int = 16) -> None:
        self.highest = -1  # -1 until the first value
        self._mask = (1 << bits) - 1
        self._half = 1 << (bits - 1)

    def extend(self, value: int) -> int:
        """The extended form of `value`; moves `highest` forward."""
        number = self.peek(value)
        if number > self.highest:
            self.highest = number
        return number

    def peek(self, value: int) -> int:
        """The extended form of `value`; moves nothing."""
        if self.highest < 0:
            return self._mask + 1 + value
        return self.highest + ((value - self.highest + self._half) & self._mask) - self._half
