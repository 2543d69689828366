"""How a line behaves: an immutable value, also as JSON."""

from __future__ import annotations

import random
from enum import Enum

import msgspec

MAX_DELAY = 10.0  # seconds
MAX_QUEUE = 64 << 20  # bytes
DEFAULT_QUEUE = 64_000  # bytes: what cheap routers have, 1.7 s at 300 kbit/s


class Distribution(Enum):
    """How often which share of the jitter is drawn."""

    UNIFORM = "uniform"  # all alike
    HALF_NORMAL = "half-normal"  # mostly little; the full jitter at three standard deviations
    SPIKES = "spikes"  # nine in ten none at all, the tenth anything: a radio that repeats what was not heard

    def draw(self, chance: random.Random) -> float:
        """From 0 to 1."""
        match self:
            case Distribution.UNIFORM:
                return chance.random()
            case Distribution.HALF_NORMAL:
                return min(1.0, abs(chance.gauss(0.0, 1 / 3)))
            case Distribution.SPIKES:
                return chance.random() if chance.random() < 0.1 else 0.0


class Bursts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Gilbert and Elliott: two states, changed by a dice at each packet, with a loss of their own.

    A burst lasts 1 / leave packets on average, and enter / (enter + leave) of all packets are in bursts.
    """

    enter: float
    leave: float
    loss_inside: float = 1.0
    loss_outside: float = 0.0

    def __post_init__(self) -> None:
        for name in ("enter", "leave", "loss_inside", "loss_outside"):
            _check(name, getattr(self, name), 1.0)


class Weather(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One direction. Seconds, bytes, bits per second, shares from 0 to 1. Raises ValueError for what makes no sense."""

    delay: float = 0.0  # of each packet
    jitter: float = 0.0  # most that is added to the delay
    jitter_every: float = 0.0  # between two draws of it; 0 draws for each packet
    jitter_reorders: bool = False  # packets may overtake each other for jitter, as with netem
    distribution: Distribution = Distribution.UNIFORM
    loss: float = 0.0
    bursts: Bursts | None = None
    reorder: float = 0.0  # share of packets that come later by `reorder_by`, and so out of order
    reorder_by: float = 0.0
    rate: float = 0.0  # of the bottleneck, frames of the link counted; 0 for none
    queue_bytes: int = DEFAULT_QUEUE  # in front of it; what finds no place is dropped
    blackhole: bool = False  # nothing passes

    def __post_init__(self) -> None:
        for name, most in (
            *((name, MAX_DELAY) for name in ("delay", "jitter", "jitter_every", "reorder_by")),
            *((name, 1.0) for name in ("loss", "reorder")),
            ("rate", 1e11),
            ("queue_bytes", MAX_QUEUE),
        ):
            _check(name, getattr(self, name), most)


def queue_of(seconds: float, *, rate: float) -> int:
    """The bytes of a queue that holds `seconds` at `rate` bits per second."""
    return round(seconds * rate / 8)


def _check(name: str, value: float, most: float) -> None:
    if not 0 <= value <= most:
        raise ValueError(f"{name} is {value}; it lies between 0 and {most:g}")
