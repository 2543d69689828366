"""A dialler that calls nobody: tests say what becomes of each call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from mcu.errors import RefusedError
from mcu.gateway.rooms import CallView


@dataclass
class FakeCall:
    """One call that was asked for."""

    id: str
    conference: str
    dialled: str
    name: str
    office: str
    changed: Callable[[CallView], None]
    hung_up: bool = False

    def tell(self, state: str, *, reason: str = "", participant: str = "", name: str = "") -> None:
        self.changed(CallView(self.id, state, reason=reason, participant=participant, name=name))


@dataclass
class FakeDialler:
    """As `mcu.gateway.rooms.Dialler`. `refuse` is raised by every call while it is set."""

    calls: list[FakeCall] = field(default_factory=list)
    refuse: Exception | None = None
    keys: list[tuple[str, str, str]] = field(default_factory=list)  # conference, participant, keys

    async def call(
        self, conference_id: str, dialled: str, *, name: str, office: str, changed: Callable[[CallView], None]
    ) -> str:
        if self.refuse is not None:
            raise self.refuse
        made = FakeCall(f"call{len(self.calls)}", conference_id, dialled, name, office, changed)
        self.calls.append(made)
        made.tell("calling")
        return made.id

    async def hang_up(self, call_id: str) -> None:
        found = next((call for call in self.calls if call.id == call_id and not call.hung_up), None)
        if found is None:
            raise RefusedError("no-such-room")
        found.hung_up = True
        found.tell("ended", reason="hung-up")

    async def send_keys(self, conference_id: str, participant: str, keys: str) -> None:
        if self.refuse is not None:
            raise self.refuse
        self.keys.append((conference_id, participant, keys))

    def to(self, dialled: str) -> FakeCall:
        """The newest call to an address."""
        return next(call for call in reversed(self.calls) if call.dialled == dialled)
