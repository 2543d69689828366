"""The video half of a bridge: one thread that composes, encodes and packetises on a steady beat.

Rules:
1. The main thread gives a `Scene` (immutable) and the profiles in use; this thread reads both once a tick.
2. A tick waits for nobody: the newest picture of each participant is taken, whatever its age.
3. Each profile in use is encoded once and packetised once; the payloads go to the main thread, which sends them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from mcu.media.types import Picture, VideoProfile
from mcu.mixer.compositor import Compositor, TileStyle
from mcu.mixer.layout import Tile
from mcu.processor.overload import STEPS, Step
from mcu.processor.picture_encoders import PacketizedFrame, PictureEncoders
from mcu.processor.picture_thread import PictureThread
from mcu.processor.rungs import even

MAX_PROFILES = 8  # encoders at one time; a bridge with more kinds of receivers refuses further ones
SMALL_HEIGHT = 360  # pixels; no smaller picture is reduced when load is shed


@dataclass(frozen=True, slots=True)
class Scene:
    """What the picture shows now."""

    tiles: tuple[Tile, ...] = ()
    styles: Mapping[str, TileStyle] = field(default_factory=dict)


class ComposingThread(PictureThread):
    """Runs from construction to `close`."""

    def __init__(
        self,
        *,
        width: int,
        height: int,
        fps: int,
        pictures: Callable[[Scene], Mapping[tuple[str, bool], Picture]],
        deliver: Callable[[PacketizedFrame], object],
        begins: float | None = None,
    ) -> None:
        super().__init__("compose", fps, PictureEncoders(fps), begins=begins)
        self.scene = Scene()
        self._pictures = pictures
        self._deliver = deliver
        self._size = (width, height)
        self._step = STEPS[0]
        self._rates: Mapping[VideoProfile, int] = {}
        self._given: Mapping[VideoProfile, VideoProfile] = {}  # what is asked for, by what is coded instead
        self.start()

    @property
    def frames_skipped(self) -> int:
        """Frames that were not coded because nothing had changed."""
        return self._encoders.skipped

    def use(self, rates: Mapping[VideoProfile, int]) -> None:
        """Which profiles have receivers from the next tick on, and at how many bit/s each is coded."""
        self._rates = rates
        self._given = {self._coded(profile): profile for profile in rates}
        self._encoders.use({self._coded(profile): round(rate * self._step.bitrate) for profile, rate in rates.items()})

    def shed(self, step: Step) -> None:
        """From now on the MP as a whole does so much for pictures."""
        self._step = step
        self.pace.least = step.divisor
        self.use(self._rates)

    def admit(self, profile: VideoProfile) -> None:
        """Somebody waits for a keyframe to begin with."""
        self._encoders.admit(self._coded(profile))

    def request_keyframe(self, profile: VideoProfile) -> None:
        """Somebody who was sent this profile cannot go on without a keyframe; many requests are one."""
        self._encoders.request_keyframe(self._coded(profile))

    def _ticker(self) -> Callable[[int], None]:
        return partial(self._tick, compositor=Compositor(*self._size))

    def _tick(self, index: int, *, compositor: Compositor) -> None:
        if self._encoders.idle:
            self._encoders.clear()
            return
        scene = self.scene
        painted = compositor.compose(scene.tiles, scene.styles, self._pictures(scene))
        for frame in self._encoders.encode(compositor.frame, index, painted=painted):
            given = self._given.get(frame.profile)
            if given is not None:  # else the step was changed meanwhile, and a keyframe of what is coded now comes next
                self._deliver(replace(frame, profile=given))

    def _coded(self, profile: VideoProfile) -> VideoProfile:
        """What is coded for a profile at this step: itself, or a smaller picture where it is not small already."""
        reduction = self._step.reduction
        if reduction == 1 or profile.height < SMALL_HEIGHT:
            return profile
        return replace(profile, width=even(profile.width / reduction), height=even(profile.height / reduction))
