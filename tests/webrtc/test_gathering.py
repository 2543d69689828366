"""When reading changes from each datagram as it comes to several at once, and back."""

from __future__ import annotations

import pytest

from mcu.webrtc.gathering import GATHER_SECONDS, MAX_READINGS, READING_PACKETS, Gathering


def read(gathering: Gathering, *, rate: float, begin: float, seconds: float) -> list[bool]:
    """Packets at an even `rate`, read as `gathering` says; what it said after each reading."""
    said = []
    now, arrived = begin, begin
    while now < begin + seconds:
        now = now + gathering.seconds if gathering.active else arrived
        count = 0
        while arrived <= now:
            arrived += 1 / rate
            count += 1
        gathering.note(count, now)
        said.append(gathering.active)
    return said


def test_few_packets_are_read_as_they_come() -> None:
    assert not any(read(Gathering(), rate=900, begin=5.0, seconds=2.0))


def test_many_are_gathered_soon_and_for_as_long_as_they_come() -> None:
    gathering = Gathering()
    said = read(gathering, rate=2_700, begin=5.0, seconds=2.0)
    assert said.index(True) <= 0.21 * 2_700
    assert all(said[said.index(True) :])
    assert len(said) < 0.4 * 2_700 * 2.0  # readings


def test_a_rate_between_the_marks_changes_nothing() -> None:
    gathering = Gathering()
    assert not any(read(gathering, rate=850, begin=5.0, seconds=1.0))
    read(gathering, rate=2_000, begin=6.0, seconds=1.0)
    assert all(read(gathering, rate=850, begin=7.0, seconds=1.0))


@pytest.mark.parametrize(("rate", "readings"), [(2_600, 1), (5_000, 2), (9_000, 3), (27_000, MAX_READINGS)])
def test_more_packets_are_read_more_often(rate: float, readings: int) -> None:
    gathering = Gathering()
    read(gathering, rate=rate, begin=5.0, seconds=1.0)
    assert gathering.seconds == GATHER_SECONDS / readings
    assert rate * gathering.seconds < 1.2 * READING_PACKETS or readings == MAX_READINGS


def test_it_ends_when_packets_become_few() -> None:
    gathering = Gathering()
    read(gathering, rate=2_000, begin=5.0, seconds=1.0)
    assert gathering.active
    assert not read(gathering, rate=300, begin=6.0, seconds=0.5)[-1]


def test_a_burst_after_silence_is_no_load() -> None:
    gathering = Gathering()
    gathering.note(512, 5.0)
    gathering.note(1, 6.0)
    assert not gathering.active
