"""What one participant of a load received, and what all sent meanwhile: values, to be looked into after the load.

All times are monotonic seconds, the same in all processes of a machine. People are told by their number in the
workload, except in marks, where it is the number of the performance that they play.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from mcu.bench.workload import Workload
from mcu.media.types import EncodedFrame, Picture
from mcu.media.video_codecs import VideoDecoder
from mcu.synthetic import picture_code

MAX_SECONDS = 60.0  # that one observation may last: players remember what they sent for as long

KEPT = 125  # composites whose picture is kept: the first five seconds at 25 fps

Sent = tuple[tuple[int, float], ...]  # (number, when), in the order of sending
Shown = tuple[int, bool]  # whose picture, and whether it is what they share


class Place(msgspec.Struct, frozen=True, array_like=True):
    """One tile, in pixels of the composite."""

    person: int
    content: bool
    x: int
    y: int
    width: int
    height: int

    @property
    def shows(self) -> Shown:
        return self.person, self.content


class Layout(msgspec.Struct, frozen=True, array_like=True):
    """The tiles from a time on."""

    since: float
    places: tuple[Place, ...]


class Frame(msgspec.Struct, frozen=True, array_like=True):
    """One coded composite, as it arrived."""

    arrived: float  # when it was complete
    timestamp: int  # RTP, 90 kHz
    keyframe: bool
    data: bytes


class Packet(msgspec.Struct, frozen=True, array_like=True):
    """One packet of sound, as it arrived."""

    arrived: float
    timestamp: int  # RTP, 48 kHz, modulo 2**32
    payload: bytes


class Observation(msgspec.Struct, frozen=True):
    """Between `begin` and `end`, with what was sent a little earlier."""

    begin: float
    end: float
    observer: int
    performances: tuple[int, ...]  # by person
    frames: tuple[Frame, ...]  # from a keyframe on
    layouts: tuple[Layout, ...]
    packets: tuple[Packet, ...]
    pictures: dict[int, Sent]  # by person: number painted into the picture
    sizes: dict[int, tuple[int, int]]  # by person: width and height of the picture sent last
    content: Sent  # likewise, of the shared screen of person 0
    spoken: dict[int, Sent]  # by person: place of the packet in the loop of speaking
    late: float  # seconds: the most that the load woke up too late; no figure is better than that
    left_out: int  # frames and packets that did not fit


@dataclass(frozen=True, slots=True)
class Look:
    """One decoded composite."""

    frame: Frame
    picture: Picture | None  # kept for the first few alone: each takes 1.4 MB
    places: tuple[Place, ...]
    numbers: dict[Shown, int]  # of the pictures in it, as painted; what cannot be read is missing


def looks(seen: Observation, workload: Workload) -> Iterator[Look]:
    """Decode all composites and read the marks in them. Takes a third of the time that it shows."""
    decoder = VideoDecoder(workload.codec_out)
    layouts = sorted(seen.layouts, key=lambda layout: layout.since)
    places: tuple[Place, ...] = ()
    upcoming = kept = 0
    for frame in seen.frames:
        while upcoming < len(layouts) and layouts[upcoming].since <= frame.arrived:
            places = layouts[upcoming].places
            upcoming += 1
        picture = decoder.decode(EncodedFrame(workload.codec_out, frame.data, frame.timestamp, frame.keyframe))
        if picture is not None:
            numbers = _numbers(picture, places, seen, workload)
            yield Look(frame, picture if kept < KEPT else None, places, numbers)
            kept += 1


def _numbers(picture: Picture, places: tuple[Place, ...], seen: Observation, workload: Workload) -> dict[Shown, int]:
    aspect = workload.width / workload.height
    found: dict[Shown, int] = {}
    for place in places:
        if not 0 <= place.person < len(seen.performances):
            continue
        window = _window(place, aspect).scaled(picture.width / workload.composite.width)
        code = picture_code.read(picture.y, window)
        if code is not None and code.person == seen.performances[place.person]:
            found[place.shows] = code.frame
    return found


def _window(place: Place, aspect: float) -> picture_code.Window:
    """Where the source lies: content is shown as a whole, people fill their tiles."""
    window = picture_code.contained if place.content else picture_code.covering
    return window(place.x, place.y, place.width, place.height, aspect=aspect)
