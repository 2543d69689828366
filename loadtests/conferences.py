"""The conferences of a run: made before the first participant, shared out among locust workers, ended at the stop.

Rules:
1. A conference is in one worker as long as there are no more workers than conferences: then all its delays can be
   measured, and its turns need no talk between machines. Otherwise workers share it, and share its MOST_SPEAKERS.
2. Workers are told in the order in which locust hands out users, and the chairs come first (`fixed_count`): the
   worker that has a conference's chair is the first that has the conference.
3. What was not made here is not ended here.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import msgspec

from loadtests.line.words import Ready as Ends
from loadtests.rest import Server
from mcu.errors import ConfigurationError

if TYPE_CHECKING:
    from locust.env import Environment

MOST_SPEAKERS = 3  # at once in one conference: what people can follow, and what a check can tell apart
EMPTY_SECONDS = 10.0  # for the last ones to be out before conferences are ended under them
LOOK_SECONDS = 0.5  # between two looks whether they are
STREAM = "{stream}"  # in addresses of WHIP and WHEP

log = logging.getLogger(__name__)


class Conference(msgspec.Struct, frozen=True, kw_only=True):
    """What it takes to enter. `id` is that of REST; "" and "" where an existing one is used that REST does not show."""

    link: str
    id: str = ""
    number: str = ""
    pin: str = ""
    chair_key: str = ""
    capacity: int = 0  # how many it takes; 0 where that is not known
    ours: bool = True  # made for this run
    whip: str = ""  # where another standard server takes a stream, and where it shows it
    whep: str = ""
    token: str = ""  # for both


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One conference in one worker."""

    conference: Conference
    speakers: int = MOST_SPEAKERS  # of this worker at once
    chaired: bool = True  # its chair comes from this worker, if there is one


class Allotment(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker is told before its users come."""

    index: int  # of the worker
    workers: int
    gateway: str  # "host:port"; "" for none
    places: tuple[Place, ...]
    entrance: str = ""  # of the server, where it is not where its REST is
    near: str = ""  # files of the network namespaces of agents at both ends of a bad line; "" for this machine's own
    far: str = ""


_of_runs: WeakKeyDictionary[Environment, tuple[Conference, ...]] = WeakKeyDictionary()


def set_conferences(environment: Environment, conferences: Sequence[Conference]) -> None:
    """Those of the run that this environment leads."""
    _of_runs[environment] = tuple(conferences)


def conferences_of(environment: Environment) -> tuple[Conference, ...]:
    """None before a run, and after it."""
    return _of_runs.get(environment, ())


def allot(
    conferences: Sequence[Conference], *, workers: int, gateway: str = "", ends: Ends | None = None
) -> tuple[Allotment, ...]:
    """One for each worker. Raises ValueError without conferences or workers."""
    if not conferences or workers < 1:
        raise ValueError("nothing to share out, or nobody to have it")
    made: list[list[Place]] = [[] for _ in range(workers)]
    for turn in range(max(workers, len(conferences))):
        conference = turn % len(conferences)
        sharers = max(1, -(-(workers - conference) // len(conferences)))  # workers that have this conference
        part = turn // len(conferences) if workers > len(conferences) else 0  # which of them this one is
        made[turn % workers].append(
            Place(
                conference=conferences[conference],
                speakers=MOST_SPEAKERS // sharers + (part < MOST_SPEAKERS % sharers),
                chaired=part == 0,
            )
        )
    return tuple(
        Allotment(
            index=index,
            workers=workers,
            gateway=gateway,
            places=tuple(places),
            entrance=ends.entrance if ends is not None else "",
            near=ends.near if ends is not None else "",
            far=ends.far if ends is not None else "",
        )
        for index, places in enumerate(made)
    )


def make(server: Server, *, count: int, people: int, title: str, capacity: int | None = None) -> list[Conference]:
    """`count` conferences for `people` in all, with the server's own limit unless `capacity` is given.

    Raises ConfigurationError, also where they do not fit; then none stays.
    """
    made: list[Conference] = []
    most = -(-people // count)
    try:
        for number in range(1, count + 1):
            created = server.create(f"{title} {number}" if count > 1 else title, capacity=capacity)
            made.append(
                Conference(
                    link=created.link,
                    id=created.id,
                    number=created.number,
                    pin=created.pin,
                    chair_key=created.chair_key,
                    capacity=created.capacity,
                )
            )
            if created.capacity < (capacity or most):
                raise ConfigurationError(too_many(server.address, people, count, created.capacity))
    except ConfigurationError:
        end(server, made)
        raise
    return made


def too_many(server: str, people: int, count: int, capacity: int) -> str:
    """What to do when more people come than the server lets in."""
    return (
        f"{people} participants in {count} conference{'s' * (count > 1)} are {-(-people // count)} in each, and "
        f"{server} lets {capacity} into one. Take --conferences {-(-people // capacity)}, fewer users (-u), or set "
        f"[conference] max_participants in the server's mcu.toml (MCU_CONFERENCE_MAX_PARTICIPANTS)."
    )


def existing(server: Server, *, link: str, chair_key: str = "", may_look: bool = True) -> Conference:
    """One that is there already, by its link or the address of its page; REST tells the rest if it may be asked."""
    link = link.rstrip("/").rpartition("/")[2]
    try:
        found = server.find(link) if may_look else None
    except ConfigurationError as error:
        log.warning("Viewers and rooms have no way into %s, for REST does not show it: %s", link, error)
        found = None
    if found is None:
        return Conference(link=link, chair_key=chair_key, ours=False)
    return Conference(
        link=link, id=found.id, number=found.number, chair_key=chair_key, capacity=found.capacity, ours=False
    )


def streams(*, whip: str, whep: str, token: str, count: int) -> list[Conference]:
    """Those of another WHIP and WHEP server, in the place of conferences; `{stream}` in addresses is their number."""
    return [
        Conference(
            link=f"stream {number}",
            ours=False,
            whip=whip.replace(STREAM, str(number)),
            whep=whep.replace(STREAM, str(number)),
            token=token,
        )
        for number in range(1, count + 1)
    ]


def end(server: Server, conferences: Sequence[Conference]) -> None:
    """Those that were made here. What does not end is told, and left."""
    for conference in conferences:
        if conference.ours:
            try:
                server.end(conference.id)
            except ConfigurationError as error:
                log.warning("conference %s was not ended: %s", conference.id, error)


def wait_until_empty(
    server: Server, conferences: Sequence[Conference], *, sleep: Callable[[float], None] = time.sleep
) -> bool:
    """Whether nobody is in those made here any more, after EMPTY_SECONDS at the latest."""
    deadline = time.monotonic() + EMPTY_SECONDS
    for conference in conferences:
        while conference.ours and server.present(conference.id):
            if time.monotonic() > deadline:
                return False
            sleep(LOOK_SECONDS)
    return True
