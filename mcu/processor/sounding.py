"""The sound half of a bridge: one tick pulls the loudest voices, mixes them, and encodes as few times as possible.

Rules:
1. Listeners who are not mixed in share one encoder per audio profile; who is mixed in has an own encoder.
2. Who stops being heard returns to the shared encoder in a silence, or after HOLD_TICKS: a decoder does not like to
   change encoders in the middle of a word.
"""

from __future__ import annotations

from collections.abc import Mapping

from mcu._native import packets
from mcu.media.audio_codecs import AudioEncoder
from mcu.media.audio_receiver import SILENCE, AudioReceiver
from mcu.media.types import AudioBlock, AudioProfile, StreamKind
from mcu.mixer.active_speaker import ActiveSpeaker
from mcu.mixer.audio_mixer import AudioMixer, Mix
from mcu.mixer.loudest import Loudest
from mcu.processor.member import Member

HOLD_TICKS = 250  # five seconds

SpeakerState = tuple[str | None, tuple[str, ...]]


class SoundMixer:
    """All sound of one bridge. `tick` every 20 ms."""

    def __init__(self) -> None:
        self._mixer = AudioMixer()
        self._active = ActiveSpeaker()
        self._loudest = Loudest()
        self._shared: dict[AudioProfile, AudioEncoder] = {}
        self._own: dict[str, AudioEncoder] = {}
        self._own_since_mixed: dict[str, int] = {}  # ticks since the participant was last mixed in
        self._before: Mapping[
            str | None, AudioBlock | None
        ] = {}  # what each encoder's listeners heard last; None: shared

    @property
    def encoders(self) -> int:
        return len(self._shared) + len(self._own)

    def tick(self, members: Mapping[str, Member], index: int, now: float) -> SpeakerState:
        """One tick; returns who is the dominant speaker and who is audible."""
        levels: dict[str, float] = {}
        blocks: dict[str, AudioBlock] = {}
        receivers = _receivers(members)
        for participant, receiver in receivers.items():
            levels[participant] = receiver.preview(now) if members[participant].audible else SILENCE
        chosen = self._loudest.choose(levels)
        for participant, receiver in receivers.items():
            if participant in chosen:
                block = receiver.pull(now)
                if block is not None:
                    blocks[participant] = block
            else:
                receiver.skip(now)
        mix = self._mixer.mix(blocks)
        self._active.update(levels, now)
        self._send(members, mix, index, now)
        return self._active.speaker, self._active.speaking

    def forget(self, participant: str) -> None:
        """The participant left."""
        self._own.pop(participant, None)
        self._own_since_mixed.pop(participant, None)

    def _send(self, members: Mapping[str, Member], mix: Mix, index: int, now: float) -> None:
        shared: dict[AudioProfile, list[packets.SendStream]] = {}
        before: dict[str | None, AudioBlock | None] = {None: mix.common}
        for participant, member in members.items():
            leg = member.leg
            stream = leg.sent.get(StreamKind.AUDIO)
            if stream is None or not leg.connected:
                continue
            encoder = self._own_encoder(participant, mix, leg.audio_profile)
            if encoder is None:
                shared.setdefault(leg.audio_profile, []).append(stream)
                continue
            heard = before[participant] = mix.minus(participant)
            _send(encoder, heard, [stream], index, now)
        for profile, streams in shared.items():
            encoder = self._shared.get(profile)
            if encoder is None:
                encoder = self._shared[profile] = AudioEncoder(profile)
            _send(encoder, mix.common, streams, index, now)
        for unused in self._shared.keys() - shared.keys():
            del self._shared[unused]
        self._before = before

    def _own_encoder(self, participant: str, mix: Mix, profile: AudioProfile) -> AudioEncoder | None:
        """The participant's own encoder where one is due, None where the shared one serves."""
        own = self._own.get(participant)
        if participant in mix.mixed:
            self._own_since_mixed[participant] = 0
            if own is None or own.profile != profile:
                own = self._own[participant] = AudioEncoder(profile)
                own.restart(self._before.get(None))
            return own
        if own is None:
            return None
        self._own_since_mixed[participant] += 1
        if mix.common is None or self._own_since_mixed[participant] > HOLD_TICKS:
            del self._own[participant]
            del self._own_since_mixed[participant]
            return None
        return own


def _receivers(members: Mapping[str, Member]) -> dict[str, AudioReceiver]:
    return {
        participant: member.leg.session.audio
        for participant, member in members.items()
        if member.leg.session.audio is not None
    }


def _send(
    encoder: AudioEncoder, block: AudioBlock | None, streams: list[packets.SendStream], index: int, now: float
) -> None:
    packets.send(
        [encoder.encode(block)],
        timestamp=index * encoder.samples_per_packet,
        streams=streams,
        now=now,
        marker_last=False,
    )
