"""What people do in conferences, and that they are asked to look and listen."""

from __future__ import annotations

from typing import Any

from loadtests import telling
from loadtests.findings import Inspection
from loadtests.telling import RequestType
from loadtests.users.presence import Presence, words
from loadtests.wire import Act, Reply

ACT_PATIENCE = 10.0  # seconds
SPEAK_SECONDS = (6.0, 14.0)  # of one turn
LOOK_SECONDS = 1.0  # between two looks whether one is still there
MUTED_SECONDS = 30.0  # for the chair to lift a mute
OFF_SECONDS = (12.0, 20.0)  # without camera or microphone: longer than words take, and a check after them
# What fails, in locust's words, where the agent could not do what was asked.
ACT_TYPES: dict[str, RequestType] = {"layout": "layout change", "shares": "tile check", "camera_off": "tile check"}
WHOM = ("mute", "unmute", "give_word")  # fields of `Act` that name somebody else, who may have left meanwhile


class Person(Presence):
    """Somebody who takes part. Subclasses say in `take_part` what they do once they are in."""

    abstract = True

    def act(self, **wish: Any) -> bool:
        """Do as the fields of `Act` say; whether it was done. Figures and failures are told."""
        breaks = self.breaks
        reply = self.ask(Act(number=0, who=self.who, **wish), ACT_PATIENCE)
        if "layout change" in reply.figures:
            self.tell("layout change", seconds=reply.figures["layout change"])
        whom = next((wish[field] for field in WHOM if field in wish), self.who)
        was_connected = breaks == self.breaks and self.is_staying and not self.away
        if reply.failed and was_connected and whom in self.meeting.people:
            kind: RequestType = next((ACT_TYPES[field] for field in wish if field in ACT_TYPES), "voice check")
            self.tell(kind, seconds=ACT_PATIENCE, failure=f"{', '.join(wish)}: {words(reply)}")
        return not reply.failed

    def speak(self) -> bool:
        """Speak for a while, if it is allowed now."""
        meeting, who = self.meeting, self.who
        if not meeting.begin_to_speak(who):
            return False
        if self.act(speaking=True):
            self.run_.sleep(self.chance.uniform(*SPEAK_SECONDS))
            if self.is_staying:
                self.act(speaking=False)
        meeting.stop_speaking(who)
        return True

    def switch_off(self, switch: str) -> None:
        """Be without `camera_off` or `muted` for a while: nobody may see, or hear, this person then."""
        meeting, run = self.meeting, self.run_
        if self.who in meeting.muted or not self.act(**{switch: True}):
            return
        until = run.clock() + self.chance.uniform(*OFF_SECONDS)
        most = until + MUTED_SECONDS  # whoever the chair has muted meanwhile waits for that to be lifted
        while self.is_staying and run.clock() < (most if self.who in meeting.muted else until):
            run.sleep(LOOK_SECONDS)
        if self.is_staying and self.who not in meeting.muted:
            self.act(**{switch: False})

    # --- loadtests.rounds.Checked --------------------------------------------------------------------------

    def checked(self, inspection: Inspection) -> None:
        telling.tell_inspection(self.environment, self.name, inspection)

    def check_failed(self, reply: Reply) -> None:
        self.tell("agent", failure=f"check: {words(reply)}")
