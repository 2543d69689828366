"""Voices known again: forty people apart, among four at once, coded twice, by telephone, recorded and generated."""

from __future__ import annotations

import functools
import random
import wave
from pathlib import Path

import numpy as np
import pytest

from mcu.media.types import BLOCK_SAMPLES, SAMPLE_RATE, AudioProfile
from mcu.synthetic import real_media, voice
from mcu.synthetic.clips import MediaSettings
from mcu.synthetic.player import VOICE_LEVEL
from mcu.synthetic.signature import MIN_STRENGTH, RATE, SPEEDS, Signature, heard, signature, speed, strengths, whitened
from mcu.synthetic.staging import Order, make, spoken
from tests.support.loops import REAL_MEDIA, Sound, decoded, has_recordings, loop, mixed

PEOPLE = range(40)
SECONDS = 3
ALOUD = 75  # packets: 1.5 s
OPUS, TELEPHONE = AudioProfile(), AudioProfile(codec="PCMU")
SOURCES = [
    "",
    pytest.param(REAL_MEDIA, marks=pytest.mark.skipif(not has_recordings(), reason="no recordings of people")),
]


@functools.cache
def known(folder: str = "") -> dict[int, Signature]:
    return {person: signature(decoded(person, folder)) for person in PEOPLE}


def played(person: int, start: int, folder: str = "", packets: int = SECONDS * 50) -> Sound:
    """From packet `start` of the loop on."""
    return np.roll(decoded(person, folder), -start * BLOCK_SAMPLES)[: packets * BLOCK_SAMPLES]


def briefly(person: int, start: int, folder: str) -> Sound:
    """As `played`, but from a moment on until 1.5 s were aloud."""
    levels = np.roll(np.asarray(loop(person, folder).levels), -start)[: SECONDS * 50]
    begin = 10
    aloud = np.cumsum(levels[begin:] < VOICE_LEVEL)
    end = begin + int(np.searchsorted(aloud, ALOUD)) + 1
    sound = played(person, start, folder).copy()
    sound[: begin * BLOCK_SAMPLES] = 0
    sound[end * BLOCK_SAMPLES :] = 0
    return sound


@pytest.mark.parametrize("folder", SOURCES)
@pytest.mark.long
def test_all_are_apart(folder: str) -> None:
    for person in PEOPLE:
        found = heard(played(person, 25, folder), known(folder))
        assert list(found) == [person]
        assert found[person] > 4 * MIN_STRENGTH


@pytest.mark.parametrize("folder", SOURCES)
@pytest.mark.parametrize("profile", [OPUS, TELEPHONE], ids=lambda profile: profile.codec)
@pytest.mark.parametrize("voices", [1, 2, 3, 4])
def test_who_speaks_is_found_and_nobody_else(voices: int, profile: AudioProfile, folder: str) -> None:
    choose = random.Random(f"{voices} {profile.codec} {folder}")
    for _ in range(5):
        first, *others = choose.sample(PEOPLE, voices)
        parts = [briefly(first, choose.randrange(300), folder)]
        parts += [played(person, choose.randrange(300), folder) for person in others]
        assert set(heard(mixed(parts, profile), known(folder))) == {first, *others}


def test_a_voice_is_found_where_the_loop_begins_anew() -> None:
    sound = np.concatenate((played(5, 240, packets=60), played(5, 0, packets=60)))
    assert list(heard(sound, known())) == [5]


def test_more_sound_than_a_loop_comes_round() -> None:
    sound = np.concatenate((decoded(7), decoded(7)[: 2 * SAMPLE_RATE]))
    assert list(heard(sound, known())) == [7]


def test_loops_may_differ_in_length() -> None:
    short = voice.speak(voice.voice_of(50, woman=True), seconds=2.4, seed="short")
    signatures = {50: signature(short), 3: known()[3]}
    assert list(heard(played(3, 0), signatures)) == [3]
    assert list(heard(np.concatenate((short, short))[: 3 * SAMPLE_RATE], signatures)) == [50]


