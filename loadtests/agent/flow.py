"""Whether signaling and media of one participant are there, how long coming took, and how long coming back. No I/O.

Rules:
1. Before `enter` figures are taken: each name once, in seconds from `begin`.
2. After it a loss is told as "media lost", whatever was lost first, and the return of both as "reconnect". Media are
   back with the first packet.
3. After `leave` nothing is told.
"""

from __future__ import annotations

from collections.abc import Callable

from loadtests.wire import Happened

JOIN, FIRST_FRAME, FIRST_SOUND = "join", "first frame", "first sound"
CALM = frozenset(("conference-ended", "left"))  # reasons of the server that are no failure
WANTED = (JOIN, FIRST_FRAME, FIRST_SOUND)  # before somebody is in


class Flow:
    """Of one participant."""

    def __init__(self, who: int, tell: Callable[[Happened], None]) -> None:
        self.figures: dict[str, float] = {}
        self.inside = False
        self.flowing = False  # a packet has come since media were connected
        self.lost_at = 0.0  # 0.0 while nothing is lost
        self._who = who
        self._tell = tell
        self._began = 0.0
        self._signaling = False
        self._leaving = False

    @property
    def missing(self) -> list[str]:
        """The figures that are not there yet."""
        return [name for name in WANTED if name not in self.figures]

    @property
    def stays(self) -> bool:
        """In, with all of it there."""
        return self.inside and self._signaling and self.flowing and not self._leaving

    def begin(self, now: float) -> None:
        """Coming begins."""
        self._began = now
        self.figures.clear()

    def enter(self) -> None:
        """It is in."""
        self.inside = True

    def leave(self) -> None:
        """It goes, and is to."""
        self._leaving = True

    def note(self, name: str, when: float) -> None:
        """Something came for the first time."""
        if not self.inside:
            self.figures.setdefault(name, when - self._began)

    def packet(self, now: float) -> None:
        """Of media."""
        if not self.flowing:
            self.flowing = True
            self.note(JOIN, now)
            self._look(now)

    def signaling_came(self, now: float) -> None:
        self._signaling = True
        self._look(now)

    def signaling_lost(self, now: float) -> None:
        if self._signaling:
            self._signaling = False
            self._lose("signaling", now)

    def media_lost(self, now: float) -> None:
        self.flowing = False
        self._lose("media", now)

    def _lose(self, what: str, now: float) -> None:
        if self.inside and not self._leaving and not self.lost_at:
            self.lost_at = now
            self._tell(Happened(who=self._who, what="media lost", detail=what))

    def _look(self, now: float) -> None:
        if self.lost_at and self._signaling and self.flowing and not self._leaving:
            seconds, self.lost_at = now - self.lost_at, 0.0
            self._tell(Happened(who=self._who, what="reconnect", seconds=seconds))

    def end(self, kind: str, reason: str, detail: str, now: float) -> None:
        """It is over: `kind` "gone" with the server's `reason`, or why it could not stay; told where nobody asked."""
        if not self.inside or self._leaving:
            return
        if kind == "gone":
            said = Happened(who=self._who, what="ended", failed="" if reason in CALM else reason or kind, detail=reason)
        elif self.lost_at:
            seconds = now - self.lost_at
            said = Happened(who=self._who, what="reconnect", seconds=seconds, failed=kind, detail=detail)
        else:
            said = Happened(who=self._who, what="ended", failed=kind, detail=detail)
        self._tell(said)
