"""All video encoders of one composite: one for each profile in use, on a smaller copy for a smaller rung.

Rules:
1. `use` says which profiles have receivers, and at how many bit/s each is coded; a change of rate needs no keyframe.
2. A composite that nothing was painted into is coded for REFINE_FRAMES more, until it is sharp, and then once in
   HEARTBEAT_SECONDS, so that a lost last packet is noticed.
3. A keyframe for whoever comes, KEYFRAME_SECONDS after the last one; a keyframe on request of those who are there only
   when it and those before take no more than KEYFRAME_SHARE of the bitrate: a bad line that asks all the time must not
   fill the lines of the others, nor its own.
4. An encoder that fails is made anew, with a keyframe; the others' frames of that tick are sent.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog
from av import VideoFrame

from mcu.media.macroblocks import REFINED, SETTLED
from mcu.media.payloads import packetize
from mcu.media.types import VIDEO_CLOCK_RATE, VideoProfile
from mcu.media.video_codecs import VideoEncoder, Vp8Settings
from mcu.mixer.compositor import Rectangle
from mcu.mixer.reduction import Reduction

MAX_PAYLOAD = (
    1_100  # bytes of codec data in a packet: fits an MTU of 1280 with IPv6, UDP or TCP framing, RTP, extensions, SRTP
)
KEYFRAME_SECONDS = 0.3  # whoever comes must not wait longer for the picture
KEYFRAME_SHARE = 1 / 3  # a keyframe of 50 kB at 1.2 Mbit/s: one a second, and pictures in between
REFINE_FRAMES = SETTLED + REFINED  # until every macroblock that moved no more was coded again, and once more
HEARTBEAT_SECONDS = 1.0  # as often as browsers report
MAX_RECTANGLES = 100  # remembered until a frame is coded; more are taken for everything
LOG_EVERY = 250  # failures between two lines in the log: one line in ten seconds when an encoder always fails

_Shape = tuple[int, int, float]  # width, height, aspect of a sample

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PacketizedFrame:
    """One encoded composite, ready for all receivers of its profile."""

    profile: VideoProfile
    payloads: list[bytes]
    timestamp: int  # RTP, 90 kHz, before each receiver's own offset
    keyframe: bool


@dataclass(slots=True)
class _Coding:
    """One encoder and when it coded last."""

    encoder: VideoEncoder
    last: float = -math.inf  # seconds of media time
    painted: list[Rectangle] = field(default_factory=list)  # what changed since; bounded by MAX_RECTANGLES
    keyframe: float = -math.inf  # the last keyframe
    keyframe_bytes: int = 0  # its size


def keyframe_pause(size: int, bitrate: int) -> float:
    """Seconds from a keyframe of `size` bytes to the next that is made on request."""
    return max(KEYFRAME_SECONDS, 8 * size / (KEYFRAME_SHARE * bitrate))


class PictureEncoders:
    """Belongs to the composing thread; `admit`, `request_keyframe` and `use` may be called from others."""

    def __init__(self, fps: int, *, vp8: Vp8Settings | None = None) -> None:
        """`vp8` is for the encoders of that codec."""
        self.skipped = 0  # frames that were not coded because nothing had changed
        self.failures = 0
        self._fps = fps
        self._vp8 = vp8
        self._rates: Mapping[VideoProfile, int] = {}
        self._codings: dict[VideoProfile, _Coding] = {}
        self._copies: dict[_Shape, Reduction] = {}
        self._changed = -math.inf  # seconds of media time of the last change
        self._newest = -1  # the highest number of a picture, of whichever encoder
        self._coming: set[VideoProfile] = set()
        self._wanted: set[VideoProfile] = set()
        self._lock = threading.Lock()  # guards the two sets

    def __len__(self) -> int:
        return len(self._codings)

    @property
    def idle(self) -> bool:
        """Nobody watches."""
        return not self._rates

    def use(self, rates: Mapping[VideoProfile, int]) -> None:
        """Profiles that have receivers from the next frame on, and the bit/s for each."""
        self._rates = rates

    def admit(self, profile: VideoProfile) -> None:
        """Somebody waits for a keyframe to begin with."""
        with self._lock:
            self._coming.add(profile)

    def request_keyframe(self, profile: VideoProfile) -> None:
        """Somebody who was sent this profile cannot go on without a keyframe; many requests are one."""
        with self._lock:
            self._wanted.add(profile)

    def clear(self) -> None:
        """Let all encoders go; those still in use are made anew."""
        self._codings.clear()
        self._copies.clear()

    def encode(self, frame: VideoFrame, index: int, *, painted: Sequence[Rectangle]) -> list[PacketizedFrame]:
        """Code the composite of tick `index` for every profile that is due. `painted` is what differs from the last."""
        rates, now = self._rates, index / self._fps
        if painted:
            self._changed = now
        for unused in self._codings.keys() - rates.keys():
            del self._codings[unused]
        self._keep_copies(rates)
        wanted = self._take_wanted(rates, now)
        ready = []
        copied: set[_Shape] = set()
        for profile, rate in rates.items():
            try:
                coding = self._codings.get(profile)
                if coding is None:
                    coding = self._codings[profile] = _Coding(VideoEncoder(profile, vp8=self._vp8))
                coding.painted = _joined(coding.painted, painted, frame)
                if profile not in wanted and not self._due(coding, now):
                    continue
                coding.encoder.set_bitrate(rate)
                packetized = self._code(coding, frame, copied, index, keyframe=profile in wanted)
            except Exception:  # of one profile: the others are coded
                if self.failures % LOG_EVERY == 0:
                    log.exception("encoder failed and is made anew", codec=profile.codec, height=profile.height)
                self.failures += 1
                self._codings.pop(profile, None)
                continue
            coding.last, coding.painted = now, []
            if packetized is not None:
                ready.append(packetized)
                if packetized.keyframe:
                    coding.keyframe, coding.keyframe_bytes = now, sum(map(len, packetized.payloads))
        return ready

    def _due(self, coding: _Coding, now: float) -> bool:
        since = now - coding.last
        if since < 1 / coding.encoder.profile.fps - 0.5 / self._fps:
            return False  # a slower rung than the composite
        still = (now - self._changed) * coding.encoder.profile.fps  # frames
        if still <= REFINE_FRAMES or coding.last <= self._changed or since >= HEARTBEAT_SECONDS:
            return True
        self.skipped += 1
        return False

    def _take_wanted(self, rates: Mapping[VideoProfile, int], now: float) -> set[VideoProfile]:
        """The keyframes to make now; requests that come too early stay."""
        with self._lock:
            coming, asked = self._coming & rates.keys(), self._wanted & rates.keys()
            ready = {profile for profile in coming | asked if self._may_restart(profile, rates, now, profile in coming)}
            self._coming, self._wanted = coming - ready, asked - ready
        return ready

    def _may_restart(self, profile: VideoProfile, rates: Mapping[VideoProfile, int], now: float, coming: bool) -> bool:
        coding = self._codings.get(profile)
        if coding is None:
            return True
        pause = KEYFRAME_SECONDS if coming else keyframe_pause(coding.keyframe_bytes, rates[profile])
        return now >= coding.keyframe + pause

    def _keep_copies(self, rates: Mapping[VideoProfile, int]) -> None:
        for unused in self._copies.keys() - {_shape(profile) for profile in rates}:
            del self._copies[unused]

    def _code(
        self, coding: _Coding, frame: VideoFrame, copied: set[_Shape], index: int, *, keyframe: bool
    ) -> PacketizedFrame | None:
        profile = coding.encoder.profile
        shape, whole = _shape(profile), (frame.width, frame.height)
        if shape != (*whole, 1.0):
            frame = self._copy(frame, shape, copied)
        timestamp = index * VIDEO_CLOCK_RATE // self._fps & 0xFFFFFFFF
        encoded = coding.encoder.encode(
            frame,
            timestamp=timestamp,
            keyframe=keyframe,
            changed=coding.painted,
            size=whole,
            number_above=self._newest,
        )
        self._newest = max(self._newest, coding.encoder.number)
        if encoded is None:
            return None
        return PacketizedFrame(profile, packetize(encoded, profile, MAX_PAYLOAD), timestamp, encoded.keyframe)

    def _copy(self, frame: VideoFrame, shape: _Shape, copied: set[_Shape]) -> VideoFrame:
        """The composite in another size, made once a tick."""
        copy = self._copies.get(shape)
        if copy is None:
            copy = self._copies[shape] = Reduction(*shape)
        if shape not in copied:
            copied.add(shape)
            copy.reduce(frame)
        return copy.frame


def _shape(profile: VideoProfile) -> _Shape:
    return profile.width, profile.height, profile.aspect


def _joined(before: list[Rectangle], painted: Sequence[Rectangle], frame: VideoFrame) -> list[Rectangle]:
    """All that was painted, each rectangle once."""
    if not painted:
        return before
    found = list(dict.fromkeys([*before, *painted])) if before else list(painted)
    return found if len(found) <= MAX_RECTANGLES else [(0, 0, frame.width, frame.height)]