def test_levels_do_not_matter() -> None:
    sound = played(4, 30)
    loud = heard(sound, known())[4]
    assert heard(0.05 * sound, known())[4] == pytest.approx(loud, rel=0.01)


def test_the_listening_have_no_signature() -> None:
    settings = MediaSettings(signed=True)
    sound = sum(voice.room(seconds=settings.listen_seconds, seed=f"room {who}") for who in range(4))
    assert heard(30 * np.asarray(sound), known()) == {}


@pytest.mark.parametrize("length", [0, 1, 100, BLOCK_SAMPLES, SAMPLE_RATE])
def test_silence_holds_nobody(length: int) -> None:
    silence = np.zeros(length, np.float32)
    assert heard(silence, known()) == {}
    assert strengths(whitened(silence), known()) == dict.fromkeys(PEOPLE, 0.0)


@pytest.mark.parametrize("length", [1, 100, BLOCK_SAMPLES, 5 * BLOCK_SAMPLES, 15 * BLOCK_SAMPLES])
def test_one_vowel_is_nobodys(length: int) -> None:
    for person in (1, 2, 3):
        for start in range(20, 220, 25):
            assert heard(played(person, start)[:length], known()) == {}


@pytest.mark.parametrize("person", range(6))
def test_a_second_aloud_is_enough_where_nobody_else_speaks(person: int) -> None:
    sound = np.zeros(SECONDS * SAMPLE_RATE, np.float32)
    spoken = played(person, 15 + 20 * person, packets=75)
    sound[SAMPLE_RATE : SAMPLE_RATE + len(spoken)] = spoken
    assert list(heard(sound, known())) == [person]


def test_nobody_is_asked_for() -> None:
    assert heard(played(1, 0), {}) == {}


def test_it_is_the_voice_as_it_is() -> None:
    """Nothing is added: the server cannot tell, and no measure of speech has anything to find."""
    plain, signed = (make(Order(person=6, settings=MediaSettings(fps=5, signed=wanted))) for wanted in (False, True))
    assert plain == signed


def recording(path: Path) -> Path:
    sound = voice.speak(voice.voice_of(9, woman=True), seconds=6, seed="one recording")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((sound * 32767).astype("<i2").tobytes())
    return path


def test_people_of_one_recording_have_voices_of_their_own(tmp_path: Path) -> None:
    recording(tmp_path / "voice.wav")
    plain, signed = (
        [spoken(Order(person=who, settings=settings, folder=str(tmp_path))) for who in range(10)]
        for settings in (MediaSettings(), MediaSettings(signed=True))
    )
    alike = {who: signature(sound) for who, sound in enumerate(plain)}
    apart = {who: signature(sound) for who, sound in enumerate(signed)}
    assert set(heard(plain[0], alike)) == set(alike)
    for who, sound in enumerate(signed):
        assert len(sound) == len(plain[who])
        assert list(heard(sound, apart)) == [who]


def test_speeds_differ_and_stay_near_the_natural_one() -> None:
    speeds = [speed(turn) for turn in range(SPEEDS)]
    assert speeds[0] == 1.0
    assert len(set(speeds)) == SPEEDS
    assert min(speeds) == pytest.approx(0.88)
    assert max(speeds) == pytest.approx(1.12)
    assert speed(SPEEDS + 3) == speeds[3]


def test_a_voice_played_faster_is_higher_and_as_long(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "tone.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        tone = 0.2 * np.sin(2 * np.pi * 400 * np.arange(80_000) / 16_000)
        file.writeframes((tone * 32767).astype("<i2").tobytes())
    for wanted in (0.88, 1.0, 1.12):
        sound = real_media.voice(tmp_path / "tone.wav", seconds=2, speed=wanted)
        assert len(sound) == 2 * SAMPLE_RATE
        assert np.argmax(np.abs(np.fft.rfft(sound))) / 2 == pytest.approx(400 * wanted, abs=1)


def test_what_was_whitened_once_serves_again() -> None:
    white = known()[8].white
    assert len(white) == 6 * RATE
    assert strengths(white[: 3 * RATE], known())[8] > MIN_STRENGTH
