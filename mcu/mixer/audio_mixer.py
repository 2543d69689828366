"""Everybody's voice summed once, and everybody's mix but one's own by subtraction."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from mcu.media.types import AudioBlock


class Mix:
    """The result of one tick; valid until the next."""

    common: AudioBlock | None  # for all who are not mixed in; None when all is silent
    mixed: frozenset[str]  # who is mixed in, with fade-outs: these need `minus`, all others share `common`

    def minus(self, participant: str) -> AudioBlock | None:
        """What `participant` hears: all but the own voice. The same object as `common` for who is not mixed in."""
        raise NotImplementedError


class AudioMixer:
    """Mixes one conference. A voice that comes or goes, for whatever reason, is ramped; the sum is limited softly."""

    def mix(self, blocks: Mapping[str, AudioBlock], *, audible: Collection[str] | None = None) -> Mix:
        """One 20 ms tick. `blocks` by participant; who has none is silent. `audible` limits who is heard; None is all."""
        raise NotImplementedError

    def forget(self, participant: str) -> None:
        """`participant` left: after the fade-out of the next tick nothing of them stays here."""
        raise NotImplementedError
