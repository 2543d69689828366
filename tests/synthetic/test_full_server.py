"""A client against stock aiortc, which is a full ICE agent and begins with DTLS: what our own server never does."""

from __future__ import annotations

import asyncio

import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack

from mcu.synthetic.client import Client
from mcu.synthetic.clips import MediaSettings
from mcu.synthetic.player import load_reels
from mcu.synthetic.stage import Stage
from mcu.synthetic.staging import Order, make
from mcu.webrtc.dtls import Certificate

PATIENCE = 10.0

pytestmark = pytest.mark.interop


async def test_media_reach_a_full_server_that_begins_with_dtls() -> None:
    peer, stage = RTCPeerConnection(), Stage()
    tracks: dict[str, MediaStreamTrack] = {}
    peer.on("track", lambda track: tracks.__setitem__(track.kind, track))
    reels = load_reels(make(Order(person=0, settings=MediaSettings(listen_seconds=1, speak_seconds=1))))
    client = Client(stage, reels, certificate=Certificate(), seed="t", one_way=True)
    try:
        await peer.setRemoteDescription(RTCSessionDescription(client.offer("127.0.0.1"), "offer"))
        await peer.setLocalDescription(await peer.createAnswer())
        assert "a=setup:active" in peer.localDescription.sdp
        await client.connect(peer.localDescription.sdp)
        async with asyncio.timeout(PATIENCE):
            sound = await tracks["audio"].recv()
            picture = await tracks["video"].recv()
        assert sound.sample_rate == 48_000
        assert (picture.width, picture.height) == (reels.listening.clip.width, reels.listening.clip.height)
    finally:
        await client.close()
        await peer.close()
        stage.close()
