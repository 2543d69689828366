"""What one composite costs: the server's own compositor on real decoded pictures, in this process.

Every tile has a new picture at every turn, which is the worst tick there is. Where senders obey, the pictures are of
the size that the server asks for; where they cannot be told, each is scaled.
"""

from __future__ import annotations

import time

from mcu.bench.composites import Shown, cameras
from mcu.bench.tiling import Tiling
from mcu.bench.workload import Workload
from mcu.mixer.compositor import Compositor

SETS = 8  # of pictures, so that they do not all lie in the nearest cache
ROUNDS = 25


def composite_milliseconds(workload: Workload, *, rounds: int = ROUNDS) -> list[float]:
    """CPU milliseconds of one composite, by round."""
    tiling, seen = Tiling(workload), cameras(workload, told=workload.obedient)
    tiles, styles = tiling.tiles(), tiling.styles(0.0)
    sets: list[Shown] = []
    for index in range(SETS):
        shown = Shown()
        for camera in seen:
            camera.look(index / workload.fps, shown)
        sets.append(shown)
    compositor = Compositor(workload.composite.width, workload.composite.height)
    compositor.compose(tiles, styles, sets[-1])
    taken: list[float] = []
    for _ in range(rounds):
        begin = time.thread_time()
        for shown in sets:
            compositor.compose(tiles, styles, shown)
        taken.append((time.thread_time() - begin) / SETS * 1e3)
    return taken
