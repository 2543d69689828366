"""`attendee` and `viewer`: participants as browsers are, who come back by themselves.

What the figures of `Enter` are, in seconds from the moment at which the participant's own media are at hand:
- "join": until the first packet of media came. With `hard_of_hearing`, which sees none: until keys were agreed on.
- "first frame": until the first keyframe of the composite was there as a whole.
- "first sound": until the first packet of sound, whatever is in it: the server sends silence too.

"reconnect" lasts from losing signaling or media, whichever was first, until both are there again and a packet came.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping

import structlog

from loadtests.agent.acts import Acts, FirstFrame
from loadtests.agent.awaiting import News
from loadtests.agent.checking import check
from loadtests.agent.flow import FIRST_FRAME, FIRST_SOUND, Flow
from loadtests.agent.member import Company, Failed
from loadtests.agent.proceedings import Proceedings
from loadtests.agent.recorder import Aloud, Ear, Recorder, between
from loadtests.findings import Inspection
from loadtests.recording import Known, Sent
from loadtests.wire import Act, Enter
from mcu._native.rtp_packet import RtpPacket
from mcu.media.audio_receiver import AudioReceiver
from mcu.media.types import EncodedFrame, StreamKind
from mcu.signaling import protocol
from mcu.synthetic.client import Attention
from mcu.synthetic.clips import Clip
from mcu.synthetic.participant import Entry, Participant, Refused
from mcu.synthetic.people import person

LEAVE_SECONDS = 5.0  # for the server to let go; then it is left alone

log = structlog.get_logger()


class Attendee:
    """One of them (loadtests.agent.member.Member)."""

    def __init__(self, order: Enter, company: Company) -> None:
        self.who = order.who
        self.address = ""
        self.proceedings = Proceedings(who_has=company.ledger.who_has)
        self.speech: Clip | None = None
        self._order = order
        self._company = company
        self._news = News()
        self._attention = Attention.NONE if order.hard_of_hearing else Attention.WHOLE
        self._participant: Participant | None = None  # set by `enter`
        self._acts: Acts | None = None  # likewise
        self._task: asyncio.Task[None] | None = None
        self._recorder: Recorder | None = None  # while a check is on
        self._aloud = Aloud()
        self._flow = Flow(order.who, company.tell)
        self._end_reason = ""  # the server's

    # --- coming and going -------------------------------------------------------------------------------

    async def enter(self) -> Mapping[str, float]:
        order, company = self._order, self._company
        reels = None
        if order.kind == "attendee":
            reels = await company.wardrobe.reels(self.who)
            self.speech = reels.speaking.clip
        participant = self._participant = Participant(
            self._entry(),
            reels,
            stage=company.stage,
            certificate=company.certificate,
            order=self.who,
            receiver=self,
            witness=self,
            attention=self._attention,
            speaks_while_muted=order.speaks_while_muted,
        )
        self._acts = Acts(self.who, participant, self.proceedings, self._news, company)
        self._flow.begin(company.stage.now())
        self._task = company.start(self._live(participant))
        try:
            await self._news.until(self._arrived, order.patience, "media")
        except Failed as failure:
            raise self._explained(failure, participant) from None
        self._flow.enter()
        self._attend(Attention.COUNTED)
        self._retap()
        return self._flow.figures

    def _entry(self) -> Entry:
        order, who = self._order, person(self.who)
        return Entry(
            order.server,
            order.conference,
            who.name,
            who.office,
            role="viewer" if order.kind == "viewer" else "attendee",
            chair_key=order.chair_key,
            camera_off=not order.camera,
        )

    def _arrived(self) -> bool:
        return self._flow.flowing if self._order.hard_of_hearing else not self._flow.missing

    def _explained(self, failure: Failed, participant: Participant) -> Failed:
        """Why it is not in: the server's refusal where there was one, else what is missing."""
        figures, patience = self._flow.figures, f"{self._order.patience:g} s"
        if failure.kind != "timeout":
            return Failed(failure.kind, failure.detail, figures)
        if participant.refusal and not participant.id:
            return Failed("refused", f"{participant.refusal}: still after {patience}", figures)
        return Failed("timeout", f"not within {patience}: {', '.join(self._flow.missing)}", figures)

    async def leave(self) -> Mapping[str, float]:
        begun = self._company.stage.now()
        self._flow.leave()
        self.note_aloud()
        if self._participant is not None and self._task is not None:
            await self._participant.leave()
            await asyncio.wait((self._task,), timeout=LEAVE_SECONDS)
            self._task.cancel()
            await asyncio.wait((self._task,))
        return {"leave": self._company.stage.now() - begun}

    async def vanish(self) -> None:
        self._flow.leave()
        if self._participant is not None and self._task is not None:
            await self._participant.vanish()
            await asyncio.wait((self._task,), timeout=LEAVE_SECONDS)
            self._task.cancel()

    async def _live(self, participant: Participant) -> None:
        failure = Failed("gone", "it has left")
        try:
            await participant.run()
            failure = Failed("gone", self._end_reason or failure.detail)
        except* Refused as group:
            failure = Failed("refused", str(_first(group)))
        except* Exception as group:
            log.exception("participant failed", who=self.who)
            failure = Failed("bug", type(_first(group)).__name__)
        finally:
            self._finish(failure)

    def _finish(self, failure: Failed) -> None:
        self._news.close(failure)
        self._flow.end(failure.kind, self._end_reason, failure.detail, self._company.stage.now())
        if self._flow.inside:
            self._company.dismiss(self)

    # --- doing and checking -----------------------------------------------------------------------------

    async def act(self, act: Act) -> Mapping[str, float]:
        self._news.check_open()
        if self._acts is None:
            raise Failed("gone", "it is not in yet")
        if self._acts.first_frame is not None and act.layout is not None:
            raise Failed("busy", "the layout is being changed already")
        return await self._acts.perform(act, self._retap)

    async def check(self, seconds: float) -> Inspection:
        if self._order.hard_of_hearing:
            raise Failed("impossible", "who takes nothing in cannot check")
        if self._recorder is not None:
            raise Failed("busy", "a check is on already")
        self._news.check_open()
        participant = self._participant
        if participant is None or not self._flow.inside:
            raise Failed("gone", "it is not in yet")
        stage, recorder = self._company.stage, Recorder(self.who)
        ear = Ear(stage, self.receiver, recorder.sound)
        self._recorder = recorder
        self._attend(Attention.WHOLE)
        stage.enter(ear)
        try:
            recording = await check(self, recorder, seconds, self._company, self._news)
        finally:
            stage.leave(ear)
            self._recorder = None
            self._attend(Attention.COUNTED)
        return await self._company.judged(self, recording)

    def receiver(self) -> AudioReceiver | None:
        """Of sound, while it is listened to (loadtests.agent.checking.Checked)."""
        client = self._participant.client if self._participant is not None else None
        return client.session.audio if client is not None and client.session is not None else None

    def request_keyframe(self) -> None:
        """Likewise."""
        client = self._participant.client if self._participant is not None else None
        if client is not None:
            client.request_keyframe()

    def sent(self, begin: float, end: float) -> Sent:
        client = self._participant.client if self._participant is not None else None
        player = client.player if client is not None else None
        screen = client.content if client is not None else None
        return Sent(
            person=self.who,
            pictures=between(player.sent, begin, end) if player is not None else (),
            spoken=between(player.spoken, begin, end) if player is not None else (),
            speaking=self._aloud.spans(begin, end),
            screens=between(screen.sent, begin, end) if screen is not None else (),
        )

    @property
    def connected(self) -> bool:
        return self._participant is not None and self._participant.ready.is_set()

    @property
    def counters(self) -> Mapping[str, int]:
        return self._participant.counters if self._participant is not None else Counter()

    # --- mcu.synthetic.participant.Receiver and Witness -------------------------------------------------

    def frame_received(self, participant: Participant, kind: StreamKind, frame: EncodedFrame) -> None:
        if kind is not StreamKind.MAIN:
            return
        if frame.keyframe and not self._flow.inside:
            self._flow.note(FIRST_FRAME, frame.arrived)
            self._news.stir()
        if self._recorder is not None:
            began = self._recorder.has_keyframe
            self._recorder.frame(frame)
            if self._recorder.has_keyframe != began:
                self._news.stir()

    def message_received(self, message: protocol.AnyServerMessage) -> None:
        now = self._company.stage.now()
        self.proceedings.take(message, now)
        if self._acts is not None:
            self._acts.take(message)
        match message:
            case protocol.Entered():
                self._flow.signaling_came(now)
                mine = self.proceedings.mine
                self._company.ledger.identify(self.who, self.proceedings.own, self.proceedings.number)
                self._company.ledger.came_back(self.who, mine is not None and mine.muted_by_chair)
                if self._acts is not None:
                    self._acts.came_back()
                self.note_aloud()
            case protocol.Ended(reason=reason):
                self._end_reason = reason
            case protocol.ParticipantJoined() | protocol.ParticipantChanged():
                self.note_aloud()
                self._company.note_untold()
        self._news.stir()

    def signaling_lost(self) -> None:
        self._flow.signaling_lost(self._company.stage.now())
        self.note_aloud()

    def media_lost(self) -> None:
        self._flow.media_lost(self._company.stage.now())
        self.note_aloud()

    def media_connected(self) -> None:
        if self._attention is Attention.NONE:
            self._packet_came(self._company.stage.now())
        self._retap()

    def note_aloud(self) -> None:
        now, known = self._company.stage.now(), self._known
        self._company.ledger.note(known)
        speaking = self._acts is not None and self._acts.speaking
        self._aloud.note(speaking and known.here and known.muted is False, now)

    # --- inside -----------------------------------------------------------------------------------------

    @property
    def _known(self) -> Known:
        """What is known now without the roster: for who has no seat, neither mute nor camera."""
        now, acts, mine = self._company.stage.now(), self._acts, self.proceedings.mine
        if acts is None or not (self._flow.stays and self.connected) or self._order.kind == "viewer":
            here = self._flow.stays and self.connected
            return Known(now, self.who, here=here, muted=None, camera_off=None)
        told = mine.muted_by_chair if mine is not None else None
        closed = self._company.ledger.muted_by_chair(self.who, told, self.proceedings.chairs)
        own = acts.switches["muted"]
        muted = closed if own is False else own
        return Known(now, self.who, here=True, muted=muted, camera_off=acts.switches["camera_off"])

    def _attend(self, attention: Attention) -> None:
        if self._attention is not Attention.NONE and self._participant is not None:
            self._attention = attention
            self._participant.attend(attention)

    def _retap(self) -> None:
        """Look at packets as long as one is waited for, and no longer."""
        client = self._participant.client if self._participant is not None else None
        if client is None:
            return
        arriving = not self._flow.flowing or not self._flow.inside
        watching = self._acts is not None and self._acts.first_frame is not None
        client.tap(StreamKind.AUDIO, self._sound_came if arriving else None)
        client.tap(StreamKind.MAIN, self._picture_came if arriving or watching else None)
        self.note_aloud()

    def _sound_came(self, packet: RtpPacket) -> None:
        self._packet_came(packet.arrival)
        if not self._flow.inside:
            self._flow.note(FIRST_SOUND, packet.arrival)
            self._news.stir()

    def _picture_came(self, packet: RtpPacket) -> None:
        self._packet_came(packet.arrival)
        first: FirstFrame | None = self._acts.first_frame if self._acts is not None else None
        if first is not None and first.packet(packet.timestamp, packet.marker, packet.arrival):
            self._news.stir()

    def _packet_came(self, now: float) -> None:
        if not self._flow.flowing:
            self._flow.packet(now)
            self._news.stir()
            self._retap()


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first exception that is no group."""
    found: BaseException = group
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found
