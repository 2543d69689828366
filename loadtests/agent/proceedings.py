"""What the server told one participant of its conference: who is in it, and who stands where. No I/O; time is given.

Rules:
1. People are told by their numbers in the run; strangers have none: of them it is told that one came, changed or left.
2. Somebody with a line that is being waited for ("reconnecting") is not here. Somebody who came anew while the old line
   is still there is as the line says that is connected.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from loadtests.agent.names import STRANGER, who_is
from loadtests.recording import Layout, Place, Present
from mcu.signaling import protocol

DEFAULT_FPS = 25  # of a composite, until the server says


class Follower(Protocol):
    """Who keeps what is told while it is told."""

    def layout(self, layout: Layout) -> None: ...
    def present(self, present: Present) -> None: ...
    def strain(self, strained: bool) -> None: ...  # the server does less for pictures, for want of CPU


class Proceedings:
    """`take` every message; `follow` for a while."""

    def __init__(self, *, who_has: Callable[[str], int] = lambda own: STRANGER) -> None:
        """`who_has` knows by their ids whom the roster leaves out."""
        self.conference = ""  # its id; "" before the participant is in
        self.own = ""  # the participant's id
        self.fps = DEFAULT_FPS
        self.layout = ""  # the chair's choice
        self.content: str | None = None  # whose id
        self.number = ""  # of the conference, as rooms dial it
        self.strip = 0  # of that choice: how many small tiles there may be beside the large one
        self.chairs: frozenset[int] = frozenset()  # who leads; STRANGER among them for who is not of this run
        self.revision = 0  # of the tiles, counted here: how often they were told
        self._who_has = who_has
        self._lines: dict[str, protocol.Participant] = {}
        self._strained = False
        self._layout: Layout | None = None
        self._followers: list[Follower] = []

    # --- what is known ----------------------------------------------------------------------------------

    def lists(self, who: int) -> bool:
        """Whether that number is in the conference, also while it is waited for."""
        return self.line(who) is not None

    def line(self, who: int) -> protocol.Participant | None:
        """Its line in the roster; that of the connected one where there are two."""
        lines = [line for line in self._lines.values() if who_is(line.name) == who]
        return min(lines, key=lambda line: line.presence != "connected", default=None)

    @property
    def mine(self) -> protocol.Participant | None:
        """The participant's own line."""
        return self._lines.get(self.own)

    # --- following --------------------------------------------------------------------------------------

    def follow(self, follower: Follower, now: float) -> None:
        """Tell it how things are, and whatever changes from now on."""
        if self._layout is not None:
            follower.layout(self._layout)
        for who in dict.fromkeys(who_is(line.name) for line in self._lines.values()):
            if who != STRANGER:
                follower.present(self._state(who, now))
        follower.strain(self._strained)
        self._followers.append(follower)

    def unfollow(self, follower: Follower) -> None:
        self._followers.remove(follower)

    # --- what is told -----------------------------------------------------------------------------------

    def take(self, message: protocol.AnyServerMessage, now: float) -> None:
        """In the order of coming."""
        match message:
            case protocol.Entered():
                self._begin(message, now)
            case protocol.ParticipantJoined(participant=line) | protocol.ParticipantChanged(participant=line):
                self._lines[line.participant] = line
                self._note_chairs()
                self._tell(line, now)
            case protocol.ParticipantLeft(participant=gone):
                left = self._lines.pop(gone, None)
                if left is not None:
                    self._note_chairs()
                    self._tell(left, now)
            case protocol.Tiles():
                self._arrange(message, now)
            case protocol.LayoutChanged(choice=choice):
                self._choose(choice, now)
            case protocol.ContentChanged(participant=who):
                self.content = who
            case protocol.Lines(strained=strained):
                self._strained = strained
                for follower in self._followers:
                    follower.strain(strained)

    def _begin(self, entered: protocol.Entered, now: float) -> None:
        before = [who_is(line.name) for line in self._lines.values()]
        view = entered.conference
        self.conference, self.own = view.id, entered.you.participant
        self.fps, self.number, self.content = view.picture.fps, view.number, view.content
        self._choose(view.layout, now)
        self._lines = {line.participant: line for line in entered.participants}
        self._note_chairs()
        for who in dict.fromkeys([*before, *(who_is(line.name) for line in entered.participants)]):
            self._tell_of(who, now)

    def _arrange(self, tiles: protocol.Tiles, now: float) -> None:
        self.revision += 1
        places = self._places(tiles.tiles)
        self._lay_out(Layout(now, tiles.width, tiles.height, places, tiles.layout, self.layout, self.strip))

    def _choose(self, choice: protocol.LayoutChoice, now: float) -> None:
        """The chair's choice is told apart from its tiles."""
        self.layout, self.strip = choice.name, choice.strip
        if self._layout is not None:
            self._lay_out(msgspec.structs.replace(self._layout, since=now, choice=choice.name, strip=choice.strip))

    def _lay_out(self, layout: Layout) -> None:
        self._layout = layout
        for follower in self._followers:
            follower.layout(layout)

    def _places(self, tiles: Sequence[protocol.Tile]) -> tuple[Place, ...]:
        return tuple(
            Place(self._number(tile.participant), tile.content, tile.x, tile.y, tile.width, tile.height)
            for tile in tiles
        )

    def _number(self, participant: str) -> int:
        line = self._lines.get(participant)
        return self._who_has(participant) if line is None else who_is(line.name)

    # --- states -----------------------------------------------------------------------------------------

    def _note_chairs(self) -> None:
        self.chairs = frozenset(who_is(line.name) for line in self._lines.values() if line.role == "chair")

    def _tell(self, line: protocol.Participant, now: float) -> None:
        self._tell_of(who_is(line.name), now)

    def _tell_of(self, who: int, now: float) -> None:
        if self._followers:
            state = self._state(who, now)
            for follower in self._followers:
                follower.present(state)

    def _state(self, who: int, now: float) -> Present:
        line = self.line(who)
        if line is None:
            return Present(now, who, muted=False, camera_off=False, here=False)
        return Present(
            now,
            who,
            muted=line.muted,
            camera_off=line.camera_off,
            here=line.presence == "connected",
            hidden=line.role == "viewer",
        )
