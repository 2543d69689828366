"""The agents of one locust worker: which conference is in which, who is told what happens, and what when one dies.

Rules:
1. A conference is wholly in one agent, from its first participant to the end of the run, even when that agent is
   started anew. A further conference gets an agent of its own while there are fewer than `most`, and then the one with
   the fewest people.
   `prepare` starts agents before anybody comes; one that is not there is started when somebody enters.
2. When an agent dies, everybody in it is told so, and the next one who enters there starts it again.
3. An agent that has died MAX_DEATHS times is not started again: something is wrong that starting does not mend.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import gevent
from gevent.lock import BoundedSemaphore

from loadtests import folders
from loadtests.agent_process import AgentFailed, AgentProcess
from loadtests.wire import AnyCommand, Count, Counts, Enter, Happened, Reply
from mcu.bench.leash import leashed

MAX_DEATHS = 3
COUNT_PATIENCE = 5.0  # seconds for an agent to say how it does
AGENT_DIED = "agent died"  # `Happened.what` of everybody in it

log = logging.getLogger(__name__)


class Listener(Protocol):
    """Who wants to know what happens to one participant. Called from the greenlet that reads: it must not wait."""

    def happened(self, happened: Happened) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """How many agents are there of those that were started, and why the others are not."""

    wanted: int
    ready: int
    why: str = ""


@dataclass
class _Slot:
    """One agent, or the place of one."""

    index: int
    far: bool = False  # at the far end of a bad line
    process: AgentProcess | None = None
    deaths: int = 0
    why: str = "it has not been started"  # there is no process
    people: dict[int, Listener] = field(default_factory=dict)
    conferences: set[str] = field(default_factory=set)
    starting: BoundedSemaphore = field(default_factory=BoundedSemaphore)  # one greenlet starts, the others wait

    def reply(self, why: str) -> Reply:
        return Reply(number=0, failed="gone", detail=why)


class Agents:
    """`admit` somebody, `ask` as often as you like, `dismiss`; `close` at the end."""

    def __init__(
        self,
        *,
        most: int,
        command: Sequence[str] = (),
        died: Callable[[str], None] | None = None,
        near: str = "",
        far: str = "",
        round_trip: float = 0.0,
        line: float = 0.0,
    ) -> None:
        """At most `most` agents, of this command line (ours, when empty); `died` is told why whenever one dies.

        `near` and `far` are files of network namespaces for those at both ends of a bad line: rule 1 holds for each,
        and one at the far end comes beside the others. Packets to the server and back take `round_trip` seconds, and
        `line` more from the far end.
        """
        self._most = most + bool(far)
        words = tuple(command) or tuple(leashed("-m", "loadtests.agent"))
        ends = ((False, near, round_trip), (True, far, round_trip + line))
        self._commands = {
            is_far: (*_inside(end), *words, *(("--round-trip", f"{seconds:g}") if seconds else ()))
            for is_far, end, seconds in ends
        }
        self._died = died
        self._folder = folders.make()
        self._slots: list[_Slot] = []
        self._by_who: dict[int, _Slot] = {}
        self.restarts = 0

    @property
    def most(self) -> int:
        return self._most

    # --- people -----------------------------------------------------------------------------------------

    def admit(self, who: int, *, conference: str, listener: Listener, far: bool = False) -> None:
        """From now on commands for `who` go to the agent of `conference`, and the listener is told what happens."""
        slot = self._slot(conference, far=far)
        slot.people[who] = listener
        self._by_who[who] = slot

    def dismiss(self, who: int) -> None:
        """Nobody is told about `who` any more."""
        slot = self._by_who.pop(who, None)
        if slot is not None:
            slot.people.pop(who, None)

    def ask(self, command: AnyCommand, patience: float) -> Reply:
        """What the agent of `command.who` replies; see `AgentProcess.ask`. `Enter` starts the agent if need be."""
        slot = self._by_who.get(command.who)
        if slot is None:
            return Reply(number=0, failed="unknown", detail=f"nobody with the number {command.who} was admitted")
        process = slot.process
        if process is None and isinstance(command, Enter):
            process = self._start(slot)
        return slot.reply(slot.why) if process is None else process.ask(command, patience)

    def _slot(self, conference: str, *, far: bool) -> _Slot:
        here = [slot for slot in self._slots if slot.far is far]
        for slot in here:
            if conference in slot.conferences:
                return slot
        if not here or len(self._slots) < self._most:
            self._slots.append(_Slot(len(self._slots), far))
            found = self._slots[-1]
        else:
            found = min(here, key=lambda slot: (len(slot.people), slot.index))
        found.conferences.add(conference)
        return found

    def prepare(self, conferences: Sequence[str], *, ends: Sequence[bool] = (False,)) -> Prepared:
        """Start those that these conferences need, at each of these ends (True: the far one), and wait for them."""
        for conference in conferences[: self._most]:  # beyond that, who comes decides (rule 1)
            for far in ends:
                self._slot(conference, far=far)
        wanted = tuple(self._slots)
        gevent.joinall([gevent.spawn(self._start, slot) for slot in wanted])
        ready = sum(slot.process is not None for slot in wanted)
        why = next((slot.why for slot in wanted if slot.process is None), "")
        return Prepared(wanted=len(wanted), ready=ready, why=why)

    def people_of(self, index: int) -> tuple[int, ...]:
        """Who is in agent `index`."""
        return tuple(self._slots[index].people) if index < len(self._slots) else ()

    # --- processes --------------------------------------------------------------------------------------

    def counts(self, index: int) -> Counts | None:
        """How agent `index` does; None where there is none, or it does not say."""
        process = self._slots[index].process if index < len(self._slots) else None
        if process is None:
            return None
        return process.ask(Count(number=0, who=-1), COUNT_PATIENCE).counts

    def close(self) -> None:
        """End all agents; everybody in them leaves."""
        for slot in self._slots:
            if slot.process is not None:
                slot.process.close()
        self._slots.clear()
        self._by_who.clear()
        self._folder.cleanup()

    def _start(self, slot: _Slot) -> AgentProcess | None:
        with slot.starting:
            return self._running(slot)

    def _running(self, slot: _Slot) -> AgentProcess | None:
        """The agent, started if it has to be; None when it cannot be, and `slot.why` says why."""
        if slot.process is not None or slot.deaths >= MAX_DEATHS:
            return slot.process
        folder = Path(self._folder.name) / str(slot.index)
        process = AgentProcess(
            self._commands[slot.far],
            folder=folder,
            happened=lambda happened: self._tell(slot, happened),
            ended=lambda _, why: self._lost(slot, why),
        )
        try:
            process.start()
        except (AgentFailed, OSError) as error:
            self._lost(slot, str(error))
            return None
        if slot.deaths:
            self.restarts += 1
            log.warning("agent %d was started again", slot.index)
        slot.process = process
        return process

    def _lost(self, slot: _Slot, why: str) -> None:
        slot.process, slot.why = None, why
        slot.deaths += 1
        log.error("agent %d: %s", slot.index, why)
        if self._died is not None:
            self._died(why)
        for who in tuple(slot.people):
            self._tell(slot, Happened(who=who, what=AGENT_DIED, failed="gone", detail=why))

    def _tell(self, slot: _Slot, happened: Happened) -> None:
        listener = slot.people.get(happened.who)
        if listener is not None:
            listener.happened(happened)


def _inside(namespace: str) -> tuple[str, ...]:
    """What comes before a command that runs in this network namespace; unix sockets lead out of it all the same."""
    return ("nsenter", f"--net={namespace}", "--") if namespace else ()
