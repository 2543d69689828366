"""Delay and quality of a small real server: a viewer's observation goes all the way to figures."""

from __future__ import annotations

import math
import time

import pytest

from mcu.bench import delays, media, quality
from mcu.bench.observation import Observation, looks
from mcu.bench.stretch import Load, loaded_server
from mcu.bench.workload import Composite, Workload

SMALL = Workload(
    name="small",
    participants=2,
    viewers=1,
    speakers=1,
    width=160,
    height=90,
    fps=10,
    bitrate=60_000,
    composite=Composite(width=640, height=360, fps=10, bitrate=300_000),
)
PATIENCE = 40.0  # seconds until a mark was heard and two hundred tiles were seen; an idle machine takes eight


def observed(load: Load) -> tuple[Observation, delays.Delays]:
    """An observation with something in it, however busy the machine is."""
    speaking = {made.person: made.speaking for made in media.performances(SMALL)}
    deadline, seconds = time.monotonic() + PATIENCE, 4.0
    while True:
        load.observe()
        time.sleep(seconds)
        seen = load.observed()
        found = delays.measure(seen, list(looks(seen, SMALL)), speaking)
        if (found.video.count and found.audio.count) or time.monotonic() > deadline:
            return seen, found
        seconds *= 1.5


@pytest.mark.long
def test_a_viewer_sees_and_hears_how_late_others_are() -> None:
    with loaded_server(SMALL) as (_, load, _):
        seen, found = observed(load)
    assert seen.observer == 2
    assert seen.frames[0].keyframe
    assert seen.left_out == 0
    assert found.readable > 0.8
    assert 0 < found.fps < 15
    assert set(found.video_of) == {0, 1}
    assert 0 < found.video.least <= found.video.p50 <= found.video.p95 <= found.video.most
    assert 0 < found.audio.least <= found.audio.p50 <= found.audio.most
    assert found.audio.count <= found.marks_sent
    assert not math.isnan(found.skew)
    measured = quality.measure(seen, list(looks(seen, SMALL)), SMALL)
    assert measured.picture is not None
    assert measured.picture.server > 25
    assert measured.picture.plain > 25
    assert measured.sound.voices >= 1
