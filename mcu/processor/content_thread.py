"""The shared screen of a bridge as a picture of its own: one thread that codes it when it changes.

Rules:
1. Coded in its own size as long as that is no larger than SHARED_SCREEN; larger ones are made to fit.
2. A picture that is as it was is not coded: what follows a change makes it sharp, then there is one small frame a
   second, by which a receiver sees that the stream lives.
3. One encoding for each profile that is asked for: all browsers have one, and rooms what their channels allow.

Why so: docs/decisions/0018-content-stream.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from av import VideoFrame

from mcu.media.types import SHARED_SCREEN, Picture, VideoProfile
from mcu.media.vp8_coder import Vp8Settings
from mcu.processor.content_changes import differences
from mcu.processor.overload import STEPS, Step
from mcu.processor.picture_encoders import PacketizedFrame, PictureEncoders
from mcu.processor.picture_thread import PictureThread
from mcu.processor.rungs import even

# A part that no longer moves is made sharp from the next frame on: it was coarse because a page was turned.
# Finer than quantizer 24 nobody sees; without an end, a still page would take bits for ever.
CODING = Vp8Settings(settled=1, enough=24)
# A page that is turned after a rest has a new encoder, whose first quantizer is the coarsest: in the rest it has become
# finer and finer, and libvpx would make the new page one frame of half a megabyte, as a keyframe as well.
TURNED_SHARE = 0.2  # of the picture that changed
RESTED_TICKS = 5  # without a change before it; a page that is scrolled keeps its quantizer
FIXED_SIZES = frozenset(("H261", "H263", "H263-1998"))  # the screen stands in them between bars
SHED_FACTOR = 2  # slowed first: of the composite's divisor, from the first step on


class ContentThread(PictureThread):
    """Runs from construction to `close`. `use`, `admit`, `request_keyframe` and `shed` are for the main thread."""

    def __init__(
        self,
        *,
        picture: Callable[[], Picture | None],
        deliver: Callable[[PacketizedFrame], object],
        fps: int = SHARED_SCREEN.fps,
        begins: float | None = None,
    ) -> None:
        """`picture` gives the newest of who shares, None when nobody does."""
        super().__init__("content", fps, PictureEncoders(fps, vp8=CODING), begins=begins)
        self.coded = 0  # frames
        self.held = False  # by the main thread: the last frame is still being sent
        self._picture = picture
        self._deliver = deliver
        self._fps = fps
        self._rates: Mapping[VideoProfile, int] = {}
        self._coded: dict[VideoProfile, VideoProfile] = {}  # what each that is asked for is coded as
        self._before: Picture | None = None  # what was looked at last
        self._rested = 0  # ticks since the last change
        self.start()

    def use(self, rates: Mapping[VideoProfile, int]) -> None:
        """The profiles that somebody watches from the next picture on, and at how many bit/s each is coded.

        Their sizes are the most: see `fitted`.
        """
        self._rates = rates

    def shed(self, step: Step) -> None:
        """From now on the MP as a whole does so much for pictures."""
        self.pace.least = step.divisor if step is STEPS[0] else SHED_FACTOR * step.divisor

    def admit(self, profile: VideoProfile) -> None:
        """Somebody waits for a keyframe to begin with."""
        self._encoders.admit(self._coded.get(profile, profile))

    def request_keyframe(self, profile: VideoProfile) -> None:
        """Somebody who was sent this profile cannot go on without a keyframe; many requests are one."""
        self._encoders.request_keyframe(self._coded.get(profile, profile))

    def _ticker(self) -> Callable[[int], None]:
        return self._tick

    def _clear(self) -> None:
        super()._clear()
        self._before = None
        self._coded = {}

    def _tick(self, index: int) -> None:
        picture, rates = self._picture(), self._rates
        if picture is None or not rates or not isinstance(picture.owner, VideoFrame) or picture.rotation:
            self._clear()
            return
        if self.held:
            return  # what changes meanwhile is seen the next time
        painted = [] if picture is self._before else differences(self._before, picture)
        self._before = picture
        coded = self._coded = {profile: self._fitting(profile, picture) for profile in rates}
        self._encoders.use({coded[profile]: rate for profile, rate in rates.items()})
        changed = sum(width * height for _, _, width, height in painted)
        if changed > TURNED_SHARE * picture.width * picture.height and self._rested >= RESTED_TICKS:
            self._encoders.clear()
        self._rested = 0 if painted else self._rested + 1
        for frame in self._encoders.encode(picture.owner, index, painted=painted):
            self.coded += 1
            for profile in rates:  # two may be coded alike: limits that this screen keeps within differ
                if coded[profile] == frame.profile:
                    self._deliver(replace(frame, profile=profile))

    def _fitting(self, profile: VideoProfile, picture: Picture) -> VideoProfile:
        if profile.codec in FIXED_SIZES:
            return profile
        width, height = fitted(picture.width, picture.height, profile)
        return replace(profile, width=width, height=height, fps=min(profile.fps, self._fps))


def fitted(width: int, height: int, most: VideoProfile = SHARED_SCREEN) -> tuple[int, int]:
    """The size in which a screen of this size is sent: its own, or the largest of its aspect within `most`. Even, but
    for VP8, which has odd sizes too."""
    share = min(1.0, most.width / width, most.height / height)
    if share == 1.0 and most.codec == "VP8":
        return width, height
    return min(most.width, even(width * share)), min(most.height, even(height * share))
