"""PSNR of composites that a known encoder made of known pictures: no margin to itself, one to a worse encoder."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import numpy as np
import pytest
from av.video.reformatter import VideoReformatter

from mcu.bench import quality_picture
from mcu.bench.media import settings_of
from mcu.bench.observation import Frame, Layout, Look, Observation, Place, Shown, looks
from mcu.bench.quality_picture import Sources
from mcu.bench.uncoded import Uncoded
from mcu.bench.workload import Composite, Workload
from mcu.media.types import VIDEO_CLOCK_RATE, Picture, VideoProfile
from mcu.media.video_codecs import VideoEncoder
from mcu.mixer.compositor import Compositor
from mcu.mixer.layout import Tile
from mcu.mixer.reduction import picture_of
from mcu.mixer.style import TileStyle
from mcu.synthetic import picture_code
from mcu.synthetic.clips import MediaSettings, Performance
from mcu.synthetic.encoding import Rgb, planar
from mcu.synthetic.people import person
from mcu.synthetic.staging import Order, make, uncoded

WORKLOAD = Workload(participants=2, speakers=1, composite=Composite(640, 360, 25, 500_000))
PLACES = (Place(0, False, 0, 90, 316, 178), Place(1, False, 324, 90, 316, 178))
FRAMES = 60
SETTINGS = MediaSettings(coded=True, listen_seconds=2, speak_seconds=2)


@functools.cache
def performances() -> dict[int, Performance]:
    return {number: make(Order(person=number, settings=SETTINGS)) for number in (0, 1)}


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
        sizes={0: (320, 180), 1: (320, 180)},
        content=(),
        spoken={},
        late=0.0,
        left_out=0,
    )


def measured(seen: Observation) -> tuple[list[Look], quality_picture.PictureQuality]:
    found = list(looks(seen, WORKLOAD))
    return found, quality_picture.measure(seen, found, WORKLOAD, decoded=decoded(), uncoded=decoded())


def decoded() -> Sources:
    return Sources(performances(), None)


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
    seen = observation(bitrate=500_000)
    quality = quality_picture.measure(seen, [], WORKLOAD, decoded=decoded(), uncoded=decoded())
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


def test_uncoded_pictures_are_those_that_were_coded() -> None:
    """By any number, forth and back and across loops; and what coding cost is what is between the two."""
    made = {0: make(Order(person=0, settings=settings_of(WORKLOAD)))}
    coded, drawn = Sources(made, None), Uncoded(made, None, WORKLOAD)
    begin, end = made[0].speaking.first_frame, made[0].speaking.first_frame + len(made[0].speaking.frames)
    for number in (0, 1, 9, 9, 3, begin - 1, begin, begin + 20, begin + 19, 2):
        one, other = coded.picture((0, False), number), drawn.picture((0, False), number)
        assert one is not None
        assert other is not None
        difference = float(np.mean((one.y.astype(int) - other.y) ** 2))
        assert 0 < difference < 60
        assert picture_code.read(other.y, picture_code.covering(0, 0, 320, 180)) == picture_code.Code(0, number)
    for shown, number in (((0, False), -1), ((0, False), end), ((1, False), 0), ((0, True), 0)):
        assert drawn.picture(shown, number) is None


def test_smaller_sources_cost_something_against_the_truth() -> None:
    """The server of this test was sent 320 pixels, the plain way too; held against what was drawn, both lose more."""
    seen = observation(bitrate=500_000)
    found = list(looks(seen, WORKLOAD))
    against = {
        name: quality_picture.measure(seen, found, WORKLOAD, decoded=decoded(), uncoded=truth)
        for name, truth in (("decoded", decoded()), ("drawn", ShortUncoded()))
    }
    assert against["drawn"].server < against["decoded"].server
    assert against["drawn"].server == pytest.approx(against["drawn"].plain, abs=1.5)


class ShortUncoded:
    """What `performances` were made of."""

    def picture(self, shown: Shown, number: int) -> Picture | None:
        order = Order(person=shown[0], settings=SETTINGS)
        drawn = drawings(order)[number]
        return picture_of(planar(VideoReformatter(), drawn, SETTINGS.width, SETTINGS.height))


@functools.cache
def drawings(order: Order) -> list[Rgb]:
    return [*uncoded(order, speaking=False), *uncoded(order, speaking=True)]
