"""A line that dies for a while: nobody is judged meanwhile, and each has to see pictures again within BACK_SECONDS.

"reconnect" is the time from the line's return to the first check that sees pictures, also for those who never noticed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import gevent

from loadtests.wire import Check

if TYPE_CHECKING:
    from loadtests.run import Run
    from loadtests.users.presence import Presence

BACK_SECONDS = 30.0
LOOK_SECONDS = 1.0  # that one check takes in, and between two of them
ANSWER_SECONDS = 40.0  # for a verdict of a busy judge


class LineBreak:
    """Of one worker; `end` when the line is back."""

    def __init__(self, run: Run, people: Sequence[Presence]) -> None:
        self._run = run
        self._people = {person: person.who for person in people}
        for person in people:
            person.excused = True
            person.breaks += 1  # what is being checked is not judged

    def end(self) -> list[gevent.Greenlet[..., Any]]:
        """One greenlet for each person, which looks whether it is back."""
        back = self._run.clock()
        return [gevent.spawn(self.look, person, who, back) for person, who in self._people.items()]

    def look(self, person: Presence, who: int, back: float) -> None:
        """Until somebody sees again, has left, or is too late."""
        if person.looks:
            self._look(person, who, back)
        person.excused = False

    def _look(self, person: Presence, who: int, back: float) -> None:
        run = self._run
        while person.who == who and run.clock() - back < BACK_SECONDS:
            reply = run.agents.ask(Check(number=0, who=who, seconds=LOOK_SECONDS), ANSWER_SECONDS)
            if reply.inspection is not None and reply.inspection.figures.frames:
                person.tell("reconnect", seconds=max(0.0, reply.inspection.began - back))
                return
            run.sleep(LOOK_SECONDS)
        if person.who == who:
            person.tell(
                "reconnect", seconds=BACK_SECONDS, failure=f"sees nothing {BACK_SECONDS:g} s after the line is back"
            )
