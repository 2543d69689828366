"""The way that H.245 messages of one call take: in call signaling, or a connection of their own (H.323 clause 8.2).

Rules:
1. Messages wait until there is a way. What was sent before the peer said anything is sent again over a connection, for
   it may have been lost with the way before; H.245 procedures take a message twice.
2. Once a connection is used, tunnelled messages are still taken, and none sent.
3. Nothing here decides: `call` does.
"""

from __future__ import annotations

import enum
from collections import deque

from mcu.h323 import tpkt

MAX_WAITING = 256  # messages without a way; a whole negotiation has about 30
MAX_SENT = 4_000  # bytes of a message; our capability sets have about 1,000
MAX_TUNNELLED = 7  # messages in one of call signaling, so that it stays below tpkt.MAX_MESSAGE
MAX_REPEATED = 32  # messages that are sent again; before the peer says anything there are about 3


class Way(enum.Enum):
    NONE = "not decided, or not there yet"
    TUNNEL = "in h245Control of call signaling"
    CONNECTION = "a connection of its own"


class ControlPath:
    """Queues of one call. `dropped` counts messages beyond MAX_WAITING or MAX_SENT."""

    def __init__(self) -> None:
        self.way = Way.NONE
        self.dropped = 0
        self.heard = False
        self._waiting: deque[bytes] = deque()
        self._unheard: list[bytes] = []
        self._framed = bytearray()
        self._deframer = tpkt.Deframer()

    @property
    def keepalives(self) -> int:
        return self._deframer.keepalives

    def take(self, way: Way) -> None:
        """From now on `way`."""
        if way is self.way:
            return
        if way is not Way.TUNNEL:
            self.repeat()
        self._framed.clear()
        self._deframer = tpkt.Deframer()
        self.way = way
        if way is Way.CONNECTION:
            for message in self._taken(MAX_WAITING):
                self._framed += tpkt.frame(message)

    def push(self, message: bytes) -> None:
        """One message to the peer."""
        if len(message) > MAX_SENT or len(self._waiting) >= MAX_WAITING:
            self.dropped += 1
        elif self.way is Way.CONNECTION:
            self._remember(message)
            self._framed += tpkt.frame(message)
        else:
            self._waiting.append(message)

    def tunnelled(self) -> tuple[bytes, ...]:
        """What goes into the next message of call signaling; perhaps not all that waits."""
        return self._taken(MAX_TUNNELLED) if self.way is Way.TUNNEL else ()

    def early(self) -> tuple[bytes, ...]:
        """What waits, for a SETUP: whether the peer takes it is not known yet."""
        return self._taken(MAX_TUNNELLED)

    def repeat(self) -> None:
        """What was sent and not answered is sent again."""
        if not self.heard:
            self._waiting.extendleft(reversed(self._unheard))
            self._unheard = []

    def receive(self, data: bytes) -> list[bytes]:
        """Messages that are complete with `data` of the connection. Raises TpktError."""
        return self._deframer.receive(data)

    def peer_spoke(self) -> None:
        """Whatever was sent so far has arrived, or will."""
        self.heard = True
        self._unheard = []

    def to_send(self) -> bytes:
        """For the connection, drained."""
        data = bytes(self._framed)
        self._framed.clear()
        return data

    def _taken(self, most: int) -> tuple[bytes, ...]:
        count = min(most, len(self._waiting))
        messages = tuple(self._waiting.popleft() for _ in range(count))
        for message in messages:
            self._remember(message)
        return messages

    def _remember(self, message: bytes) -> None:
        if not self.heard and len(self._unheard) < MAX_REPEATED:
            self._unheard.append(message)
