"""WHIP (RFC 9725) and WHEP with clients that speak HTTP themselves, and what their sessions promise."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

import pytest

from mcu.signaling.sdpfrag import credentials
from tests.interop.child import child
from tests.interop.payloads import settings
from tests.interop.stage import GUEST, HOST, Stage, hears
from tests.support.peers import Peer

pytestmark = [pytest.mark.interop, pytest.mark.timeout(60)]


async def test_ffmpeg_sends_by_its_whip_muxer(conference: Stage, media_folder: Path) -> None:
    host = conference.host
    address, token = conference.token("whip", "중계")
    media = settings(media_folder, GUEST, "H264", "sendonly") | {"address": address, "token": token}
    begin = time.monotonic()
    async with child((sys.executable, "stacks/ffmpeg.py"), codec="H264", settings=media):
        seen = await conference.until(conference.sees, host, HOST, GUEST, what="FFmpeg's picture at the host")
        await conference.until(hears, host, GUEST, what="FFmpeg's tone, and only that, at the host")
        print(f"ffmpeg: seen {seen - begin:.2f} s after its start")
    await conference.until(conference.sees, host, HOST, what="the host alone, after FFmpeg's DELETE")
