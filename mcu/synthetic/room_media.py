"""The media of a meeting room made of code: a leg as an MP has it, on a clock of its own.

Rules:
1. Its clock is a beat of 20 ms: sound is sent and pulled there, and pictures at their own rate on the same beat.
2. What it hears is kept for HEARD_SECONDS; pictures are handed to `on_frame` as they come, coded.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
from av import VideoFrame

from mcu import control
from mcu._native import packets
from mcu.controller.legs import RtpState
from mcu.gateway.open_media import local_media
from mcu.h323.channels import LocalMedia
from mcu.h323.leg import H323Leg
from mcu.h323.rtp_endpoint import RtpEndpoint
from mcu.media.audio_codecs import AudioEncoder
from mcu.media.payloads import packetize
from mcu.media.types import (
    BLOCK_SECONDS,
    VIDEO_CLOCK_RATE,
    AudioBlock,
    EncodedFrame,
    StreamKind,
    VideoProfile,
)
from mcu.media.video_codecs import VideoEncoder

HEARD_SECONDS = 30.0
MAX_PAYLOAD = 1_100  # bytes
MEDIA_PORTS = 2_400  # among which six are sought: for four hundred rooms on one machine
PICTURE_FPS = 15
CONTENT_FPS = 5

Voice = Callable[[int], AudioBlock | None]  # the block of a beat; None is silence
Picture = Callable[[int, int, int], VideoFrame]  # of a beat, in a width and height


class MediaOwner(Protocol):
    """Whose media it is; the first two are told of what the leg says."""

    def keyframe_needed(self, leg: H323Leg, kind: StreamKind) -> None: ...
    def digit_received(self, leg: H323Leg, digit: str) -> None: ...
    def stirred(self) -> None: ...  # a beat went by, or something came


class RoomMedia:
    """`reserve`, `update` as often as wanted, `close`; then again for the next call, and `end` at last."""

    def __init__(
        self, owner: MediaOwner, *, host: str, first_port: int, voice: Voice | None, picture: Picture | None
    ) -> None:
        self.frames: Counter[StreamKind] = Counter()
        self.on_frame: Callable[[StreamKind, EncodedFrame], object] = lambda kind, frame: None
        self.on_sound: Callable[[AudioBlock | None, float, float], object] = lambda block, due, now: None
        self.on_left: Callable[[StreamKind, int, float], object] = lambda kind, beat, now: None  # what a beat sent
        self.leg: H323Leg | None = None
        self.content: Picture | None = None  # sent while the channel for it is open
        self._owner = owner
        self._host = host
        self._voice, self._picture = voice, picture
        self._heard: deque[AudioBlock | None] = deque(maxlen=round(HEARD_SECONDS / BLOCK_SECONDS))
        self._endpoint = RtpEndpoint(first_port, MEDIA_PORTS)
        self._legs = 0
        self._audio: AudioEncoder | None = None
        self._coders: dict[StreamKind, VideoEncoder] = {}
        self._keyframes: set[StreamKind] = set()  # due
        self._beat = 0
        self._began = time.monotonic()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def counters(self) -> Mapping[str, int]:
        """Of datagrams, see RtpEndpoint."""
        return self._endpoint.counters

    @property
    def heard(self) -> AudioBlock:
        """What was heard lately, silence included, oldest first."""
        silent = np.zeros(960, np.float32)
        blocks = [silent if block is None else block for block in self._heard]
        return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)

    def forget_heard(self) -> None:
        self._heard.clear()

    def reserve(self, best: VideoProfile) -> dict[StreamKind, LocalMedia]:
        """Ports for a call; `best` is the picture that it would send at most."""
        self._legs += 1
        self.leg = self._endpoint.create_leg(f"room{self._legs}", host=self._host, handler=self, pictures=[best])
        self._began, self._beat = time.monotonic(), 0
        self._schedule()
        return local_media(self.leg.ports, self._host)

    def update(self, state: RtpState) -> None:
        """What is open now."""
        if self.leg is not None:
            limits = dict(state.limits)
            self.leg.update(
                control.UpdateRtpLeg(
                    self.leg.id, state.channels, state.sources, limits, state.telephone_event, state.paused
                )
            )

    def send_keyframe(self, kind: StreamKind) -> None:
        """The other end asked for one."""
        self._keyframes.add(kind)

    def close(self) -> None:
        """The call is over."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.leg is not None:
            leg, self.leg = self.leg, None
            leg.close("over")
        self._audio = None
        self._coders.clear()

    def abandon(self) -> None:
        """Everything is over without a goodbye, as when power fails."""
        if self.leg is not None:
            self._endpoint.abandon(self.leg)
        self.end()

    def end(self) -> None:
        """There will be no other call."""
        self.close()
        self._endpoint.close()

    # --- beats ------------------------------------------------------------------------------------------

    def _schedule(self) -> None:
        due = self._began + (self._beat + 1) * BLOCK_SECONDS
        self._timer = asyncio.get_running_loop().call_later(max(0.0, due - time.monotonic()), self._on_beat)

    def _on_beat(self) -> None:
        leg, now = self.leg, time.monotonic()
        if leg is None:
            return
        self._beat += 1
        self._endpoint.tick(now)
        self._speak(leg, now)
        self._show(leg, StreamKind.MAIN, leg.video_profile, self._picture, PICTURE_FPS, now)
        self._show(leg, StreamKind.CONTENT, leg.content_profile, self.content, CONTENT_FPS, now)
        if leg.audio is not None:
            block = leg.audio.pull(now)
            self._heard.append(block)
            self.on_sound(block, self._began + self._beat * BLOCK_SECONDS, now)
        self._owner.stirred()
        self._schedule()

    def _speak(self, leg: H323Leg, now: float) -> None:
        stream = leg.sent.get(StreamKind.AUDIO)
        if stream is None:
            return
        if self._audio is None or self._audio.profile != leg.audio_profile:
            self._audio = AudioEncoder(leg.audio_profile)
        block = self._voice(self._beat) if self._voice is not None else None
        packets.send(
            [self._audio.encode(block)],
            timestamp=self._beat * self._audio.samples_per_packet,
            streams=[stream],
            now=now,
            marker_last=False,
        )
        self.on_left(StreamKind.AUDIO, self._beat, time.monotonic())

    def _show(
        self,
        leg: H323Leg,
        kind: StreamKind,
        profile: VideoProfile | None,
        picture: Picture | None,
        fps: int,
        now: float,
    ) -> None:
        stream = leg.sent.get(kind)
        if stream is None or profile is None or picture is None:
            return
        if int(self._beat * BLOCK_SECONDS * fps) == int((self._beat - 1) * BLOCK_SECONDS * fps):
            return
        coder = self._coders.get(kind)
        if coder is None or coder.profile != profile:
            coder = self._coders[kind] = VideoEncoder(profile)
            self._keyframes.add(kind)
        timestamp = int(self._beat * BLOCK_SECONDS * VIDEO_CLOCK_RATE)
        frame = picture(self._beat, profile.width, profile.height)
        coded = coder.encode(frame, timestamp=timestamp, keyframe=kind in self._keyframes)
        self._keyframes.discard(kind)
        if coded is not None:
            packets.send(packetize(coded, profile, MAX_PAYLOAD), timestamp=timestamp, streams=[stream], now=now)
            self.on_left(kind, self._beat, time.monotonic())

    # --- mcu.h323.leg.RtpLegHandler -----------------------------------------------------------------------

    def leg_connected(self, leg: H323Leg) -> None:
        self._owner.stirred()

    def leg_updated(self, leg: H323Leg) -> None:
        self._owner.stirred()

    def leg_state(self, leg: H323Leg, state: str) -> None:
        self._owner.stirred()

    def leg_closed(self, leg: H323Leg, reason: str) -> None:
        self._owner.stirred()

    def frame_received(self, leg: H323Leg, kind: StreamKind, frame: EncodedFrame) -> None:
        self.frames[kind] += 1
        self.on_frame(kind, frame)

    def keyframe_requested(self, leg: H323Leg, kind: StreamKind) -> None:
        self.send_keyframe(kind)

    def keyframe_needed(self, leg: H323Leg, kind: StreamKind) -> None:
        self._owner.keyframe_needed(leg, kind)

    def digit_received(self, leg: H323Leg, digit: str) -> None:
        self._owner.digit_received(leg, digit)
