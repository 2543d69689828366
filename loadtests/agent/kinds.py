"""Which class plays which kind of participant."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from loadtests.agent.attendee import Attendee
from loadtests.agent.member import Company, Member
from loadtests.agent.publisher import Publisher
from loadtests.agent.room import Room
from loadtests.agent.watcher import Watcher
from loadtests.wire import Enter, Kind

KINDS: Mapping[Kind, Callable[[Enter, Company], Member]] = {
    "attendee": Attendee,
    "viewer": Attendee,
    "room": Room,
    "whip": Publisher,
    "whep": Watcher,
}
