"""What a shared screen costs as a stream of its own, and how soon its small print is read.

    python -m tests.benchmarks.content [../shared/media]

A page is 1920×1080 with lines of 16 pixels, Korean and English. Seconds and bits are those of the meeting, CPU is that
of coding alone, in milliseconds for each second of the meeting.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mcu.media.payload_vp8 import Vp8Format
from mcu.media.types import SHARED_SCREEN, EncodedFrame, Picture
from mcu.media.video_codecs import VideoDecoder
from mcu.mixer.lettering import Weight, font_path
from mcu.mixer.reduction import Reduction, picture_of
from mcu.processor.content_changes import differences
from mcu.processor.content_thread import CODING, RESTED_TICKS, TURNED_SHARE
from mcu.processor.picture_encoders import PacketizedFrame, PictureEncoders
from mcu.processor.presenting import LEAST_BITRATE

WORDS = "회의록은 닷새 안에 회람하고 이의가 없으면 확정한다. Minutes are circulated within five days, all {} of them. "
OTHER_WORDS = (
    "예산은 다음 분기로 이월한다. Pack my box with five dozen liquor jugs ({}) and judge my vow, sphinx of quartz. "
)
FPS, MOST_BITRATE = SHARED_SCREEN.fps, SHARED_SCREEN.bitrate
IN_COMPOSITE = (940, 528)  # of 1280×720: the place of a screen in the presentation layout
LIKENESSES = (30.0, 35.0, 40.0)  # dB of luma: read without effort, hardly a difference, none
SECONDS = 12
TURNED = 6  # seconds: when the page is turned


@dataclass
class Coded:
    """What came of a case."""

    cpu: list[float] = field(default_factory=list)  # seconds, by tick
    bytes: list[int] = field(default_factory=list)
    likeness: list[float] = field(default_factory=list)  # dB


def page(number: int, scrolled: int = 0) -> av.VideoFrame:
    """A page of small print, moved up by so many pixels."""
    image = Image.new("RGB", (1920, 1080), "white")
    draw, path = ImageDraw.Draw(image), font_path(Weight.REGULAR)
    assert path is not None, "fonts-noto-cjk is not installed"
    font = ImageFont.truetype(str(path), 16)
    for line in range(-1, 46):
        text = (WORDS, OTHER_WORDS)[number % 2]
        words = f"{number}-{line + scrolled // 24} " + text.format(100 * number + line + scrolled // 24) * 2
        draw.text((24, 24 * line + 12 - scrolled % 24), words, fill="#111", font=font)
    return av.VideoFrame.from_image(image).reformat(format="yuv420p")


def run(screen: Callable[[int], av.VideoFrame], rate: int, *, judged: bool = True) -> Coded:
    """Code what `screen` shows at each tick, as a ContentThread does, and see what a receiver sees."""
    encoders, found, decoder = PictureEncoders(FPS, vp8=CODING), Coded(), VideoDecoder("VP8")
    before: Picture | None = None
    shown: Picture | None = None
    rested = 0
    for index in range(SECONDS * FPS):
        frame = screen(index)
        begun = time.thread_time()
        picture = picture_of(frame)
        painted = differences(before, picture)
        profile = replace(SHARED_SCREEN, width=frame.width, height=frame.height)
        encoders.use({profile: rate})
        changed = sum(width * height for _, _, width, height in painted)
        if changed > TURNED_SHARE * frame.width * frame.height and rested >= RESTED_TICKS:
            encoders.clear()
        rested = 0 if painted else rested + 1
        packets = encoders.encode(frame, index, painted=painted)
        found.cpu.append(time.thread_time() - begun)
        found.bytes.append(sum(len(payload) for packet in packets for payload in packet.payloads))
        before = picture
        for packet in packets:
            shown = decoder.decode(_whole(packet)) or shown
        if judged and shown is not None:
            found.likeness.append(_likeness(shown.y, picture.y))
    return found


def _whole(packet: PacketizedFrame) -> EncodedFrame:
    payload_format = Vp8Format()
    payload_format.needs_keyframe = False
    assembled = payload_format.assemble([payload_format.inspect(p) for p in packet.payloads], contiguous=True)
    assert assembled is not None
    return EncodedFrame("VP8", assembled.data, packet.timestamp, assembled.keyframe)


def _likeness(shown: np.ndarray, screen: np.ndarray) -> float:
    error = float(np.mean((shown.astype(np.float32) - screen) ** 2))
    return 10 * np.log10(255**2 / max(error, 1e-6))


def _turning(rate: int) -> str:
    first, second = page(1), page(2)
    found = run(lambda index: first if index < TURNED * FPS else second, rate)
    after = found.likeness[TURNED * FPS :]
    reached = [next((at / FPS for at, dB in enumerate(after) if dB >= least), float("nan")) for least in LIKENESSES]
    sharp = ", ".join(f"{dB:.0f} dB {at:.1f}" for dB, at in zip(LIKENESSES, reached, strict=True))
    largest = max(found.bytes[TURNED * FPS :]) / 1000
    return f"seconds after the turn: {sharp}; in the end {after[-1]:.1f} dB; largest frame {largest:.0f} kB"


def _rate(found: Coded, first: int, last: int) -> str:
    """Of some seconds."""
    span = slice(first * FPS, last * FPS)
    seconds = last - first
    return (
        f"{8 * sum(found.bytes[span]) / seconds / 1000:7.0f} kbit/s {1000 * sum(found.cpu[span]) / seconds:6.1f} ms/s"
    )


def _in_composite() -> float:
    """What is left of a page in its tile at best: not coded, and enlarged again to what a window shows."""
    screen = page(1)
    tile = Reduction(*IN_COMPOSITE).reduce(screen)
    enlarged = tile.reformat(width=1920, height=1080, interpolation="BICUBIC")
    return _likeness(picture_of(enlarged).y, picture_of(screen).y)


def _document(folder: Path) -> Callable[[int], av.VideoFrame]:
    with av.open(str(folder / "document-1024x768.264")) as file:
        frames = [frame.reformat(format="yuv420p") for frame in file.decode(video=0)]
    order = [*frames, *reversed(frames)]
    return lambda index: order[index % len(order)]


def main() -> None:
    print(f"in the composite at best       {_in_composite():.1f} dB")
    for rate in (MOST_BITRATE, LEAST_BITRATE):
        print(f"page turned, {rate / 1e6:.1f} Mbit/s        {_turning(rate)}")
    still = page(1)
    found = run(lambda _: still, MOST_BITRATE, judged=False)
    print(f"still, first 4 s             {_rate(found, 0, 4)}\nstill, then                  {_rate(found, 6, 12)}")
    scrolled = [page(1, 8 * index) for index in range(SECONDS * FPS)]
    found = run(scrolled.__getitem__, MOST_BITRATE)
    print(f"scrolled, 80 pixels a second {_rate(found, 2, 12)}, {np.mean(found.likeness[2 * FPS :]):.1f} dB")
    if len(sys.argv) > 1:
        found = run(_document(Path(sys.argv[1])), MOST_BITRATE)
        print(f"a document, scrolled fast    {_rate(found, 2, 12)}, {np.mean(found.likeness[2 * FPS :]):.1f} dB")


if __name__ == "__main__":
    main()
