"""The video half of a bridge: one thread that composes, encodes and packetises on a steady beat.

Rules:
1. The main thread gives a `Scene` (immutable) and the set of profiles in use; this thread reads both once a tick.
2. A tick waits for nobody: the newest picture of each participant is taken, whatever its age.
3. Each profile in use is encoded once and packetised once; the payloads go to the main thread, which sends them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog

from mcu.media.payloads import packetize
from mcu.media.types import VIDEO_CLOCK_RATE, EncodedFrame, Picture, VideoProfile
from mcu.media.video_codecs import VideoEncoder
from mcu.mixer.compositor import Compositor, TileStyle
from mcu.mixer.layout import Tile
from mcu.processor.ticks import Ticks
from mcu.thread_name import name_this_thread

MAX_PAYLOAD = (
    1_100  # bytes of codec data in a packet: fits an MTU of 1280 with IPv6, UDP or TCP framing, RTP, extensions, SRTP
)
MAX_PROFILES = 8  # encoders at one time; a bridge with more kinds of receivers refuses further ones
KEYFRAME_SECONDS = 0.3  # between two on request: whoever asks all the time must not make everybody's stream larger
LOG_EVERY = 250  # failures between two lines in the log: one line in ten seconds when all fail

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Scene:
    """What the picture shows now."""

    tiles: tuple[Tile, ...] = ()
    styles: Mapping[str, TileStyle] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PacketizedFrame:
    """One encoded composite, ready for all receivers of its profile."""

    profile: VideoProfile
    payloads: list[bytes]
    timestamp: int  # RTP, 90 kHz, before each receiver's own offset
    keyframe: bool


class ComposingThread:
    """Runs from construction to `close`."""

    def __init__(
        self,
        *,
        width: int,
        height: int,
        fps: int,
        pictures: Callable[[Scene], Mapping[tuple[str, bool], Picture]],
        deliver: Callable[[PacketizedFrame], object],
    ) -> None:
        self.scene = Scene()
        self.fps = fps
        self.busy_seconds = 0.0
        self.ticks = Ticks(1 / fps, start=time.monotonic())
        self.failures = 0
        self._pictures = pictures
        self._deliver = deliver
        self._compositor = Compositor(width, height)
        self._profiles: frozenset[VideoProfile] = frozenset()
        self._encoders: dict[VideoProfile, VideoEncoder] = {}
        self._keyframes_wanted: set[VideoProfile] = set()
        self._keyframe_due: dict[VideoProfile, int] = {}  # the first tick whose frame may be a keyframe on request
        self._lock = threading.Lock()  # guards _keyframes_wanted alone
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="compose", daemon=True)
        self._thread.start()

    @property
    def encoders(self) -> int:
        return len(self._encoders)

    def use_profiles(self, profiles: frozenset[VideoProfile]) -> None:
        """Which profiles have receivers from the next tick on."""
        self._profiles = profiles

    def request_keyframe(self, profile: VideoProfile) -> None:
        """Make the next frame of this profile a keyframe, KEYFRAME_SECONDS after the last; many requests are one."""
        with self._lock:
            self._keyframes_wanted.add(profile)

    def close(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        name_this_thread("compose")
        while not self._stopped.wait(max(0.0, self.ticks.due - time.monotonic())):
            started = time.monotonic()
            index = self.ticks.advance(started)
            try:
                self._tick(index)
            except Exception:
                if self.failures % LOG_EVERY == 0:
                    log.exception("composing failed; this picture is skipped")
                self.failures += 1
                self._encoders.clear()
            self.busy_seconds += time.monotonic() - started

    def _tick(self, index: int) -> None:
        profiles = self._profiles
        for unused in self._encoders.keys() - profiles:
            del self._encoders[unused]
        if not profiles:
            return
        scene = self.scene
        self._compositor.compose(scene.tiles, scene.styles, self._pictures(scene))
        timestamp = index * VIDEO_CLOCK_RATE // self.fps & 0xFFFFFFFF
        wanted = self._take_keyframes_wanted(profiles, index)
        for profile in profiles:
            frame = self._encode(profile, timestamp, keyframe=profile in wanted)
            if frame is not None:
                payloads = packetize(frame, profile, MAX_PAYLOAD)
                self._deliver(PacketizedFrame(profile, payloads, timestamp, frame.keyframe))

    def _take_keyframes_wanted(self, profiles: frozenset[VideoProfile], index: int) -> set[VideoProfile]:
        with self._lock:
            wanted = {p for p in self._keyframes_wanted & profiles if index >= self._keyframe_due.get(p, 0)}
            self._keyframes_wanted = self._keyframes_wanted & profiles - wanted
        due = index + round(KEYFRAME_SECONDS * self.fps)
        self._keyframe_due = {p: due if p in wanted else self._keyframe_due.get(p, 0) for p in profiles}
        return wanted

    def _encode(self, profile: VideoProfile, timestamp: int, *, keyframe: bool) -> EncodedFrame | None:
        encoder = self._encoders.get(profile)
        if encoder is None:
            encoder = self._encoders[profile] = VideoEncoder(profile)
        return encoder.encode(self._compositor.frame, timestamp=timestamp, keyframe=keyframe)
