"""Packets of a video stream put back in order and cut into frames.

Rules:
1. A frame is complete with its marker or, from senders that forget markers, with the first packet of another timestamp.
2. Frames come out in order. Where packets are missing, the head stands still; a frame behind the hole comes out only
   when its format says that it may resume there (a keyframe, mostly), and then the hole is left behind.
3. At most CAPACITY packets are held, and what fills holes between them; when more come, the hole at the head, or a
   frame without end, is left behind and counted.
"""

from __future__ import annotations

from dataclasses import dataclass

from mcu.media.fragments import Fragment

CAPACITY = 1024  # packets: a second of 8 Mbit/s, and twice the largest keyframe


@dataclass  # not frozen, as that would double the cost of a thing made for every packet
class BufferedPacket:
    number: int  # extended sequence number
    timestamp: int
    marker: bool
    fragment: Fragment | None  # None: padding, which belongs to no frame


@dataclass
class FramePackets:
    """All packets of one frame. `contiguous`: nothing is missing between it and the frame before."""

    packets: list[BufferedPacket]
    contiguous: bool


class ReorderBuffer:
    """One stream's packets that wait for a frame to be complete."""

    def __init__(self) -> None:
        self.next = -1  # number of the first packet that has not come out; -1 before the first packet
        self.overflows = 0
        self._packets: dict[int, BufferedPacket] = {}
        self._scan = -1  # every packet from next up to here, exclusive, is held and ends no frame
        self._resume = -1  # number at which a frame that may resume begins, behind the hole; -1 for none
        self._resume_scan = -1  # the same for that frame as _scan for the head
        self._broken = False  # packets before `next` were given up

    def __len__(self) -> int:
        return len(self._packets)

    def has_seen(self, number: int) -> bool:
        """Whether the packet is held, has come out, or was given up."""
        return number < self.next or number in self._packets

    @property
    def stalled(self) -> bool:
        """Whether packets are held behind a hole."""
        return self._scan - self.next < len(self._packets)

    def insert(self, packet: BufferedPacket) -> None:
        """Add a packet that is neither held nor before `next`."""
        if self.next < 0:
            self.next = self._scan = packet.number
        if len(self._packets) >= CAPACITY and not (self.stalled and packet.number == self._scan):
            self.overflows += 1
            self.give_up(self._scan if self.stalled else packet.number - 1)
            if packet.number < self.next:
                return
        self._packets[packet.number] = packet
        if packet.number == self._scan or not packet.fragment or not packet.fragment.resumes:
            return
        resume = self._packets.get(self._resume)
        if resume is None or resume.timestamp != packet.timestamp or packet.number < resume.number:
            self._resume = self._resume_scan = packet.number

    def take(self) -> FramePackets | None:
        """The next frame that is complete, or None."""
        self._scan, end = self._find_end(self.next, self._scan)
        if end >= 0:
            return self._cut(self.next, end)
        if self._resume >= 0:
            self._resume_scan, end = self._find_end(self._resume, self._resume_scan)
            if end >= 0:
                self._broken = True
                return self._cut(self._resume, end)
        return None

    def give_up(self, number: int) -> None:
        """Packets up to `number` that are missing will not come: drop what cannot be used without them."""
        if number < self.next:
            return
        self._broken = True
        later = [key for key in self._packets if key > number]
        start = self._resume if self._resume > number else min(later, default=number + 1)
        self._move_to(start)

    def _find_end(self, start: int, scan: int) -> tuple[int, int]:
        """Walk on from `scan`; where the walk stopped, and the last number of the frame (-1 while unknown)."""
        packets = self._packets
        while (packet := packets.get(scan)) is not None:
            if scan > start and packet.timestamp != packets[start].timestamp:
                return scan, scan - 1
            if packet.marker:
                return scan, scan
            scan += 1
        return scan, -1

    def _cut(self, start: int, end: int) -> FramePackets:
        packets = [self._packets[number] for number in range(start, end + 1)]
        contiguous = not self._broken
        self._broken = False
        self._move_to(end + 1)
        return FramePackets(packets, contiguous)

    def _move_to(self, number: int) -> None:
        """Make `number` the head and forget what lies before it."""
        if number - self.next <= 2 * len(self._packets):
            for old in range(self.next, number):
                self._packets.pop(old, None)
        else:
            self._packets = {key: packet for key, packet in self._packets.items() if key >= number}
        self.next = self._scan = number
        if self._resume < number:
            self._resume = self._resume_scan = -1
