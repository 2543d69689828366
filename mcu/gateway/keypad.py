"""The keys of a room that is in a conference: *6 switches its microphone, *9 raises or lowers its hand. Sans-I/O."""

from __future__ import annotations

from mcu.conference import commands as c
from mcu.conference.participant import Participant

MICROPHONE, HAND = "6", "9"


class Keypad:
    """`press` what comes; `know` what became of it, as others switch too."""

    def __init__(self) -> None:
        self._muted = self._hand = self._starred = False

    def know(self, participant: Participant) -> None:
        """The room's line of the roster is this now."""
        self._muted, self._hand = participant.muted, participant.hand

    def press(self, keys: str, actor: str) -> list[c.Command]:
        """What the keys ask for."""
        commands: list[c.Command] = []
        for key in keys:
            if self._starred and key == MICROPHONE:
                self._muted = not self._muted
                commands.append(c.SetSelf(actor=actor, muted=self._muted))
            elif self._starred and key == HAND:
                self._hand = not self._hand
                commands.append(c.SetSelf(actor=actor, hand=self._hand))
            self._starred = key == "*"
        return commands
