"""Two temporal layers in real browsers: upper frames may be kept back, and what is left plays."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import av
import numpy as np
import pytest

from mcu._native import packets
from mcu.media.payloads import packetize
from mcu.media.types import StreamKind, VideoProfile
from mcu.media.video_codecs import VideoEncoder, Vp8Settings
from mcu.webrtc.endpoint import Endpoint
from mcu.webrtc.leg import WebRtcLeg
from tests.support.chromium import EXECUTABLE as CHROMIUM
from tests.support.chromium import chromium
from tests.support.firefox import EXECUTABLE as FIREFOX
from tests.support.firefox import firefox
from tests.webrtc.echo import Echo

PROFILE = VideoProfile("VP8", 320, 180, 25, 400_000)
PATIENCE_SECONDS = 60.0
BEGIN, FRAMES = 75, 100  # frames: while the page sets itself up, and then
SHOWN = (
    0.7  # of the frames: a browser on a busy machine drops some that came late. One that waits for others shows none
)
IN_FLIGHT = 6  # frames that were sent before the count began and are decoded after

pytestmark = [pytest.mark.browser, pytest.mark.timeout(100)]

SCRIPT = """() => {
const pc = new RTCPeerConnection();
pc.addTransceiver('audio', {direction: 'recvonly'});
pc.addTransceiver('video', {direction: 'recvonly'});
pc.ontrack = ({track}) => {
  const player = Object.assign(document.createElement(track.kind), {autoplay: true, muted: true});
  player.srcObject = new MediaStream([track]);
  document.documentElement.append(player);
};
window.offer = async () => {
  await pc.setLocalDescription(await pc.createOffer());
  return pc.localDescription.sdp;
};
window.answer = async sdp => { await pc.setRemoteDescription({type: 'answer', sdp}); return true; };
window.received = async () => {
  for (const report of (await pc.getStats()).values()) {
    if (report.type === 'inbound-rtp' && report.kind === 'video') {
      return {decoded: report.framesDecoded ?? 0};
    }
  }
  return {decoded: 0};
};
}"""


class Page(Protocol):
    async def evaluate(self, expression: str) -> Any: ...


@asynccontextmanager
async def page_of(browser: str, folder: Path) -> AsyncIterator[Page]:
    if browser == "chromium":
        async with chromium() as opened:
            yield opened
    else:
        async with firefox(folder / "profile") as other:
            yield other


def picture(frame: av.VideoFrame, index: int) -> None:
    rows, columns = np.mgrid[0 : frame.height, 0 : frame.width]
    plane = frame.planes[0]
    target = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    target[: frame.height, : frame.width] = 128 + 60 * np.sin((columns + 3 * index) / 9) * np.cos(rows / 7)


class Viewer(Echo):
    """Remembers that a keyframe is wanted."""

    def __init__(self) -> None:
        super().__init__()
        self.wanted = False

    def keyframe_requested(self, leg: WebRtcLeg, kind: StreamKind) -> None:
        self.wanted = True


async def play(leg: WebRtcLeg, viewer: Viewer, page: Page, kept: float) -> tuple[int, int, int]:
    """Frames sent, frames decoded, keyframes asked for, once the page had time to begin.

    Upper frames are kept back, except for a share of them.
    """
    encoder, frame = VideoEncoder(PROFILE, vp8=Vp8Settings(layers=2)), av.VideoFrame(320, 180, "yuv420p")
    chance, sent, asked, began = random.Random(1), 0, 0, {"decoded": 0}
    await viewer.connected.wait()
    started = time.monotonic()
    for index in range(BEGIN + FRAMES):
        if index == BEGIN:
            began, sent, asked = await page.evaluate("received()"), 0, 0
        picture(frame, index)
        coded = encoder.encode(frame, timestamp=index * 3_600, keyframe=viewer.wanted)
        assert coded is not None
        asked += viewer.wanted
        viewer.wanted = False
        if coded.layer == 0 or chance.random() < kept:
            payloads = packetize(coded, PROFILE, packets.MAX_PAYLOAD)
            stream = leg.sent[StreamKind.MAIN]
            packets.send(payloads, timestamp=coded.timestamp, streams=[stream], now=time.monotonic())
            sent += 1
        await asyncio.sleep(max(0.0, started + (index + 1) / PROFILE.fps - time.monotonic()))
    while True:
        decoded = (await page.evaluate("received()"))["decoded"] - began["decoded"]
        if decoded >= SHOWN * sent:
            return sent, decoded, asked
        await asyncio.sleep(0.2)


@pytest.mark.parametrize(
    "kept",
    [pytest.param(0.0, marks=pytest.mark.long), 0.5, pytest.param(1.0, marks=pytest.mark.long)],
    ids=["base alone", "half of the upper", "both"],
)
@pytest.mark.parametrize(
    "browser",
    [
        pytest.param("chromium", marks=pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium")),
        pytest.param(
            "firefox",
            marks=[pytest.mark.long, pytest.mark.skipif(not Path(FIREFOX).exists(), reason="no Firefox")],
        ),
    ],
)
async def test_upper_frames_may_be_kept_back(tmp_path: Path, browser: str, kept: float) -> None:
    server, viewer = Endpoint(), Viewer()
    await server.start("::", 0)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS), page_of(browser, tmp_path) as page:
            await page.evaluate(f"({SCRIPT})()")
            offer = await page.evaluate("offer()")
            leg = server.create_leg("a", offer=offer, direction="both", handler=viewer, video=PROFILE)
            await page.evaluate(f"answer({leg.answer!r})")
            sent, decoded, asked = await play(leg, viewer, page, kept)
            assert decoded <= sent + IN_FLIGHT
            assert asked <= 1  # a busy machine again; who misses frames asks several times a second
    finally:
        await server.close()
