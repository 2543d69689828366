"""Who speaks, decided from levels and time alone: slow to switch, deaf to coughs, patient in pauses.

A participant is *voiced* while the level stands out from their own background noise, and a little longer. Dominance is
a clock per participant: it runs while they are the loudest of the voiced, runs back while they are not, and at
SWITCH_SECONDS the participant becomes the speaker.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

SWITCH_SECONDS = 0.9  # of dominance before the picture changes; with the pauses in speech it takes about a second
OUTDONE_RATE = 0.5  # how fast dominance is lost to a louder voice, as a share of how fast it is won
QUIET_RATE = 3.0  # how fast it is lost in silence: a second cough does not build on the first
HANG_SECONDS = 0.2  # a voice goes on that long after its last loud moment: the gaps between syllables
QUIETEST_VOICE = -50.0  # dBov; below it nobody speaks into this microphone
ABOVE_NOISE = 9.0  # dB by which a voice stands out from its room
NOISE_RISE = 2.0  # dB per second that the estimate of a room's noise follows upward: speech does not become noise
LOUDEST_NOISE = -35.0  # dBov; no room is taken to be louder
ADVANTAGE = 3.0  # dB that a challenger must be louder than the present speaker while both talk
RELEASE = 30.0  # dB per second at which the envelope falls
BEGIN_SECONDS = 0.15  # voiced time before somebody counts as speaking
END_SECONDS = 0.6  # unvoiced time before they do not
LONGEST_STEP = 0.1  # seconds; time between two updates beyond this does not count


class _Voice:
    def __init__(self) -> None:
        self.noise = LOUDEST_NOISE  # dBov, falls at once and rises slowly
        self.envelope = -127.0  # dBov
        self.voiced_until = float("-inf")
        self.dominance = 0.0  # seconds
        self.voiced_for = 0.0  # seconds, of the present stretch
        self.last_voiced = float("-inf")


class ActiveSpeaker:
    """Dominant speaker of one conference. Deterministic: the same levels at the same times give the same answer."""

    def __init__(self) -> None:
        self.speaker: str | None = None  # whom the large tile shows; stays through pauses, None when gone
        self.speaking: tuple[str, ...] = ()  # who is audible now, in the order in which they began
        self._voices: dict[str, _Voice] = {}
        self._now: float | None = None

    def update(self, levels: Mapping[str, float], now: float) -> bool:
        """Take the dBov level of every participant who is present and not muted, once per tick.

        True when `speaker` or `speaking` changed. Whoever is missing from `levels` is gone.
        """
        step = 0.0 if self._now is None else min(LONGEST_STEP, max(0.0, now - self._now))
        self._now = now
        before = self.speaker, self.speaking
        if len(self._voices) != len(levels):
            self._renew(levels)
        for name, level in levels.items():
            if name not in self._voices:
                self._renew(levels)
            _listen(self._voices[name], level, now, step)
        if self.speaker not in self._voices:
            self.speaker = None
        self._compete(now, step)
        self._list_speaking(now)
        return before != (self.speaker, self.speaking)

    def _renew(self, present: Iterable[str]) -> None:
        """Forget who has gone, and begin with who has come."""
        self._voices = {name: self._voices.get(name) or _Voice() for name in present}

    def _compete(self, now: float, step: float) -> None:
        loudest, most = None, 0.0
        for name, voice in self._voices.items():
            if voice.voiced_until >= now:
                loud = voice.envelope + (ADVANTAGE if name == self.speaker else 0.0)
                if loudest is None or loud > most:
                    loudest, most = name, loud
        for name, voice in self._voices.items():
            rate = 1.0 if name == loudest else -OUTDONE_RATE if voice.voiced_until >= now else -QUIET_RATE
            voice.dominance = min(SWITCH_SECONDS, max(0.0, voice.dominance + rate * step))
        if loudest is None or loudest == self.speaker:
            return
        voice = self._voices[loudest]
        if voice.dominance < SWITCH_SECONDS:
            return
        self.speaker = loudest
        for name, voice in self._voices.items():
            if name != loudest:
                voice.dominance = 0.0

    def _list_speaking(self, now: float) -> None:
        stay = [name for name in self.speaking if self._is_speaking(name, now)]
        for name, voice in self._voices.items():
            if voice.voiced_for >= BEGIN_SECONDS and name not in stay:
                stay.append(name)
        self.speaking = tuple(stay)

    def _is_speaking(self, name: str, now: float) -> bool:
        voice = self._voices.get(name)
        return voice is not None and now - voice.last_voiced < END_SECONDS


def _listen(voice: _Voice, level: float, now: float, step: float) -> None:
    """One level of one microphone."""
    voice.noise = min(level, voice.noise + NOISE_RISE * step, LOUDEST_NOISE)
    voice.envelope = max(level, voice.envelope - RELEASE * step)
    if level > max(QUIETEST_VOICE, voice.noise + ABOVE_NOISE):
        voice.voiced_until = now + HANG_SECONDS
        voice.last_voiced = now
    voice.voiced_for = voice.voiced_for + step if voice.voiced_until >= now else 0.0
