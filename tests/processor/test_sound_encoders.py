"""Who shares an encoder, who has an own one, and what loss changes about it."""

from __future__ import annotations

import numpy as np

from mcu._native.opus import packet_has_fec
from mcu.media.types import BLOCK_SAMPLES, AudioProfile
from mcu.processor.protection import PROTECTED_LOSS, Protection
from mcu.processor.sound_encoders import HOLD_TICKS, SoundEncoders
from mcu.synthetic.voice import speak, voice_of

OPUS = AudioProfile()
G711 = AudioProfile("PCMU", 64_000)


SPEECH = speak(voice_of(3, woman=False), seconds=3.0, seed="protected").astype(np.float32).reshape(-1, BLOCK_SAMPLES)


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
