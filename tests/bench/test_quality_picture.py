"""PSNR of composites that a known encoder made of known pictures: no margin to itself, one to a worse encoder."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np
import pytest

from mcu.bench import quality_picture
from mcu.bench.observation import Frame, Layout, Look, Observation, Place, looks
from mcu.bench.quality_picture import Sources
from mcu.bench.workload import Composite, Workload
from mcu.media.types import VIDEO_CLOCK_RATE, VideoProfile
from mcu.media.video_codecs import VideoEncoder
from mcu.mixer.compositor import Compositor
from mcu.mixer.layout import Tile
from mcu.mixer.style import TileStyle
from mcu.synthetic.clips import MediaSettings, Performance
from mcu.synthetic.people import person
from mcu.synthetic.staging import Order, make

WORKLOAD = Workload(participants=2, speakers=1, composite=Composite(640, 360, 25, 500_000))
PLACES = (Place(0, False, 0, 90, 316, 178), Place(1, False, 324, 90, 316, 178))
FRAMES = 60


@functools.cache
def performances() -> dict[int, Performance]:
    settings = MediaSettings(coded=True, listen_seconds=2, speak_seconds=2)
    return {number: make(Order(person=number, settings=settings)) for number in (0, 1)}


def observation(*, bitrate: int, rates: Sequence[int] = (15, 15)) -> Observation:
    """What a server would send that shows both people from their first picture on."""
    composite, sources = WORKLOAD.composite, Sources(performances(), None)
    compositor = Compositor(composite.width, composite.height)
    encoder = VideoEncoder(VideoProfile("VP8", composite.width, composite.height, composite.fps, bitrate))
    tiles = [Tile(f"p{place.person}", place.x, place.y, place.width, place.height) for place in PLACES]
    styles = {f"p{who}": TileStyle(label=person(who).name, office=person(who).office) for who in (0, 1)}
    frames: list[Frame] = []
    for index in range(FRAMES):
        shown = {}
        for who in (0, 1):
            picture = sources.picture((who, False), index * rates[who] // composite.fps)
            assert picture is not None
            shown[f"p{who}", False] = picture
        compositor.compose(tiles, styles, shown)
        timestamp = index * VIDEO_CLOCK_RATE // composite.fps
        coded = encoder.encode(compositor.frame, timestamp=timestamp, keyframe=index == 0)
        assert coded is not None
        frames.append(Frame(index / composite.fps, timestamp, coded.keyframe, coded.data))
    return Observation(
        begin=0.0,
        end=FRAMES / composite.fps,
        observer=0,
        performances=(0, 1),
        frames=tuple(frames),
        layouts=(Layout(0.0, PLACES),),
        packets=(),
        pictures={0: (), 1: ()},
        content=(),
        spoken={},
        late=0.0,
        left_out=0,
    )


def measured(seen: Observation) -> tuple[list[Look], quality_picture.PictureQuality]:
    found = list(looks(seen, WORKLOAD))
    return found, quality_picture.measure(seen, found, Sources(performances(), None), WORKLOAD)


def test_the_marks_say_what_is_shown() -> None:
    found, _ = measured(observation(bitrate=500_000))
    assert [look.numbers for look in found] == [
        {(0, False): index * 15 // 25, (1, False): index * 15 // 25} for index in range(FRAMES)
    ]


def test_equal_settings_are_equally_good() -> None:
    _, quality = measured(observation(bitrate=500_000))
    assert quality.composites == FRAMES - quality_picture.SETTLE
    assert quality.tiles == 1.0
    assert quality.server > 35
    assert quality.server == pytest.approx(quality.plain, abs=1.5)
    assert quality.server_rate == pytest.approx(500, rel=0.35)
    assert quality.plain_rate == pytest.approx(500, rel=0.35)


def test_a_poorer_encoder_shows() -> None:
    _, good = measured(observation(bitrate=500_000))
    _, poor = measured(observation(bitrate=120_000))
    assert poor.server < good.server - 2
    assert poor.plain == pytest.approx(good.plain, abs=0.5)


def test_nothing_seen_is_no_figure() -> None:
    quality = quality_picture.measure(observation(bitrate=500_000), [], Sources(performances(), None), WORKLOAD)
    assert math.isnan(quality.server)
    assert quality.composites == 0


def test_pictures_are_found_forth_and_back_and_across_loops() -> None:
    sources, again = Sources(performances(), None), Sources(performances(), None)
    straight = {}
    for number in range(60):
        picture = sources.picture((0, False), number)
        assert picture is not None
        straight[number] = np.array(picture.y)
    for number in (45, 3, 59, 31, 30, 29, 0, 15, 14):
        picture = again.picture((0, False), number)
        assert picture is not None
        assert np.array_equal(picture.y, straight[number])
    assert sources.picture((0, False), 60) is None
    assert sources.picture((0, False), -1) is None
    assert sources.picture((9, False), 0) is None
    assert sources.picture((0, True), 0) is None
