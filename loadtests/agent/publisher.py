"""`whip`: sends camera and voice, and receives nothing (RFC 9725). Its only act is to speak."""

from __future__ import annotations

from collections.abc import Mapping

from loadtests.agent.member import Company, Failed
from loadtests.agent.recorder import Aloud, between
from loadtests.agent.standard_client import StandardClient
from loadtests.findings import Inspection
from loadtests.recording import Sent
from loadtests.wire import Act, Enter
from mcu.media.types import EncodedFrame, StreamKind
from mcu.synthetic.client import Client
from mcu.synthetic.player import Player, Reels

CANNOT = ("muted", "camera_off", "hand", "shares", "layout", "mute", "unmute", "give_word", "end")  # fields of `Act`


class Publisher(StandardClient):
    """One of them (loadtests.agent.member.Member)."""

    def __init__(self, order: Enter, company: Company) -> None:
        super().__init__(order, company)
        self._speaking = False
        self._aloud = Aloud()

    @property
    def proceedings(self) -> None:
        """Nothing is told."""
        return None

    async def dress(self) -> Reels:
        reels = await self._company.wardrobe.reels(self.who)
        self.speech = reels.speaking.clip
        return reels

    def client_connected(self, client: Client) -> None:
        self._play()
        self.flow.packet(client.connected_at)

    async def act(self, act: Act) -> Mapping[str, float]:
        self.news.check_open()
        asked = [field for field in CANNOT if getattr(act, field) is not None]
        if asked:
            raise Failed("impossible", f"WHIP has no words for {', '.join(asked)}")
        if act.speaking is not None:
            self._speaking = act.speaking
            self._play()
            self.note_aloud()
        return {}

    async def check(self, seconds: float) -> Inspection:
        raise Failed("impossible", "who sends by WHIP receives nothing")

    def sent(self, begin: float, end: float) -> Sent:
        player = self._player
        return Sent(
            person=self.who,
            pictures=between(player.sent, begin, end) if player is not None else (),
            spoken=between(player.spoken, begin, end) if player is not None else (),
            speaking=self._aloud.spans(begin, end),
        )

    def note_aloud(self) -> None:
        told = self._company.proceedings_of(self)
        line = told.line(self.who) if told is not None else None
        allowed = line is None or not line.muted
        self._aloud.note(self._speaking and allowed and self.connected, self._company.stage.now())

    def frame_received(self, client: Client, kind: StreamKind, frame: EncodedFrame) -> None:
        """None comes."""

    @property
    def _player(self) -> Player | None:
        return self.client.player if self.client is not None else None

    def _play(self) -> None:
        if self._player is not None:
            self._player.set_speaking(self._speaking)
