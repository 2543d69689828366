"""Who is encoded for by which encoder.

Rules:
1. Listeners who are not mixed in share one encoder per audio profile, with and without protection against loss; who
   is mixed in has an own one.
2. Who stops being heard returns to the shared encoder in a silence, or after HOLD_TICKS: a decoder does not like to
   change encoders in the middle of a word.
3. A new encoder is forked from the one that its listeners heard before, as long as that one exists.
"""

from __future__ import annotations

from collections.abc import Iterable

from mcu.media.audio_codecs import AudioEncoder
from mcu.media.types import AudioProfile
from mcu.processor.protection import PROTECTED_LOSS, Protection

HOLD_TICKS = 250  # five seconds

Sharing = tuple[AudioProfile, float]  # and the loss that the encoder is told of


class SoundEncoders:
    """All sound encoders of one bridge."""

    def __init__(self) -> None:
        self._shared: dict[Sharing, AudioEncoder] = {}
        self._own: dict[str, AudioEncoder] = {}
        self._since_mixed: dict[str, int] = {}  # ticks since the owner of an own encoder was last mixed in
        self._protection: dict[str, Protection] = {}

    def __len__(self) -> int:
        return len(self._shared) + len(self._own)

    def protect(self, participant: str, profile: AudioProfile, reported_loss: float) -> Sharing:
        """With whom the participant may share, by the loss that it reports (0 to 1)."""
        protection = self._protection.get(participant)
        if protection is None:
            protection = self._protection[participant] = Protection()
        return profile, protection.update(reported_loss, profile)

    def own(self, participant: str, sharing: Sharing, *, mixed: bool, silent: bool) -> AudioEncoder | None:
        """The participant's own encoder where one is due, None where the shared one serves.

        `mixed`: the participant is in the mix now. `silent`: nobody is.
        """
        profile, loss = sharing
        encoder = self._own.get(participant)
        if mixed:
            self._since_mixed[participant] = 0
            if encoder is None or encoder.profile != profile:
                encoder = self._own[participant] = self._forked(sharing)
        elif encoder is not None:
            self._since_mixed[participant] += 1
            if silent or self._since_mixed[participant] > HOLD_TICKS:
                del self._own[participant], self._since_mixed[participant]
                return None
        if encoder is not None:
            encoder.set_network(bitrate=profile.bitrate, packet_loss=loss)
        return encoder

    def shared(self, sharing: Sharing) -> AudioEncoder:
        """The encoder of all who share."""
        encoder = self._shared.get(sharing)
        if encoder is None:
            encoder = self._shared[sharing] = self._forked(sharing)
            encoder.set_network(bitrate=sharing[0].bitrate, packet_loss=sharing[1])
        return encoder

    def keep_shared(self, used: Iterable[Sharing]) -> None:
        """Drop the shared encoders that nobody listened to in this tick."""
        for unused in self._shared.keys() - set(used):
            del self._shared[unused]

    def forget(self, participant: str) -> None:
        """The participant left."""
        self._own.pop(participant, None)
        self._since_mixed.pop(participant, None)
        self._protection.pop(participant, None)

    def _forked(self, sharing: Sharing) -> AudioEncoder:
        profile, loss = sharing
        for told in (loss, 0.0, PROTECTED_LOSS):
            before = self._shared.get((profile, told))
            if before is not None:
                return before.fork()
        return AudioEncoder(profile)
