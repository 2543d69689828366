"""What tests of a bridge stand on: calls carried between its threads, people who join, their pictures."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import av

from mcu import control
from mcu.media.payload_vp8 import Vp8Format
from mcu.media.types import EncodedFrame, VideoProfile
from mcu.media.video_codecs import VideoEncoder
from mcu.processor.bridge import Bridge
from mcu.processor.leg import Leg
from tests.fakes.legs import CONTENT_TYPE, VIDEO_TYPE, FakeLeg

PICTURE = control.PictureSettings(width=320, height=180, fps=50, bitrate=200_000)
PROFILE = VideoProfile("VP8", 320, 180, 50, 200_000)


class Loop:
    """Carries calls from the composing thread to the test's thread."""

    def __init__(self) -> None:
        self.calls: list[tuple[Callable[..., object], tuple[Any, ...]]] = []

    def call_main(self, call: Callable[..., object], *arguments: object) -> None:
        self.calls.append((call, arguments))

    def call_later(self, delay: float, call: Callable[..., object], *arguments: object) -> None:
        self.calls.append((call, arguments))

    def run_until(self, condition: Callable[[], bool]) -> None:
        """Run what arrives until `condition` holds; ten seconds are a bound, not a measurement."""
        deadline = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < deadline
            while self.calls:
                call, arguments = self.calls.pop(0)
                call(*arguments)
            time.sleep(0.002)


def state(revision: int, *people: str, content: str | None = None, **changes: bool) -> control.UpdateConference:
    participants = tuple(control.ParticipantState(name, name, **changes) for name in people)
    return control.UpdateConference("c", revision, participants, control.LayoutChoice(), content)


def join(bridge: Bridge, name: str, profile: VideoProfile | None = PROFILE, *, takes_content: bool = False) -> FakeLeg:
    leg = FakeLeg(f"leg-{name}", profile, takes_content=takes_content)
    bridge.add_leg(cast(Leg, leg), name)
    bridge.leg_connected(cast(Leg, leg))
    return leg


def keyframes(leg: FakeLeg, payload_type: int = VIDEO_TYPE) -> int:
    """How many keyframes began in what the leg was sent."""
    return sum(Vp8Format().inspect(packet.payload).begins_keyframe for packet in leg.received(payload_type))


def before_composite(bridge: Bridge) -> None:
    """The last tick of the sound before it, or one after it: what came is decoded."""
    due = bridge.video.ticks.due + 0.1  # the composing thread goes on
    bridge.audio_tick(0, due, due)


def one_keyframe(width: int = PROFILE.width, height: int = PROFILE.height) -> EncodedFrame:
    frame = av.VideoFrame(width, height, "yuv420p")
    for plane in frame.planes:
        plane.update(bytes([100]) * plane.buffer_size)
    encoded = VideoEncoder(replace(PROFILE, width=width, height=height)).encode(frame, timestamp=0, keyframe=True)
    assert encoded is not None
    return encoded


def tick(bridge: Bridge, seconds: float) -> None:
    """The clock of the sound goes on by so much: lines are looked at."""
    for index in range(round(seconds / 0.02)):
        now = time.monotonic() + index * 0.02
        bridge.audio_tick(index, now, now)


def screen_size(leg: FakeLeg) -> tuple[int, int]:
    """From the header of the first keyframe (RFC 6386 section 9.1) that the leg was sent of a screen."""
    payload = leg.received(CONTENT_TYPE)[0].payload
    width, height = struct.unpack_from("<HH", payload, payload.index(b"\x9d\x01\x2a") + 3)
    return width, height
