"""Cutting at any bit and joining again gives what was cut."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from mcu.errors import ProtocolError
from mcu.media.bit_joining import BitRun, bit_run, cut, join


@pytest.mark.parametrize("seed", range(40))
def test_what_was_cut_at_any_bit_is_joined_again(seed):
    rng = random.Random(seed)
    data = rng.randbytes(rng.randrange(2, 60))
    marks = sorted({0, 8 * len(data), *(rng.randrange(1, 8 * len(data)) for _ in range(rng.randrange(12)))})
    runs = [cut(data, begin, end) for begin, end in pairwise(marks)]
    assert join(runs) == data


@pytest.mark.parametrize("seed", range(40))
def test_runs_may_lie_anyhow_in_their_octets(seed):
    rng = random.Random(seed)
    bits, runs = "", []
    for _ in range(rng.randrange(1, 8)):
        piece = "".join(rng.choice("01") for _ in range(rng.randrange(1, 40)))
        skip = rng.randrange(8)
        spare = -(skip + len(piece)) % 8
        around = "".join(rng.choice("01") for _ in range(skip)), "".join(rng.choice("01") for _ in range(spare))
        whole = around[0] + piece + around[1]
        runs.append(BitRun(int(whole, 2).to_bytes(len(whole) // 8, "big"), skip, spare))
        bits += piece
    bits += "0" * (-len(bits) % 8)
    assert join(runs) == int(bits, 2).to_bytes(len(bits) // 8, "big")


def test_a_run_without_a_bit_is_an_error():
    for data, skip, spare in ((b"", 0, 0), (b"a", 4, 4), (b"a", 7, 7)):
        with pytest.raises(ProtocolError):
            bit_run(data, skip, spare)
