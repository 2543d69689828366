"""Stock aiortc as a participant over loopback: sound and picture go in and come back."""

from __future__ import annotations

import asyncio

import aioice.ice
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamTrack, VideoStreamTrack

from mcu.media.types import StreamKind
from tests.webrtc.echo import PROFILE, Echo, endpoint

FRAMES = 15  # of each kind that must come back: enough to need more than the first keyframe
PATIENCE_SECONDS = 60.0


class Client:
    """A stock peer connection that sends a test picture and silence, and counts what it decodes."""

    def __init__(self) -> None:
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.connection.addTrack(AudioStreamTrack())
        self.connection.addTrack(VideoStreamTrack())
        self.tracks: asyncio.Queue[MediaStreamTrack] = asyncio.Queue()
        self.connection.on("track", self.tracks.put_nowait)

    async def offer(self) -> str:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return self.connection.localDescription.sdp

    async def answer(self, text: str) -> None:
        await self.connection.setRemoteDescription(RTCSessionDescription(text, "answer"))

    async def watch(self) -> dict[str, tuple[int, ...]]:
        """Decode FRAMES of each track; the last frame's size or sample rate, by kind."""
        tracks = [await self.tracks.get() for _ in range(2)]
        return dict(await asyncio.gather(*(self._watch(track) for track in tracks)))

    async def _watch(self, track: MediaStreamTrack) -> tuple[str, tuple[int, ...]]:
        for _ in range(FRAMES):
            frame = await track.recv()
        return track.kind, (frame.width, frame.height) if track.kind == "video" else (frame.sample_rate,)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_media_goes_in_and_comes_back(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: [host])
    async with endpoint(host, monkeypatch) as server, asyncio.timeout(PATIENCE_SECONDS):
        handler, client = Echo(), Client()
        leg = server.create_leg("a", offer=await client.offer(), direction="both", handler=handler, video=PROFILE)
        await client.answer(leg.answer)
        assert await client.watch() == {"video": (640, 480), "audio": (48_000,)}
        assert handler.frames[StreamKind.MAIN] >= FRAMES
        assert leg.connected
        assert leg.transport is not None
        assert leg.transport.profile == "AEAD_AES_128_GCM"
        await client.connection.close()
        assert await handler.closed.get() == "dtls-closed"
        assert handler.events[0] == ("connected",)
        assert server.legs == {}
        assert server.counters["legs_failed"] == 0
        assert server.counters["srtp_failures"] == 0


async def test_closing_the_leg_ends_the_client_s_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: ["127.0.0.1"])
    async with endpoint("127.0.0.1", monkeypatch) as server, asyncio.timeout(PATIENCE_SECONDS):
        handler, client = Echo(), Client()
        closed = asyncio.Event()

        def changed() -> None:
            if client.connection.connectionState == "closed":
                closed.set()

        client.connection.on("connectionstatechange", changed)
        leg = server.create_leg("a", offer=await client.offer(), direction="both", handler=handler, video=PROFILE)
        await client.answer(leg.answer)
        await handler.connected.wait()
        leg.close("removed")
        assert not leg.connected
        assert handler.events[-1] == ("closed", "removed")
        leg.close("again")
        assert handler.events[-1] == ("closed", "removed")
        await closed.wait()
        await client.connection.close()
