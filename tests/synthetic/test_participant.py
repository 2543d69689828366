"""A participant against a scripted server: a real WebSocket, and the server's own endpoint for media."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest
from websockets.asyncio.server import Server as WebSocketServer
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from mcu.media.types import VideoProfile
from mcu.signaling import protocol as p
from mcu.synthetic import participant as module
from mcu.synthetic.clips import MediaSettings
from mcu.synthetic.media_keeper import MediaKeeper
from mcu.synthetic.participant import Entry, Participant, Refused, Witness
from mcu.synthetic.player import Reels, Size, load_reels
from mcu.synthetic.stage import Stage
from mcu.synthetic.staging import Order, make
from mcu.webrtc.dtls import Certificate
from mcu.webrtc.endpoint import Endpoint
from mcu.webrtc.leg import WebRtcLeg
from tests.support.attendees import until

PATIENCE = 10.0  # seconds until a test gives up
LINK = "a" * 22
SECRET = "s" * 22
SENTENCE = p.Sentence(ko="아니요", en="No")


class House:
    """A server of one conference that remembers what it was told."""

    def __init__(self) -> None:
        self.endpoint = Endpoint()
        self.heard: list[p.AnyClientMessage] = []
        self.sockets: list[ServerConnection] = []
        self.ended = 0  # of them
        self.frames: list[object] = []
        self.refuse_enter = ""
        self.refuse_resume = False
        self._legs = 0
        self._news = asyncio.Event()

    async def converse(self, socket: ServerConnection) -> None:
        self.sockets.append(socket)
        await self.tell(socket, p.Welcome(protocol=p.SUBPROTOCOL, server="test"))
        with contextlib.suppress(ConnectionClosed):
            async for text in socket:
                message = p.decode_client(text)
                self.heard.append(message)
                await self.answer(socket, message)
                self._news.set()
        self.ended += 1
        self._news.set()

    async def answer(self, socket: ServerConnection, message: p.AnyClientMessage) -> None:
        match message:
            case p.Enter() if self.refuse_enter:
                await self.tell(socket, p.Error(code=self.refuse_enter, message=SENTENCE, regarding="enter"))
            case p.Resume() if self.refuse_resume:
                await self.tell(socket, p.Error(code="resume-over", message=SENTENCE, regarding="resume"))
            case p.Enter() | p.Resume():
                await self.tell(socket, entered(resumed=isinstance(message, p.Resume)))
            case p.Offer(sdp=sdp):
                self._legs += 1
                leg = self.endpoint.create_leg(
                    str(self._legs),
                    offer=sdp,
                    direction="both",
                    handler=self,
                    video=VideoProfile("VP8", 1280, 720, 25, 1_200_000),
                )
                await self.tell(socket, p.Answer(sdp=leg.answer))
            case p.Leave():
                await self.tell(socket, p.Ended(reason="left", message=SENTENCE))

    async def tell(self, socket: ServerConnection, message: p.ServerMessage) -> None:
        await socket.send(p.encode(message))

    def of(self, kind: type) -> list[p.AnyClientMessage]:
        return [message for message in self.heard if isinstance(message, kind)]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self._news.clear()
                await self._news.wait()

    def leg_connected(self, leg: WebRtcLeg) -> None:
        self._news.set()

    def leg_state(self, leg: WebRtcLeg, state: str) -> None:
        self._news.set()

    def leg_closed(self, leg: WebRtcLeg, reason: str) -> None:
        self._news.set()

    def frame_received(self, *received: object) -> None:
        self.frames.append(received)
        self._news.set()

    def keyframe_requested(self, *_: object) -> None:
        self._news.set()


def entered(*, resumed: bool) -> p.Entered:
    return p.Entered(
        conference=p.ConferenceView(
            id="c1",
            title="회의",
            number="123456789",
            locked=False,
            layout=p.LayoutChoice(),
            content=None,
            picture=p.PictureSize(width=1280, height=720, fps=25),
        ),
        you=p.You(participant="p1", secret=SECRET, role="attendee", seat=1),
        participants=(),
        chat=(),
        ice_servers=(),
        resumed=resumed,
    )


@pytest.fixture(scope="module")
def reels() -> Reels:
    return load_reels(make(Order(person=0, settings=MediaSettings(listen_seconds=1, speak_seconds=1))))


@pytest.fixture
async def house(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[House, str]]:
    monkeypatch.setattr(module, "RETRY_FIRST", 0.01)
    made = House()
    await made.endpoint.start("127.0.0.1", 0, ("127.0.0.1",))
    async with serve(made.converse, "127.0.0.1", 0, subprotocols=[Subprotocol(p.SUBPROTOCOL)]) as web:
        yield made, address(web)
    await made.endpoint.close()


def address(web: WebSocketServer) -> str:
    host, port = next(iter(web.sockets)).getsockname()[:2]
    return f"http://{host}:{port}"


@contextlib.asynccontextmanager
async def attending(
    url: str, reels: Reels | None, *, witness: Witness | None = None, speaks_while_muted: bool = False
) -> AsyncIterator[tuple[Participant, asyncio.Task[None]]]:
    stage = Stage()
    entry = Entry(server=url, conference=LINK, name="김도현", office="종로구청장", muted=True)
    someone = Participant(
        entry,
        reels,
        stage=stage,
        certificate=Certificate(),
        witness=witness,
        speaks_while_muted=speaks_while_muted,
    )
    task = asyncio.create_task(someone.run())
    try:
        yield someone, task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        stage.close()


async def test_enters_and_sends(house: tuple[House, str], reels: Reels) -> None:
    server, url = house
    async with attending(url, reels) as (someone, _):
        async with asyncio.timeout(PATIENCE):
            await someone.ready.wait()
        (enter,) = server.of(p.Enter)
        assert isinstance(enter, p.Enter)
        assert (enter.conference, enter.name, enter.office, enter.muted) == (LINK, "김도현", "종로구청장", True)
        assert someone.id == "p1"
        assert someone.client is not None
        assert someone.client.player is not None
        assert someone.client.player.muted
        await someone.set_self(camera_off=True, muted=False)
        await someone.say("안녕하세요")
        await server.until(lambda: bool(server.of(p.Chat)))
        assert server.of(p.SetSelf) == [p.SetSelf(camera_off=True, muted=False)]
        assert someone.client.player.camera_off
        assert not someone.client.player.muted


async def test_whoever_is_called_away_goes_though_media_fails_at_that_moment(
    house: tuple[House, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, url = house

    async def fail(_: MediaKeeper) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise OSError("no buffer space") from None

    monkeypatch.setattr(MediaKeeper, "run", fail)
    async with attending(url, None) as (_, task):
        await server.until(lambda: bool(server.of(p.Enter)))
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=PATIENCE)
        assert done
        assert task.cancelled()
    assert len(server.sockets) == 1


async def test_sends_what_is_asked_for_and_still_does_over_a_new_connection(
    house: tuple[House, str], reels: Reels
) -> None:
    server, url = house
    async with attending(url, reels) as (someone, _):
        async with asyncio.timeout(PATIENCE):
            await someone.ready.wait()
        assert someone.client is not None
        player = someone.client.player
        assert player is not None
        assert (player.least, player.paused) == (None, False)
        asked = p.PictureNeeded(picture=p.NeededPicture(width=256, height=144, fps=25, bitrate=180_000))
        await server.tell(server.sockets[0], asked)
        await until(lambda: player.least == Size(256, 144), what="a size")
        await server.tell(server.sockets[0], p.PictureNeeded(picture=None))
        await until(lambda: player.paused, what="a pause")
        await server.tell(server.sockets[0], asked)
        await server.tell(server.sockets[0], p.MediaRestart(reason="processor-lost"))
        await server.until(lambda: someone.media_connects == 2)
        assert someone.client.player is not player
        assert someone.client.player is not None
        assert (someone.client.player.least, someone.client.player.paused) == (Size(256, 144), False)


async def test_a_lost_connection_is_resumed_with_the_media_untouched(house: tuple[House, str], reels: Reels) -> None:
    server, url = house
    async with attending(url, reels) as (someone, _):
        async with asyncio.timeout(PATIENCE):
            await someone.ready.wait()
        await server.sockets[0].close()
        await server.until(lambda: bool(server.of(p.Resume)))
        assert server.of(p.Resume) == [p.Resume(conference="c1", participant="p1", secret=SECRET)]
        assert len(server.of(p.Offer)) == 1
        assert someone.ready.is_set()


async def test_too_late_to_resume_enters_anew(house: tuple[House, str], reels: Reels) -> None:
    server, url = house
    server.refuse_resume = True
    async with attending(url, reels) as (someone, _):
        async with asyncio.timeout(PATIENCE):
            await someone.ready.wait()
        await server.sockets[0].close()
        await server.until(lambda: len(server.of(p.Enter)) == 2 and someone.media_connects == 2)


async def test_media_is_made_anew_when_told(house: tuple[House, str], reels: Reels) -> None:
    server, url = house
    async with attending(url, reels) as (someone, _):
        async with asyncio.timeout(PATIENCE):
            await someone.ready.wait()
        first = someone.client
        await server.tell(server.sockets[0], p.MediaRestart(reason="processor-lost"))
        await server.until(lambda: someone.media_connects == 2)
        assert someone.client is not first


async def test_media_is_made_anew_when_lost(house: tuple[House, str], reels: Reels) -> None:
    server, url = house
    async with attending(url, reels) as (someone, _):
        async with asyncio.timeout(PATIENCE):
            await someone.ready.wait()
        server.endpoint.legs["1"].close("test")
        await server.until(lambda: someone.media_connects == 2)


async def test_refusals_end_it(house: tuple[House, str], reels: Reels) -> None:
    server, url = house
    server.refuse_enter = "conference-full"
    async with attending(url, reels) as (_, task):
        with pytest.raises(ExceptionGroup) as caught:
            async with asyncio.timeout(PATIENCE):
                await task
        assert caught.group_contains(Refused, match="conference-full")


async def test_who_is_called_away_says_goodbye(house: tuple[House, str], reels: Reels) -> None:
    server, url = house
    async with attending(url, reels) as (someone, task):
        async with asyncio.timeout(PATIENCE):
            await someone.ready.wait()
        task.cancel()
        await server.until(lambda: bool(server.of(p.Leave)))


async def test_leaving_returns(house: tuple[House, str]) -> None:
    _, url = house
    async with attending(url, None) as (someone, task):
        async with asyncio.timeout(PATIENCE):
            await someone.ready.wait()
            await someone.leave()
            await task
        assert someone.client is None


class Told:
    """A witness."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def message_received(self, message: p.AnyServerMessage) -> None:
        if isinstance(message, p.Entered):
            self.told.append("resumed" if message.resumed else "entered")

    def signaling_lost(self) -> None:
        self.told.append("signaling lost")

    def media_connected(self) -> None:
        self.told.append("media")

    def media_lost(self) -> None:
        self.told.append("media lost")


