"""Who is encoded for by which encoder.

Rules:
1. Listeners who are not mixed in share one encoder per audio profile, with and without protection against loss; who
   is mixed in has an own one.
2. Who stops being heard returns to the shared encoder in a silence, or after HOLD_TICKS: two encoders that are given
   the same sound grow alike, and then a decoder can change from one to the other in the middle of a word.
3. A new encoder is forked from the one that its listeners heard before, as long as that one exists.
"""

from __future__ import annotations

from collections.abc import Collection

from mcu.media.audio_codecs import AudioEncoder
from mcu.media.types import AudioProfile
from mcu.processor.protection import PROTECTED_LOSS, Protection

HOLD_TICKS = 25  # half a second; a tenth was enough in every measurement (docs/decisions/0009-opus-directly.md)

Sharing = tuple[AudioProfile, float]  # and the loss that the encoder is told of


class _Own:
    """The encoder of one listener."""

    def __init__(self, encoder: AudioEncoder) -> None:
        self.encoder = encoder
        self.sharing: Sharing | None = None  # that the encoder was told of
        self.since_mixed = 0  # ticks since its listener was last mixed in


class _Shared:
    """The encoder of all who share."""

    def __init__(self, sharing: Sharing, encoder: AudioEncoder) -> None:
        self.sharing = sharing
        self.encoder = encoder


class Listener:
    """Who hears something, and as whom. Made by SoundEncoders.listener."""

    def __init__(self) -> None:
        self.protection = Protection()
        self.profile: AudioProfile | None = None
        self.reported = 0.0  # the loss that they said last
        self.loss = 0.0  # that the encoder is told of
        self.sharing: Sharing | None = None  # of profile and loss; one object for all who share
        self.own: _Own | None = None


class SoundEncoders:
    """All sound encoders of one bridge."""

    def __init__(self) -> None:
        self._shared: list[_Shared] = []  # one, or a few
        self._listeners: dict[str, Listener] = {}

    def __len__(self) -> int:
        return len(self._shared) + sum([listener.own is not None for listener in self._listeners.values()])

    def listener(self, participant: str) -> Listener:
        """The same object from call to call, until the participant is forgotten."""
        listener = self._listeners.get(participant)
        if listener is None:
            listener = self._listeners[participant] = Listener()
        return listener

    def protect(self, listener: Listener, profile: AudioProfile, reported_loss: float) -> Sharing:
        """With whom a listener may share, by the loss that it reports (0 to 1). All who may share are given the same
        object."""
        if listener.sharing is not None and reported_loss == listener.reported and profile is listener.profile:
            return listener.sharing  # saying the same again changes no protection
        listener.reported = reported_loss
        loss = listener.protection.update(reported_loss, profile)
        if listener.sharing is None or loss != listener.loss or profile is not listener.profile:
            known = {other.sharing: other.sharing for other in self._listeners.values() if other.sharing is not None}
            sharing = (profile, loss)
            listener.profile, listener.loss, listener.sharing = profile, loss, known.get(sharing, sharing)
        return listener.sharing

    def own(self, listener: Listener, sharing: Sharing, *, mixed: bool, silent: bool) -> AudioEncoder | None:
        """The listener's own encoder where one is due, None where the shared one serves.

        `mixed`: the listener is in the mix now. `silent`: nobody is.
        """
        own = listener.own
        if mixed:
            if own is None or (own.sharing is not sharing and own.encoder.profile != sharing[0]):
                own = listener.own = _Own(self._forked(sharing))
            own.since_mixed = 0
        elif own is not None:
            own.since_mixed += 1
            if silent or own.since_mixed > HOLD_TICKS:
                listener.own = None
                return None
        if own is None:
            return None
        if own.sharing is not sharing:
            own.sharing = sharing
            own.encoder.set_network(bitrate=sharing[0].bitrate, packet_loss=sharing[1])
        return own.encoder

    def shared(self, sharing: Sharing) -> AudioEncoder:
        """The encoder of all who share."""
        shared = self._find(sharing)
        if shared is None:
            shared = _Shared(sharing, self._forked(sharing))
            shared.encoder.set_network(bitrate=sharing[0].bitrate, packet_loss=sharing[1])
            self._shared.append(shared)
        return shared.encoder

    def keep_shared(self, used: Collection[Sharing]) -> None:
        """Drop the shared encoders but those in `used`, who were listened to in this tick."""
        for shared in self._shared:
            if shared.sharing not in used:
                self._shared = [other for other in self._shared if other.sharing in used]
                return

    def forget(self, participant: str) -> None:
        """The participant left."""
        self._listeners.pop(participant, None)

    def _forked(self, sharing: Sharing) -> AudioEncoder:
        profile, loss = sharing
        for told in (loss, 0.0, PROTECTED_LOSS):
            before = self._find((profile, told))
            if before is not None:
                return before.encoder.fork()
        return AudioEncoder(profile)

    def _find(self, sharing: Sharing) -> _Shared | None:
        for shared in self._shared:
            if shared.sharing is sharing or shared.sharing == sharing:
                return shared
        return None
