"""The streams of a workload as Matroska files, for programs that read files at the pace of real time.

Rules:
1. Pictures of different people are due at different moments, as they are on a network: no mixer gets them all at once.
2. What is not shown has no file: a competent user would not have it decoded either.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.stream import Stream

from mcu.bench.contenders.panes import Pane
from mcu.bench.media import Source, content_source, sources
from mcu.bench.workload import Workload
from mcu.media.types import SAMPLE_RATE
from mcu.synthetic.client import SPREAD
from mcu.synthetic.clips import PACKET_SECONDS

FORMAT = "matroska"
TIME_BASE = Fraction(1, 1000)  # seconds: Matroska counts milliseconds
_CODEC_NAMES = {"VP8": "vp8", "H264": "h264"}


@dataclass(frozen=True, slots=True)
class Track:
    """One stream of one source."""

    source: Source
    picture: bool  # of pictures, else of sound


@dataclass(frozen=True, slots=True)
class _Piece:
    """One coded picture or packet."""

    due: int  # in TIME_BASE
    track: int
    data: bytes
    keyframe: bool


def picture_tracks(workload: Workload, panes: Sequence[Pane]) -> list[Track]:
    """What each pane shows, in their order."""
    people = sources(workload)
    shared = content_source(workload)
    found = []
    for pane in panes:
        source = shared if pane.content else people[pane.participant]
        assert source is not None  # a pane with content exists only where something is shared
        found.append(Track(source, picture=True))
    return found


def sound_tracks(workload: Workload) -> list[Track]:
    """Everybody's voice."""
    return [Track(source, picture=False) for source in sources(workload)]


def write(path: Path, tracks: Sequence[Track], *, seconds: float) -> None:
    """All `tracks` into one file, each from the beginning to `seconds`, in the order in which they are due."""
    pieces = sorted(
        (piece for index, track in enumerate(tracks) for piece in _pieces(index, track, seconds)),
        key=lambda piece: (piece.due, piece.track),
    )
    with av.open(str(path), "w", format=FORMAT) as container:
        streams = [_stream(container, track) for track in tracks]
        for piece in pieces:
            packet = av.Packet(piece.data)
            packet.stream = streams[piece.track]
            packet.time_base = TIME_BASE
            packet.pts = packet.dts = piece.due
            packet.is_keyframe = piece.keyframe
            container.mux(packet)


def _pieces(index: int, track: Track, seconds: float) -> Iterator[_Piece]:
    source = track.source
    if not track.picture:
        for number, data in enumerate(source.packets(seconds)):
            yield _Piece(round(number * PACKET_SECONDS / TIME_BASE), index, data, keyframe=True)
        return
    offset = source.participant * SPREAD % 1.0
    for number, coded in enumerate(source.pictures(seconds)):
        due = round((number + offset) / source.fps / TIME_BASE)
        yield _Piece(due, index, coded.data, coded.keyframe)


def _stream(container: av.container.OutputContainer, track: Track) -> Stream:
    if not track.picture:
        sound = container.add_mux_stream("opus", rate=SAMPLE_RATE, layout="mono")
        sound.time_base = TIME_BASE
        return sound
    clip = track.source.performance.listening
    picture = container.add_mux_stream(_CODEC_NAMES[clip.codec], rate=clip.fps, width=clip.width, height=clip.height)
    picture.time_base = TIME_BASE
    return picture
