"""What two people on a real server get out of it."""

from __future__ import annotations

import math

from mcu.bench.received import judge, observe
from mcu.bench.workload import Composite, Workload

SMALL = Workload(
    name="small",
    participants=2,
    speakers=1,
    composite=Composite(width=640, height=360, fps=15, bitrate=600_000),
)


def test_pictures_and_sound_are_followed_through_a_real_server() -> None:
    seen = observe(SMALL, 6.0)
    delays, quality = judge(seen, SMALL)
    assert delays.pictures > 20
    assert delays.video_p50 is not None
    assert delays.video_p95 is not None
    assert 0 < delays.video_p50 <= delays.video_p95
    assert quality.psnr is not None
    assert quality.psnr_plain is not None
    assert quality.psnr > 20  # of noise it would be 8
    assert all(value is None or not math.isnan(value) for value in (delays.skew, delays.audio_p50, quality.stoi))