async def test_a_witness_is_told_what_happens(house: tuple[House, str], reels: Reels) -> None:
    server, url = house
    witness = Told()
    async with attending(url, reels, witness=witness) as (someone, _):
        await until(someone.ready.is_set, what="media")
        before = someone.counters["srtp_sent"]
        await server.sockets[0].close()
        await server.until(lambda: bool(server.of(p.Resume)))
        await server.tell(server.sockets[1], p.MediaRestart(reason="processor-lost"))
        await until(lambda: someone.media_connects == 2, what="media again")
        server.endpoint.legs["2"].close("test")
        await until(lambda: someone.media_connects == 3, what="media once more")
        assert someone.counters["srtp_sent"] > before  # of all connections
        again = ["media lost", "media"]
        assert witness.told == ["entered", "media", "signaling lost", "resumed", *again, *again]


async def test_who_vanishes_is_not_heard_of_again(house: tuple[House, str], reels: Reels) -> None:
    server, url = house
    async with attending(url, reels) as (someone, task):
        await until(lambda: someone.ready.is_set() and len(server.frames) > 2, what="media")
        await someone.vanish()
        async with asyncio.timeout(PATIENCE):
            await task
        await server.until(lambda: server.ended == 1)
        assert server.of(p.Leave) == []
        assert list(server.endpoint.legs) == ["1"]
        assert someone.reconnects == 0


async def test_one_who_obeys_nobody_speaks_while_muted(house: tuple[House, str], reels: Reels) -> None:
    _, url = house
    async with attending(url, reels, speaks_while_muted=True) as (someone, _):
        await until(someone.ready.is_set, what="media")
        assert someone.entry.muted
        someone.set_speaking(True)
        assert someone.client is not None
        player = someone.client.player
        assert player is not None
        await until(lambda: len(player.spoken) > 3, what="speech")
        assert not player.muted
