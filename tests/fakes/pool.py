"""Media processors that only take note of what they were asked."""

from __future__ import annotations

import asyncio

from mcu import control
from mcu.controller.member import News
from mcu.errors import RefusedError

ANSWER = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-lite\r\na=group:BUNDLE 0\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:mcuu\r\na=ice-pwd:mcumcumcumcumcumcumcu1\r\n"
    "a=candidate:1 1 udp 2130706431 127.0.0.1 10443 typ host\r\na=end-of-candidates\r\n"
)


RTP_PORTS = tuple(
    control.RtpPorts(kind, 20_000 + 2 * index, 20_001 + 2 * index)
    for index, kind in enumerate(("audio", "main", "content"))
)


class FakePool:
    """As `mcu.controller.member.Pool`. `refuse` is raised by every request while it is set."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, control.Command]] = []
        self.refuse: RefusedError | None = None
        self.strained = False  # nobody new is let in
        self.room = asyncio.Event()  # there is some; who comes without it waits
        self.room.set()
        self.waiting = 0
        self.ready_count = 1
        self.one_processor = True  # else every conference is on its own
        self.loads: dict[int, control.Load] = {}
        self.answer = ANSWER
        self.rtp_ports = RTP_PORTS  # what the next leg of a room gets

    async def request(self, conference_id: str, body: control.Command) -> control.Answer:
        await asyncio.sleep(0)
        if self.refuse is not None:
            raise self.refuse
        self.requests.append((conference_id, body))
        if isinstance(body, control.AddLeg | control.UpdateLeg):
            return control.LegAnswer(self.answer)
        if isinstance(body, control.AddRtpLeg):
            return control.RtpLegAnswer(self.rtp_ports)
        return control.Done()

    async def place_beside(self, conference_id: str, other_id: str) -> bool:
        await asyncio.sleep(0)
        return self.one_processor

    async def check_line(self, offer: str) -> str:
        await asyncio.sleep(0)
        if self.refuse is not None:
            raise self.refuse
        self.requests.append(("", control.CheckLine("check", offer)))
        return self.answer

    async def wait_for_room(self, conference_id: str) -> None:
        self.waiting += 1
        await self.room.wait()
        self.waiting -= 1
        if self.strained:
            raise RefusedError("busy", conference_id)

    def of(self, kind: type[control.Command]) -> list[control.Command]:
        """The requests of one kind so far."""
        return [body for _, body in self.requests if isinstance(body, kind)]


class FakeMember:
    """A member that keeps its news."""

    def __init__(self) -> None:
        self.news: list[News] = []

    def notify(self, news: News) -> None:
        self.news.append(news)

    def last(self, kind: type[News]) -> News:
        """The newest news of one kind."""
        return next(news for news in reversed(self.news) if isinstance(news, kind))
