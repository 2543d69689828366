"""The same 30 tiles by FFmpeg's swscale through PyAV: `python tests/benchmarks/composite_swscale.py`.

What `planes` has to beat. Crop and blit into the composite are left out in its favour; one scaler per tile, reused.
"""

from __future__ import annotations

import statistics
import time

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

TILES, TURNS = 30, 60
CAMERA, TILE = (320, 180), (204, 134)


def main() -> None:
    generator = np.random.default_rng(1)
    frames = [
        av.VideoFrame.from_ndarray(
            generator.integers(0, 256, (CAMERA[1] * 3 // 2, CAMERA[0]), dtype=np.uint8), format="yuv420p"
        )
        for _ in range(TILES)
    ]
    for interpolation in (Interpolation.FAST_BILINEAR, Interpolation.BILINEAR, Interpolation.AREA):
        scalers = [VideoReformatter() for _ in frames]
        taken = []
        for _ in range(TURNS):
            started = time.process_time()
            for scaler, frame in zip(scalers, frames, strict=True):
                scaler.reformat(frame, *TILE, format="yuv420p", interpolation=interpolation, threads=1)
            taken.append(time.process_time() - started)
        print(f"{interpolation.name.lower():15}{statistics.median(taken) * 1e3:7.3f} ms CPU")


if __name__ == "__main__":
    main()
