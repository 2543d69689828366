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

    def tick(
        self, members: Mapping[str, Member], index: int, due: float, now: float
    ) -> tuple[str | None, tuple[str, ...]]:
        """One tick; returns who is the dominant speaker and who is audible.

        Voices are taken as of `due`, when the tick should have come: to a jitter buffer our own lateness would look as
        if the packets were late, and the delay would grow. Packets leave `now`.
        """
        levels: dict[str, float] = {}
        blocks: dict[str, AudioBlock] = {}
        receivers: dict[str, AudioReceiver] = {}
        for participant, member in members.items():
            receiver = member.leg.audio
            if receiver is not None:
                receivers[participant] = receiver
                levels[participant] = receiver.preview(due) if member.audible else SILENCE
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
        streams: list[packets.SendStream] = []
        last: Sharing | None = None  # nearly always that of everybody, and then the same object
        leaving: list[tuple[AudioEncoder, AudioBlock | None, list[packets.SendStream]]] = []
        silent = mix.common is None
        for participant, member in members.items():
            leg = member.leg
            stream = leg.sent.get(StreamKind.AUDIO)
            if stream is None or not leg.connected:
                continue
            sharing = self._encoders.protect(participant, leg.audio_profile, leg.loss)
            own = self._encoders.own(participant, sharing, mixed=participant in mix.mixed, silent=silent)
            if own is not None:
                leaving.append((own, mix.minus(participant), [stream]))
                continue
            if sharing is not last:
                last, streams = sharing, shared.setdefault(sharing, [])
            streams.append(stream)
        leaving += [(self._encoders.shared(sharing), mix.common, streams) for sharing, streams in shared.items()]
        self._encoders.keep_shared(shared)
        _encode_and_send(leaving, index, now)  # all forks come before any encoding


def _voices(members: Mapping[str, Member], levels: dict[str, float]) -> dict[str, float]:
    """`levels` without those whose content is heard and who are muted themselves."""
    muted = [name for name, level in levels.items() if level > SILENCE and not members[name].may_speak]
    return {**levels, **dict.fromkeys(muted, SILENCE)} if muted else levels


def _encode_and_send(
    leaving: list[tuple[AudioEncoder, AudioBlock | None, list[packets.SendStream]]], index: int, now: float
) -> None:
    """All packets of a tick leave together."""
    packets.send_each(
        [(encoder.encode(block), index * encoder.samples_per_packet, streams) for encoder, block, streams in leaving],
        now=now,
    )
