"""Milliseconds of CPU for one composite: `python tests/benchmarks/composite.py`.

Every tile has a new picture at every turn, the worst case of a tick. Noise pictures: content makes no difference.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np

from mcu._native.planes import available_kernels
from mcu.control import LayoutChoice, ParticipantState
from mcu.media.types import Picture
from mcu.mixer.compositor import Compositor
from mcu.mixer.layout import arrange
from mcu.mixer.style import TileStyle

# name, composite, people, camera's size, rotation, layout
CASES = (
    ("30 tiles, 180p in", (1280, 720), 30, (320, 180), 0, LayoutChoice()),
    ("30 tiles, 360p in", (1280, 720), 30, (640, 360), 0, LayoutChoice()),
    ("30 tiles, 180p upright phones", (1280, 720), 30, (320, 180), 90, LayoutChoice()),
    ("1 tile, 720p in", (1280, 720), 1, (1280, 720), 0, LayoutChoice(name="single")),
    ("1+7 tiles, 360p in", (1280, 720), 8, (640, 360), 0, LayoutChoice(name="speaker", strip=7)),
    ("36 tiles, 180p in, 1080p", (1920, 1080), 36, (320, 180), 0, LayoutChoice()),
    ("24 tiles, 180p in, 360p", (640, 360), 24, (320, 180), 0, LayoutChoice()),
)
SETS = 8  # of pictures, so that sources do not all sit in the nearest cache


def picture(generator: np.random.Generator, size: tuple[int, int], rotation: int) -> Picture:
    width, height = size
    planes = (
        generator.integers(0, 256, shape, dtype=np.uint8)
        for shape in ((height, width), (height // 2, width // 2), (height // 2, width // 2))
    )
    y, u, v = planes
    return Picture(y, u, v, rotation)


def measure(case: tuple[str, tuple[int, int], int, tuple[int, int], int, LayoutChoice], kernels: str) -> float:
    """Median milliseconds of thread CPU time."""
    _, (width, height), people, camera, rotation, choice = case
    members = [ParticipantState(f"p{number}", f"참석자{number}", "종로구청장") for number in range(people)]
    tiles = arrange(choice, members=members, speaker="p0", content=None, width=width, height=height)
    styles = {
        member.participant: TileStyle(member.name, speaking=number == 0, muted=number % 4 == 1, office=member.office)
        for number, member in enumerate(members)
    }
    generator = np.random.default_rng(1)
    sets = [
        {(member.participant, False): picture(generator, camera, rotation) for member in members} for _ in range(SETS)
    ]
    compositor = Compositor(width, height, kernels=kernels)
    compositor.compose(tiles, styles, sets[-1])
    taken = []
    for _ in range(25):
        started = time.thread_time()
        for pictures in sets:
            compositor.compose(tiles, styles, pictures)
        taken.append((time.thread_time() - started) / SETS)
    return statistics.median(taken) * 1e3


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--kernels", choices=available_kernels(), help="measure these alone")
    chosen = arguments.parse_args().kernels
    names = (chosen,) if chosen else available_kernels()
    print(f"{'ms CPU per composite':34}" + "".join(f"{name:>9}" for name in names))
    for case in CASES:
        print(f"{case[0]:34}" + "".join(f"{measure(case, name):9.3f}" for name in names))


if __name__ == "__main__":
    main()
