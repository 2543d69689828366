"""How long it takes to make the faces and voices that a bench needs and no earlier one has left behind."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from mcu.bench.media import CACHE, DISTINCT, MEDIA_VARIABLE, settings_of
from mcu.bench.workload import Workload
from mcu.synthetic.library import Library
from mcu.synthetic.real_media import open_folder

PERFORMANCE_CPU_SECONDS = 1.1  # to make one; 24.9 s were measured for 24


def seconds_to_make(workloads: Iterable[Workload], *, cache: Path = CACHE) -> float:
    """With nothing else to do; 0 when all is on the shelf. A shared screen is one performance more, and not counted.

    Raises ConfigurationError for a folder of media with nothing to play.
    """
    folder = os.environ.get(MEDIA_VARIABLE)
    media_folder = Path(folder) if folder else None
    if media_folder is not None:
        open_folder(media_folder)
    shelf = Library(cache)
    missing: set[Path] = set()
    for workload in workloads:
        numbers = range(min(workload.participants, DISTINCT))
        missing |= shelf.missing(numbers, settings=settings_of(workload), media_folder=media_folder)
    return len(missing) * PERFORMANCE_CPU_SECONDS / (os.cpu_count() or 1)
