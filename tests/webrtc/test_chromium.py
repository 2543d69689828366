"""A real Chromium as a participant: picture and sound go in and come back, ICE restarts, content is taken."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright

from mcu.media.types import StreamKind
from tests.webrtc.echo import PROFILE, Echo, endpoint

EXECUTABLE = shutil.which("chromium") or ""
PATIENCE_SECONDS = 60.0

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not EXECUTABLE, reason="Chromium is not installed")]

SCRIPT = """
const canvas = Object.assign(document.createElement('canvas'), {width: 640, height: 360});
const paint = canvas.getContext('2d');
setInterval(() => {
  paint.fillStyle = `hsl(${performance.now() / 10}, 80%, 50%)`;
  paint.fillRect(0, 0, 640, 360);
}, 40);
const sound = new AudioContext(), tone = sound.createOscillator(), out = sound.createMediaStreamDestination();
tone.connect(out); tone.start();
const pc = new RTCPeerConnection();
pc.addTransceiver(out.stream.getAudioTracks()[0], {direction: 'sendrecv'});
pc.addTransceiver(canvas.captureStream(25).getVideoTracks()[0], {direction: 'sendrecv'});
pc.addTransceiver(canvas.captureStream(5).getVideoTracks()[0], {direction: 'sendonly'});
pc.ontrack = ({track}) => {
  const player = Object.assign(document.createElement(track.kind), {autoplay: true, muted: true});
  player.srcObject = new MediaStream([track]); document.body.append(player);
};
window.offer = async options => {
  await pc.setLocalDescription(await pc.createOffer(options));
  return pc.localDescription.sdp;
};
window.answer = sdp => pc.setRemoteDescription({type: 'answer', sdp});
window.received = async () => {
  const found = {state: pc.connectionState};
  for (const report of (await pc.getStats()).values()) {
    if (report.type === 'inbound-rtp') found[report.kind] = report.framesDecoded ?? report.packetsReceived;
    if (report.type === 'transport') {
      found.srtp = report.srtpCipher;
      found.pairs = report.selectedCandidatePairChanges;
    }
  }
  return found;
};
"""


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        arguments = [
            "--no-sandbox",
            "--autoplay-policy=no-user-gesture-required",
            "--disable-features=WebRtcHideLocalIpsWithMdns",
        ]
        browser = await playwright.chromium.launch(executable_path=EXECUTABLE, args=arguments)
        opened = await browser.new_page()
        await opened.evaluate(SCRIPT)
        yield opened
        await browser.close()


async def received(page: Page, **least: int) -> dict[str, Any]:
    """The page's statistics once each named one has reached its value."""
    while True:
        found: dict[str, Any] = await page.evaluate("received()")
        if all(found.get(name, 0) >= value for name, value in least.items()):
            return found
        await asyncio.sleep(0.1)


async def test_chromium_sends_receives_and_restarts(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    async with endpoint("::", monkeypatch) as server, asyncio.timeout(PATIENCE_SECONDS):
        handler = Echo()
        offer = await page.evaluate("offer()")
        leg = server.create_leg("a", offer=offer, direction="both", handler=handler, video=PROFILE)
        await page.evaluate("sdp => answer(sdp)", leg.answer)
        found = await received(page, video=25, audio=50)
        assert found["srtp"] == "SRTP_AEAD_AES_128_GCM"
        assert handler.frames[StreamKind.CONTENT] > 0

        await page.evaluate("sdp => answer(sdp)", leg.update(await page.evaluate("offer({iceRestart: true})")))
        await received(page, video=found["video"] + 25, audio=found["audio"] + 50, pairs=found["pairs"] + 1)
        assert len(leg.ice.ufrags) == 1
        assert handler.events[0] == ("connected",)
        assert not [event for event in handler.events if event[0] in ("state", "closed")]
        assert server.counters["srtp_failures"] == 0
        assert server.counters["legs_failed"] == 0
