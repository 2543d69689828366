"""Who is who among several workers."""

from __future__ import annotations

import pytest

from loadtests.numbers import Numbers
from mcu.errors import ConfigurationError
from mcu.synthetic.picture_code import MAX_PERSON


def test_one_worker_counts_from_zero() -> None:
    assert some(Numbers(index=0, workers=1), 4) == [0, 1, 2, 3]


@pytest.mark.parametrize("workers", [1, 2, 3, 7, 16])
def test_workers_share_the_numbers_without_gaps(workers: int) -> None:
    taken = [each for index in range(workers) for each in some(Numbers(index=index, workers=workers), 20)]
    assert sorted(taken) == list(range(20 * workers))


def test_a_number_given_back_is_the_next_one_given() -> None:
    numbers = Numbers(index=0, workers=1)
    some(numbers, 5)
    numbers.give_back(2, now=0.0)
    assert some(numbers, 2) == [2, 5]


def test_a_number_rests() -> None:
    numbers = Numbers(index=0, workers=1)
    some(numbers, 3)
    numbers.give_back(1, now=10.0, rest=60.0)
    assert numbers.take(now=69.0) == 3
    assert numbers.take(now=71.0) == 1


def test_codes_end() -> None:
    numbers = Numbers(index=1, workers=2)
    some(numbers, (MAX_PERSON + 1) // 2)
    with pytest.raises(ConfigurationError, match="codes for 1024 people"):
        numbers.take(now=0.0)


def some(numbers: Numbers, count: int) -> list[int]:
    return [numbers.take(now=0.0) for _ in range(count)]
