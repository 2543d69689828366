"""What an agent knows of its own people without the server's roster: who is in, muted, with the camera on. No I/O.

Rules:
1. Counted is what was asked for and done: from asking until the server has said so, nothing is known for sure.
2. A place is a conference as people come to it: the link, or for rooms the number, which the first who is in tells.
3. Where a chair of this agent leads and no other chair is told of, nobody is muted by a chair but by what that one did.
   Elsewhere the muted one's own word from the server is believed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from loadtests.agent.names import STRANGER
from loadtests.recording import Known
from loadtests.wire import Enter

MAX_STATES = 64  # of one person that are kept: in the minute that a judge looks back at nobody changes so often
MAX_PEOPLE = 1_024  # who are remembered: all numbers that there are
MAX_PLACES = 256  # conferences: eight at once are many, and each run has its own


@dataclass(slots=True)
class _Account:
    """Of one person who is in or was."""

    place: str = ""
    muted_by_chair: bool | None = False  # None: not for sure
    doubtful: bool = False  # a mute was asked for, and nobody knows whether it was done
    states: deque[Known] = field(default_factory=lambda: deque(maxlen=MAX_STATES))


class Ledger:
    """`enter` before anything else of a person."""

    def __init__(self) -> None:
        self._people: dict[int, _Account] = {}
        self._links: dict[str, str] = {}  # by number of the conference
        self._ids: dict[str, int] = {}  # who was told that this is its own id
        self._chairs: dict[str, set[int]] = {}  # who came with the chair's key, by place

    # --- who is where -----------------------------------------------------------------------------------

    def enter(self, order: Enter) -> None:
        """Somebody is on the way."""
        self._people.pop(order.who, None)
        self._people[order.who] = _Account(_place(order))
        while len(self._people) > MAX_PEOPLE:
            del self._people[next(iter(self._people))]
        if order.chair_key:
            self._chairs.setdefault(_place(order), set()).add(order.who)
            while len(self._chairs) > MAX_PLACES:
                del self._chairs[next(iter(self._chairs))]

    def identify(self, who: int, own: str, number: str) -> None:
        """Somebody was told its own id, and which number the conference has."""
        self._ids[own] = who
        while len(self._ids) > MAX_PEOPLE:
            del self._ids[next(iter(self._ids))]
        account = self._people.get(who)
        if account is not None and account.place and number:
            self._links[number] = account.place
            while len(self._links) > MAX_PLACES:
                del self._links[next(iter(self._links))]

    def who_has(self, own: str) -> int:
        """Who was told that this is its own id; STRANGER for nobody here."""
        return self._ids.get(own, STRANGER)

    def place(self, who: int) -> str:
        """Where somebody is, or is going; "" for who is known by the server's word alone."""
        account = self._people.get(who)
        return self._links.get(account.place, account.place) if account is not None else ""

    def together(self, one: int, other: int) -> bool:
        """Whether both are, or go, to the same conference."""
        place = self.place(one)
        return bool(place) and place == self.place(other)

    # --- mutes by a chair -------------------------------------------------------------------------------

    def chair_mutes(self, who: int, muted: bool | None) -> None:
        """A chair has muted somebody, or lifted that; None while it is asked for."""
        if (account := self._people.get(who)) is not None:
            account.muted_by_chair, account.doubtful = muted, False

    def chair_failed(self, who: int) -> None:
        """What a chair asked for may or may not have been done: until it asks again the server's word counts."""
        if (account := self._people.get(who)) is not None:
            account.doubtful = True

    def came_back(self, who: int, muted_by_chair: bool) -> None:
        """The server took somebody in, perhaps anew: a mute of before may be over. One that never was is none."""
        if (account := self._people.get(who)) is not None and account.muted_by_chair is not False:
            account.muted_by_chair, account.doubtful = muted_by_chair, False

    def muted_by_chair(self, who: int, told: bool | None, chairs: Collection[int]) -> bool | None:
        """Rule 3. `told` is the word of the server to somebody, `chairs` who lead by it; None: not for sure."""
        account = self._people.get(who)
        ours = self._chairs.get(self.place(who))
        if account is None or account.doubtful or not ours or not ours.issuperset(chairs):
            return told
        return account.muted_by_chair

    # --- states -----------------------------------------------------------------------------------------

    def note(self, state: Known) -> None:
        """It is so from now on."""
        account = self._people.get(state.person)
        if account is None:
            return
        last = account.states[-1] if account.states else None
        if last is None or (last.here, last.muted, last.camera_off) != (state.here, state.muted, state.camera_off):
            account.states.append(state)

    def gone(self, who: int, now: float) -> None:
        """Left, or lost: nothing is known any more."""
        self.note(Known(now, who, here=False, muted=None, camera_off=None))

    def is_steady(self, who: int, begin: float, end: float) -> bool:
        """Whether somebody was in from `begin` to `end` without a break."""
        states = self._since(who, begin)
        return bool(states) and states[0].since <= begin and all(state.here for state in states if state.since <= end)

    def known(self, place: str, begin: float, end: float) -> tuple[Known, ...]:
        """All states of all who are in a conference between two times, those in force at the beginning first."""
        return tuple(
            state
            for who in self._people
            if place and self.place(who) == place
            for state in self._since(who, begin)
            if state.since <= end
        )

    def _since(self, who: int, begin: float) -> Sequence[Known]:
        """The state in force then, and those after it."""
        account = self._people.get(who)
        states = list(account.states) if account is not None else []
        first = max((index for index, state in enumerate(states) if state.since <= begin), default=0)
        return states[first:]


def _place(order: Enter) -> str:
    """Of WHIP and WHEP there is none: addresses of theirs name streams."""
    if order.kind in ("whip", "whep"):
        return ""
    return order.conference.partition("##")[0]
