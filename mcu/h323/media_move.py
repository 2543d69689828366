"""Moving a call's media to other ports of ours while it runs (H.323 clause 8.4.6; docs/decisions/0023).

| state    | begin                    | all channels of the peer are closed | CLOSE_SECONDS                        |
|----------|--------------------------|-------------------------------------|--------------------------------------|
| idle     | → emptied                | nothing                             | -                                    |
| emptied  | → emptied                | → idle, done                        | → asked, peer is asked for each      |
| asked    | → emptied                | → idle, done                        | → idle, done: they count no longer   |

Rules:
1. Our set is empty from the beginning until it is done: a peer closes what it sends, and opens it again at new ports.
2. A peer that does not heed an empty set is asked to close each channel, and then not waited for.
"""

from __future__ import annotations

import enum

from mcu.h323.h245_procedure import Procedure

CLOSE_SECONDS = 2.0  # a round trip and some more; nothing is heard meanwhile


class MoveStep(enum.Enum):
    """What is due."""

    ASK = "ask the peer to close its channels, one by one"
    RESUME = "tell our set again; what is still open at former ports is no more"


class _State(enum.Enum):
    IDLE = "idle"
    EMPTIED = "emptied"
    ASKED = "asked"


class MediaMove(Procedure[MoveStep]):
    """When to do what; `h245_core` does it."""

    def __init__(self) -> None:
        super().__init__()
        self._state = _State.IDLE

    @property
    def is_under_way(self) -> bool:
        return self._state is not _State.IDLE

    def begin(self, now: float) -> None:
        """Our empty set is on its way."""
        self._state = _State.EMPTIED
        self._deadline = now + CLOSE_SECONDS

    def all_closed(self) -> None:
        """The peer sends nothing to former ports any more."""
        if self.is_under_way:
            self._resume()

    def handle_timer(self, now: float) -> None:
        if not self._timer_ran_out(now):
            return
        if self._state is _State.EMPTIED:
            self._state = _State.ASKED
            self._deadline = now + CLOSE_SECONDS
            self._events.append(MoveStep.ASK)
        else:
            self._resume()

    def _resume(self) -> None:
        self._state, self._deadline = _State.IDLE, None
        self._events.append(MoveStep.RESUME)
