"""Everybody's voice summed once, and everybody's mix but one's own by subtraction.

Rules:
1. What happens to a voice between two ticks (join, leave, mute, loss, silence) is seen here only as a block that is
   there or not; the gain follows along half a cosine, and a voice that broke off is continued while it fades.
2. Work per tick: one addition per voice and one subtraction per listener who is mixed in. All others share one block.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from mcu._native import samples
from mcu.media.types import BLOCK_SAMPLES, SAMPLE_RATE, AudioBlock

FADE_SAMPLES = SAMPLE_RATE * 10 // 1000  # 10 ms: no click for ears, no syllable lost


class _Voice:
    """What the mixer remembers of one participant from tick to tick."""

    def __init__(self, block: AudioBlock) -> None:
        self.last = block  # the newest one, as it came
        self.heard = False  # the gain at the end of the last tick was 1, otherwise 0


class Mix:
    """The result of one tick; valid until the next."""

    def __init__(
        self,
        common: AudioBlock | None,
        total: AudioBlock | None,
        own: dict[str, AudioBlock],
        limiters: dict[str, samples.Limiter],
    ) -> None:
        self.common = common  # for all who are not mixed in; None when all is silent
        self.mixed = own.keys()  # who is mixed in, fade-outs included: these need `minus`, all others share `common`
        self._total = total  # before the limiter
        self._own = own
        self._limiters = limiters

    def minus(self, participant: str) -> AudioBlock | None:
        """What `participant` hears: all but the own voice; `common` itself for who is not mixed in. To be called once a
        tick for each, because the limiter of a mix goes on from block to block."""
        own = self._own.get(participant)
        if own is None or self._total is None:
            return self.common
        if len(self._own) == 1:
            return None
        return self._limiters[participant].process(samples.subtract(self._total, own))


class AudioMixer:
    """Mixes one conference, one call of `mix` per 20 ms."""

    def __init__(self) -> None:
        self._voices: dict[str, _Voice] = {}
        self._common_limiter = samples.Limiter()
        self._limiters: dict[str, samples.Limiter] = {}

    def mix(self, blocks: Mapping[str, AudioBlock], *, audible: Collection[str] | None = None) -> Mix:
        """`blocks` by participant; who has none is silent. `audible` limits who is heard; None is everybody."""
        own: dict[str, AudioBlock] = {}
        for participant, block in blocks.items():
            heard = audible is None or participant in audible
            faded = self._enter(participant, block, heard)
            if faded is not None:
                own[participant] = faded
        for participant in [name for name in self._voices if name not in blocks]:
            faded = self._leave(self._voices.pop(participant))
            if faded is not None:
                own[participant] = faded
        return self._sum(own)

    def _enter(self, participant: str, block: AudioBlock, heard: bool) -> AudioBlock | None:
        """What of `block` goes into the sum."""
        voice = self._voices.get(participant)
        if voice is None:
            voice = self._voices[participant] = _Voice(block)
        was_heard, voice.heard, voice.last = voice.heard, heard, block
        if was_heard and heard:
            return block
        if not was_heard and not heard:
            return None
        return samples.ramp(block, first=float(was_heard), last=float(heard), length=FADE_SAMPLES)

    def _leave(self, voice: _Voice) -> AudioBlock | None:
        """A voice that is not there any more ends in a fade of itself."""
        if not voice.heard:
            return None
        tail = np.zeros(BLOCK_SAMPLES, np.float32)
        rest = samples.extend(voice.last, FADE_SAMPLES)
        tail[:FADE_SAMPLES] = samples.ramp(rest, first=1.0, last=0.0, length=FADE_SAMPLES)
        return tail

    def _sum(self, own: dict[str, AudioBlock]) -> Mix:
        if not own:
            self._limiters.clear()
            self._common_limiter = samples.Limiter()
            return Mix(None, None, own, self._limiters)
        total = samples.total(list(own.values()))
        gain = self._common_limiter.gain
        self._limiters = {name: self._limiters.get(name) or samples.Limiter(gain) for name in own}
        return Mix(self._common_limiter.process(total), total, own, self._limiters)
