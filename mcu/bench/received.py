"""What one of the participants gets out of the server: how late, and how good.

Both come from one observation of a loaded server. Nothing is decoded before the server is gone.
"""

from __future__ import annotations

import math
import time

from mcu.bench import delays, quality
from mcu.bench.media import performances
from mcu.bench.observation import Observation, looks
from mcu.bench.results import Delays, Quality
from mcu.bench.stretch import loaded_server
from mcu.bench.workload import Workload


def observe(workload: Workload, seconds: float) -> Observation:
    """What one participant receives in a steady stretch. Raises StretchFailed or ServerFailed."""
    with loaded_server(workload) as (_, load, _):
        load.observe()
        time.sleep(seconds)
        return load.observed()


def judge(seen: Observation, workload: Workload) -> tuple[Delays, Quality]:
    """Takes about twice as long as the observation, and 40 MB for each second of it."""
    composites = list(looks(seen, workload))
    found = delays.measure(seen, composites, {each.person: each.speaking for each in performances(workload)})
    got = quality.measure(seen, composites, workload)
    picture, sound = got.picture, got.sound
    return (
        Delays(
            video_p50=_known(found.video.p50),
            video_p95=_known(found.video.p95),
            audio_p50=_known(found.audio.p50),
            audio_p95=_known(found.audio.p95),
            skew=_known(found.skew),
            pictures=found.video.count,
            sounds=found.audio.count,
            late=found.late,
        ),
        Quality(
            psnr=_known(picture.server) if picture else None,
            psnr_plain=_known(picture.plain) if picture else None,
            psnr_aligned=_known(picture.server_aligned) if picture else None,
            psnr_aligned_plain=_known(picture.plain_aligned) if picture else None,
            kilobits=_known(picture.server_rate) if picture else None,
            kilobits_plain=_known(picture.plain_rate) if picture else None,
            stoi=_known(sound.server),
            stoi_plain=_known(sound.plain),
            distance=_known(sound.server_distance),
            distance_plain=_known(sound.plain_distance),
        ),
    )


def _known(value: float) -> float | None:
    """JSON has no nan."""
    return None if math.isnan(value) else value
