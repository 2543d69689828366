"""Seeded bad input: mutations of valid messages, and noise. MCU_FUZZ_INPUTS sets how many.

`make test` has 20,000 for each parser, in three minutes; `make test-long` has 100,000.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence

INPUTS = int(os.environ.get("MCU_FUZZ_INPUTS", "20000"))


def mutations(valid: Sequence[bytes], *, seed: int, count: int = INPUTS) -> Iterator[bytes]:
    """`count` inputs: nine of ten are a valid one with one to four flaws, the rest are random bytes."""
    rng = random.Random(seed)
    for index in range(count):
        if index % 10 == 0:
            yield rng.randbytes(rng.randrange(64))
            continue
        data = bytearray(rng.choice(valid))
        for _ in range(rng.randint(1, 4)):
            _spoil(data, rng)
        yield bytes(data)


def _spoil(data: bytearray, rng: random.Random) -> None:
    """One flaw: a bit, a byte, an extreme, a cut, an insertion, a repetition."""
    if not data:
        data += rng.randbytes(4)
    at = rng.randrange(len(data))
    match rng.randrange(6):
        case 0:
            data[at] ^= 1 << rng.randrange(8)
        case 1:
            data[at] = rng.randrange(256)
        case 2:
            data[at] = rng.choice((0, 0x7F, 0x80, 0xFF))
        case 3:
            del data[at:]
        case 4:
            data[at:at] = rng.randbytes(rng.randrange(1, 5))
        case _:
            data[at:at] = data[: rng.randrange(1, 9)]
