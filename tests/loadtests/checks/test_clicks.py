"""Clicks: none in decoded speech, mixes and what is made up; found wherever a sound is torn."""

from __future__ import annotations

import numpy as np
import pytest

from loadtests.checks.clicks import JOINT, clicks
from mcu.media.types import BLOCK_SAMPLES, SAMPLE_RATE, AudioProfile
from tests.loadtests.checks.talk import Talk, record, sound_of
from tests.support.loops import Sound, decoded, mixed

LOUD = 0.03  # root mean square around a place where somebody speaks


def speech() -> Sound:
    return mixed([decoded(1), np.roll(decoded(2), SAMPLE_RATE)], AudioProfile())


def places(sound: Sound, count: int = 200) -> list[int]:
    """Within speech, somewhere."""
    choose = np.random.default_rng(1)
    found: list[int] = []
    while len(found) < count:
        place = int(choose.integers(BLOCK_SAMPLES, len(sound) - 3 * BLOCK_SAMPLES))
        if np.sqrt(np.mean(sound[place - BLOCK_SAMPLES : place + 2 * BLOCK_SAMPLES] ** 2)) > LOUD:
            found.append(place)
    return found


@pytest.mark.parametrize("person", range(8))
@pytest.mark.parametrize("codec", ["opus", "PCMU", "G722"])
def test_a_voice_makes_none(person: int, codec: str) -> None:
    assert clicks(decoded(person)) == []
    assert clicks(mixed([decoded(person)], AudioProfile(codec=codec))) == []


@pytest.mark.parametrize("told", [0.0, 0.05])
@pytest.mark.parametrize("seed", range(4))
def test_what_is_made_up_for_losses_makes_none(seed: int, told: float) -> None:
    for codec in ("opus", "PCMU", "G722"):
        profile = AudioProfile(codec=codec)
        talk = Talk({1: ((-4.0, 10.0),)}, profile=profile, loss=0.05, loss_told=told, seed=seed, jitter=0.02)
        assert clicks(sound_of(record(talk)), JOINT) == []


def test_a_jump_by_a_tenth_is_found_anywhere() -> None:
    sound = speech()
    for place in places(sound):
        torn = sound.copy()
        torn[place:] += 0.1 if sound[place] >= sound[place - 1] else -0.1
        assert any(abs(found - place) < 100 for found in clicks(torn, JOINT))


def test_a_block_that_is_cut_out_is_found_almost_anywhere() -> None:
    sound = speech()
    found = [clicks(np.delete(sound, slice(place, place + BLOCK_SAMPLES))) for place in places(sound)]
    assert sum(len(each) == 1 for each in found) >= 0.94 * len(found)
    assert all(len(each) <= 1 for each in found)


def test_a_block_of_zeros_makes_two() -> None:
    sound = 0.5 * np.sin(np.arange(SAMPLE_RATE) * 0.05)
    sound[10_000 : 10_000 + BLOCK_SAMPLES] = 0
    found = clicks(sound)
    assert len(found) == 2
    assert found[0] == pytest.approx(10_000, abs=100)
    assert found[1] == pytest.approx(10_000 + BLOCK_SAMPLES, abs=100)


@pytest.mark.parametrize("height", [0.006, 0.05, 0.5])
def test_the_measure_is_the_height_of_the_jump(height: float) -> None:
    step = np.where(np.arange(4_000) < 2_000, 0.0, height)
    assert len(clicks(step, 0.99 * height)) == 1
    assert clicks(step, 1.01 * height) == []


@pytest.mark.parametrize("length", [0, 1, 96, 97, 98, 500])
def test_short_sounds_have_none(length: int) -> None:
    assert clicks(decoded(1)[60_000 : 60_000 + length]) == []
