"""The sound half of a bridge: one tick pulls the loudest voices, mixes them, and encodes as few times as possible."""

from __future__ import annotations

from collections.abc import Mapping

from mcu._native import packets
from mcu.media.audio_codecs import AudioEncoder
from mcu.media.audio_receiver import SILENCE, AudioReceiver
from mcu.media.types import AudioBlock, StreamKind
from mcu.mixer.active_speaker import ActiveSpeaker
from mcu.mixer.audio_mixer import AudioMixer, Mix
from mcu.mixer.loudest import Loudest
from mcu.processor.member import Member
from mcu.processor.prompting import PROMPT, Prompting
from mcu.processor.sound_encoders import Sharing, SoundEncoders

SpeakerState = tuple[str | None, tuple[str, ...]]


class SoundMixer:
    """All sound of one bridge. `tick` every 20 ms."""

    def __init__(self) -> None:
        self._mixer = AudioMixer()
        self._active = ActiveSpeaker()
        self._loudest = Loudest()
        self._encoders = SoundEncoders()
        self.prompting = Prompting()

    @property
    def encoders(self) -> int:
        return len(self._encoders)

    def tick(self, members: Mapping[str, Member], index: int, due: float, now: float) -> SpeakerState:
        """One tick; returns who is the dominant speaker and who is audible.

        Voices are taken as of `due`, when the tick should have come: to a jitter buffer our own lateness would look as
        if the packets were late, and the delay would grow. Packets leave `now`.
        """
        levels: dict[str, float] = {}
        blocks: dict[str, AudioBlock] = {}
        receivers = _receivers(members)
        for participant, receiver in receivers.items():
            levels[participant] = receiver.preview(due) if members[participant].audible else SILENCE
        chosen = self._loudest.choose(levels)
        for participant, receiver in receivers.items():
            if participant in chosen:
                block = receiver.pull(due)
                if block is not None:
                    blocks[participant] = block
            else:
                receiver.skip(due)
        prompt = self.prompting.take()
        if prompt is not None:
            blocks[PROMPT] = prompt
        mix = self._mixer.mix(blocks)
        self._active.update(_voices(members, levels), due)
        self._send(members, mix, index, now)
        return self._active.speaker, self._active.speaking

    def forget(self, participant: str) -> None:
        """The participant left."""
        self._encoders.forget(participant)

    def _send(self, members: Mapping[str, Member], mix: Mix, index: int, now: float) -> None:
        shared: dict[Sharing, list[packets.SendStream]] = {}
        silent = mix.common is None
        for participant, member in members.items():
            leg = member.leg
            stream = leg.sent.get(StreamKind.AUDIO)
            if stream is None or not leg.connected:
                continue
            sharing = self._encoders.protect(participant, leg.audio_profile, leg.loss)
            own = self._encoders.own(participant, sharing, mixed=participant in mix.mixed, silent=silent)
            if own is None:
                shared.setdefault(sharing, []).append(stream)
            else:
                _send(own, mix.minus(participant), [stream], index, now)
        encoders = {sharing: self._encoders.shared(sharing) for sharing in shared}  # all forks come before any encoding
        for sharing, streams in shared.items():
            _send(encoders[sharing], mix.common, streams, index, now)
        self._encoders.keep_shared(shared)


def _voices(members: Mapping[str, Member], levels: dict[str, float]) -> dict[str, float]:
    """`levels` without those whose content is heard and who are muted themselves."""
    muted = [name for name, level in levels.items() if level > SILENCE and not members[name].may_speak]
    return {**levels, **dict.fromkeys(muted, SILENCE)} if muted else levels


def _receivers(members: Mapping[str, Member]) -> dict[str, AudioReceiver]:
    return {
        participant: receiver for participant, member in members.items() if (receiver := member.leg.audio) is not None
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
