"""What the calls of a gateway share, and the values by which they tell of themselves."""

from __future__ import annotations

import enum
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mcu.controller.registry import Registry
from mcu.gateway.admission import Admission
from mcu.gateway.callers import Callers
from mcu.gateway.own_calls import OwnCalls
from mcu.h323.call_options import CallOptions, LocalParty
from mcu.h323.capabilities import Offer
from mcu.h323.events import CallEnded
from mcu.limits import Attempts

if TYPE_CHECKING:
    from mcu.gateway.room_call import RoomCall


class RoomState(enum.StrEnum):
    """Where a room's call stands."""

    CALLING = "calling"
    RINGING = "ringing"
    ENTERING = "entering"  # answered, not in the conference yet; or asked for number and PIN
    CONNECTED = "connected"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What the list of rooms calls it; "" where the room's own name is to be used."""

    name: str = ""
    office: str = ""


@dataclass(slots=True, kw_only=True)
class Surroundings:
    """What all calls of the gateway share. `ended` is told of each call's end, once."""

    registry: Registry
    admission: Admission
    callers: Callers
    attempts: Attempts
    local: LocalParty
    offer: Offer
    options: CallOptions
    language: str
    control_ports: tuple[int, ...]
    ended: Callable[[RoomCall, CallEnded], object]
    signaling_port: int = 0  # where calls are taken
    own_calls: OwnCalls = field(default_factory=OwnCalls)
    entrances: dict[str, RoomCall] = field(default_factory=dict)  # who stands at the entrance, by leg

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self.registry.spawn(work)
