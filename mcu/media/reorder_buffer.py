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


def buffered(number: int, timestamp: int, marker: bool, fragment: Fragment | None) -> BufferedPacket:
    """A BufferedPacket, past its constructor: one is made of every packet."""
    packet = BufferedPacket.__new__(BufferedPacket)
    packet.number, packet.timestamp, packet.marker, packet.fragment = number, timestamp, marker, fragment
    return packet


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
        self._run: list[BufferedPacket] = []  # from `next` on, without a hole
        self._scanned = 0  # so many of them end no frame
        self._later: dict[int, BufferedPacket] = {}  # behind a hole
        self._resume = -1  # number at which a frame that may resume begins, behind the hole; -1 for none
        self._resume_scan = -1  # every packet from there up to here, exclusive, is held and ends no frame
        self._broken = False  # packets before `next` were given up

    def __len__(self) -> int:
        return len(self._run) + len(self._later)

    def has_seen(self, number: int) -> bool:
        """Whether the packet is held, has come out, or was given up."""
        return number < self.next + len(self._run) or number in self._later

    @property
    def stalled(self) -> bool:
        """Whether packets are held behind a hole."""
        return len(self._later) > 0

    def insert(self, packet: BufferedPacket) -> None:
        """Add a packet that is neither held nor before `next`."""
        if self.next < 0:
            self.next = packet.number
        hole = self.next + len(self._run)
        if len(self._run) + len(self._later) >= CAPACITY and not (self._later and packet.number == hole):
            self.overflows += 1
            self.give_up(hole if self._later else packet.number - 1)
            if packet.number < self.next:
                return
            hole = self.next + len(self._run)
        if packet.number == hole:
            self._run.append(packet)
            if self._later:
                self._close_up()
            return
        self._later[packet.number] = packet
        if not packet.fragment or not packet.fragment.resumes:
            return
        resume = self._later.get(self._resume)
        if resume is None or resume.timestamp != packet.timestamp or packet.number < resume.number:
            self._resume = self._resume_scan = packet.number

    def take(self) -> FramePackets | None:
        """The next frame that is complete, or None."""
        count = self._frame_length()
        if count:
            packets = self._run[:count]
            self._run = self._run[count:]
            self._scanned = 0
            self.next += count
            return self._frame(packets)
        if self._resume >= 0:
            end = self._find_end()
            if end >= 0:
                self._broken = True
                packets = [self._later[number] for number in range(self._resume, end + 1)]
                self._move_to(end + 1)
                return self._frame(packets)
        return None

    def give_up(self, number: int) -> None:
        """Packets up to `number` that are missing will not come: drop what cannot be used without them."""
        if number < self.next:
            return
        self._broken = True
        if number < self.next + len(self._run) - 1:
            self._move_to(number + 1)
            return
        later = [key for key in self._later if key > number]
        self._move_to(self._resume if self._resume > number else min(later, default=number + 1))

    def _frame_length(self) -> int:
        """How many packets the frame at the head has; 0 while its end is unknown."""
        run = self._run
        while self._scanned < len(run):
            packet = run[self._scanned]
            if self._scanned and packet.timestamp != run[0].timestamp:
                return self._scanned
            self._scanned += 1
            if packet.marker:
                return self._scanned
        return 0

    def _find_end(self) -> int:
        """The last number of the frame that may resume; -1 while unknown."""
        first = self._later[self._resume]
        while (packet := self._later.get(self._resume_scan)) is not None:
            if packet.timestamp != first.timestamp:
                return self._resume_scan - 1
            if packet.marker:
                return self._resume_scan
            self._resume_scan += 1
        return -1

    def _frame(self, packets: list[BufferedPacket]) -> FramePackets:
        contiguous = not self._broken
        self._broken = False
        return FramePackets(packets, contiguous)

    def _close_up(self) -> None:
        """The hole at the head is closed, and perhaps those behind it were."""
        while (packet := self._later.pop(self.next + len(self._run), None)) is not None:
            self._run.append(packet)
        if self._resume < self.next + len(self._run):
            self._resume = self._resume_scan = -1

    def _move_to(self, number: int) -> None:
        """Make `number` the head and forget what lies before it."""
        self._run = self._run[number - self.next :]
        self._scanned = 0
        self.next = number
        self._later = {key: packet for key, packet in self._later.items() if key >= number}
        self._close_up()
