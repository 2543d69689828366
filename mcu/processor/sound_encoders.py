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


class _Listener:
    """Who hears something, and as whom."""

    def __init__(self) -> None:
        self.protection = Protection()
        self.profile: AudioProfile | None = None
        self.loss = 0.0  # that the encoder is told of
        self.sharing: Sharing | None = None  # of these two; one object for all who share


class _Own:
    """The encoder of one listener."""

    def __init__(self, encoder: AudioEncoder) -> None:
        self.encoder = encoder
        self.sharing: Sharing | None = None  # that the encoder was told of
        self.since_mixed = 0  # ticks since its listener was last mixed in


class SoundEncoders:
    """All sound encoders of one bridge."""

    def __init__(self) -> None:
        self._shared: dict[Sharing, AudioEncoder] = {}
        self._own: dict[str, _Own] = {}
        self._listeners: dict[str, _Listener] = {}

    def __len__(self) -> int:
        return len(self._shared) + len(self._own)

    def protect(self, participant: str, profile: AudioProfile, reported_loss: float) -> Sharing:
        """With whom the participant may share, by the loss that it reports (0 to 1). All who may share are given the
        same object."""
        listener = self._listeners.get(participant)
        if listener is None:
            listener = self._listeners[participant] = _Listener()
        loss = listener.protection.update(reported_loss, profile)
        if listener.sharing is None or loss != listener.loss or profile is not listener.profile:
            known = {other.sharing: other.sharing for other in self._listeners.values() if other.sharing is not None}
            sharing = (profile, loss)
            listener.profile, listener.loss, listener.sharing = profile, loss, known.get(sharing, sharing)
        return listener.sharing

    def own(self, participant: str, sharing: Sharing, *, mixed: bool, silent: bool) -> AudioEncoder | None:
        """The participant's own encoder where one is due, None where the shared one serves.

        `mixed`: the participant is in the mix now. `silent`: nobody is.
        """
        own = self._own.get(participant)
        if mixed:
            if own is None or (own.sharing is not sharing and own.encoder.profile != sharing[0]):
                own = self._own[participant] = _Own(self._forked(sharing))
            own.since_mixed = 0
        elif own is not None:
            own.since_mixed += 1
            if silent or own.since_mixed > HOLD_TICKS:
                del self._own[participant]
                return None
        if own is None:
            return None
        if own.sharing is not sharing:
            own.sharing = sharing
            own.encoder.set_network(bitrate=sharing[0].bitrate, packet_loss=sharing[1])
        return own.encoder

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
        self._listeners.pop(participant, None)

    def _forked(self, sharing: Sharing) -> AudioEncoder:
        profile, loss = sharing
        for told in (loss, 0.0, PROTECTED_LOSS):
            before = self._shared.get((profile, told))
            if before is not None:
                return before.fork()
        return AudioEncoder(profile)
