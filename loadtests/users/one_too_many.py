"""The one who comes when the conference is full, and has to be told so clearly."""

from __future__ import annotations

from loadtests.users.presence import ENTER_PATIENCE, REPLY_MARGIN, Presence
from loadtests.wire import Leave, Reply
from mcu.errors import ConfigurationError
from mcu.signaling.messages import sentence

FULL = "conference-full"  # the code that is right
FULL_SECONDS = 60.0  # for the others to be in
LOOK_SECONDS = 0.5  # between two looks whether they are
REPEAT_SECONDS = 20.0  # between two attempts


class OneTooMany(Presence):
    """Tries to come in, and is satisfied when refused."""

    fixed_count = 1  # the run sets it: only scenarios that fill a conference have one
    goes = False
    pause = (REPEAT_SECONDS, REPEAT_SECONDS)

    def come_in(self) -> None:
        """Wait until all others are in, then try."""
        run = self.run_
        try:
            self._take_place()
            present = self._wait_for_others()
        except ConfigurationError as error:
            self._be_done(0.0, str(error))
            return
        wanted = self.meeting.conference.capacity
        if present < wanted:
            self._be_done(0.0, f"never full: {present} of {wanted} came in")
            return
        begun = run.clock()
        reply = self.ask(self.enter_command(), ENTER_PATIENCE + REPLY_MARGIN)
        seconds = run.clock() - begun
        if not reply.failed:
            self.ask(Leave(number=0, who=self.who), REPLY_MARGIN)
        self._be_done(seconds, what_is_wrong(reply))

    def _wait_for_others(self) -> int:
        """How many are in when it is full, or when waiting is no use any more."""
        run, conference = self.run_, self.meeting.conference
        until = run.clock() + FULL_SECONDS
        while (present := run.server.present(conference.id)) < conference.capacity and run.clock() < until:
            run.sleep(LOOK_SECONDS)
        return present

    def _be_done(self, seconds: float, failure: str) -> None:
        self.tell("refusal", seconds=seconds, failure=failure)
        if self._meeting is not None:
            self._forget(rest=0.0)


def what_is_wrong(reply: Reply) -> str:
    """With how the server received one too many; "" where it refused with the right code and its sentence."""
    if not reply.failed:
        return "let in though the conference was full"
    if reply.failed != "refused":
        return f"{reply.failed} instead of refused: {reply.detail}"
    code, _, said = reply.detail.partition(": ")
    if code != FULL:
        return f"refused with {code} instead of {FULL}"
    right = sentence(FULL).en
    return "" if said == right else f"refused without the sentence {right!r}: {said!r}"
