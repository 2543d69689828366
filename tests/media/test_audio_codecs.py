"""Encoders and decoders by profile, judged by correlation and spectra."""

from __future__ import annotations

import numpy as np
import pytest

from mcu.errors import RefusedError
from mcu.media.audio_codecs import AudioEncoder, make_decoder
from mcu.media.telephone_codecs import NARROW_TAPS
from mcu.media.types import AudioProfile
from tests.fakes.voices import tone


def through(codec: str, sound: np.ndarray) -> np.ndarray:
    encoder, decoder = AudioEncoder(AudioProfile(codec)), make_decoder(codec.lower())
    return np.concatenate([decoder.decode(encoder.encode(sound[i : i + 960])) for i in range(0, len(sound), 960)])


@pytest.mark.parametrize(
    ("codec", "rate", "samples"),
    [("opus", 48_000, 960), ("PCMU", 8_000, 160), ("PCMA", 8_000, 160), ("G722", 8_000, 160)],
)
def test_each_codec_knows_its_clock(codec, rate, samples):
    encoder = AudioEncoder(AudioProfile(codec))
    assert (encoder.clock_rate, encoder.samples_per_packet) == (rate, samples)


def test_an_unknown_codec_is_refused():
    with pytest.raises(RefusedError, match="codec-unknown"):
        AudioEncoder(AudioProfile("G729"))


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
def test_g711_carries_the_voice_band_cleanly(codec):
    sound = tone(1, 1000)
    delay = NARROW_TAPS - 6
    heard = through(codec, sound)[9600:40_000]
    error = heard - sound[9600 - delay : 40_000 - delay]
    assert 10 * np.log10(np.sum(heard**2) / np.sum(error**2)) > 34


@pytest.mark.parametrize("frequency", [4800, 6000, 7900, 11_000])
def test_g711_does_not_fold_high_tones_into_the_voice(frequency):
    heard = through("PCMU", tone(1, frequency))[9600:40_000]
    assert np.sqrt(np.mean(heard**2)) < 0.3 * 10 ** (-50 / 20)


def test_g711_leaves_no_image_above_the_voice():
    heard = through("PCMU", tone(1, 3000))[9600:38_400]
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard)))) ** 2
    assert spectrum[int(4500 * 0.6) :].sum() < 1e-5 * spectrum.sum()


def test_silence_is_encoded_from_none():
    for codec in ("opus", "PCMU", "G722"):
        assert np.abs(make_decoder(codec.lower()).decode(AudioEncoder(AudioProfile(codec)).encode(None))).max() < 1e-3


def test_the_network_changes_the_rate_of_a_running_encoder():
    encoder, sound = AudioEncoder(AudioProfile("opus", 64_000)), tone(2, 440)
    encoder.set_network(bitrate=8_000, packet_loss=0.0)
    sizes = [len(encoder.encode(sound[i : i + 960])) for i in range(0, 48_000, 960)]
    assert np.mean(sizes[10:]) < 8_000 / 8 / 50 * 1.3


def test_concealed_g711_goes_on_without_a_click():
    encoder, decoder, sound = AudioEncoder(AudioProfile("PCMA")), make_decoder("pcma"), tone(1, 250)
    heard = []
    for index in range(50):
        payload = encoder.encode(sound[index * 960 : (index + 1) * 960])
        heard.append(decoder.conceal(960) if index in (20, 21, 35) else decoder.decode(payload))
    joined = np.concatenate(heard)
    assert np.abs(np.diff(joined)).max() < 1.5 * np.abs(np.diff(joined[:19_000])).max()


@pytest.mark.parametrize("codec", ["opus", "PCMU", "G722"])
def test_a_listener_who_moves_to_a_fork_hears_no_change(codec):
    first, sound = AudioEncoder(AudioProfile(codec)), tone(1, 300)
    decoder, whole = make_decoder(codec.lower()), through(codec, sound)
    blocks = [sound[i : i + 960] for i in range(0, len(sound), 960)]
    heard = [decoder.decode(first.encode(block)) for block in blocks[:25]]
    second = first.fork()
    heard += [decoder.decode(second.encode(block)) for block in blocks[25:]]
    assert np.array_equal(np.concatenate(heard), whole)
