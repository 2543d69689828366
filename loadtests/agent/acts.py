"""What a participant with the browser's protocol does, each thing until the server has said so.

Figures, in seconds from sending the message, by the field of `wire.Act`:
- "mute self", "camera", "hand", "share", "mute", "unmute", "give word": until the roster, or the message about content,
  tells it to this participant. `speaking` has none: nobody is told but by sound.
- "end": until this participant is told that the conference has ended.
- "layout change": until the first frame that began to arrive after the message with tiles of the new layout was there
  as a whole. Whether it shows that layout is not looked at here; a check does. Without it where nothing moves, as when
  somebody is alone in the picture: the server then tells no tiles.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

import msgspec

from loadtests.agent.awaiting import News
from loadtests.agent.member import Company, Failed
from loadtests.agent.proceedings import Proceedings
from loadtests.wire import Act
from mcu.signaling import protocol
from mcu.synthetic.participant import Participant

ACT_SECONDS = 8.0  # for the server to say that it is done
TILES_SECONDS = 2.0  # from the word that the layout is another one to its tiles; without them nothing has moved
Moderation = Literal["mute", "unmute", "lower_hand"]
HALF = 1 << 31  # of the numbers of RTP timestamps: what is further ahead is behind


class FirstFrame:
    """Finds the first frame that begins to arrive after `arm`, by its packets."""

    def __init__(self) -> None:
        self.armed = False
        self.arrived = 0.0  # monotonic; 0.0 before
        self._before: int | None = None  # timestamp of the newest packet before

    def arm(self) -> None:
        """From now on."""
        self.armed = True

    def packet(self, timestamp: int, marker: bool, now: float) -> bool:
        """One of the stream. True when it completed the frame."""
        if not self.armed:
            self._before = timestamp
        elif (
            marker and not self.arrived and (self._before is None or 0 < (timestamp - self._before) % (1 << 32) < HALF)
        ):
            self.arrived = now
            return True
        return False


class Acts:
    """`perform` one after the other or several at once; `take` every message of the server."""

    def __init__(
        self, who: int, participant: Participant, proceedings: Proceedings, news: News, company: Company
    ) -> None:
        self.speaking = False  # as wished last
        # As the server has them; None while another is asked for.
        entry = participant.entry
        self.switches: dict[str, bool | None] = {"muted": entry.muted, "camera_off": entry.camera_off}
        self.first_frame: FirstFrame | None = None  # wants the packets of the composite
        self._who = who
        self._participant = participant
        self._told = proceedings
        self._news = news
        self._company = company
        self._refusals: dict[str, protocol.Error] = {}  # by type of message
        self._layout = ""  # that is waited for
        self._ended = False

    def take(self, message: protocol.AnyServerMessage) -> None:
        """After the proceedings."""
        match message:
            case protocol.Error(regarding=str(regarding)):
                self._refusals[regarding] = message
            case protocol.Tiles(layout=layout) if self.first_frame is not None and layout == self._layout:
                self.first_frame.arm()
            case protocol.Ended():
                self._ended = True

    def came_back(self) -> None:
        """The server has said how everything is: what was asked for and not answered is so or not."""
        mine = self._told.mine
        for switch, on in self.switches.items():
            if on is None and mine is not None and not mine.muted_by_chair:
                self.switches[switch] = getattr(mine, switch)

    async def perform(self, act: Act, retap: Callable[[], None]) -> Mapping[str, float]:
        """Figures by name. `retap` is called when `first_frame` or a switch is another. Raises Failed."""
        figures: dict[str, float] = {}
        if act.speaking is not None:
            self.speaking = act.speaking
            self._participant.set_speaking(act.speaking)
            retap()
        if act.muted is not None:
            await self._timed(figures, "mute self", self._switch("muted", act.muted, retap))
        if act.camera_off is not None:
            await self._timed(figures, "camera", self._switch("camera_off", act.camera_off, retap))
        if act.hand is not None:
            await self._timed(figures, "hand", self._set_self("hand", act.hand))
        if act.shares is not None:
            await self._share(figures, act.shares)
        for who, name, doing in (
            (act.mute, "mute", self._mute),
            (act.unmute, "unmute", self._unmute),
            (act.give_word, "give word", self._give_word),
        ):
            if who is not None:
                await self._timed(figures, name, doing(who))
        if act.layout is not None:
            await self._change_layout(figures, act.layout, retap)
        if act.end:
            await self._timed(figures, "end", self._asked(protocol.End(), lambda: self._ended))
        return figures

    # --- one by one -------------------------------------------------------------------------------------

    async def _switch(self, switch: str, on: bool, retap: Callable[[], None]) -> None:
        """Own microphone or camera; where the server refuses it is as it was."""
        before, self.switches[switch] = self.switches[switch], None
        retap()
        try:
            await self._set_self(switch, on)
            self.switches[switch] = on
        except Failed as failure:
            if failure.kind == "refused":
                self.switches[switch] = before
            raise
        finally:
            retap()

    async def _set_self(self, switch: str, on: bool) -> None:
        def is_so() -> bool:
            return self._told.mine is not None and getattr(self._told.mine, switch) is on

        self._refusals.pop("set_self", None)
        match switch:
            case "muted":
                await self._participant.set_self(muted=on)
            case "camera_off":
                await self._participant.set_self(camera_off=on)
            case _:
                await self._participant.set_self(hand=on)
        await self._until("set_self", is_so)

    async def _share(self, figures: dict[str, float], on: bool) -> None:
        reel = await self._company.wardrobe.screen(self._who) if on else None
        self._refusals.pop("content", None)
        begun = self._company.stage.now()
        await self._participant.share(reel)
        await self._until("content", lambda: (self._told.content == self._told.own) is on)
        figures["share"] = self._company.stage.now() - begun

    async def _mute(self, who: int) -> None:
        await self._moderate(who, "mute", lambda line: line.muted, mutes=True)

    async def _unmute(self, who: int) -> None:
        await self._moderate(who, "unmute", lambda line: not line.muted_by_chair, mutes=False)

    async def _give_word(self, who: int) -> None:
        """Lift the chair's own mute, and take the hand down: whoever has the word needs it no more."""
        line = self._told.line(who)
        if line is not None and line.muted_by_chair:
            await self._unmute(who)
        await self._moderate(who, "lower_hand", lambda line: not line.hand)

    async def _moderate(
        self, who: int, action: Moderation, done: Callable[[protocol.Participant], bool], *, mutes: bool | None = None
    ) -> None:
        """`mutes`: what the chair's mute is afterwards, None where that is not touched."""
        line = self._told.line(who)
        if line is None:
            raise Failed("unknown", f"nobody here has the number {who}")

        def is_so() -> bool:
            now = self._told.line(who)
            return now is not None and done(now)

        if is_so():
            return
        asked = self._asked(protocol.Moderate(participant=line.participant, action=action), is_so)
        if mutes is None:
            await asked
            return
        ledger = self._company.ledger
        ledger.chair_mutes(who, None)
        self._company.note_aloud()
        try:
            await asked
            ledger.chair_mutes(who, mutes)
        except Failed:
            ledger.chair_failed(who)
            raise
        finally:
            self._company.note_aloud()

    async def _change_layout(self, figures: dict[str, float], name: str, retap: Callable[[], None]) -> None:
        try:
            choice = msgspec.convert({"name": name}, protocol.LayoutChoice)
        except msgspec.ValidationError as error:
            raise Failed("unknown", f"layout {name}: {error}") from error
        if self._told.layout == name:
            return
        first = self.first_frame = FirstFrame()
        self._layout = name
        retap()
        try:
            begun = self._company.stage.now()
            await self._asked(protocol.Layout(choice=choice), lambda: self._told.layout == name)
            if await self._tiles_come(first):
                await self._news.until(lambda: bool(first.arrived), ACT_SECONDS, "a frame after the new layout")
                figures["layout change"] = first.arrived - begun
        finally:
            self.first_frame = None
            retap()

    async def _tiles_come(self, first: FirstFrame) -> bool:
        try:
            await self._news.until(lambda: first.armed, TILES_SECONDS, "tiles")
        except Failed as failure:
            if failure.kind != "timeout":
                raise
        return first.armed

    # --- how ----------------------------------------------------------------------------------------------

    async def _timed(self, figures: dict[str, float], name: str, doing: Awaitable[None]) -> None:
        begun = self._company.stage.now()
        await doing
        figures[name] = self._company.stage.now() - begun

    async def _asked(self, message: protocol.ClientMessage, done: Callable[[], bool]) -> None:
        """Send, and wait until it is done, or refused."""
        kind = type(message).__struct_config__.tag
        assert isinstance(kind, str)
        self._refusals.pop(kind, None)
        await self._participant.send(message)
        await self._until(kind, done)

    async def _until(self, kind: str, done: Callable[[], bool]) -> None:
        await self._news.until(lambda: kind in self._refusals or done(), ACT_SECONDS, f"the server's word on {kind}")
        refusal = self._refusals.pop(kind, None)
        if refusal is not None and not done():
            raise Failed("refused", f"{refusal.code}: {refusal.message.en}")
