from __future__ import annotations

import numpy as np

from mcu.media.types import SAMPLE_RATE
from mcu.synthetic import gapless, voice

SPEAKER = voice.voice_of(3, woman=False)


def quiet_stretch(sound: voice.Sound) -> int:
    """Samples of the longest stretch of 10 ms pieces that are not loud."""
    frames = sound[: len(sound) // gapless.FRAME * gapless.FRAME].reshape(-1, gapless.FRAME)
    longest = now = 0
    for level in np.sqrt(np.mean(frames**2, axis=1)):
        now = 0 if level > gapless.LOUD / 2 else now + gapless.FRAME
        longest = max(longest, now)
    return longest


def test_no_pause_is_left_where_speech_has_many() -> None:
    assert quiet_stretch(voice.speak(SPEAKER, seconds=4.0, seed="x")) > SAMPLE_RATE // 5
    sound = gapless.speak(SPEAKER, seconds=4.0, seed="x")
    assert len(sound) == 4 * SAMPLE_RATE
    assert quiet_stretch(sound) <= 2 * gapless.FRAME
