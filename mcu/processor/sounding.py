"""The sound half of a bridge: one tick pulls the loudest voices, mixes them, and encodes as few times as possible."""

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
from mcu.processor.prompting import PROMPT, Prompting
from mcu.processor.sound_encoders import Listener, Sharing, SoundEncoders
from mcu.webrtc.leg import WebRtcLeg

AUDIO = StreamKind.AUDIO

_Leaving = tuple[AudioEncoder, "AudioBlock | None", list[packets.SendStream]]


class _Seat:
    """A member, with what every tick asks of it at hand: a browser's leg is asked past Python."""

    def __init__(self, name: str, member: Member, listener: Listener) -> None:
        self.name = name
        self.member = member
        self.listener = listener
        self.leg = member.leg
        self.browser = member.leg if isinstance(member.leg, WebRtcLeg) else None
        self.voice: AudioReceiver | None = None  # as of this tick

    def find_voice(self) -> bool:
        """Whether there is one in this tick."""
        self.voice = self.leg.audio if self.browser is None else self.browser.session.audio
        return self.voice is not None

    def preview(self, due: float) -> float:
        assert self.voice is not None
        if isinstance(self.voice, AudioReceiver):
            receiver: AudioReceiver = self.voice
            return receiver.preview(due)
        return self.voice.preview(due)

    def pull(self, due: float) -> AudioBlock | None:
        assert self.voice is not None
        if isinstance(self.voice, AudioReceiver):
            receiver: AudioReceiver = self.voice
            return receiver.pull(due)
        return self.voice.pull(due)

    def skip(self, due: float) -> None:
        assert self.voice is not None
        if isinstance(self.voice, AudioReceiver):
            receiver: AudioReceiver = self.voice
            receiver.skip(due)
        else:
            self.voice.skip(due)

    def stream(self) -> packets.SendStream | None:
        """What the mix is sent on; None while it is not."""
        if self.browser is None:
            return self.leg.sent.get(AUDIO) if self.leg.connected else None
        return self.browser.sent.get(AUDIO) if self.browser.is_connected() else None

    def profile(self) -> AudioProfile:
        return self.leg.audio_profile if self.browser is None else self.browser.audio_profile

    def loss(self) -> float:
        return self.leg.loss if self.browser is None else self.browser.session.loss


class SoundMixer:
    """All sound of one bridge. `tick` every 20 ms."""

    def __init__(self) -> None:
        self._mixer = AudioMixer()
        self._active = ActiveSpeaker()
        self._loudest = Loudest()
        self._encoders = SoundEncoders()
        self._seats: list[_Seat] = []  # of the last tick, in the order of the members
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
        muted: list[str] = []  # whose content is heard, and who are muted themselves
        blocks: dict[str, AudioBlock] = {}
        seats, silence = self._take_seats(members), SILENCE
        for seat in seats:
            if seat.find_voice():
                level = seat.preview(due) if seat.member.audible else silence
                levels[seat.name] = level
                if level > silence and not seat.member.may_speak:
                    muted.append(seat.name)
        chosen = self._loudest.choose(levels)
        for seat in seats:
            if seat.voice is None:
                continue
            if seat.name in chosen:
                block = seat.pull(due)
                if block is not None:
                    blocks[seat.name] = block
            else:
                seat.skip(due)
        prompt = self.prompting.take()
        if prompt is not None:
            blocks[PROMPT] = prompt
        mix = self._mixer.mix(blocks)
        self._active.update({**levels, **dict.fromkeys(muted, silence)} if muted else levels, due)
        self._send(seats, mix, index, now)
        return self._active.speaker, self._active.speaking

    def forget(self, participant: str) -> None:
        """The participant left."""
        self._encoders.forget(participant)
        self._seats = []

    def _take_seats(self, members: Mapping[str, Member]) -> list[_Seat]:
        """One for each member; those of the last tick as long as the members are the same."""
        seats, place = self._seats, 0
        if len(seats) == len(members):
            for member in members.values():
                seat = seats[place]
                if seat.member is not member:
                    break
                place += 1
            else:
                return seats
        self._seats = [_Seat(name, member, self._encoders.listener(name)) for name, member in members.items()]
        return self._seats

    def _send(self, seats: list[_Seat], mix: Mix, index: int, now: float) -> None:
        sharings: list[Sharing] = []  # told apart by identity, as `protect` gives them
        shared: list[list[packets.SendStream]] = []  # by the same index
        streams: list[packets.SendStream] = []
        last: Sharing | None = None  # nearly always that of everybody
        leaving: list[_Leaving] = []
        mixed, silent = mix.mixed, mix.common is None
        for seat in seats:
            stream = seat.stream()
            if stream is None:
                continue
            listener = seat.listener
            sharing = self._encoders.protect(listener, seat.profile(), seat.loss())
            heard = seat.name in mixed
            if heard or listener.own is not None:
                own = self._encoders.own(listener, sharing, mixed=heard, silent=silent)
                if own is not None:
                    leaving.append((own, mix.minus(seat.name), [stream]))
                    continue
            if sharing is not last:
                last, streams = sharing, _streams_of(sharing, sharings, shared)
            streams.append(stream)
        for place, sharing in enumerate(sharings):
            leaving.append((self._encoders.shared(sharing), mix.common, shared[place]))
        self._encoders.keep_shared(sharings)
        _encode_and_send(leaving, index, now)  # all forks come before any encoding


def _streams_of(
    sharing: Sharing, sharings: list[Sharing], shared: list[list[packets.SendStream]]
) -> list[packets.SendStream]:
    for place, known in enumerate(sharings):
        if known is sharing:
            return shared[place]
    sharings.append(sharing)
    shared.append([])
    return shared[-1]


def _encode_and_send(leaving: list[_Leaving], index: int, now: float) -> None:
    """All packets of a tick leave together."""
    sendings = []
    for encoder, block, streams in leaving:
        sendings.append((encoder.encode(block), index * encoder.samples_per_packet, streams))
    packets.send_each(sendings, now=now)
