"""What a picture costs to decode, through PyAV's objects and without them: `python -m tests.benchmarks.vp8_decode`.

Thirty cameras of 320x180 are decoded in turn, as a server does it, so that each finds the caches full of the others.
Both ways run again and again, one after the other; CPU time of the thread.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from mcu.media.pyav_decoder import PyavDecoder
from mcu.media.types import EncodedFrame, Picture
from mcu.media.video_codecs import DECODER_OPTIONS, Vp8Decoder
from mcu.synthetic.library import Library

PEOPLE, ROUNDS = 30, 9
FOLDER = Path("var/cache/vp8_encode")


def cameras() -> list[Sequence[EncodedFrame]]:
    clips = [performance.listening for performance in Library(FOLDER).performances(range(PEOPLE)).values()]
    return [
        [EncodedFrame("VP8", data, 0, number in clip.keyframes) for number, data in enumerate(clip.frames)]
        for clip in clips
    ]


def microseconds(decoders: Sequence[PyavDecoder | Vp8Decoder], sent: Sequence[Sequence[EncodedFrame]]) -> float:
    """Of one picture; everybody's newest is kept."""
    count = min(map(len, sent))
    newest: list[Picture | None] = [None] * len(sent)
    began = time.thread_time()
    for number in range(count):
        for who, decoder in enumerate(decoders):
            newest[who] = decoder.decode(sent[who][number])
    used = time.thread_time() - began
    assert None not in newest
    return used / count / len(sent) * 1e6


def main() -> None:
    sent = cameras()
    found: dict[str, list[float]] = {"through PyAV": [], "directly": []}
    for _ in range(ROUNDS):
        found["through PyAV"].append(microseconds([PyavDecoder("VP8", DECODER_OPTIONS) for _ in sent], sent))
        found["directly"].append(microseconds([Vp8Decoder(DECODER_OPTIONS) for _ in sent], sent))
    for name, times in found.items():
        print(f"{name:<14}{statistics.median(times):7.1f} us a picture ({min(times):.1f}-{max(times):.1f})")
    ratios = [new / old for new, old in zip(found["directly"], found["through PyAV"], strict=True)]
    print(f"{'ratio':<14}{statistics.median(ratios):7.2f}")


if __name__ == "__main__":
    main()
