"""Sample arithmetic against numpy, and the ear's measures of cuts, ramps and the limiter."""

from __future__ import annotations

import numpy as np
import pytest

from mcu._native import samples
from tests.fakes.voices import tone, voice
from tests.support import alaw


def test_sums_and_differences_are_numpys():
    rng = np.random.default_rng(1)
    a, b = (rng.normal(size=963).astype(np.float32) for _ in range(2))
    assert np.array_equal(samples.subtract(a, b), a - b)
    assert np.array_equal(samples.total([a, b, a]), a + b + a)
    assert np.array_equal(samples.total([a]), a)
    assert samples.peak(a) == np.abs(a).max()


@pytest.mark.parametrize(("sound", "level"), [(np.ones(960), 0.0), (np.zeros(960), -127.0), (np.full(960, 0.1), -20.0)])
def test_level_is_rms_under_full_scale(sound, level):
    assert samples.level(sound.astype(np.float32)) == pytest.approx(level, abs=0.01)


@pytest.mark.parametrize(
    "wrong", [np.zeros(960), np.zeros((2, 480), np.float32), np.zeros(1920, np.float32)[::2], b"x", None]
)
def test_wrong_arrays_are_refused(wrong):
    with pytest.raises(ValueError, match="samples are"):
        samples.level(wrong)


def test_unequal_lengths_are_refused():
    with pytest.raises(ValueError, match="equal length"):
        samples.subtract(np.zeros(10, np.float32), np.zeros(11, np.float32))
    for wrong in ([], [np.zeros(10, np.float32), np.zeros(11, np.float32)]):
        with pytest.raises(ValueError, match=r"equal length|at least one"):
            samples.total(wrong)


def test_a_ramp_has_no_corner():
    sound = samples.ramp(np.ones(960, np.float32), first=0.0, last=1.0, length=480)
    assert sound[0] == 0.0
    assert np.all(sound[480:] == 1.0)
    assert np.abs(np.diff(sound, 2)).max() < 3e-5


@pytest.mark.parametrize("frequency", [80, 120, 200, 390])
def test_the_period_of_a_voice_is_found(frequency):
    sound = tone(0.03, frequency) + tone(0.03, 3 * frequency, 0.2) + tone(0.03, 5 * frequency, 0.1)
    length, similarity = samples.period(sound)
    assert similarity > 0.9
    cycles = length * frequency / 48_000
    assert cycles == pytest.approx(round(cycles), abs=0.15)
    assert cycles > 0.8


@pytest.mark.parametrize("change", ["remove", "insert"])
def test_a_cut_at_the_period_keeps_the_spectrum(change):
    sound = tone(0.06, 200.0)
    length, _ = samples.period(sound)
    cut = samples.remove_period(sound, length) if change == "remove" else samples.insert_period(sound, length)
    assert len(cut) - len(sound) == (-length if change == "remove" else length)
    assert np.abs(np.diff(cut, 2)).max() < 1.1 * np.abs(np.diff(sound, 2)).max()


def test_an_extension_goes_on_where_the_voice_ended():
    sound = voice(1.0, pauses=False)
    history, truth = sound[20_000:21_440], sound[21_440:21_920]
    more = samples.extend(history, 480)
    assert abs(more[0] - history[-1]) < 2 * np.abs(np.diff(history)).max()
    assert np.corrcoef(more, truth)[0, 1] > 0.8


def test_too_little_history_is_refused():
    with pytest.raises(ValueError, match="too"):
        samples.extend(np.zeros(100, np.float32), 480)
    with pytest.raises(ValueError, match="too"):
        samples.period(np.zeros(100, np.float32))


def test_the_limiter_leaves_what_fits_alone():
    quiet = tone(0.02, 440, amplitude=0.7)
    assert samples.Limiter().process(quiet) is quiet


def test_the_limiter_holds_any_sum_below_full_scale_without_clicks():
    limiter, loud = samples.Limiter(), tone(0.4, 300, amplitude=4.0)
    loud[:9600] *= 0.1
    out = np.concatenate([limiter.process(loud[i : i + 960].copy()) for i in range(0, len(loud), 960)])
    assert np.abs(out).max() < 1.0
    assert limiter.gain == pytest.approx(0.2, abs=0.01)
    steady = np.abs(np.fft.rfft(out[-4800:] * np.hanning(4800)))
    assert np.sum(steady[25:36] ** 2) > 0.999 * np.sum(steady**2)


def test_the_limiter_lets_go_again():
    limiter = samples.Limiter()
    limiter.process(tone(0.02, 300, amplitude=4.0))
    for _ in range(100):
        limiter.process(tone(0.02, 300, amplitude=0.1))
    assert limiter.gain == 1.0


@pytest.mark.parametrize("law", ["pcmu", "pcma"])
def test_every_code_of_g711_returns_to_itself(law):
    decode, encode = getattr(samples, f"decode_{law}"), getattr(samples, f"encode_{law}")
    codes = bytes(range(256))
    again = encode(decode(codes))
    different = [(a, b) for a, b in zip(codes, again, strict=True) if a != b]
    assert different in ([], [(0x7F, 0xFF)])  # µ-law has two zeros


@pytest.mark.parametrize(
    ("law", "values"), [("pcmu", {0x80: 32124, 0x00: -32124, 0xFF: 0}), ("pcma", {0xAA: 32256, 0x2A: -32256, 0xD5: 8})]
)
def test_the_corners_of_g711_are_those_of_the_tables(law, values):
    decode = getattr(samples, f"decode_{law}")
    for code, value in values.items():
        assert decode(bytes([code]))[0] * 32768 == value


def test_a_law_is_that_of_the_definition():
    codes = bytes(range(256))
    assert (samples.decode_pcma(codes) * 32768 == alaw.expand(codes)).all()
    every = np.arange(-32768, 32768, dtype=np.int16)
    assert samples.encode_pcma(every.astype(np.float32) / 32768) == alaw.compress(every)
