"""FFmpeg's own WHIP muxer, as `ffmpeg -f whip` uses it: it encodes, posts, connects, sends and deletes by itself.

The argument is JSON with address, token, options of the muxer, and the media. It sends until its stdin ends.
"""

from __future__ import annotations

import fractions
import json
import sys
import threading
import time
from pathlib import Path

import av
import numpy as np

RATE, BLOCK = 48_000, 960

settings = json.loads(sys.argv[-1])
over = threading.Event()


def main() -> None:
    threading.Thread(target=listen, daemon=True).start()
    size = settings["width"] * settings["height"] * 3 // 2
    data = np.frombuffer(Path(settings["pictures"]).read_bytes(), np.uint8)
    pictures = data.reshape(-1, settings["height"] * 3 // 2, settings["width"])
    assert pictures[0].size == size
    options = {"authorization": settings["token"]} | settings["options"]
    with av.open(settings["address"], "w", format="whip", options=options) as output:
        video = output.add_stream("libx264", rate=settings["fps"])
        video.width, video.height, video.pix_fmt = settings["width"], settings["height"], "yuv420p"
        video.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "g": str(settings["fps"])}
        audio = output.add_stream("libopus", rate=RATE)
        audio.layout = "stereo"
        play(output, video, audio, pictures)


def play(
    output: av.container.OutputContainer, video: av.VideoStream, audio: av.AudioStream, pictures: np.ndarray
) -> None:
    began = time.monotonic()
    shot = said = 0
    while not over.wait(max(0.0, began + min(shot / settings["fps"], said * BLOCK / RATE) - time.monotonic())):
        if shot / settings["fps"] <= said * BLOCK / RATE:
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(pictures[shot % len(pictures)]), format="yuv420p")
            picture.pts, picture.time_base = shot, fractions.Fraction(1, settings["fps"])
            output.mux(video.encode(picture))
            shot += 1
        else:
            phases = (np.arange(BLOCK) + said * BLOCK) * (2 * np.pi * settings["tone"] / RATE)
            mono = (0.3 * np.sin(phases)).astype(np.float32)
            block = av.AudioFrame.from_ndarray(np.repeat(mono, 2)[np.newaxis], format="flt", layout="stereo")
            block.sample_rate, block.pts, block.time_base = RATE, said * BLOCK, fractions.Fraction(1, RATE)
            output.mux(audio.encode(block))
            said += 1


def listen() -> None:
    sys.stdin.read()
    over.set()


main()
