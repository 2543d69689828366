"""Who shares an encoder, who has an own one, and what loss changes about it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from mcu._native.opus import OpusDecoder, OpusEncoder, packet_has_fec
from mcu.media.audio_codecs import AudioEncoder
from mcu.media.types import BLOCK_SAMPLES, AudioProfile
from mcu.processor.protection import PROTECTED_LOSS, Protection
from mcu.processor.sound_encoders import HOLD_TICKS, SoundEncoders
from mcu.synthetic.voice import speak, voice_of

OPUS = AudioProfile()
G711 = AudioProfile("PCMU", 64_000)


def _speech(number: int, *, woman: bool) -> NDArray[np.float32]:
    samples = speak(voice_of(number, woman=woman), seconds=3.0, seed="protected")
    return np.asarray(samples, np.float32).reshape(-1, BLOCK_SAMPLES)


SPEECH, OTHER, THIRD = _speech(3, woman=False), _speech(4, woman=True), _speech(5, woman=False)


def test_listeners_share_until_one_of_them_loses_packets() -> None:
    encoders = SoundEncoders()
    a, b = encoders.listener("a"), encoders.listener("b")
    clean, lossy = encoders.protect(a, OPUS, 0.01), encoders.protect(b, OPUS, 0.09)
    assert clean == encoders.protect(encoders.listener("c"), OPUS, 0.0) != lossy
    assert encoders.shared(clean) is not encoders.shared(lossy)
    assert len(encoders) == 2
    copies = {clean: 0, lossy: 0}
    for block in SPEECH:
        for sharing in copies:
            copies[sharing] += packet_has_fec(encoders.shared(sharing).encode(block))
    assert copies[clean] == 0
    assert copies[lossy] > len(SPEECH) / 2
    encoders.keep_shared([clean])
    assert len(encoders) == 1


def test_a_speaker_owns_an_encoder_until_silence_or_for_some_seconds() -> None:
    encoders = SoundEncoders()
    sharing = encoders.protect(encoders.listener("a"), OPUS, 0.0)
    assert encoders.own(encoders.listener("a"), sharing, mixed=False, silent=False) is None
    own = encoders.own(encoders.listener("a"), sharing, mixed=True, silent=False)
    assert own is not None
    for _ in range(HOLD_TICKS):
        assert encoders.own(encoders.listener("a"), sharing, mixed=False, silent=False) is own
    assert encoders.own(encoders.listener("a"), sharing, mixed=False, silent=False) is None
    assert encoders.own(encoders.listener("a"), sharing, mixed=True, silent=False) is not own
    assert encoders.own(encoders.listener("a"), sharing, mixed=False, silent=True) is None
    assert len(encoders) == 0


@pytest.mark.parametrize("loss", [0.0, 0.1])
def test_the_change_back_to_the_shared_encoder_is_not_heard(loss: float) -> None:
    assert _heard_of_a_change(loss, held=HOLD_TICKS) < 0.2
    if not loss:  # and the measure hears one that comes too early
        assert _heard_of_a_change(loss, held=0) > 0.4


def _heard_of_a_change(loss: float, *, held: int) -> float:
    """By how many dB what is decoded around the change of encoders is farther from what was said than without a change.

    Two voices go on, a third stops; its listener changes encoders so many ticks later.
    """
    excess = []
    for stop in range(40, 100, 4):
        shared = AudioEncoder(OPUS)
        shared.set_network(bitrate=OPUS.bitrate, packet_loss=loss)
        changing, staying = OpusDecoder(), OpusDecoder()
        said, changed, stayed = [], [], []
        for tick in range(stop + held + 5):
            if tick == stop - 20:
                own = shared.fork()
            others = SPEECH[tick] + OTHER[tick]
            common = shared.encode(others + THIRD[tick] if tick < stop else others)
            if tick >= stop - 20:
                mine = own.encode(others)
                said.append(others)
                stayed.append(staying.decode(mine))
                changed.append(changing.decode(common if tick >= stop + held else mine))
        at = (20 + held) * BLOCK_SAMPLES
        excess.append(_distance(said, changed, at) - _distance(said, stayed, at))
    return float(np.mean(excess))


def _distance(said: list[NDArray[np.float32]], heard: list[NDArray[np.float32]], at: int) -> float:
    """dB between the spectra of 60 ms from 10 ms before sample `at`, up to 10 kHz."""
    wanted, got, delay = np.concatenate(said), np.concatenate(heard), OpusEncoder().lookahead

    def spectrum(samples: NDArray[np.float32], start: int) -> NDArray[np.float64]:
        piece = samples[start : start + BLOCK_SAMPLES] * np.hanning(BLOCK_SAMPLES)
        return np.asarray(20 * np.log10(np.abs(np.fft.rfft(piece))[2:200] + 1e-4))

    starts = range(at - BLOCK_SAMPLES // 2, at + 5 * BLOCK_SAMPLES // 2, BLOCK_SAMPLES // 4)
    return float(np.mean([np.abs(spectrum(wanted, s) - spectrum(got, s + delay)).mean() for s in starts]))


def test_what_is_said_again_and_again_is_one_sharing_until_something_else_is_said() -> None:
    encoders = SoundEncoders()
    a = encoders.listener("a")
    assert encoders.listener("a") is a
    clean = encoders.protect(encoders.listener("b"), OPUS, 0.0)
    lossy = encoders.protect(encoders.listener("c"), OPUS, 0.05)
    said = [(0.0, clean), (0.0, clean), (0.05, lossy), (0.05, lossy), (0.02, lossy), (0.01, clean), (0.02, clean)]
    assert all(encoders.protect(a, OPUS, loss) is sharing for loss, sharing in said)
    assert encoders.protect(a, G711, 0.02) == (G711, 0.0)
    encoders.own(a, clean, mixed=True, silent=False)
    encoders.forget("a")
    assert len(encoders) == 0
    assert encoders.listener("a") is not a


def test_protection_rises_at_once_and_falls_late() -> None:
    protection = Protection()
    reported = (0.0, 0.02, 0.04, 0.02, 0.014, 0.02, 0.30)
    assert [protection.update(loss, OPUS) > 0 for loss in reported] == [False, False, True, True, False, False, True]
    assert protection.update(0.5, OPUS) == PROTECTED_LOSS
    assert protection.update(0.5, G711) == 0.0
