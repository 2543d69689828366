"""Independent WebRTC stacks in a meeting, judged by content both ways: through the WebSocket, and by WHIP and WHEP."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.interop.child import Child, child
from tests.interop.payloads import settings
from tests.interop.stage import GUEST, HOST, Stage, hears
from tests.support.peers import peers

pytestmark = [pytest.mark.interop, pytest.mark.timeout(60)]

FOLDER = Path(__file__).parent
PACKAGES = {"werift": "werift", "libdatachannel": "node-datachannel", "libwebrtc": "@roamhq/wrtc"}  # from npm
BINARIES = {"libdatachannel": "@node-datachannel/*", "libwebrtc": "@roamhq/wrtc-*"}  # optional npm packages
SYSTEM_PYTHON = "/usr/bin/python3"  # GStreamer's bindings are Debian packages


@dataclass(frozen=True)
class Stack:
    name: str
    codec: str

    @property
    def command(self) -> tuple[str, str]:
        """Skips the test where the stack has no binaries for this platform, or was not installed; CI fails it then."""
        installed = FOLDER / "node_modules"
        if self.name in PACKAGES and not (installed / PACKAGES[self.name]).exists():
            reason = f"no {PACKAGES[self.name]} in tests/interop/node_modules. Run tools/setup test"
            if os.environ.get("MCU_TEST_STACKS") == "required":
                pytest.fail(reason, pytrace=False)
            pytest.skip(reason)
        if self.name in BINARIES and not any(installed.glob(BINARIES[self.name])):
            pytest.skip(f"{self.name} has no binaries for this platform")
        if self.name == "gstreamer":
            return SYSTEM_PYTHON, "stacks/gstreamer.py"
        return shutil.which("node") or "node", f"stacks/{self.name}.mjs"

    def start(self, folder: Path, direction: str) -> AbstractAsyncContextManager[Child]:
        return child(self.command, codec=self.codec, settings=settings(folder, GUEST, self.codec, direction))

    def __str__(self) -> str:
        return f"{self.name}-{self.codec}"


STACKS = [
    Stack("gstreamer", "VP8"),
    Stack("gstreamer", "H264"),
    Stack("werift", "VP8"),
    Stack("werift", "H264"),
    Stack("libdatachannel", "VP8"),
    Stack("libdatachannel", "H264"),
    Stack("libwebrtc", "VP8"),
]
every_stack = pytest.mark.parametrize("stack", STACKS, ids=str)


@every_stack
async def test_takes_part_in_a_meeting(conference: Stage, stack: Stack, media_folder: Path) -> None:
    host = conference.host
    async with stack.start(media_folder, "sendrecv") as guest, conference.enter(str(stack)) as membership:
        offer = await guest.offer()
        begin = time.monotonic()
        await guest.accept(await membership.negotiate(offer))
        seen = await conference.until(conference.sees, host, HOST, GUEST, what="the guest's picture at the host")
        await conference.until(hears, host, GUEST, what="the guest's tone, and only that, at the host")
        await conference.until(conference.sees, guest, HOST, GUEST, what="the composite at the guest")
        await conference.until(hears, guest, HOST, what="the host's tone, and only that, at the guest")
        assert guest.disorder == 0
        print(f"{stack}: seen after {seen - begin:.2f} s, sees after {guest.first_picture - begin:.2f} s")


@every_stack
async def test_sends_by_whip_and_watches_by_whep(conference: Stage, stack: Stack, media_folder: Path) -> None:
    host = conference.host
    async with stack.start(media_folder, "sendonly") as sender, stack.start(media_folder, "recvonly") as watcher:
        sending = await conference.post("whip", await sender.offer())
        await sender.accept(sending.answer)
        await conference.until(conference.sees, host, HOST, GUEST, what="the sender's picture at the host")
        await conference.until(hears, host, GUEST, what="the sender's tone, and only that, at the host")
        watching = await conference.post("whep", await watcher.offer())
        begin = time.monotonic()
        await watcher.accept(watching.answer)
        await conference.until(conference.sees, watcher, HOST, GUEST, what="the composite at the watcher")
        await conference.until(hears, watcher, HOST, GUEST, what="both tones at the watcher")
        assert watcher.disorder == 0
        print(f"{stack}: watches after {watcher.first_picture - begin:.2f} s")
        assert await sending.delete() == 200
        assert await watching.delete() == 200
        await conference.until(conference.sees, host, HOST, what="the host alone again")


@pytest.mark.parametrize("codec", ["video/VP8", "video/H264"])
async def test_stock_aiortc_takes_part(conference: Stage, codec: str) -> None:
    async with peers(GUEST) as (guest,), conference.enter(f"aiortc {codec}") as membership:
        await guest.accept(await membership.negotiate(await guest.offer((codec,))))
        await conference.until(conference.sees, conference.host, HOST, GUEST, what="the guest's picture at the host")
        await conference.until(conference.sees, guest, HOST, GUEST, what="the composite at the guest")
        await conference.until(hears, conference.host, GUEST, what="the guest's tone, and only that, at the host")
        await conference.until(hears, guest, HOST, what="the host's tone, and only that, at the guest")
