"""What each listener hears, judged by spectrum and by the second derivative, in which clicks stand out."""

from __future__ import annotations

import numpy as np
import pytest

from mcu.media.types import BLOCK_SAMPLES
from mcu.mixer.audio_mixer import AudioMixer
from tests.fakes.voices import tone, voice

TONES = {"a": tone(4, 440, 0.1), "b": tone(4, 1000, 0.1), "c": tone(4, 1700, 0.1)}


def block(sound, tick):
    return sound[tick * BLOCK_SAMPLES : (tick + 1) * BLOCK_SAMPLES]


def power(sound, frequency):
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    place = round(frequency * len(sound) / 48_000)
    return spectrum[place - 3 : place + 4].sum() / spectrum.sum()


def test_everybody_hears_the_others_and_not_themselves():
    mixer, heard = AudioMixer(), {name: [] for name in TONES}
    for tick in range(100):
        mix = mixer.mix({name: block(sound, tick) for name, sound in TONES.items()})
        for name in TONES:
            heard[name].append(mix.minus(name))
    for name, frequency in (("a", 440), ("b", 1000), ("c", 1700)):
        own = np.concatenate(heard[name])[9600:57_600]
        assert power(own, frequency) < 1e-9
        for other in {440, 1000, 1700} - {frequency}:
            assert power(own, other) == pytest.approx(0.5, abs=0.01)


def test_who_is_not_mixed_in_shares_one_block():
    mix = AudioMixer().mix({"a": block(TONES["a"], 0)})
    assert mix.minus("x") is mix.common is mix.minus("y")
    assert mix.mixed == {"a"}
    assert mix.minus("a") is None


def test_silence_is_none():
    mix = AudioMixer().mix({})
    assert mix.common is None
    assert mix.minus("a") is None


@pytest.mark.parametrize("how", ["join and leave", "mute"])
def test_coming_and_going_does_not_click(how):
    mixer, heard = AudioMixer(), []
    for tick in range(150):
        present = 50 <= tick < 100
        blocks = {"a": block(TONES["a"], tick)}
        if present or how == "mute":
            blocks["b"] = block(TONES["b"], tick)
        heard.append(mixer.mix(blocks, audible={"a", "b"} if present else {"a"}).common)
    sound = np.concatenate(heard)
    bend = np.abs(np.diff(sound, 2))
    both = bend[60 * 960 : 90 * 960].max()
    assert bend.max() < 1.05 * both
    assert power(sound[110 * 960 : 140 * 960], 1000) < 1e-6
    edge = sound[99 * 960 : 102 * 960]
    spectrum = np.abs(np.fft.rfft(edge * np.hanning(len(edge)))) ** 2
    assert spectrum[int(4000 * len(edge) / 48_000) :].sum() < 1e-6 * spectrum.sum()


def test_many_loud_voices_stay_below_full_scale():
    mixer = AudioMixer()
    voices = {str(seed): 3 * voice(1, seed=seed, pitch=90 + 15 * seed) for seed in range(8)}
    for tick in range(50):
        mix = mixer.mix({name: block(sound, tick) for name, sound in voices.items()})
        assert np.abs(mix.common).max() < 1.0
        assert all(np.abs(mix.minus(name)).max() < 1.0 for name in voices)


def test_nothing_is_remembered_of_who_left():
    mixer = AudioMixer()
    for index in range(500):
        mixer.mix({f"p{index}": block(TONES["a"], 0)})
    mixer.mix({})
    mixer.mix({})
    assert not mixer._voices
    assert not mixer._limiters


def test_blocks_given_in_are_not_written_to():
    mixer, given = AudioMixer(), {name: block(sound, 0).copy() for name, sound in TONES.items()}
    before = {name: sound.copy() for name, sound in given.items()}
    for _ in range(3):
        mix = mixer.mix(given)
        for name in given:
            mix.minus(name)
    assert all(np.array_equal(given[name], before[name]) for name in given)
