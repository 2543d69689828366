"""`room`: a meeting room with an H.323 terminal, which calls the gateway, or waits to be called.

With a conference ("number##pin") it calls, and figures are as in `loadtests.agent.attendee`, looked for on a beat of
20 ms. Without one it waits: `address` says where, which the reply to `Enter` tells, and each call that comes is told as
`Happened("called")` with the seconds from its SETUP to the first keyframe; it can be called again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

import structlog

from loadtests.agent import gateways
from loadtests.agent.awaiting import News
from loadtests.agent.checking import check
from loadtests.agent.flow import FIRST_FRAME, FIRST_SOUND, JOIN, WANTED
from loadtests.agent.member import Company, Failed
from loadtests.agent.recorder import Aloud, Recorder, between
from loadtests.agent.room_reels import RoomReels, Screen
from loadtests.findings import Inspection
from loadtests.recording import Known, Sent
from loadtests.wire import Act, Enter, Happened
from mcu.errors import RefusedError
from mcu.gateway.tcp import local_address_towards
from mcu.h323.events import EndReason
from mcu.media.audio_receiver import AudioReceiver
from mcu.media.types import AudioBlock, EncodedFrame, StreamKind
from mcu.synthetic.clips import Clip
from mcu.synthetic.people import person
from mcu.synthetic.room import RoomSettings, SyntheticRoom

CALLED_SECONDS = 20.0  # for a call that comes to have media
PRESENT_SECONDS = 8.0  # for the token of H.239
LOOK_SECONDS = 1.0  # between two looks while nothing happens
CALM = frozenset((EndReason.CONFERENCE_ENDED, EndReason.HUNG_UP))
CANNOT = ("camera_off", "hand", "layout", "mute", "unmute", "give_word", "end")  # fields of `Act`

log = structlog.get_logger()


class Room:
    """One of them (loadtests.agent.member.Member)."""

    def __init__(self, order: Enter, company: Company) -> None:
        self.who = order.who
        self.address = ""
        self.proceedings = None
        self.speech: Clip | None = None
        self.figures: dict[str, float] = {}
        self._order = order
        self._company = company
        self._news = News()
        self._reels: RoomReels | None = None  # set by `enter`
        self._room: SyntheticRoom | None = None  # likewise
        self._task: asyncio.Task[None] | None = None
        self._recorder: Recorder | None = None
        self._aloud = Aloud()
        self._speaking = False
        self._began = 0.0  # of the call
        self._listed = False  # some roster had it in this call: before, it is at the gateway's entrance
        self._leaving = False

    # --- coming and going -------------------------------------------------------------------------------

    async def enter(self) -> Mapping[str, float]:
        order, company = self._order, self._company
        gateway = await gateways.address_of(order.server)
        performance = await company.wardrobe.performance(self.who)
        reels = self._reels = await asyncio.to_thread(RoomReels, performance)
        self.speech = performance.speaking
        settings = RoomSettings(
            name=person(self.who).name,
            host=local_address_towards(gateway.ip),
            seed=self.who + 1,
            product="load test",
            camera=(performance.speaking.width, performance.speaking.height),  # 1280×720 is 4.4 ms a picture
        )
        room = self._room = SyntheticRoom(settings, voice=reels.voice, picture=reels.picture)
        room.watch(self._frame_came)
        room.listen_in(self._heard)
        room.notice_sent(reels.left)
        if not order.conference:
            self.address = str(await room.listen())
            self._task = company.start(self._guarded(lambda: self._wait_for_calls(room, reels)))
            return {}
        self._began = company.stage.now()
        self._task = company.start(self._guarded(lambda: self._stay(room)))
        try:
            await room.call(gateway, order.conference)
            await self._news.until(self._arrived, order.patience, "media")
        except RefusedError as error:
            raise Failed("impossible", f"{error.code}: no media ports are free") from error
        except Failed as failure:
            missing = ", ".join(name for name in WANTED if name not in self.figures)
            detail = f"not within {order.patience:g} s: {missing}" if failure.kind == "timeout" else failure.detail
            raise Failed(failure.kind, detail, self.figures) from None
        return self.figures

    def _arrived(self) -> bool:
        return all(name in self.figures for name in WANTED)

    async def leave(self) -> Mapping[str, float]:
        begun = self._company.stage.now()
        self._leaving = True
        if self._room is not None:
            await self._room.close()
        await self._stop()
        return {"leave": self._company.stage.now() - begun}

    async def vanish(self) -> None:
        self._leaving = True
        if self._room is not None:
            self._room.vanish()
        await self._stop()

    async def _stop(self) -> None:
        self._news.close(Failed("gone", "it has left"))
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    async def _guarded(self, life: Callable[[], Awaitable[None]]) -> None:
        """A bug ends this room and no other."""
        try:
            await life()
        except Exception as error:
            log.exception("room failed", who=self.who)
            self._news.close(Failed("bug", type(error).__name__))
            self._tell("ended", failed="bug", detail=type(error).__name__)
            self._company.dismiss(self)

    async def _stay(self, room: SyntheticRoom) -> None:
        """Until the call that was made ends."""
        while room.ended is None:
            await room.changed(seconds=LOOK_SECONDS)
            self._news.stir()
        self.note_aloud()
        ended = room.ended
        inside = self._arrived()
        said = f"{ended.reason}: {ended.detail}"
        self._news.close(Failed("gone", said) if inside else Failed("refused", said))
        if inside and not self._leaving:
            self._tell("ended", failed="" if ended.reason in CALM else str(ended.reason), detail=ended.detail)
            self._company.dismiss(self)

    async def _wait_for_calls(self, room: SyntheticRoom, reels: RoomReels) -> None:
        while True:
            while room.driver is None or room.driver.over:
                await room.changed(seconds=LOOK_SECONDS)
            self.figures.clear()
            self._began = self._company.stage.now()
            reels.begin_call()
            told = False
            while room.ended is None:
                await room.changed(seconds=LOOK_SECONDS)
                self._news.stir()
                seconds = self._company.stage.now() - self._began
                if not told and (self._arrived() or seconds > CALLED_SECONDS):
                    told = True
                    self.note_aloud()
                    self._tell("called", seconds=seconds, failed="" if self._arrived() else "timeout")
            self.note_aloud()
            failed = "" if told and room.ended.reason in CALM else str(room.ended.reason)
            self._tell("ended", failed=failed, detail=room.ended.detail)

    def _tell(self, what: str, *, seconds: float = 0.0, failed: str = "", detail: str = "") -> None:
        self._company.tell(Happened(who=self.who, what=what, seconds=seconds, failed=failed, detail=detail))

    # --- doing and checking -----------------------------------------------------------------------------

    async def act(self, act: Act) -> Mapping[str, float]:
        """Rooms speak, fall silent and present; the rest is not in their buttons."""
        self._news.check_open()
        room, reels = self._room, self._reels
        if room is None or reels is None:
            raise Failed("gone", "it is not in yet")
        asked = [name for name in CANNOT if getattr(act, name) is not None]
        if asked:
            raise Failed("impossible", f"a room has no {', '.join(asked)}")
        figures: dict[str, float] = {}
        if act.muted is not None:
            reels.muted = act.muted
        if act.speaking is not None:
            self._speaking = act.speaking
            reels.set_speaking(act.speaking)
        self.note_aloud()
        if act.shares is not None:
            await self._present(room, act.shares, figures)
        return figures

    async def _present(self, room: SyntheticRoom, on: bool, figures: dict[str, float]) -> None:
        if not self.connected:
            raise Failed("gone", "no call is on")
        screen = None
        if on:
            reel = await self._company.wardrobe.screen(self.who)
            screen = await asyncio.to_thread(Screen, reel.clip)
        begun = self._company.stage.now()
        if screen is not None:
            room.present(screen.picture)
        else:
            room.stop_presenting()
        await self._news.until(lambda: room.holds_token is on, PRESENT_SECONDS, "the token of H.239")
        figures["share"] = self._company.stage.now() - begun

    async def check(self, seconds: float) -> Inspection:
        if self._recorder is not None:
            raise Failed("busy", "a check is on already")
        if not self.connected:
            raise Failed("gone", "no call is on")
        recorder = self._recorder = Recorder(self.who)
        try:
            recording = await check(self, recorder, seconds, self._company, self._news)
        finally:
            self._recorder = None
        return await self._company.judged(self, recording)

    def receiver(self) -> AudioReceiver | None:
        """loadtests.agent.checking.Checked"""
        leg = self._room.leg if self._room is not None else None
        return leg.audio if leg is not None else None

    def request_keyframe(self) -> None:
        """Likewise."""
        if self._room is not None:
            self._room.request_keyframe()

    def sent(self, begin: float, end: float) -> Sent:
        reels = self._reels
        return Sent(
            person=self.who,
            pictures=between(reels.sent, begin, end) if reels is not None else (),
            spoken=between(reels.spoken, begin, end) if reels is not None else (),
            speaking=self._aloud.spans(begin, end),
        )

    def note_aloud(self) -> None:
        now, told = self._company.stage.now(), self._company.proceedings_of(self)
        line = told.line(self.who) if told is not None else None
        self._listed = self.connected and (self._listed or line is not None)
        closed = self._company.ledger.muted_by_chair(
            self.who, line is not None and line.muted, told.chairs if told is not None else ()
        )
        camera_off = False if self._listed else None
        self._company.ledger.note(
            Known(now, self.who, here=self._listed, muted=closed if self._listed else None, camera_off=camera_off)
        )
        silenced = self._reels is None or self._reels.muted or closed is not False
        self._aloud.note(self._speaking and self.connected and not silenced, now)

    @property
    def connected(self) -> bool:
        room = self._room
        return room is not None and room.leg is not None and room.answered and room.ended is None

    @property
    def counters(self) -> Mapping[str, int]:
        return self._room.counters if self._room is not None else Counter()

    # --- what comes -------------------------------------------------------------------------------------

    def _frame_came(self, kind: StreamKind, frame: EncodedFrame) -> None:
        if kind is not StreamKind.MAIN:
            return
        if frame.keyframe:
            self._figure(JOIN, frame.arrived)
            self._figure(FIRST_FRAME, frame.arrived)
        if self._recorder is not None:
            self._recorder.frame(frame)

    def _heard(self, block: AudioBlock | None, due: float, now: float) -> None:
        if FIRST_SOUND not in self.figures:
            receiver = self.receiver()
            if receiver is not None and receiver.counters.received:
                self._figure(JOIN, now)
                self._figure(FIRST_SOUND, now)
        if self._recorder is not None:
            self._recorder.sound(block, due, now)

    def _figure(self, name: str, when: float) -> None:
        self.figures.setdefault(name, when - self._began)
