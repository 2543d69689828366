"""Where a workload is shown, and what is asked of cameras for that: as on a real server, without one."""

from __future__ import annotations

import pytest

from mcu.bench.media import settings_of
from mcu.bench.tiling import Tiling, lines_asked
from mcu.bench.workload import LAYOUTS, VARIANTS, Workload
from mcu.synthetic.encoding import sizes


@pytest.mark.parametrize(("people", "lines"), [(4, {348}), (9, {228}), (20, {164}), (30, {134}), (100, {110})])
def test_the_lines_of_the_tiles_are_asked_for(people: int, lines: set[int]) -> None:
    assert set(lines_asked(Workload(participants=people)).values()) == lines


def test_sound_alone_asks_for_no_picture() -> None:
    assert lines_asked(Workload(audio_only=True)) == {}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_few_sizes_are_made_and_each_covers_a_tile(layout: str) -> None:
    workload = Workload(layout=layout, width=1280, height=720)
    made = sizes(settings_of(workload))
    assert len(made) <= 6
    for tile in Tiling(workload).tiles():
        assert any(width >= tile.width and height == tile.height for width, height in made)


@pytest.mark.parametrize("workload", VARIANTS.values(), ids=str)
def test_no_size_is_larger_than_the_camera(workload: Workload) -> None:
    (whole, *smaller) = sizes(settings_of(workload))
    assert whole == (workload.width, workload.height)
    assert all(height < workload.height for _, height in smaller)
