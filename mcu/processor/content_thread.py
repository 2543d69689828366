"""The shared screen of a bridge as a picture of its own: one thread that codes it when it changes.

Rules:
1. Coded in its own size as long as that is no larger than a screen of 1920×1200; larger ones are made to fit.
2. A picture that is as it was is not coded: what follows a change makes it sharp, then there is one small frame a
   second, by which a receiver sees that the stream lives.
3. One encoding for all who watch.

Why so: docs/decisions/0018-content-stream.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from av import VideoFrame

from mcu.media.types import Picture, VideoProfile
from mcu.media.vp8_coder import Vp8Settings
from mcu.processor.content_changes import differences
from mcu.processor.overload import STEPS, Step
from mcu.processor.picture_encoders import PacketizedFrame, PictureEncoders
from mcu.processor.picture_thread import PictureThread
from mcu.processor.rungs import even

FPS = 10  # pictures a second at most: pages are turned and scrolled, words are read
MOST_BITRATE = 1_500_000  # bit/s while much changes; with the composite it is what a leg's line is first taken to carry
CONTENT = VideoProfile("VP8", 1920, 1200, FPS, MOST_BITRATE)  # the largest
SETTLED = 1  # frames until a part that no longer moves is made sharp: it was coarse because a page was turned
SHED_FACTOR = 2  # slowed first: of the composite's divisor, from the first step on


class ContentThread(PictureThread):
    """Runs from construction to `close`. `use`, `admit`, `request_keyframe` and `shed` are for the main thread."""

    def __init__(
        self, *, picture: Callable[[], Picture | None], deliver: Callable[[PacketizedFrame], object], fps: int = FPS
    ) -> None:
        """`picture` gives the newest of who shares, None when nobody does."""
        super().__init__("content", fps)
        self.coded = 0  # frames
        self._picture = picture
        self._deliver = deliver
        self._encoders = PictureEncoders(fps, vp8=Vp8Settings(settled=SETTLED))
        self._rate = 0
        self._profile = replace(CONTENT, fps=fps)
        self._before: Picture | None = None  # what was looked at last
        self.start()

    @property
    def failures(self) -> int:
        """Bugs caught, those of the encoder included."""
        return self.failed_ticks + self._encoders.failures

    @property
    def encoders(self) -> int:
        return len(self._encoders)

    def use(self, rate: int) -> None:
        """Code at so many bit/s from the next picture on; 0: nobody watches."""
        self._rate = rate

    def shed(self, step: Step) -> None:
        """From now on the MP as a whole does so much for pictures."""
        self.pace.least = step.divisor if step is STEPS[0] else SHED_FACTOR * step.divisor

    def admit(self) -> None:
        """Somebody waits for a keyframe to begin with."""
        self._encoders.admit(self._profile)

    def request_keyframe(self) -> None:
        """Somebody who was sent the content cannot go on without a keyframe; many requests are one."""
        self._encoders.request_keyframe(self._profile)

    def _ticker(self) -> Callable[[int], None]:
        return self._tick

    def _clear(self) -> None:
        self._encoders.clear()
        self._before = None

    def _tick(self, index: int) -> None:
        picture, rate = self._picture(), self._rate
        if picture is None or not rate or not isinstance(picture.owner, VideoFrame) or picture.rotation:
            self._clear()
            return
        painted = [] if picture is self._before else differences(self._before, picture)
        self._before = picture
        width, height = fitted(picture.width, picture.height)
        self._profile = replace(self._profile, width=width, height=height)
        self._encoders.use({self._profile: rate})
        for frame in self._encoders.encode(picture.owner, index, painted=painted):
            self.coded += 1
            self._deliver(frame)


def fitted(width: int, height: int) -> tuple[int, int]:
    """The size in which a screen of this size is sent: its own, or the largest of its aspect."""
    share = min(1.0, CONTENT.width / width, CONTENT.height / height)
    return (width, height) if share == 1.0 else (even(width * share), even(height * share))
