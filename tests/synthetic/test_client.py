"""A client against the server's own endpoint on loopback: real sockets, real DTLS, real SRTP."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from mcu._native.packets import send
from mcu._native.rtp_packet import RtpPacket
from mcu.media.types import EncodedFrame, StreamKind, VideoProfile
from mcu.synthetic.client import Attention, Client, ConnectError
from mcu.synthetic.clips import MediaSettings
from mcu.synthetic.player import Reels, load_reels
from mcu.synthetic.stage import Stage
from mcu.synthetic.staging import Order, make
from mcu.webrtc.dtls import Certificate, DtlsAssociation, SrtpKeys
from mcu.webrtc.endpoint import Endpoint
from mcu.webrtc.leg import WebRtcLeg
from tests.support.attendees import until

PROFILE = VideoProfile("VP8", 1280, 720, 25, 1_200_000)
PATIENCE = 10.0  # seconds until a test gives up; none of them takes one


class Server:
    """Legs' handler that remembers."""

    def __init__(self) -> None:
        self.endpoint = Endpoint()
        self.frames: dict[str, list[EncodedFrame]] = {}
        self.closed: dict[str, str] = {}
        self.counts: Counter[str] = Counter()
        self._news = asyncio.Event()

    def leg_connected(self, leg: WebRtcLeg) -> None:
        self.counts["connected"] += 1
        self._news.set()

    def leg_state(self, leg: WebRtcLeg, state: str) -> None:
        self._news.set()

    def leg_closed(self, leg: WebRtcLeg, reason: str) -> None:
        self.closed[leg.id] = reason
        self._news.set()

    def frame_received(self, leg: WebRtcLeg, kind: StreamKind, frame: EncodedFrame) -> None:
        self.frames.setdefault(leg.id, []).append(frame)
        self._news.set()

    def keyframe_requested(self, leg: WebRtcLeg, kind: StreamKind) -> None:
        self.counts["keyframes asked"] += 1

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for news that make the condition true."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self._news.clear()
                await self._news.wait()


@pytest.fixture(scope="module")
def reels() -> Reels:
    return load_reels(make(Order(person=0, settings=MediaSettings(listen_seconds=1, speak_seconds=1))))


@asynccontextmanager
async def meeting(reels: Reels, count: int) -> AsyncIterator[tuple[Server, list[Client]]]:
    server, stage, certificate = Server(), Stage(), Certificate()
    await server.endpoint.start("127.0.0.1", 0, ("127.0.0.1",))
    clients = [Client(stage, reels, certificate=certificate, seed=str(n), order=n) for n in range(count)]
    try:
        await asyncio.gather(*(join(server, client, str(n)) for n, client in enumerate(clients)))
        yield server, clients
    finally:
        for client in clients:
            await client.close()
        stage.close()
        await server.endpoint.close()


async def join(server: Server, client: Client, name: str) -> None:
    leg = server.endpoint.create_leg(name, offer=client.offer(), direction="both", handler=server, video=PROFILE)
    await client.connect(leg.answer)


async def test_pictures_arrive_from_a_keyframe_on(reels: Reels) -> None:
    async with meeting(reels, 1) as (server, _):
        await server.until(lambda: len(server.frames.get("0", [])) >= 5)
        frames = server.frames["0"][:5]
        assert frames[0].keyframe
        assert [frame.data for frame in frames] == list(reels.listening.clip.frames[:5])
        assert [b.timestamp - a.timestamp for a, b in itertools.pairwise(frames)] == [6000] * 4


async def test_a_keyframe_request_is_answered_with_the_next_picture(reels: Reels) -> None:
    async with meeting(reels, 1) as (server, _):
        await server.until(lambda: len(server.frames.get("0", [])) >= 4)
        before = len(server.frames["0"])
        server.endpoint.legs["0"].request_keyframe(StreamKind.MAIN)
        await server.until(lambda: any(frame.keyframe for frame in server.frames["0"][before:]))
        assert len(server.frames["0"]) - before < 12


async def test_many_share_one_clock(reels: Reels) -> None:
    async with meeting(reels, 8) as (server, clients):
        await server.until(lambda: all(len(server.frames.get(str(n), [])) >= 3 for n in range(8)))
        assert server.counts["connected"] == 8
        assert len({client.player.picture_due % (1 / 15) for client in clients if client.player}) == 8


async def test_goodbye_closes_the_leg_at_once(reels: Reels) -> None:
    async with meeting(reels, 1) as (server, (client,)):
        await client.close()
        await server.until(lambda: "0" in server.closed)
        assert server.closed["0"] == "dtls-closed"


async def test_a_wrong_fingerprint_is_refused(reels: Reels) -> None:
    async with meeting(reels, 0) as (server, _):
        stage = Stage()
        client = Client(stage, reels, certificate=Certificate(), seed="x")
        leg = server.endpoint.create_leg("x", offer=client.offer(), direction="both", handler=server, video=PROFILE)
        other = Certificate().fingerprint.value
        mine = next(line for line in leg.answer.splitlines() if line.startswith("a=fingerprint:"))
        answer = leg.answer.replace(mine, f"a=fingerprint:sha-256 {other}")
        with pytest.raises(ConnectError):
            await client.connect(answer)
        await client.close()
        stage.close()


