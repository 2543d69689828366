"""Delays to a tenth of a millisecond, rows of packets, and what is not believed."""

from __future__ import annotations

import numpy as np
import pytest

from loadtests.checks.hearing import Hearing, known
from loadtests.checks.passages import PACKETS, Followed, follow, ninety_five, rows
from loadtests.recording import Recording, Sent
from mcu.media.types import BLOCK_SAMPLES, BLOCK_SECONDS, SAMPLE_RATE, AudioProfile
from tests.support.loops import Sound, decoded, loop, mixed

BEGIN = 500.0
LOOKAHEAD = 312 / SAMPLE_RATE  # that one Opus encoder delays
LENGTH = 3 * SAMPLE_RATE


def hearing(sound: Sound, *people: int) -> Hearing:
    whole = sound[: len(sound) // BLOCK_SAMPLES * BLOCK_SAMPLES]
    recording = Recording(
        who=0,
        codec="VP8",
        begin=BEGIN,
        end=BEGIN + len(whole) / SAMPLE_RATE,
        frames=(),
        layouts=(),
        present=(),
        sound=whole.astype("<f4").tobytes(),
        sound_begin=BEGIN,
        concealed_samples=0,
        played_samples=len(whole),
        sent=(),
        fps=25,
    )
    return Hearing(recording, {person: loop(person) for person in people})


def late(person: int, delay: float, *, length: int = LENGTH, start: int = 0) -> Sound:
    """Heard so many seconds after it was sent."""
    shift = round(delay * SAMPLE_RATE)
    sound = np.zeros(length, np.float32)
    said = np.roll(decoded(person), -start * BLOCK_SAMPLES)
    sound[shift:] = np.tile(said, 2)[: length - shift]
    return sound


def sent(person: int, *, start: int = 0, first: float = BEGIN, count: int = 150, stutter: float = 0.0) -> Sent:
    """Leaves its packets from place `start` of the loop on."""
    chance = np.random.default_rng(person)
    times = [first + index * BLOCK_SECONDS + stutter * chance.random() for index in range(count)]
    spoken = tuple(((start + index) % len(loop(person).packets), when) for index, when in enumerate(times))
    return Sent(person=person, pictures=(), spoken=spoken, speaking=())


def delays(found: list[Followed]) -> list[float]:
    return [passage.delay for each in found for passage in each.passages]


def followed(sound: Sound, who: Sent) -> list[Followed]:
    return follow(who, known(loop(who.person)), hearing(sound, who.person))


@pytest.mark.parametrize("delay", [0.0, 0.0123, 0.0871, 0.25, 0.9])
@pytest.mark.parametrize("person", [1, 4])
def test_a_delay_is_exact(person: int, delay: float) -> None:
    found = delays(followed(late(person, delay, start=40), sent(person, start=40)))
    assert len(found) >= 4
    assert np.abs(np.array(found) - delay).max() < 0.0001


def test_so_it_is_among_others_and_behind_a_codec() -> None:
    voices = [late(1, 0.05, start=20), late(2, 0.11, start=70), late(5, 0.08, start=160)]
    sound = mixed(voices, AudioProfile())
    for person, start, delay in ((1, 20, 0.05), (2, 70, 0.11), (5, 160, 0.08)):
        found = delays(followed(sound, sent(person, start=start)))
        assert len(found) >= 4
        assert np.abs(np.array(found) - delay - LOOKAHEAD).max() < 0.0005


def test_a_sender_that_stutters_is_evened_out() -> None:
    found = delays(followed(late(1, 0.05, start=40), sent(1, start=40, stutter=0.005)))
    assert np.abs(np.array(found) - 0.0475).max() < 0.0015


def test_a_long_delay_is_found_up_to_three_seconds() -> None:
    for delay in (1.5, 2.6, 2.9):
        first = BEGIN + 0.5 - delay
        found = delays(followed(late(1, 0.5, start=30), sent(1, start=30, first=first)))
        assert found
        assert np.abs(np.array(found) - delay).max() < 0.0001
    assert delays(followed(late(1, 0.5, start=30), sent(1, start=30, first=BEGIN + 0.5 - 3.6))) == []


@pytest.mark.parametrize("gap", [2.2, 2.9, 3.12])
def test_who_begins_anew_is_not_taken_for_late(gap: float) -> None:
    """The same words are said twice; the first time was over before the check."""
    first, second = (sent(1, start=30, first=BEGIN + at, count=90) for at in (0.6 - gap, 0.6))
    both = Sent(person=1, pictures=(), spoken=first.spoken + second.spoken, speaking=())
    found = delays(followed(late(1, 0.65, start=30), both))
    assert len(found) >= 4
    assert np.abs(np.array(found) - 0.05).max() < 0.0001


def test_a_delay_that_changes_is_followed() -> None:
    sound = late(1, 0.05, start=20)
    place = 75 * BLOCK_SAMPLES
    sound[place + 2_400 :] = sound[place:-2_400].copy()
    found = delays(followed(sound, sent(1, start=20)))
    assert found[0] == pytest.approx(0.05, abs=0.0005)
    assert found[-1] == pytest.approx(0.10, abs=0.0005)


@pytest.mark.parametrize("person", range(8))
def test_who_is_not_there_is_not_found(person: int) -> None:
    other = (person + 1) % 8
    assert delays(followed(mixed([late(other, 0.05)], AudioProfile()), sent(person))) == []


def test_one_passage_alone_is_not_believed() -> None:
    whole = late(1, 0.0, start=20)
    for first, count in ((50, 12), (45, PACKETS)):  # half of one passage is heard; one and parts of its neighbours
        begin, end = first * BLOCK_SAMPLES, (first + count) * BLOCK_SAMPLES
        sound = np.zeros(LENGTH, np.float32)
        sound[begin:end] = whole[begin:end]
        assert bool(delays(followed(sound, sent(1, start=20)))) == (count == PACKETS)


def test_voices_in_noise_are_followed_where_they_agree() -> None:
    noise = np.random.default_rng(2).standard_normal(LENGTH)
    found = delays(followed((late(1, 0.05, start=20) + 0.3 * noise).astype(np.float32), sent(1, start=20)))
    assert len(found) >= 3
    assert np.abs(np.array(found) - 0.05).max() < 0.001


def test_rows_break_where_the_loop_or_the_time_does() -> None:
    voice = known(loop(1))
    count = len(voice.aloud)
    spoken = [(count - 1, 1.0), (0, 1.02), (1, 1.04), (0, 1.06), (1, 1.08), (2, 2.0), (4, 2.02)]
    found = rows(Sent(person=1, pictures=(), spoken=tuple(spoken), speaking=()), voice)
    assert [(row.first, len(row.times)) for row in found] == [(count - 1, 3), (0, 2), (2, 1), (4, 1)]


def test_nothing_sent_is_no_row() -> None:
    assert rows(Sent(person=1, pictures=(), spoken=(), speaking=()), known(loop(1))) == []
    assert rows(Sent(person=1, pictures=(), spoken=((-1, 1.0), (999, 2.0)), speaking=()), known(loop(1))) == []


def test_silence_has_no_passage() -> None:
    assert delays(followed(np.zeros(LENGTH, np.float32), sent(1))) == []
    assert delays(followed(np.zeros(0, np.float32), sent(1))) == []


def test_95_in_100() -> None:
    assert ninety_five([0.1]) == 0.1
    assert ninety_five([0.3, 0.1, 0.2]) == 0.3
    assert ninety_five([index / 100 for index in range(100)]) == 0.95
