"""What the composite shows now: the layout's memory over time.

`arrange` is pure; a `Director` remembers what it must be told: the last tiles, who spoke when, and whose turn it is
in a layout that has fewer tiles than people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mcu.control import LayoutChoice, ParticipantState
from mcu.mixer.geometry import Holds
from mcu.mixer.layout import Tile, arrange

ROLL_SECONDS = (
    8.0  # one rolling tile changes hands this often: long enough to look at a face, a full turn of 24 in 3 min
)
TALK_SECONDS = 30.0  # whoever was heard within this time keeps the tile when the turn comes
_NEVER = float("-inf")


class Director:
    """The tiles of one composite. Call `update` when the conference changes and `tiles` at every tick."""

    def __init__(self, width: int, height: int) -> None:
        self._size = width, height
        self._choice = LayoutChoice()
        self._members: tuple[ParticipantState, ...] = ()
        self._content: str | None = None
        self._speaker: str | None = None
        self._heard: dict[str, float] = {}
        self._shown: dict[str, float] = {}  # who is in view, and since when
        self._left: dict[str, float] = {}  # who was in view, and until when
        self._next_roll: float | None = None  # set while somebody waits for a tile
        self._tiles: tuple[Tile, ...] = ()
        self._changed = False

    def update(self, choice: LayoutChoice, members: Sequence[ParticipantState], content: str | None) -> None:
        """Take the conference's state; `members` in roster order."""
        state = choice, tuple(members), content
        self._changed = self._changed or state != (self._choice, self._members, self._content)
        self._choice, self._members, self._content = state
        present = {member.participant for member in members}
        for memory in (self._heard, self._shown, self._left):
            for person in memory.keys() - present:
                del memory[person]

    def tiles(self, *, speaker: str | None, now: float) -> tuple[Tile, ...]:
        """The tiles at `now`, in monotonic seconds. The same object as long as nothing changed."""
        if speaker is not None:
            self._heard[speaker] = now
        rolling = self._next_roll is not None and now >= self._next_roll
        if self._changed or speaker != self._speaker or rolling:
            self._speaker, self._changed = speaker, False
            self._arrange(now, self._given_up(now) if rolling else self._tiles)
        return self._tiles

    def _arrange(self, now: float, previous: Sequence[Tile]) -> None:
        width, height = self._size
        tiles = arrange(
            self._choice,
            members=self._members,
            speaker=self._speaker,
            content=self._content,
            width=width,
            height=height,
            previous=previous,
            priority=self._priority(now),
        )
        if tiles != self._tiles:
            self._tiles = tiles
        shown = {tile.participant for tile in tiles if tile.participant is not None and not tile.content}
        self._left |= dict.fromkeys(self._shown.keys() - shown, now)
        self._shown = {person: self._shown.get(person, now) for person in shown}
        waiting = any(member.seen and member.participant not in shown for member in self._members)
        if not waiting:
            self._next_roll = None
        elif self._next_roll is None or now >= self._next_roll:
            self._next_roll = now + ROLL_SECONDS

    def _priority(self, now: float) -> list[str]:
        """Those in conversation, the last heard first; then who waits, the longest first; then who is in view."""

        def key(person: str) -> tuple[float, bool, float]:
            talking = self._heard.get(person, _NEVER) if self._talks(person, now) else _NEVER
            shown = self._shown.get(person)
            return -talking, shown is not None, self._left.get(person, _NEVER) if shown is None else -shown

        return sorted((member.participant for member in self._members), key=key)

    def _talks(self, person: str, now: float) -> bool:
        return person == self._speaker or self._heard.get(person, _NEVER) > now - TALK_SECONDS

    def _given_up(self, now: float) -> tuple[Tile, ...]:
        """The tiles, with the one emptied whose holder has been in view longest and is not in conversation."""
        quiet = [
            tile.participant
            for tile in self._tiles
            if tile.holds is Holds.ROLLING
            and tile.participant in self._shown  # who has just left has no turn to give up
            and not self._talks(tile.participant, now)
        ]
        longest = min(quiet, key=lambda person: self._shown[person], default=None)
        return tuple(
            replace(tile, participant=None) if tile.holds is Holds.ROLLING and tile.participant == longest else tile
            for tile in self._tiles
        )
