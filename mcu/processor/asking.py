"""Tells every sender of a bridge what its tile needs. Runs on the main thread; see `needs` for what, `told` for when.

Rules:
1. Another size costs a keyframe: AT_ONCE senders are told a smaller one in LOOK_SECONDS, the others a moment later.
2. Who codes no size but its own (a room) is told the ample one, for the bitrate.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from mcu import control
from mcu.mixer.layout import Tile
from mcu.processor.member import Member
from mcu.processor.needs import USUAL_ASPECT, Need, aspect_of, picture_needed, tiles_by_person
from mcu.processor.overload import Step
from mcu.processor.told import Told

LOOK_SECONDS = 0.5  # between two looks while nothing moves: at what may be told less, and at cameras that were turned
AT_ONCE = 6  # thirty are told within three seconds, and their keyframes are a fifth of what is decoded meanwhile
RESTING_FPS = 5  # of who stands still: enough bitrate for a keyframe now and then
OVERSAMPLING = 2  # frames for one of the composite, when that has few: what is shown is then at most half as old


@dataclass(slots=True)
class _Sender:
    """One leg that may send a camera."""

    told: Told = field(default_factory=Told)
    paused: bool = False
    aspect: float = USUAL_ASPECT


class Asking:
    """Call `look` when tiles or legs have changed, and `tick` whenever time has passed."""

    def __init__(self, fps: int, *, notify: Callable[[control.Notice], None]) -> None:
        self._fps = fps
        self._moving_fps = fps
        self._resting: Collection[str] = ()
        self._pauses = False
        self._notify = notify
        self._senders: dict[Member, _Sender] = {}
        self._due = math.inf
        self._shrunk = 0  # senders that were told a smaller size since the beginning of this LOOK_SECONDS
        self._counted_from = -math.inf

    def shed(self, step: Step, resting: Collection[str]) -> None:
        """The MP has too little CPU: its picture has fewer frames, and some stand still in it."""
        self._moving_fps = max(RESTING_FPS, min(self._fps, OVERSAMPLING * self._fps // step.divisor))
        self._resting, self._pauses = resting, step.pauses

    def tick(self, members: Mapping[str, Member], tiles: Sequence[Tile], now: float) -> None:
        """Costs nothing until a look is due."""
        if now >= self._due:
            self.look(members, tiles, now)

    def look(self, members: Mapping[str, Member], tiles: Sequence[Tile], now: float) -> None:
        """Work out what everybody's tiles need, and tell whom it concerns."""
        self._due = now + LOOK_SECONDS
        if now >= self._counted_from + LOOK_SECONDS:
            self._shrunk, self._counted_from = 0, now
        places = tiles_by_person(tiles)
        known, self._senders = self._senders, {}
        for member in members.values():
            if member.state is None or not member.state.seen:
                continue  # watches only, and has nothing to be told
            sender = self._senders[member] = known.get(member) or _Sender()
            sender.aspect = aspect_of(member.picture(content=False), sender.aspect)
            rests = member.participant in self._resting
            if self._pauses and rests:
                self._pause(member, sender)
                continue
            sender.paused = False
            fps = RESTING_FPS if rests else self._moving_fps
            need = picture_needed(places.get(member.participant, ()), aspect=sender.aspect, fps=fps)
            if need is not None and not member.leg.scales:
                need = Need(need.ample, need.ample)
            before = sender.told.picture
            if sender.told.take(need, now, may_shrink=self._shrunk < AT_ONCE):
                self._shrunk += _shrinks(before, sender.told.picture)
                self._notify(control.PictureNeeded(member.leg.id, sender.told.picture))

    def asks(self, member: Member) -> bool:
        """Whether this member's camera is wanted at all."""
        sender = self._senders.get(member)
        return sender is not None and sender.told.picture is not None

    def _pause(self, member: Member, sender: _Sender) -> None:
        """At once, as whatever is told next: a packet that is not sent is CPU now."""
        if not sender.paused:
            sender.told, sender.paused = Told(), True
            self._notify(control.PictureNeeded(member.leg.id, None))


def _shrinks(before: control.NeededPicture | None, now: control.NeededPicture | None) -> bool:
    return before is not None and now is not None and (now.width < before.width or now.height < before.height)
