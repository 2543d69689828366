"""Stand-ins for the native packet classes, and a small deterministic network to lose and delay them in."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from mcu._native.rtp_packet import RtpPacket


class FakePacket(RtpPacket):
    """A packet made by hand; any field may be given, the first six by position."""

    def __init__(
        self,
        payload_type: int = 96,
        marker: bool = False,
        sequence_number: int = 0,
        timestamp: int = 0,
        ssrc: int = 1111,
        payload: bytes = b"",
        **more: Any,
    ) -> None:
        super().__init__(
            payload_type=payload_type,
            marker=marker,
            sequence_number=sequence_number,
            timestamp=timestamp,
            ssrc=ssrc,
            payload=payload,
            **more,
        )


FIELDS = [name for name in vars(RtpPacket) if not name.startswith("_")]


def altered(packet: FakePacket, **changes: Any) -> FakePacket:
    """The same but for `changes`."""
    return FakePacket(**{name: getattr(packet, name) for name in FIELDS} | changes)


@dataclass
class FakeSendStream:
    """mcu._native.packets.SendStream without keys: `send_packet` gets what would be on the wire."""

    send_packet: Callable[[FakePacket, float], None]
    ssrc: int = 2222
    payload_type: int = 96
    clock_rate: int = 90_000
    rtx_ssrc: int = 0
    rtx_payload_type: int = 0
    mid: str | None = None
    sequence_number: int = 65_500  # of the next packet; wraps early in a test
    packets: int = 0
    octets: int = 0
    last_timestamp: int = 0
    last_sent: float = 0.0
    resent: list[int] = field(default_factory=list)
    next_transport_sequence: Callable[[], int] = lambda: -1
    _rtx_sequence: int = 100
    _history: dict[int, FakePacket] = field(default_factory=dict)

    def send(self, payloads: Sequence[bytes], *, timestamp: int, now: float, marker_last: bool = True) -> None:
        for index, payload in enumerate(payloads):
            packet = FakePacket(
                payload_type=self.payload_type,
                marker=marker_last and index == len(payloads) - 1,
                sequence_number=self.sequence_number,
                timestamp=timestamp & 0xFFFFFFFF,
                ssrc=self.ssrc,
                payload=payload,
                mid=self.mid,
            )
            self._history[self.sequence_number] = packet
            self._history.pop((self.sequence_number - 512) & 0xFFFF, None)
            self.sequence_number = (self.sequence_number + 1) & 0xFFFF
            self.packets += 1
            self.octets += len(payload)
            self._put(packet, now)
        self.last_timestamp, self.last_sent = timestamp & 0xFFFFFFFF, now

    def resend(self, sequence_numbers: Sequence[int], now: float) -> int:
        sent = 0
        for number in sequence_numbers:
            packet = self._history.get(number)
            if packet is None:
                continue
            self.resent.append(number)
            sent += 1
            if self.rtx_ssrc:
                packet = FakePacket(
                    payload_type=self.rtx_payload_type,
                    marker=packet.marker,
                    sequence_number=self._rtx_sequence,
                    timestamp=packet.timestamp,
                    ssrc=self.rtx_ssrc,
                    payload=number.to_bytes(2, "big") + packet.payload,
                    mid=self.mid,
                )
                self._rtx_sequence = (self._rtx_sequence + 1) & 0xFFFF
            self._put(packet, now)
        return sent

    def _put(self, packet: FakePacket, now: float) -> None:
        self.send_packet(altered(packet, transport_sequence=self.next_transport_sequence()), now)


class FakeNetwork:
    """One direction of a line: loses by a seeded coin, delays by a fixed time and seeded jitter, delivers on demand."""

    def __init__(self, *, seed: int, loss: float = 0.0, delay: float = 0.0, jitter: float = 0.0) -> None:
        self.loss = loss
        self.sent = 0
        self.lost = 0
        self._delay = delay
        self._jitter = jitter
        self._random = random.Random(seed)
        self._queue: list[tuple[float, int, object]] = []

    def put(self, item: object, now: float) -> None:
        self.sent += 1
        if self._random.random() < self.loss:
            self.lost += 1
            return
        due = now + self._delay + self._random.random() * self._jitter
        heapq.heappush(self._queue, (due, self.sent, item))

    def take(self, now: float) -> list[object]:
        """What has arrived by `now`, in order of arrival."""
        items = []
        while self._queue and self._queue[0][0] <= now:
            items.append(heapq.heappop(self._queue)[2])
        return items
