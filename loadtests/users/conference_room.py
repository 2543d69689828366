"""A meeting room with an H.323 terminal, which calls the gateway with the meeting's number and PIN."""

from __future__ import annotations

import msgspec

from loadtests.users.person import Person
from loadtests.wire import Enter
from mcu.errors import ConfigurationError

SPEAKS = 0.2  # of the times that it could


class ConferenceRoom(Person):
    """A room."""

    weight = 1
    kind = "room"

    def enter_command(self) -> Enter:
        conference, gateway = self.meeting.conference, self.run_.gateway
        if not gateway or not conference.pin:
            raise ConfigurationError("no way in for a room: it takes a gateway, a meeting number and its PIN")
        dialled = f"{conference.number}##{conference.pin}"
        return msgspec.structs.replace(super().enter_command(), server=gateway, conference=dialled)

    def take_part(self) -> None:
        if self.chance.random() < SPEAKS:
            self.speak()
