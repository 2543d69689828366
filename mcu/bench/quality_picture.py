"""What coding costs the picture: PSNR of received composites next to those of the plain way at the same bitrate.

The marks in a composite say which picture each tile shows. Those are composed again as they were drawn, before any
coder: both ways are held against that. The plain way composes the decoded pictures in the full size in which they are
made, and codes the composite; a server that was sent smaller ones pays for it here, by what they lack in sharpness and
not by where they are cut (see `through`).

Rules:
1. Both streams begin with a keyframe at the same place and are compared from SETTLE composites on.
2. Compared is the luma inside tiles whose number was read. Their rims are left out: they say who speaks.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Protocol

import av
import msgspec
import numpy as np
from av.video.frame import PictureType

from mcu.bench.alignment import residual
from mcu.bench.contenders.floor import video_encoder
from mcu.bench.observation import KEPT, Look, Observation, Place, Shown
from mcu.bench.through import Size, seen_through
from mcu.bench.workload import Composite, Workload
from mcu.media.types import VIDEO_CLOCK_RATE, EncodedFrame, Picture, Plane
from mcu.media.video_codecs import VideoDecoder
from mcu.mixer.compositor import Compositor
from mcu.mixer.layout import CONTAIN, COVER, Tile
from mcu.mixer.style import TileStyle
from mcu.synthetic.clips import Clip, Performance
from mcu.synthetic.people import person

SETTLE = 25  # composites: the rate after a keyframe
RIM = 8  # pixels of a tile on each side
PEAK = 255.0


class PictureQuality(msgspec.Struct, frozen=True):
    """Decibels of PSNR (luma), and kilobits per second of the compared composites. nan where nothing was compared."""

    server: float
    plain: float
    server_aligned: float  # less what lies beside the pixel, see `alignment`
    plain_aligned: float
    server_rate: float
    plain_rate: float
    composites: int
    tiles: float  # share of tiles that were compared


class Pictures(Protocol):
    """Whoever has pictures of everybody by the number that is painted into them."""

    def picture(self, shown: Shown, number: int) -> Picture | None:
        """None where there is no such picture."""


class Sources:
    """Decoded pictures of everybody by the number that is painted into them."""

    def __init__(self, people: Mapping[int, Performance], content: Clip | None) -> None:
        """`people` by number."""
        self._loops: dict[Shown, tuple[Clip, ...]] = {
            (who, False): (performance.listening, performance.speaking) for who, performance in people.items()
        }
        if content is not None:
            self._loops[0, True] = (content,)
        self._decoding: dict[Shown, tuple[Clip, int, VideoDecoder, Picture | None]] = {}

    def picture(self, shown: Shown, number: int) -> Picture | None:
        """None where there is no such picture."""
        clip = next(
            (each for each in self._loops.get(shown, ()) if 0 <= number - each.first_frame < len(each.frames)), None
        )
        if clip is None:
            return None
        index = number - clip.first_frame
        known = self._decoding.get(shown)
        if known is None or known[0] is not clip or known[1] > index:
            known = (clip, max(key for key in clip.keyframes if key <= index) - 1, VideoDecoder(clip.codec), None)
        _, at, decoder, picture = known
        while at < index:
            at += 1
            picture = decoder.decode(EncodedFrame(clip.codec, clip.frames[at], at, at in clip.keyframes)) or picture
        self._decoding[shown] = (clip, at, decoder, picture)
        return picture


class _Plain:
    """Codes and decodes the plain way."""

    def __init__(self, workload: Workload) -> None:
        self._encoder = video_encoder(workload.codec_out, workload.composite)
        self._decoder = VideoDecoder(workload.codec_out)
        self._codec = workload.codec_out
        self.size = 0  # bytes of the last frame

    def look(self, frame: av.VideoFrame, timestamp: int) -> Picture | None:
        copy = av.VideoFrame.from_ndarray(frame.to_ndarray(), format="yuv420p")
        copy.pts, copy.time_base, copy.pict_type = timestamp, Fraction(1, VIDEO_CLOCK_RATE), PictureType.NONE
        data = b"".join(bytes(packet) for packet in self._encoder.encode(copy))
        self.size = len(data)
        return self._decoder.decode(EncodedFrame(self._codec, data, timestamp, self._decoder.needs_keyframe))


class _Error:
    """A running sum of squares."""

    def __init__(self) -> None:
        self._sum = self._residual = 0.0
        self._count = 0
        self.bytes = 0

    def add(self, wanted: Plane, got: Plane) -> None:
        self._sum += float(np.sum((wanted.astype(np.int32) - got) ** 2))
        self._residual += float(np.sum(residual(wanted, got) ** 2))
        self._count += wanted.size

    @property
    def psnr(self) -> float:
        return self._decibels(self._sum)

    @property
    def aligned(self) -> float:
        return self._decibels(self._residual)

    def _decibels(self, squares: float) -> float:
        if not self._count:
            return math.nan
        return 10 * math.log10(PEAK**2 / max(squares / self._count, 1e-6))


class _Composing:
    """Composites of pictures by their numbers."""

    def __init__(
        self, pictures: Pictures, people: Iterable[int], composite: Composite, sizes: Mapping[int, Size] | None = None
    ) -> None:
        """`sizes` by person: in which the server had the picture, where it is to be cut as it was there."""
        self._pictures = pictures
        self._sizes = sizes or {}
        self._compositor = Compositor(composite.width, composite.height)
        self._styles = {_name(who): TileStyle(label=person(who).name, office=person(who).office) for who in people}
        self._shown: dict[tuple[str, bool], Picture] = {}

    def compose(self, look: Look) -> av.VideoFrame:
        """What `look` shows, newly made; it changes with the next one."""
        for (who, content), number in look.numbers.items():
            picture = self._pictures.picture((who, content), number)
            if picture is not None:
                self._shown[_name(who), content] = picture if content else self._cut(picture, who, look)
        self._compositor.compose([_tile(place) for place in look.places], self._styles, self._shown)
        return self._compositor.frame

    def _cut(self, picture: Picture, who: int, look: Look) -> Picture:
        size = self._sizes.get(who)
        place = next(place for place in look.places if place.shows == (who, False))
        if size is None or size == (picture.width, picture.height):
            return picture
        return seen_through(picture, size, (place.width, place.height))


def measure(
    seen: Observation, composites: Sequence[Look], workload: Workload, *, decoded: Pictures, uncoded: Pictures
) -> PictureQuality:
    """`composites` are `looks(seen)`, the first of them a keyframe."""
    composite = workload.composite
    plain, usual = _Plain(workload), _Composing(decoded, seen.pictures, composite)
    true = _Composing(uncoded, seen.pictures, composite, seen.sizes)
    true_plain = _Composing(uncoded, seen.pictures, composite)
    server, other = _Error(), _Error()
    compared = tiles = known = 0
    span = 0  # of media time, from the first that is compared
    for index, look in enumerate(composites[:KEPT]):
        wanted, usual_wanted = true.compose(look), true_plain.compose(look)
        coded = plain.look(usual.compose(look), (look.frame.timestamp - composites[0].frame.timestamp) % (1 << 32))
        if index < SETTLE or coded is None or look.picture is None:
            continue
        luma, usual_luma = _luma(wanted, composite), _luma(usual_wanted, composite)
        span = (look.frame.timestamp - composites[SETTLE].frame.timestamp) % (1 << 32)
        compared += 1
        tiles += len(look.places)
        for place in look.places:
            if place.shows in look.numbers:
                known += 1
                inside = np.s_[
                    place.y + RIM : place.y + place.height - RIM, place.x + RIM : place.x + place.width - RIM
                ]
                server.add(luma[inside], look.picture.y[inside])
                other.add(usual_luma[inside], coded.y[inside])
        server.bytes += len(look.frame.data)
        other.bytes += plain.size
    rate = 8 / 1000 / (span / VIDEO_CLOCK_RATE + 1 / composite.fps)  # frames may have been skipped
    return PictureQuality(
        server=server.psnr,
        plain=other.psnr,
        server_aligned=server.aligned,
        plain_aligned=other.aligned,
        server_rate=server.bytes * rate,
        plain_rate=other.bytes * rate,
        composites=compared,
        tiles=known / tiles if tiles else 0.0,
    )


def _luma(frame: av.VideoFrame, composite: Composite) -> Plane:
    return np.asarray(frame.to_ndarray()[: composite.height], np.uint8)


def _name(who: int) -> str:
    return f"p{who}"


def _tile(place: Place) -> Tile:
    fit = CONTAIN if place.content else COVER
    return Tile(_name(place.person), place.x, place.y, place.width, place.height, content=place.content, fit=fit)
