"""Someone who sits in the conference with the camera on, and speaks in turn."""

from __future__ import annotations

from loadtests.users.person import Person

SPEAKS = 0.35  # of the times that it could
CAMERA_OFF, MUTES = 0.05, 0.05  # likewise, the camera or the microphone is turned off for a while instead
ASKS = 0.4  # of these, the hand is raised first, where there is a chair to see it
WORD_SECONDS = 25.0  # for the chair to give the word; then the hand goes down again
LOOK_SECONDS = 0.5  # between two looks whether it has


class DistrictHead(Person):
    """The head of a district."""

    weight = 6

    def take_part(self) -> None:
        drawn = self.chance.random()
        if drawn >= SPEAKS:
            if drawn >= 1.0 - CAMERA_OFF:
                self.switch_off("camera_off")
            elif drawn >= 1.0 - CAMERA_OFF - MUTES:
                self.switch_off("muted")
            return
        if self.meeting.chair is None or self.chance.random() >= ASKS or self.ask_for_word():
            self.speak()

    def ask_for_word(self) -> bool:
        """Raise the hand, and wait; whether the word was given."""
        meeting, who, run = self.meeting, self.who, self.run_
        if not self.act(hand=True):
            return False
        meeting.raise_hand(who)
        until = run.clock() + WORD_SECONDS
        while run.clock() < until and self.is_staying and not meeting.has_word(who):
            run.sleep(LOOK_SECONDS)
        if meeting.has_word(who):
            return True
        meeting.lower_hand(who)
        if self.is_staying:
            self.act(hand=False)
        return False
