"""What the procedures of H.245 (its annex C) have in common: one timer, messages and events that are drained."""

from __future__ import annotations

from typing import Generic, TypeVar

from mcu.h323.h245_messages import Message

E = TypeVar("E")


class Procedure(Generic[E]):
    """The base of a procedure. Drain messages and events after every call."""

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._events: list[E] = []
        self._deadline: float | None = None

    def messages_to_send(self) -> list[Message]:
        messages, self._messages = self._messages, []
        return messages

    def events_received(self) -> list[E]:
        events, self._events = self._events, []
        return events

    def next_timer(self) -> float | None:
        return self._deadline

    def _timer_ran_out(self, now: float) -> bool:
        """Whether the timer ran out, which ends it."""
        if self._deadline is None or now < self._deadline:
            return False
        self._deadline = None
        return True
