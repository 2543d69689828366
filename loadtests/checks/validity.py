"""Whether a recording can be judged at all: it comes from another process, and a judge must not fail by it. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable

from loadtests.recording import Layout, Recording
from mcu.errors import McuError

MAX_SECONDS = 120.0  # from the beginning of a check to its end
MAX_TIME = 1e9  # seconds; thirty years after the machine was started
MAX_SIDE = 1 << 14  # pixels of a composite
MAX_COORDINATE = 1 << 16  # pixels, of a tile
ASPECTS = (0.25, 4.0)  # of cameras


class RecordingError(McuError):
    """A recording that cannot be judged; whoever made it is at fault."""


def check(recording: Recording) -> None:
    """Raises RecordingError."""
    if not all(_is_time(when) for when in _times(recording)):
        raise RecordingError("a time is no number of seconds since this machine was started")
    if not 0.0 <= recording.end - recording.begin <= MAX_SECONDS:
        raise RecordingError(f"a check of {recording.end - recording.begin:.1f} s")
    if not ASPECTS[0] <= recording.sender_aspect <= ASPECTS[1]:
        raise RecordingError(f"cameras of aspect {recording.sender_aspect}")
    for layout in recording.layouts:
        _check_layout(layout)


def _check_layout(layout: Layout) -> None:
    if not (1 <= layout.width <= MAX_SIDE and 1 <= layout.height <= MAX_SIDE):
        raise RecordingError("a layout of no size, or of too much")
    for place in layout.places:
        if any(abs(value) > MAX_COORDINATE for value in (place.x, place.y, place.width, place.height)):
            raise RecordingError("a tile far outside of any picture")


def _times(recording: Recording) -> Iterable[float]:
    yield from (recording.begin, recording.end, recording.sound_begin, recording.late, recording.held)
    yield from (frame.arrived for frame in recording.frames)
    yield from (layout.since for layout in recording.layouts)
    yield from (state.since for state in recording.present)
    yield from (known.since for known in recording.known)
    for sent in recording.sent:
        yield from (when for _, when in (*sent.pictures, *sent.screens))
        yield from (when for _, when in sent.spoken)
        yield from (when for span in sent.speaking for when in span)


def _is_time(when: float) -> bool:
    return math.isfinite(when) and abs(when) <= MAX_TIME
