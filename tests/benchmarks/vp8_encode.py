"""CPU, quality and sizes of VP8 encoders on composites: `python -m tests.benchmarks.vp8_encode`.

Thirty cameras of 15 fps, decoded as a server decodes them, are composed at 25 fps; then every encoder gets every
composite in turn, in changing order, so that all run in the same circumstances. PSNR is that of luma and chroma
against the composite, by FFmpeg's decoder. Frames of the first second are coded but not counted.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import av
import numpy as np

from mcu._native.vpx import VERSION, Vp8Encoder
from mcu.control import LayoutChoice, ParticipantState
from mcu.media import vp8_coder
from mcu.media.macroblocks import Macroblocks, Rectangle
from mcu.media.types import VIDEO_CLOCK_RATE, EncodedFrame, Picture
from mcu.media.video_codecs import VideoDecoder
from mcu.mixer.compositor import Compositor
from mcu.mixer.layout import arrange
from mcu.mixer.style import TileStyle
from mcu.synthetic import real_media
from mcu.synthetic.clips import MediaSettings
from mcu.synthetic.encoding import encode_pictures
from mcu.synthetic.library import Library

SIZE, FPS, PEOPLE = (1280, 720), 25, 30
INTERVAL = VIDEO_CLOCK_RATE // FPS
WARM_UP = FPS  # frames
REAL_MEDIA = Path(os.environ.get("MCU_MEDIA") or Path(__file__).parents[3] / "shared" / "media")
DRAWN_MEDIA = Path("var/cache/vp8_encode")


@dataclass(frozen=True)
class Composite:
    """One tick: I420 as one array, and the tiles that were painted."""

    planes: np.ndarray
    changed: Sequence[Rectangle]


# --- what is composed ---------------------------------------------------------------------------------------------


def drawn() -> list[list[Picture]]:
    performances = Library(DRAWN_MEDIA).performances(range(PEOPLE))
    clips = [item.speaking if number < 3 else item.listening for number, item in performances.items()]
    return [decoded(clip.frames, clip.keyframes) for clip in clips]


def real() -> list[list[Picture]]:
    folder, settings = real_media.open_folder(REAL_MEDIA), MediaSettings(keyframe_seconds=60)
    sources = itertools.islice(itertools.cycle(folder.videos), PEOPLE)
    return [
        decoded(
            *encode_pictures(real_media.pictures(path, width=320, height=180, fps=15, count=90, variant=n), settings)
        )
        for n, path in enumerate(sources)
    ]


def decoded(frames: Sequence[bytes], keyframes: Sequence[int]) -> list[Picture]:
    decoder = VideoDecoder("VP8")
    pictures = [decoder.decode(EncodedFrame("VP8", data, 0, n in keyframes)) for n, data in enumerate(frames)]
    return [picture for picture in pictures if picture is not None]


def composed(cameras: list[list[Picture]], fps: float, frames: int, *, off: int = 0) -> list[Composite]:
    """The first `off` cameras are off. Each camera has a phase of its own; clips play forth and back."""
    members = [ParticipantState(f"p{n}", f"참석자{n}", "종로구청장") for n in range(len(cameras))]
    tiles = arrange(LayoutChoice(), members=members, speaker="p0", content=None, width=SIZE[0], height=SIZE[1])
    styles = {
        member.participant: TileStyle(member.name, speaking=n == 9, muted=n % 4 == 1, office=member.office)
        for n, member in enumerate(members)
    }
    compositor, phases = Compositor(*SIZE), np.random.default_rng(1).random(len(cameras))
    made: list[Composite] = []
    before: dict[tuple[str, bool], Picture] = {}
    for tick in range(frames):
        pictures = {
            (f"p{n}", False): cameras[n][there_and_back(int(tick / FPS * fps + phases[n]), len(cameras[n]))]
            for n in range(off, len(cameras))
        }
        compositor.compose(tiles, styles, pictures)
        changed = [
            (tile.x, tile.y, tile.width, tile.height)
            for tile in tiles
            if pictures.get((tile.participant or "", False)) is not before.get((tile.participant or "", False))
        ]
        before = pictures
        made.append(Composite(compositor.frame.to_ndarray(), changed))
    return made


def there_and_back(index: int, length: int) -> int:
    index %= 2 * length - 2
    return index if index < length else 2 * length - 2 - index


CONTENTS: dict[str, Callable[[int], list[Composite]]] = {
    "drawn": lambda frames: composed(drawn(), 15, frames),
    "real": lambda frames: composed(real(), 15, frames),
    "real, 25 fps": lambda frames: composed(real(), 25, frames),
    "real, 20 of 30 cameras off": lambda frames: composed(real(), 15, frames, off=20),
}


# --- what encodes -------------------------------------------------------------------------------------------------


class Encoder(Protocol):
    def encode(self, frame: av.VideoFrame, index: int, changed: Sequence[Rectangle]) -> bytes: ...


class ThroughPyav:
    """What this project had before: FFmpeg's wrapper around the libvpx of PyAV's wheel."""

    def __init__(self, bitrate: int, speed: int = 10) -> None:
        context = av.CodecContext.create("libvpx", "w")
        context.width, context.height, context.pix_fmt = *SIZE, "yuv420p"
        context.time_base, context.framerate = Fraction(1, VIDEO_CLOCK_RATE), Fraction(FPS)
        context.bit_rate, context.thread_count = bitrate, 1
        context.options = {
            "g": str(1 << 29),
            "keyint_min": str(1 << 29),
            "minrate": str(bitrate),
            "maxrate": str(bitrate),
            "bufsize": str(int(bitrate * 0.4)),
            "deadline": "realtime",
            "cpu-used": str(-speed),
            "lag-in-frames": "0",
            "undershoot-pct": "100",
            "overshoot-pct": "15",
            "static-thresh": "100",
            "max-intra-rate": "450",
        }
        self._context = context

    def encode(self, frame: av.VideoFrame, index: int, changed: Sequence[Rectangle]) -> bytes:
        frame.pts, frame.time_base = index * INTERVAL, Fraction(1, VIDEO_CLOCK_RATE)
        return b"".join([bytes(packet) for packet in self._context.encode(frame)])


@dataclass(frozen=True)
class Direct:
    """Settings of our binding, those of `vp8_coder` unless said."""

    speed: int = vp8_coder.SPEED
    version: int = vp8_coder.BITSTREAM_VERSION
    static_threshold: int | None = None  # None: as the quantizer has it
    screen_content: bool = vp8_coder.FINE_COLOURS
    golden_boost: int = vp8_coder.GOLDEN_BOOST
    max_quantizer: int = 56
    told: bool = True  # what changed


@dataclass
class DirectEncoder:
    settings: Direct
    bitrate: int
    encoder: Vp8Encoder = field(init=False)
    macroblocks: Macroblocks = field(init=False)
    threshold: int = vp8_coder.STATIC_THRESHOLD

    def __post_init__(self) -> None:
        chosen = self.settings
        if chosen.static_threshold is not None:
            self.threshold = chosen.static_threshold
        self.encoder = Vp8Encoder(
            *SIZE,
            fps=FPS,
            bitrate=self.bitrate,
            speed=chosen.speed,
            version=chosen.version,
            static_threshold=self.threshold,
            screen_content=chosen.screen_content,
            golden_boost=chosen.golden_boost,
            max_quantizer=chosen.max_quantizer,
            max_keyframe_percent=vp8_coder.MAX_KEYFRAME_PERCENT,
        )
        self.macroblocks = Macroblocks(*SIZE)

    def encode(self, frame: av.VideoFrame, index: int, changed: Sequence[Rectangle]) -> bytes:
        active = None
        if self.settings.told and index:
            active = self.macroblocks.active(changed, SIZE)
        planes = frame.planes
        strides = [plane.line_size for plane in planes]
        data = self.encoder.encode(planes, strides, elapsed=INTERVAL, active=active)
        if self.settings.static_threshold is None:
            self.threshold = vp8_coder.static_threshold(self.encoder.quantizer, self.threshold)
            self.encoder.set_static_threshold(self.threshold)
        return data


USUAL = Direct()
BEFORE = Direct(version=0, static_threshold=1_000, screen_content=False)
OLD = replace(BEFORE, speed=10, static_threshold=100, golden_boost=0, max_quantizer=63, told=False)
VARIANTS: dict[str, Direct | int] = {
    "PyAV -10": 10,  # the measure of all others
    "the same settings directly": OLD,
    "coarsest quantizer 56": replace(OLD, max_quantizer=56),
    "… static threshold 1000": replace(OLD, max_quantizer=56, static_threshold=1_000),
    "… golden boost 25": replace(OLD, max_quantizer=56, static_threshold=1_000, golden_boost=25),
    "… told what changed": replace(BEFORE, speed=10),
    "… -11": BEFORE,
    "… bitstream version 1": replace(BEFORE, version=1),
    "… fine colours": replace(BEFORE, version=1, screen_content=True),
    "… as it is now": USUAL,
    "now, not told what changed": replace(USUAL, told=False),
    **{f"now, {-speed}": replace(USUAL, speed=speed) for speed in (5, 6, 8, 9, 12, 13, 14, 16)},
    **{
        f"now, static threshold {threshold}": replace(USUAL, static_threshold=threshold)
        for threshold in (0, 500, 2_000, 3_000, 4_000)
    },
    **{f"now, version {version}": replace(USUAL, version=version) for version in (0, 2, 3)},
    "now, coarse colours": replace(USUAL, screen_content=False),
    **{f"now, golden boost {boost}": replace(USUAL, golden_boost=boost) for boost in (0, 50, 100)},
}


# --- measuring ----------------------------------------------------------------------------------------------------


@dataclass
class Measured:
    seconds: list[float] = field(default_factory=list)
    quality: list[float] = field(default_factory=list)
    colours: list[float] = field(default_factory=list)  # the same of both chroma planes
    sizes: list[int] = field(default_factory=list)
    decoding: list[float] = field(default_factory=list)


def measure(composites: list[Composite], variants: dict[str, Direct | int], bitrate: int) -> dict[str, Measured]:
    encoders: dict[str, Encoder] = {
        name: DirectEncoder(chosen, bitrate) if isinstance(chosen, Direct) else ThroughPyav(bitrate, chosen)
        for name, chosen in variants.items()
    }
    decoders = {name: av.CodecContext.create("vp8", "r") for name in encoders}
    for decoder in decoders.values():
        decoder.thread_count = 1
    results = {name: Measured() for name in encoders}
    for index, composite in enumerate(composites):
        frame = av.VideoFrame.from_ndarray(composite.planes, format="yuv420p")
        original = composite.planes.astype(np.int32)
        names = list(encoders)
        for name in names if index % 2 else reversed(names):
            started = time.thread_time()
            data = encoders[name].encode(frame, index, composite.changed)
            taken = time.thread_time() - started
            started = time.thread_time()
            shown = decoders[name].decode(av.Packet(data))[0]
            decoding = time.thread_time() - started
            if index < WARM_UP:
                continue
            error = (original - shown.to_ndarray(format="yuv420p")) ** 2
            result = results[name]
            result.seconds.append(taken)
            result.decoding.append(decoding)
            result.sizes.append(len(data))
            result.quality.append(psnr(error[: SIZE[1]]))
            result.colours.append(psnr(error[SIZE[1] :]))
    return results


def psnr(squares: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / np.mean(squares, dtype=np.float64)))


def show(content: str, results: dict[str, Measured]) -> None:
    print(f"\n{content:34} CPU ms   ratio    PSNR  chroma  kbit/s  p95 kB  max kB  decode ms")
    base = statistics.mean(next(iter(results.values())).seconds)
    for name, result in results.items():
        mean, rate = statistics.mean(result.seconds), statistics.mean(result.sizes) * 8 * FPS / 1e3
        sizes = [np.percentile(result.sizes, 95) / 1e3, max(result.sizes) / 1e3]
        print(
            f"{name:34}{mean * 1e3:7.2f}{mean / base:8.2f}{statistics.mean(result.quality):8.2f}"
            f"{statistics.mean(result.colours):8.2f}{rate:8.0f}"
            f"{sizes[0]:8.1f}{sizes[1]:8.1f}{statistics.mean(result.decoding) * 1e3:11.2f}"
        )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--content", choices=CONTENTS, action="append", help="all unless said")
    arguments.add_argument("--variant", choices=VARIANTS, action="append", help="beside the first; all unless said")
    arguments.add_argument("--frames", type=int, default=200)
    arguments.add_argument("--bitrate", type=int, default=1_200_000)
    chosen = arguments.parse_args()
    first = next(iter(VARIANTS))
    variants = {name: VARIANTS[name] for name in VARIANTS if name == first or name in (chosen.variant or VARIANTS)}
    print(f"directly: libvpx {VERSION}; {SIZE[0]}x{SIZE[1]}, {FPS} fps, {chosen.bitrate / 1e6} Mbit/s")
    for content in chosen.content or CONTENTS:
        if content.startswith("real") and not REAL_MEDIA.is_dir():
            print(f"\n{content}: no {REAL_MEDIA}")
            continue
        show(content, measure(CONTENTS[content](chosen.frames), variants, chosen.bitrate))


if __name__ == "__main__":
    main()
