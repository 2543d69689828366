"""A conference in a real media processor for rooms in plain RTP, as its MC would drive it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from mcu import control
from mcu.processor.mp import MultipointProcessor
from tests.support.observe import people_in_tiles
from tests.support.peers import Peer
from tests.support.rooms import EVENTS, Room

HEARD = 35.0  # dB over the median of the spectrum; A-law makes noise, and nothing else is there
REMOVED = 20.0  # dB by which the own voice lies below the others'
PICTURE = control.PictureSettings(width=640, height=360, fps=25, bitrate=600_000)


class Meeting:
    """A media processor with one conference, as its MC would drive it."""

    def __init__(self, mp: MultipointProcessor, notices: list[control.Notice]) -> None:
        self.mp = mp
        self.notices = notices
        self.present: list[str] = []
        self.revision = 0
        self.content: str | None = None

    def update(self) -> None:
        self.revision += 1
        people = tuple(control.ParticipantState(name, name) for name in self.present)
        layout = control.LayoutChoice("presentation" if self.content else "grid")
        self.mp.handle(control.UpdateConference("c", self.revision, people, layout, self.content))

    def show_content(self, participant: str | None) -> None:
        self.content = participant
        self.update()

    def reserve(self, room: Room) -> tuple[control.RtpPorts, ...]:
        answer = self.mp.handle(control.AddRtpLeg("c", f"p{room.person}", leg_of(room), "127.0.0.1"))
        assert isinstance(answer, control.RtpLegAnswer)
        self.present.append(f"p{room.person}")
        self.update()
        return answer.ports

    def open(self, room: Room, channels: tuple[control.RtpChannel, ...] | None = None, **changes: object) -> None:
        values: dict[str, object] = {"sources": (room.host,), "telephone_event": EVENTS} | changes
        channels = room.channels() if channels is None else channels
        self.mp.handle(control.UpdateRtpLeg(leg_of(room), channels, **values))  # type: ignore[arg-type]

    def join(self, room: Room, **changes: object) -> None:
        ports = self.reserve(room)
        self.open(room, **changes)
        room.start(ports)

    async def join_browser(self, peer: Peer, codecs: tuple[str, ...] = ()) -> None:
        self.present.append(f"p{peer.person}")
        self.update()
        offer = await peer.offer(codecs)
        answer = self.mp.handle(control.AddLeg("c", f"p{peer.person}", f"leg{peer.person}", offer))
        assert isinstance(answer, control.LegAnswer)
        await peer.accept(answer.answer)

    def of(self, kind: type) -> list[control.Notice]:
        return [notice for notice in self.notices if isinstance(notice, kind)]

    def states(self, room: Room) -> list[str]:
        return [n.state for n in self.notices if isinstance(n, control.LegState) and n.leg == leg_of(room)]

    def seen(self, picture: object) -> list[int | None]:
        told = self.of(control.TilesChanged)
        if picture is None or not told:
            return []
        last = told[-1]
        assert isinstance(last, control.TilesChanged)
        tiles = [{"x": t.x, "y": t.y, "width": t.width, "height": t.height} for t in last.tiles]
        return people_in_tiles(picture, tiles, last.width)  # type: ignore[arg-type]

    def answer_keyframes(self, *present: Room) -> None:
        """As call control would: videoFastUpdatePicture."""
        for notice in self.of(control.KeyframeNeeded):
            assert isinstance(notice, control.KeyframeNeeded)
            self.notices.remove(notice)
            for room in present:
                room.wants_keyframe |= notice.leg == leg_of(room)


def leg_of(room: Room) -> str:
    return f"leg{room.person}"


@asynccontextmanager
async def a_meeting(*, rtp_port: int) -> AsyncIterator[Meeting]:
    """Each file of tests has 60 ports of its own from `rtp_port` on: files run beside each other."""
    notices: list[control.Notice] = []
    mp = MultipointProcessor(decode_threads=1, rtp_port=rtp_port, rtp_ports=60)
    await mp.start(host="127.0.0.1", port=0, advertise=(), notify=notices.append)
    mp.handle(control.OpenBridge("c", PICTURE))
    yield Meeting(mp, notices)
    counters = mp.rtp.counters
    await mp.close()
    assert counters["legs_failed"] == 0
    assert mp.failures == 0
    assert mp.rtp.counters["ports"] == 0


async def until(condition: Callable[[], object], seconds: float = 15.0) -> None:
    """Wait for `condition`; a bound, not a measurement."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


def hears(listener: Room | Peer, *others: int) -> bool:
    levels = listener.tones()
    if not levels:
        return False
    weakest = min(levels[other] for other in others)
    return weakest > HEARD and levels[listener.person] < weakest - REMOVED
