"""`whep`: receives one picture and one sound (draft-ietf-wish-whep), checks them, and sends nothing."""

from __future__ import annotations

from collections.abc import Mapping

from loadtests.agent.checking import check
from loadtests.agent.flow import FIRST_FRAME, FIRST_SOUND, WANTED
from loadtests.agent.member import Company, Failed
from loadtests.agent.one_sender import OneSender
from loadtests.agent.proceedings import Proceedings
from loadtests.agent.recorder import Ear, Recorder
from loadtests.agent.standard_client import StandardClient
from loadtests.findings import Inspection
from loadtests.recording import Sent
from loadtests.wire import Act, Enter
from mcu._native.rtp_packet import RtpPacket
from mcu.media.audio_receiver import AudioReceiver
from mcu.media.types import EncodedFrame, StreamKind
from mcu.synthetic.client import Attention, Client


class Watcher(StandardClient):
    """One of them (loadtests.agent.member.Member)."""

    wanted = WANTED

    def __init__(self, order: Enter, company: Company) -> None:
        super().__init__(order, company)
        self._told = None if order.watches < 0 else OneSender(order.watches, order.who, is_here=self._sender_is_here)
        self._recorder: Recorder | None = None  # while a check is on

    @property
    def proceedings(self) -> Proceedings | None:
        """Of a server that forwards; one that mixes tells others of the agent."""
        return self._told

    def client_connected(self, client: Client) -> None:
        client.request_keyframe()
        client.tap(StreamKind.AUDIO, self._sound_came)
        client.tap(StreamKind.MAIN, self._picture_came)

    async def act(self, act: Act) -> Mapping[str, float]:
        raise Failed("impossible", "who watches by WHEP only watches")

    async def check(self, seconds: float) -> Inspection:
        if self._recorder is not None:
            raise Failed("busy", "a check is on already")
        self.news.check_open()
        if not self.flow.inside:
            raise Failed("gone", "it is not in yet")
        stage, recorder = self._company.stage, Recorder(self.who)
        ear = Ear(stage, self.receiver, recorder.sound)
        self._recorder = recorder
        self.attend(Attention.WHOLE)
        stage.enter(ear)
        try:
            recording = await check(self, recorder, seconds, self._company, self.news)
        finally:
            stage.leave(ear)
            self._recorder = None
            self.attend(Attention.COUNTED)
        return await self._company.judged(self, recording)

    def receiver(self) -> AudioReceiver | None:
        """Of sound, while it is listened to (loadtests.agent.checking.Checked)."""
        session = self.client.session if self.client is not None else None
        return session.audio if session is not None else None

    def request_keyframe(self) -> None:
        """Likewise."""
        if self.client is not None:
            self.client.request_keyframe()

    def sent(self, begin: float, end: float) -> Sent:
        return Sent(person=self.who, pictures=(), spoken=(), speaking=())

    def note_aloud(self) -> None:
        """It is silent."""

    # --- inside -----------------------------------------------------------------------------------------

    def frame_received(self, client: Client, kind: StreamKind, frame: EncodedFrame) -> None:
        if kind is not StreamKind.MAIN:
            return
        if frame.keyframe and not self.flow.inside:
            self.flow.note(FIRST_FRAME, frame.arrived)
            self.news.stir()
            self._untap(client)
        if self._recorder is not None:
            before = self._recorder.has_keyframe
            self._recorder.frame(frame)
            if self._recorder.has_keyframe != before:
                self.news.stir()

    def _sound_came(self, packet: RtpPacket) -> None:
        self.flow.note(FIRST_SOUND, packet.arrival)
        self._picture_came(packet)

    def _picture_came(self, packet: RtpPacket) -> None:
        """Or sound."""
        self.flow.packet(packet.arrival)
        self.news.stir()
        if self.client is not None:
            self._untap(self.client)

    def _untap(self, client: Client) -> None:
        """Look at packets as long as one is waited for, and no longer."""
        if not self.missing:
            client.tap(StreamKind.AUDIO, None)
            client.tap(StreamKind.MAIN, None)

    def _sender_is_here(self) -> bool:
        sender = self._company.members.get(self._order.watches)
        return sender is None or sender.connected
