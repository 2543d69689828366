from __future__ import annotations

import pytest

from mcu.media.sequence import Unwrapper, distance


@pytest.mark.parametrize(
    ("older", "newer", "steps"),
    [(0, 1, 1), (65_535, 0, 1), (0, 65_535, -1), (10, 10, 0), (0, 32_767, 32_767), (0, 32_768, -32_768)],
)
def test_distance_takes_the_short_way_round(older: int, newer: int, steps: int) -> None:
    assert distance(older, newer) == steps


def test_numbers_rise_over_the_wrap_and_late_ones_fall_behind() -> None:
    unwrapper = Unwrapper()
    assert [unwrapper.extend(value) for value in (65_534, 0, 65_535, 1)] == [131_070, 131_072, 131_071, 131_073]
    assert unwrapper.highest == 131_073


def test_peek_moves_nothing() -> None:
    unwrapper = Unwrapper(bits=32)
    assert unwrapper.peek(5) == (1 << 32) + 5
    assert unwrapper.highest == -1
