"""Whose line is poor, and whether the server itself does less: what everybody in a conference is told.

Rules:
1. Judged is what others notice: packets that are missing, no picture though a camera is on, the smallest picture or
   none for who receives, silence.
2. Poor after BAD_LOOKS of the last FEW_LOOKS, good after MANY_LOOKS without a bad one: nobody hears of one bad
   moment, and nobody changes sides again and again.
3. While the server itself has too little CPU no line is judged: what is late or missing then may be its own doing.
4. Time is an argument. Runs on the main thread.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mcu import control
from mcu.media.types import StreamKind
from mcu.processor.member import Member

LOOK_SECONDS = 1.0
FEW_LOOKS, BAD_LOOKS = 5, 3
MANY_LOOKS = 8
LOST_SHARE = 0.08  # of a look's packets: repair and concealment hide less
LEAST_PACKETS = 20  # of a look, to speak of a share
LOST_BACK_SHARE = 0.12  # of what is sent to them, as they report; smoothed already
SILENT_SECONDS = 4.0  # browsers check their connection every 2.5 s, whatever else they send
BLIND_LOOKS = 4  # without a picture that is owed: cameras take a moment to start


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of one participant's line at a moment; counts are since the connection began."""

    expected: int = 0  # packets of sound and camera
    lost: int = 0  # of those
    pictures: int = 0  # of the camera
    owes_pictures: bool = False  # the camera is on, and pictures of it are asked for
    lost_back: float = 0.0  # share of what was sent to them lately
    narrow: bool = False  # their line carries the smallest picture at most
    silent: bool = False  # nothing has come for a while


class Steady:
    """Bad or not, without haste: rule 2."""

    def __init__(self) -> None:
        self.bad = False
        self._looks: deque[bool] = deque(maxlen=MANY_LOOKS)

    def take(self, bad: bool) -> bool:
        """One more look; what is to be said now."""
        self._looks.append(bad)
        if not self.bad:
            self.bad = sum(list(self._looks)[-FEW_LOOKS:]) >= BAD_LOOKS
        elif len(self._looks) == MANY_LOOKS and not any(self._looks):
            self.bad = False
        return self.bad


@dataclass(slots=True)
class LineJudge:
    """Of one participant."""

    steady: Steady = field(default_factory=Steady)
    _before: Look | None = None
    _blind: int = 0  # looks

    def take(self, look: Look) -> bool:
        """Whether the line is poor, after one more look."""
        before, self._before = self._before, look
        if before is None:
            return self.steady.bad
        expected, lost = look.expected - before.expected, look.lost - before.lost
        self._blind = self._blind + 1 if look.owes_pictures and look.pictures <= before.pictures else 0
        return self.steady.take(
            look.silent
            or look.narrow
            or look.lost_back > LOST_BACK_SHARE
            or (expected >= LEAST_PACKETS and lost > LOST_SHARE * expected)
            or self._blind >= BLIND_LOOKS
        )


class Lines:
    """Of one conference. Call `tick` whenever time has passed."""

    def __init__(self, conference: str, *, notify: Callable[[control.Notice], None]) -> None:
        self._notify = notify
        self._told = control.LinesChanged(conference)
        self._judges: dict[Member, LineJudge] = {}
        self._strained = Steady()
        self._due = -math.inf

    def tick(
        self,
        members: Mapping[str, Member],
        *,
        sheds: bool,
        narrow: Callable[[Member], bool],
        asked: Callable[[Member], bool],
        now: float,
    ) -> None:
        """Costs nothing until a look is due. `sheds`: the server does less for pictures than it should."""
        if now < self._due:
            return
        self._due = now + LOOK_SECONDS
        strained = self._strained.take(sheds)
        known, self._judges = self._judges, {}
        poor = []
        for member in members.values():
            judge = self._judges[member] = known.get(member) or LineJudge()
            if member.leg.connected and not (sheds or strained):
                judge.take(look_at(member, narrow=narrow(member), asked=asked(member), now=now))
            if judge.steady.bad:
                poor.append(member.participant)
        news = control.LinesChanged(self._told.conference, tuple(sorted(poor)), strained)
        if news != self._told:
            self._told = news
            self._notify(news)


def look_at(member: Member, *, narrow: bool, asked: bool, now: float) -> Look:
    """What is known of a member's line now."""
    leg = member.leg
    received = [found for kind in (StreamKind.AUDIO, StreamKind.MAIN) if (found := leg.reception(kind))]
    camera = leg.video(StreamKind.MAIN)
    state = member.state
    return Look(
        expected=sum(one.expected for one in received),
        lost=sum(one.lost for one in received),
        pictures=camera.counters.frames if camera is not None else 0,
        owes_pictures=asked and camera is not None and state is not None and not state.camera_off,
        lost_back=leg.loss,
        narrow=narrow,
        silent=now - leg.last_received > SILENT_SECONDS,
    )
