"""Decodes the composites of a recording and reads the marks in their tiles. Pure, and most of the time a check takes.

Rules:
1. Marks are read at the places in force when a composite arrived; who judges leaves out those that may be older.
2. A smaller rung, or one with bars, shows the same places smaller. What is then too small to be read for sure is not.
3. Without any layout (another server, which shows one person) the whole picture is one place of nobody.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from loadtests.checks.told import MAX_PLACES, Told
from loadtests.recording import Layout, Place, Recording
from mcu.media.types import EncodedFrame, Picture
from mcu.media.video_codecs import VideoDecoder
from mcu.synthetic.picture_code import COLUMNS, MARGIN, ROWS, SQUARE, TOP, Code, Window, contained, covering, read

CODECS = frozenset({"VP8", "H264"})  # H.261 and H.263 have samples that are not square, in which no mark is read
MAX_FRAMES = 1_800  # of one check: a minute at 30 fps
MIN_SQUARE = 2.0  # pixels; all marks were read down to 2.3, and 19 of 20 in 1.9 (30 tiles in 320 × 180)
MIN_SHOWN = 0.5  # of a picture in its tile; the server puts bars around those it would cut more

TOO_SMALL = "too small to be read"
COVERED = "covered by another"
CUT = "of a shape that cuts too much of the picture off"


@dataclass(frozen=True, slots=True)
class Look:
    """One composite; `codes` of the places that could be read, None where there was nothing readable."""

    arrived: float
    codes: Mapping[Place, Code | None]
    width: int = 0  # of the picture: of a smaller rung it is less than that of the layout


@dataclass(frozen=True, slots=True)
class Looks:
    """All of a recording."""

    looks: Sequence[Look]  # from the beginning of the check on
    before: float | None  # when the last composite before that arrived
    unread: Mapping[Place, str]  # and why it could not be
    frames: int  # that were looked at, decoded or not
    left_out: int  # beyond MAX_FRAMES


def look(recording: Recording, told: Told) -> Looks:
    """Decode and read."""
    reader = _Reader(recording, told)
    frames = recording.frames[:MAX_FRAMES]
    looks: list[Look] = []
    before = None
    for arrived, picture in _decoded(recording):
        if arrived < recording.begin:
            before = arrived
        else:
            looks.append(Look(arrived, reader.codes(picture, arrived), picture.width))
    return Looks(looks, before, reader.unread, len(frames), len(recording.frames) - len(frames))


def _decoded(recording: Recording) -> Iterator[tuple[float, Picture]]:
    if recording.codec not in CODECS:
        return
    decoder = VideoDecoder(recording.codec)
    arrived = -math.inf
    for frame in recording.frames[:MAX_FRAMES]:
        arrived = max(arrived, frame.arrived)  # whoever waited for a repair was waited for
        picture = decoder.decode(EncodedFrame(recording.codec, frame.data, frame.timestamp, frame.keyframe))
        if picture is not None:
            yield arrived, picture


@dataclass(frozen=True, slots=True)
class _Spot:
    place: Place
    windows: tuple[Window, ...]  # where its mark may be, the likeliest first


class _Reader:
    def __init__(self, recording: Recording, told: Told) -> None:
        self.unread: dict[Place, str] = {}
        self._told = told
        self._aspect = recording.sender_aspect
        self._spots: dict[tuple[int, int, int], list[_Spot]] = {}

    def codes(self, picture: Picture, arrived: float) -> dict[Place, Code | None]:
        layout = self._told.layout_at(arrived)
        if layout is None:
            if self._told.layouts:
                return {}
            layout = Layout(0.0, picture.width, picture.height, (_whole(picture),), "")
        key = id(layout) if self._told.layouts else 0, picture.width, picture.height
        spots = self._spots.get(key)
        if spots is None:
            spots = self._spots[key] = list(self._readable(layout, picture.width, picture.height))
        found: dict[Place, Code | None] = {}
        for spot in spots:
            codes = (read(picture.y, window) for window in spot.windows)
            found[spot.place] = next((code for code in codes if code is not None), None)
        return found

    def _readable(self, layout: Layout, width: int, height: int) -> Iterator[_Spot]:
        """The places of people of this run, and the whole picture where there are no places."""
        scale = min(width / layout.width, height / layout.height)
        left, top = (width - layout.width * scale) / 2, (height - layout.height * scale) / 2
        places = layout.places[:MAX_PLACES]
        for index, place in enumerate(places):
            if place.person < 0 and self._told.layouts:
                continue
            if place.width <= 0 or place.height <= 0:
                self.unread[place] = TOO_SMALL
                continue
            fits = (contained,) if place.content else (covering, contained)
            windows = [fit(place.x, place.y, place.width, place.height, aspect=self._aspect) for fit in fits]
            hindrance = _hindrance(place, windows[0], places[index + 1 :], scale)
            if hindrance:
                self.unread[place] = hindrance
                continue
            shown = [window.scaled(scale) for window in dict.fromkeys(windows)]
            yield _Spot(place, tuple(Window(each.x + left, each.y + top, each.width, each.height) for each in shown))


def _hindrance(place: Place, window: Window, above: Sequence[Place], scale: float) -> str:
    """Why the mark of a place cannot be read for sure, "" when it can. All in pixels of the whole composite."""
    if window.width * scale * SQUARE < MIN_SQUARE:
        return TOO_SMALL
    pad = MARGIN * window.width * SQUARE
    left, right = (window.x + window.width / 2 + side * (window.width * SQUARE * COLUMNS / 2 + pad) for side in (-1, 1))
    top, bottom = (window.y + window.width * (TOP + SQUARE * rows) for rows in (0, ROWS))
    if any(
        left < other.x + other.width and other.x < right and top < other.y + other.height and other.y < bottom
        for other in above
    ):
        return COVERED
    across = place.x <= left and right <= place.x + place.width
    down = place.y <= top + 1 and bottom <= place.y + place.height
    if not (across and down) or place.width * place.height < MIN_SHOWN * window.width * window.height:
        return CUT
    return ""


def _whole(picture: Picture) -> Place:
    return Place(-1, False, 0, 0, picture.width, picture.height)