async def test_a_viewer_only_receives(reels: Reels) -> None:
    async with meeting(reels, 0) as (server, _):
        stage = Stage()
        viewer = Client(stage, None, certificate=Certificate(), seed="v")
        await join(server, viewer, "v")
        assert viewer.player is None
        assert viewer.session is not None
        await server.until(lambda: server.counts["connected"] == 1)
        await viewer.close()
        stage.close()


class Seen:
    """A client's listener."""

    def __init__(self) -> None:
        self.frames: list[EncodedFrame] = []

    def frame_received(self, client: Client, kind: StreamKind, frame: EncodedFrame) -> None:
        self.frames.append(frame)

    def connection_lost(self, client: Client, reason: str) -> None:
        raise AssertionError(reason)


async def test_attention_comes_and_goes_on_one_connection(reels: Reels) -> None:
    async with meeting(reels, 0) as (server, _):
        stage, seen = Stage(), Seen()
        client = Client(stage, reels, certificate=Certificate(), seed="a", listener=seen, attention=Attention.COUNTED)
        await join(server, client, "a")
        await server.until(lambda: server.counts["connected"] == 1)
        leg = server.endpoint.legs["a"]
        tapped: list[RtpPacket] = []
        client.tap(StreamKind.MAIN, tapped.append)
        key, delta = reels.listening.pictures[:2]
        sent = 0

        async def show(payloads: tuple[bytes, ...]) -> None:
            """Send a picture and wait until it came."""
            nonlocal sent
            sent += 1
            now = stage.now()
            send(payloads, timestamp=sent * 6000, streams=(leg.sent[StreamKind.MAIN],), now=now)
            await until(lambda: sum(packet.marker for packet in tapped) >= sent, what="the picture")

        async def asked(count: int) -> None:
            await until(lambda: server.counts["keyframes asked"] >= count, what="a request")

        await show(key)
        assert seen.frames == []
        client.attend(Attention.WHOLE)
        await show(delta)
        assert seen.frames == []  # no keyframe yet
        client.request_keyframe()
        await asked(1)
        await show(key)
        await show(delta)
        assert [frame.keyframe for frame in seen.frames] == [True, False]
        assert client.session is not None
        assert client.session.audio is not None
        client.attend(Attention.COUNTED)
        await show(key)
        assert len(seen.frames) == 2
        assert client.session.audio is None
        client.tap(StreamKind.MAIN, None)
        before = len(tapped)
        send(delta, timestamp=sent * 6000 + 6000, streams=(leg.sent[StreamKind.MAIN],), now=stage.now())
        received = client.packets_received
        await until(lambda: client.packets_received > received, what="a packet")
        assert len(tapped) == before
        await client.close()
        stage.close()


async def test_one_without_attention_says_nothing(reels: Reels) -> None:
    async with meeting(reels, 0) as (server, _):
        stage, seen = Stage(), Seen()
        client = Client(stage, reels, certificate=Certificate(), seed="n", listener=seen, attention=Attention.NONE)
        await join(server, client, "n")
        await server.until(lambda: server.counts["connected"] == 1 and len(server.frames.get("n", ())) > 2)
        leg = server.endpoint.legs["n"]
        for picture, payloads in enumerate(reels.listening.pictures):
            send(payloads, timestamp=picture * 6000, streams=(leg.sent[StreamKind.MAIN],), now=stage.now())
        await until(lambda: client.counters["received"] > len(reels.listening.pictures), what="packets at the socket")
        before = len(server.frames["n"])
        await server.until(lambda: len(server.frames["n"]) > before + 10)  # most of a second: reports would be due
        assert (client.packets_received, seen.frames, leg.rtp_counters["rtcp_received"]) == (0, [], 0)
        await client.close()
        stage.close()


async def test_who_is_closed_while_keys_are_agreed_on_has_no_connection(
    reels: Reels, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with meeting(reels, 0) as (server, _):
        stage = Stage()
        client = Client(stage, reels, certificate=Certificate(), seed="c")
        agree = DtlsAssociation.handshake

        async def handshake(self: DtlsAssociation) -> SrtpKeys:
            keys = await agree(self)
            if self is client._connection._dtls:
                await client.abandon()
            return keys

        monkeypatch.setattr(DtlsAssociation, "handshake", handshake)
        with pytest.raises(ConnectError, match="closed"):
            await join(server, client, "c")
        stage.close()


async def test_who_vanishes_says_no_goodbye(reels: Reels) -> None:
    async with meeting(reels, 2) as (server, (gone, left)):
        await server.until(lambda: all(len(server.frames.get(name, ())) > 2 for name in "01"))
        await gone.abandon()
        await left.close()
        await server.until(lambda: "1" in server.closed)  # whatever left before would have come before
        assert "0" not in server.closed
        assert server.endpoint.legs["0"].connected
