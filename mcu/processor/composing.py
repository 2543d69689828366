"""The video half of a bridge: one thread that composes, encodes and packetises on a steady beat.

Rules:
1. The main thread gives a `Scene` (immutable) and the profiles in use; this thread reads both once a tick.
2. A tick waits for nobody: the newest picture of each participant is taken, whatever its age.
3. Each profile in use is encoded once and packetised once; the payloads go to the main thread, which sends them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog

from mcu.media.types import Picture, VideoProfile
from mcu.mixer.compositor import Compositor, TileStyle
from mcu.mixer.layout import Tile
from mcu.processor.pace import Pace
from mcu.processor.picture_encoders import PacketizedFrame, PictureEncoders
from mcu.processor.ticks import Ticks
from mcu.thread_name import name_this_thread

MAX_PROFILES = 8  # encoders at one time; a bridge with more kinds of receivers refuses further ones
LOG_EVERY = 250  # failures between two lines in the log: one line in ten seconds when all fail

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Scene:
    """What the picture shows now."""

    tiles: tuple[Tile, ...] = ()
    styles: Mapping[str, TileStyle] = field(default_factory=dict)


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
        self.busy_seconds = 0.0
        self.ticks = Ticks(1 / fps, start=time.monotonic())
        self.pace = Pace(1 / fps)
        self.failures = 0
        self._pictures = pictures
        self._deliver = deliver
        self._size = (width, height)
        self._encoders = PictureEncoders(fps)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="compose", daemon=True)
        self._thread.start()

    @property
    def encoders(self) -> int:
        return len(self._encoders)

    @property
    def frames_skipped(self) -> int:
        """Frames that were not coded because nothing had changed."""
        return self._encoders.skipped

    def use(self, rates: Mapping[VideoProfile, int]) -> None:
        """Which profiles have receivers from the next tick on, and at how many bit/s each is coded."""
        self._encoders.use(rates)

    def admit(self, profile: VideoProfile) -> None:
        """Somebody waits for a keyframe to begin with."""
        self._encoders.admit(profile)

    def request_keyframe(self, profile: VideoProfile) -> None:
        """Somebody who was sent this profile cannot go on without a keyframe; many requests are one."""
        self._encoders.request_keyframe(profile)

    def close(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        name_this_thread("compose")
        compositor = Compositor(*self._size)
        while not self._stopped.wait(max(0.0, self.ticks.due - time.monotonic())):
            started = time.monotonic()
            index = self.ticks.advance(started)
            if not self.pace.takes(index):
                continue
            due = self.ticks.due - self.ticks.interval
            try:
                self._tick(index, compositor)
            except Exception:
                if self.failures % LOG_EVERY == 0:
                    log.exception("composing failed; this picture is skipped")
                self.failures += 1
                self._encoders.clear()
            ready = time.monotonic()
            self.busy_seconds += ready - started
            self.pace.composed(ready - due)
        self._encoders.clear()  # 40 MB: a bridge and this object refer to each other, and would keep it for a long time

    def _tick(self, index: int, compositor: Compositor) -> None:
        if self._encoders.idle:
            self._encoders.clear()
            return
        scene = self.scene
        painted = compositor.compose(scene.tiles, scene.styles, self._pictures(scene))
        for frame in self._encoders.encode(compositor.frame, index, painted=painted):
            self._deliver(frame)
