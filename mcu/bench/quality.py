"""The quality of what one participant received, next to the plain way: an observation to figures.

A shortcut that costs quality shows here as a difference between `server` and `plain`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from mcu.bench import media, quality_picture, quality_sound
from mcu.bench.observation import Look, Observation
from mcu.bench.uncoded import Uncoded
from mcu.bench.workload import Workload


class Quality(msgspec.Struct, frozen=True):
    """Of picture and sound; None without pictures."""

    picture: quality_picture.PictureQuality | None
    sound: quality_sound.SoundQuality


def measure(seen: Observation, composites: Sequence[Look], workload: Workload, *, cache: Path = media.CACHE) -> Quality:
    """`composites` are `looks(seen)`. Takes a second for each second that is compared."""
    made = media.performances(workload, cache=cache)
    picture = None
    if composites:
        people, shared = dict(enumerate(made)), media.content(workload, cache=cache)
        decoded, uncoded = quality_picture.Sources(people, shared), Uncoded(people, shared, workload)
        picture = quality_picture.measure(seen, composites, workload, decoded=decoded, uncoded=uncoded)
    return Quality(picture, quality_sound.measure(seen, {each.person: each.speaking for each in made}))
