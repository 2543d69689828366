"""The rooms of one conference and what is wanted of the call to each: pure state that is told the time.

Rules:
1. A room has at most one call: who asks for one while there is one gets no other; while it is being hung up, the next.
2. Each attempt has a number. What is told about an older attempt changes nothing, and its call is hung up.
3. A connected room that drops is called once more after REDIAL_SECONDS. When that fails, or drops again before it has
   held for STEADY_SECONDS, it stays as it is until somebody calls it. Who hung up, declined or was sent away is left
   alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from mcu import text
from mcu.controller.member import Room, RoomCondition
from mcu.errors import RefusedError
from mcu.h323.events import EndReason
from mcu.store.records import RoomRecord

REDIAL_SECONDS = 5.0  # a terminal that lost its network needs some to notice; a person waits that long without pressing
STEADY_SECONDS = 300.0  # a line that held so long is not flapping
DROPPED = frozenset({EndReason.CONNECTION_LOST, EndReason.TIMED_OUT, EndReason.PROTOCOL_ERROR})


class View(Protocol):
    """What is told of a call: mcu.gateway.rooms.CallView."""

    @property
    def state(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def participant(self) -> str: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Begin:
    """Call the room; `begun` is to be asked just before."""

    room: str
    attempt: int


@dataclass(frozen=True, slots=True)
class HangUp:
    call: str


@dataclass(slots=True)
class _Line:
    """A room. `attempt` counts from 1; `begun` until its call is over; `call` is "" until the dialler has named it."""

    record: RoomRecord
    condition: RoomCondition = RoomCondition.IDLE
    reason: str = ""
    participant: str = ""
    said: str = ""
    attempt: int = 0
    begun: bool = False
    call: str = ""
    ending: bool = False  # asked to hang up
    again: bool = False  # and to be called when that is done
    connected_at: float | None = None
    redialled: bool = False  # the present attempt was nobody's but ours
    redial_at: float | None = None

    @property
    def active(self) -> bool:
        return self.condition not in (RoomCondition.IDLE, RoomCondition.ENDED, RoomCondition.REDIALLING)


class RoomList:
    """After each call of a method, `wants` is to be drained and `rooms` may be another."""

    def __init__(self, records: Iterable[RoomRecord]) -> None:
        self._lines = {record.id: _Line(record) for record in records}
        self._wanted: list[Begin | HangUp] = []

    def wants(self) -> list[Begin | HangUp]:
        wanted, self._wanted = self._wanted, []
        return wanted

    # --- the list -----------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._lines)

    def rooms(self) -> tuple[Room, ...]:
        """All, in the order in which they were put on the list."""
        return tuple(
            Room(
                id=line.record.id,
                address=line.record.address,
                name=line.record.name,
                office=line.record.office,
                condition=line.condition,
                reason=line.reason,
                participant=line.participant,
                said=line.said,
            )
            for line in self._lines.values()
        )

    def record(self, room: str) -> RoomRecord:
        """Raises RefusedError("no-such-room")."""
        return self._line(room).record

    def records(self) -> tuple[RoomRecord, ...]:
        return tuple(line.record for line in self._lines.values())

    @property
    def is_busy(self) -> bool:
        """Whether a call is under way, or will be by itself."""
        return any(line.active or line.redial_at is not None for line in self._lines.values())

    def put(self, record: RoomRecord) -> None:
        """A new room, or what a known one is called now."""
        if line := self._lines.get(record.id):
            line.record = record
        else:
            self._lines[record.id] = _Line(record)

    def remove(self, room: str) -> None:
        """Off the list; its call is hung up. Raises RefusedError("no-such-room")."""
        line = self._line(room)
        del self._lines[room]
        if line.call:
            self._wanted.append(HangUp(line.call))

    # --- what people ask ----------------------------------------------------------------------------

    def idle(self, rooms: Sequence[str] | None = None) -> tuple[str, ...]:
        """Those of `rooms`, or of all, that a call would begin for. Raises RefusedError("no-such-room")."""
        chosen = self._lines.values() if rooms is None else [self._line(room) for room in dict.fromkeys(rooms)]
        return tuple(line.record.id for line in chosen if not line.active)

    def call(self, room: str) -> None:
        """Call it unless it is being called or connected. Raises RefusedError("no-such-room")."""
        line = self._line(room)
        if not line.active:
            line.redialled = False
            self._begin(line)
        elif line.ending:
            line.again = True

    def hang_up(self, room: str) -> None:
        """End its call, and do not call again. Raises RefusedError("no-such-room")."""
        line = self._line(room)
        line.again, line.redial_at = False, None
        if line.begun:
            if line.call and not line.ending:
                self._wanted.append(HangUp(line.call))
            line.ending = True
        elif line.condition in (RoomCondition.CALLING, RoomCondition.REDIALLING):
            self._finish(line, EndReason.HUNG_UP)

    # --- what calls tell ----------------------------------------------------------------------------

    def begin(self, wanted: Begin) -> RoomRecord | None:
        """The room to be dialled now; None when nobody wants that any more."""
        line = self._current(wanted)
        if line is None or line.begun or line.condition is not RoomCondition.CALLING:
            return None
        line.begun = True
        return line.record

    def named(self, begun: Begin, call: str) -> None:
        """The dialler took the call, and calls it so."""
        line = self._current(begun)
        if line is None:
            self._wanted.append(HangUp(call))
        elif line.begun:
            line.call = call
            if line.ending:
                self._wanted.append(HangUp(call))

    def refused(self, begun: Begin, reason: str, *, now: float) -> None:
        """The dialler did not take it; `reason` as in mcu.controller.member.Room."""
        if line := self._current(begun):
            self._ended(line, reason, now=now)

    def changed(self, begun: Begin, view: View, *, now: float) -> None:
        """The call is another now."""
        line = self._current(begun)
        if line is None or not line.begun:
            return
        line.said = text.cut_line(view.name, limit=text.NAME_GRAPHEMES) or line.said
        line.participant = view.participant
        line.condition = RoomCondition(view.state)
        if line.condition is RoomCondition.CONNECTED and line.connected_at is None:
            line.connected_at = now
        if line.condition is RoomCondition.ENDED:
            self._ended(line, view.reason, now=now)

    # --- time ---------------------------------------------------------------------------------------

    def next_timer(self) -> float | None:
        return min((line.redial_at for line in self._lines.values() if line.redial_at is not None), default=None)

    def handle_timer(self, now: float) -> None:
        for line in self._lines.values():
            if line.redial_at is not None and line.redial_at <= now:
                line.redialled = True
                self._begin(line)

    def give_up_redials(self) -> None:
        """Nobody is there to meet the rooms that would be called again."""
        for line in self._lines.values():
            if line.redial_at is not None:
                self._finish(line, line.reason)

    # --- inside -------------------------------------------------------------------------------------

    def _line(self, room: str) -> _Line:
        line = self._lines.get(room)
        if line is None:
            raise RefusedError("no-such-room")
        return line

    def _current(self, begun: Begin) -> _Line | None:
        line = self._lines.get(begun.room)
        return line if line is not None and line.attempt == begun.attempt else None

    def _begin(self, line: _Line) -> None:
        line.attempt += 1
        line.condition, line.reason, line.participant = RoomCondition.CALLING, "", ""
        line.call, line.connected_at, line.redial_at = "", None, None
        line.begun = line.ending = line.again = False
        self._wanted.append(Begin(line.record.id, line.attempt))

    def _ended(self, line: _Line, reason: str, *, now: float) -> None:
        again = line.again
        held = None if line.connected_at is None else now - line.connected_at
        redial = held is not None and reason in DROPPED and not line.ending
        if line.redialled and held is not None and held < STEADY_SECONDS:
            redial = False
        self._finish(line, reason)
        if again:
            self.call(line.record.id)
        elif redial:
            line.condition, line.redial_at = RoomCondition.REDIALLING, now + REDIAL_SECONDS

    def _finish(self, line: _Line, reason: str) -> None:
        line.condition, line.reason, line.participant = RoomCondition.ENDED, str(reason), ""
        line.call, line.connected_at, line.redial_at = "", None, None
        line.begun = line.ending = line.again = False
