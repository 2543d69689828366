"""Two H.245 controls of ours back to back, over a link that keeps the order of each direction and nothing else."""

from __future__ import annotations

import random
from collections import deque
from typing import Any

from mcu.h323 import h245_codec
from mcu.h323.address import Address
from mcu.h323.capabilities import Offer
from mcu.h323.channels import Channel, Direction, LocalMedia
from mcu.h323.events import Event
from mcu.h323.h245_control import H245Control
from mcu.h323.h245_messages import Message
from mcu.media.types import StreamKind

TERMINAL, MCU = 50, 190


def local_media(ip: str, port: int = 5000) -> dict[StreamKind, LocalMedia]:
    return {
        kind: LocalMedia(rtp=Address(ip, port + 2 * place), rtcp=Address(ip, port + 2 * place + 1))
        for place, kind in enumerate(StreamKind)
    }


class Side:
    """One control with what it said: messages as values and bytes, and events."""

    def __init__(self, name: str, control: H245Control, media: dict[StreamKind, LocalMedia]) -> None:
        self.name = name
        self.control = control
        self.media = media  # its own, as it was told last
        self.sent: list[Message] = []
        self.pdus: list[bytes] = []
        self.events: list[Event] = []
        self.to_peer: deque[bytes] = deque()

    def drain(self) -> None:
        for pdu in self.control.messages_to_send():
            self.pdus.append(pdu)
            self.sent.append(h245_codec.parse(pdu))
            self.to_peer.append(pdu)
        self.events += self.control.events_received()

    def of(self, kind: type) -> list[Any]:
        """Events of one type."""
        return [event for event in self.events if isinstance(event, kind)]

    def messages(self, kind: type) -> list[Any]:
        """Messages of one type that it sent."""
        return [message for message in self.sent if isinstance(message, kind)]

    def channel(self, direction: Direction, kind: StreamKind) -> Channel | None:
        found = (each for each in self.control.channels if (each.direction, each.kind) == (direction, kind))
        return next(found, None)


class Pair:
    """`left` and `right`; `deliver` lets messages cross in an order that the seed says."""

    def __init__(
        self,
        *,
        seed: int = 1,
        left: Offer | None = None,
        right: Offer | None = None,
        types: tuple[int, int] = (TERMINAL, MCU),
        **more: Any,
    ) -> None:
        self.rng = random.Random(seed)
        self.now = 100.0
        offers = (left or Offer(), right or Offer())
        self.left, self.right = (
            Side(
                name,
                H245Control(
                    offer=offer,
                    media=local_media(ip),
                    terminal_type=terminal_type,
                    rng=random.Random(seed * 2 + place),
                    now=self.now,
                    **more,
                ),
                local_media(ip),
            )
            for place, (name, offer, ip, terminal_type) in enumerate(
                zip(("left", "right"), offers, ("192.0.2.1", "192.0.2.2"), types, strict=True)
            )
        )
        self.sides = (self.left, self.right)

    def start(self) -> Pair:
        for side in self.rng.sample(self.sides, 2):
            side.control.start(self.now)
        self.deliver()
        return self

    def deliver(self, most: int = 1_000) -> None:
        """Until nobody has anything to say."""
        for _ in range(most):
            for side in self.sides:
                side.drain()
            ways = [way for way in ((self.left, self.right), (self.right, self.left)) if way[0].to_peer]
            if not ways:
                return
            source, destination = self.rng.choice(ways)
            destination.control.receive(source.to_peer.popleft(), self.now)
        raise AssertionError("they never stop talking")

    def wait(self, seconds: float, *, lost: bool = False) -> None:
        """Let time pass, with all timers; `lost` throws away what is said."""
        end = self.now + seconds
        while True:
            timers = [(side.control.next_timer(), side) for side in self.sides]
            due = min((timer for timer, _ in timers if timer is not None), default=end)
            self.now = max(self.now, min(due, end))
            for side in self.sides:
                side.control.handle_timer(self.now)
                side.drain()
                if lost:
                    side.to_peer.clear()
            self.deliver()
            if due >= end:
                return
