"""How long sound is under way: from the packet in which a chirp begins at the sender to that at the receiver. Pure.

    heard = Heard(packets)
    sightings(heard, spoken, beginnings(clip, person), person)

Rules:
1. Both ends are decoded by a bare decoder on the packets' own times: encoder's lookahead and decoder's delay of the
   sender are in both and cancel; a jitter buffer of the receiver's is in neither.
2. A sample in a packet counts as sent and received later than its packet by its place in it, as it would be played.
"""

from __future__ import annotations

import bisect
import itertools
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mcu._native.opus import OpusDecoder
from mcu.bench.observation import Packet
from mcu.media.types import BLOCK_SAMPLES, SAMPLE_RATE
from mcu.synthetic import chirp
from mcu.synthetic.clips import PACKET_SECONDS, Clip

MAX_DELAY = 0.28  # seconds; from there on another's mark could be taken for this one
AROUND = SAMPLE_RATE // 2  # samples before and after, by which the strength of a mark is judged
MAX_GAP = 2 * SAMPLE_RATE  # samples of a pause that are filled; a longer one is cut to that
PACKETS_OF_MARK = math.ceil(chirp.LENGTH / BLOCK_SAMPLES) + 1  # that have to be sent in a row
MAX_BEND = SAMPLE_RATE // 2000  # samples between what marks of one loop are late: a codec that begins keeps few bands
ROW_SECONDS = 2.5 * PACKET_SECONDS  # two packets further apart than this are not of one row

Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where a mark begins in a decoded loop."""

    packet: int
    seconds: float  # behind the first sample of the packet


@dataclass(frozen=True, slots=True)
class Sighting:
    """A mark that was sent as a whole and found in what was heard."""

    index: int  # in the row of packets sent: the one in which it begins
    sent: float  # when its first sample was, by rule 2
    place: float  # of its first sample in what was heard
    seconds: float  # behind the first sample of its packet, as sent
    delay: float  # seconds


class Heard:
    """Received packets as one row of samples with the time at which each came."""

    def __init__(self, packets: Sequence[Packet]) -> None:
        """In any order; what is missing is concealed, what came twice counts once."""
        decoder = OpusDecoder()
        pieces: list[Samples] = []
        self._first: list[int] = []  # sample of each packet
        self._arrived: list[float] = []
        self._end = 0
        due = 0  # media time
        for time, packet in _unwrapped(packets):
            gap = min(time - due, MAX_GAP) if self._first else 0
            if gap < 0:
                continue
            for _ in range(gap // BLOCK_SAMPLES):
                pieces.append(decoder.conceal(BLOCK_SAMPLES))
                self._end += BLOCK_SAMPLES
            block = decoder.decode(packet.payload)
            self._first.append(self._end)
            self._arrived.append(packet.arrived)
            self._end += len(block)
            due = time + len(block)
            pieces.append(block)
        self.samples: Samples = np.concatenate(pieces) if pieces else np.zeros(0, np.float32)

    def time_of(self, sample: float) -> float:
        """When it came, by rule 2."""
        place = max(0, bisect.bisect_right(self._first, sample) - 1)
        return self._arrived[place] + (sample - self._first[place]) / SAMPLE_RATE

    def sample_at(self, when: float) -> int:
        """The first sample of the first packet that came at `when` or later; the end where there is none."""
        place = bisect.bisect_left(self._arrived, when)
        return self._first[place] if place < len(self._first) else self._end


def beginnings(clip: Clip, person: int) -> list[Beginning]:
    """Of the marks in a loop of speaking, found in what its own packets decode to; without those that coding bent."""
    decoder = OpusDecoder()
    sound = np.concatenate([decoder.decode(packet) for packet in clip.packets])
    places: list[tuple[float, float]] = []  # of each mark, and by how much it comes later than it was put
    for start in chirp.starts(person, len(sound)):
        mark = _find(sound, person, start, start + BLOCK_SAMPLES)
        if mark is not None:
            places.append((mark.place, mark.place - start))
    usual = statistics.median(late for _, late in places) if places else 0.0
    packets = [(place, math.floor(place / BLOCK_SAMPLES)) for place, late in places if abs(late - usual) <= MAX_BEND]
    return [Beginning(packet, (place - packet * BLOCK_SAMPLES) / SAMPLE_RATE) for place, packet in packets]


def sightings(
    heard: Heard, spoken: Sequence[tuple[int, float]], marks: Sequence[Beginning], person: int
) -> list[Sighting]:
    """All of one person's, in the order of sending."""
    by_packet = {mark.packet: mark for mark in marks}
    found: list[Sighting] = []
    for index, (packet, when) in enumerate(spoken):
        mark = by_packet.get(packet)
        if mark is None or not _in_a_row(spoken[index : index + PACKETS_OF_MARK]):
            continue
        sent = when + mark.seconds
        seen = _find(heard.samples, person, heard.sample_at(sent - PACKET_SECONDS), heard.sample_at(sent + MAX_DELAY))
        delay = heard.time_of(seen.place) - sent if seen is not None else 0.0
        if seen is not None and 0 < delay <= MAX_DELAY:
            found.append(Sighting(index, sent, seen.place, mark.seconds, delay))
    return found


def _find(sound: Samples, person: int, first: int, last: int) -> chirp.Found | None:
    begin, end = max(0, first - AROUND), last + chirp.LENGTH + AROUND
    found = chirp.find(sound[begin:end], person, first=first - begin, last=last - begin)
    return None if found is None else chirp.Found(found.place + begin, found.strength)


def _in_a_row(sent: Sequence[tuple[int, float]]) -> bool:
    """Whether no loop was cut off there."""
    steps = itertools.pairwise(sent)
    return len(sent) == PACKETS_OF_MARK and all(
        after[0] == before[0] + 1 and after[1] - before[1] < ROW_SECONDS for before, after in steps
    )


def _unwrapped(packets: Sequence[Packet]) -> list[tuple[int, Packet]]:
    """By media time, counted in samples on from the first that came."""
    by_time: dict[int, Packet] = {}
    newest = packets[0].timestamp if packets else 0
    for packet in packets:
        newest += (packet.timestamp - newest + (1 << 31)) % (1 << 32) - (1 << 31)
        by_time.setdefault(newest, packet)
    return sorted(by_time.items())
