"""Round-trip delay (RTDSE, H.245 annex C.9) as the keepalive of a call: ask, measure, and notice silence.

| state   | timer                                   | response with our number | response with another |
|---------|-----------------------------------------|--------------------------|-----------------------|
| resting | INTERVAL → ask                          | nothing                  | nothing               |
| asked   | T105: a miss; MAX_MISSES → lost or mute | measured → resting       | nothing               |

Rules:
1. The peer's requests are answered at once: some hang up otherwise.
2. A peer that never answered is not lost after MAX_MISSES: it does not know the request, and is not asked again.
"""

from __future__ import annotations

from dataclasses import dataclass

from mcu.h323.h245_messages import Message, RoundTripDelayRequest, RoundTripDelayResponse
from mcu.h323.h245_procedure import Procedure

INTERVAL = 10.0  # seconds between requests
T105 = 5.0  # seconds until a response
MAX_MISSES = 3  # in a row


@dataclass(frozen=True, slots=True)
class Measured:
    seconds: float


@dataclass(frozen=True, slots=True)
class Lost:
    """A peer that used to answer does not."""


class RoundTripDelay(Procedure[Measured | Lost]):
    """The procedure of one call, both ways."""

    def __init__(self) -> None:
        super().__init__()
        self.misses = 0  # in a row
        self._sequence = 0
        self._asked: float | None = None  # when the request was sent that waits
        self._has_answered = False

    def start(self, now: float) -> None:
        if self._deadline is None:
            self._deadline = now + INTERVAL

    def stop(self) -> None:
        self._deadline = self._asked = None

    def receive(self, message: Message, now: float) -> None:
        match message:
            case RoundTripDelayRequest(sequence):
                self._messages.append(RoundTripDelayResponse(sequence))
            case RoundTripDelayResponse(sequence) if self._asked is not None and sequence == self._sequence:
                self._events.append(Measured(now - self._asked))
                self._has_answered = True
                self.misses = 0
                self._asked = None
                self._deadline = now + INTERVAL

    def handle_timer(self, now: float) -> None:
        if not self._timer_ran_out(now):
            return
        if self._asked is not None:
            self.misses += 1
            if self.misses >= MAX_MISSES:
                self.stop()
                if self._has_answered:
                    self._events.append(Lost())
                return
        self._sequence = (self._sequence + 1) % 256
        self._messages.append(RoundTripDelayRequest(self._sequence))
        self._asked = now
        self._deadline = now + T105
