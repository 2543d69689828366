"""Whoever leads: gives the word, mutes, changes the layout. One for each conference; a second one only attends."""

from __future__ import annotations

import msgspec

from loadtests.meeting import Meeting
from loadtests.users.person import Person
from loadtests.users.presence import Presence
from loadtests.wire import Enter

LAYOUTS = ("speaker", "lecture", "grid")  # one after the other; a conference begins with the grid
MUTED_SECONDS = 10.0  # that a mute lasts: longer than a check, so that a muted person who is heard is found
CHANGES, MUTES, SPEAKS = 0.15, 0.15, 0.15  # of the times that nobody waits for the word


class Chair(Person):
    """The chair."""

    fixed_count = 1  # the run sets it to the number of conferences
    pause = (1.0, 3.0)
    goes = False
    _layout = 0

    def find_place(self) -> Meeting[Presence]:
        return self.run_.find_place(chair=True)

    def enter_command(self) -> Enter:
        is_chair = self.meeting.take_chair(self.who)
        return msgspec.structs.replace(
            super().enter_command(), chair_key=self.meeting.conference.chair_key if is_chair else ""
        )

    @property
    def may_lead(self) -> bool:
        """Whether the server takes this person for the chair."""
        return self.meeting.chair == self.who and self.meeting.conference.chair_key != ""

    def take_part(self) -> None:
        drawn = self.chance.random()
        if self.may_lead and (self.give_word() or self.unmute()):
            return
        if self.may_lead and drawn < CHANGES:
            self.change_layout()
        elif self.may_lead and drawn < CHANGES + MUTES:
            self.mute()
        elif drawn < CHANGES + MUTES + SPEAKS:
            self.speak()

    def give_word(self) -> bool:
        """To whoever has had the hand up longest; whether there was somebody."""
        who = self.meeting.next_hand()
        if who is None:
            return False
        meeting = self.meeting
        if self.act(give_word=who):
            meeting.give_word(who)
        else:
            meeting.lower_hand(who)  # nobody waits for ever because one could not be given the word
        return True

    def change_layout(self) -> None:
        layout = LAYOUTS[self._layout % len(LAYOUTS)]
        self._layout += 1
        self.act(layout=layout)

    def mute(self) -> None:
        """Somebody, speaking if there is one: that is when it shows."""
        meeting = self.meeting
        others = [who for who, user in meeting.people.items() if who != self.who and user.kind == "attendee"]
        speaking = [who for who in others if who in meeting.speaking]
        left = [who for who in speaking or others if who not in meeting.muted]
        if not left:
            return
        who = self.chance.choice(sorted(left))
        if self.act(mute=who) and who in meeting.people:
            meeting.muted[who] = self.run_.clock()

    def unmute(self) -> bool:
        """Whoever has been muted for long enough; whether there was somebody."""
        meeting, now = self.meeting, self.run_.clock()
        who = next((who for who, since in meeting.muted.items() if now - since >= MUTED_SECONDS), None)
        if who is None:
            return False
        del meeting.muted[who]
        self.act(unmute=who)
        return True
