"""The one who sends where all others watch: camera and voice by WHIP (RFC 9725), with a token from REST or as given."""

from __future__ import annotations

import msgspec

from loadtests.meeting import Meeting
from loadtests.users.person import Person
from loadtests.users.presence import Presence, name_of
from loadtests.wire import Enter
from mcu.errors import ConfigurationError

SPEAKS = 0.8  # of the times that it could: whoever watches is to hear something


class Publisher(Person):
    """A sender. One for each conference."""

    fixed_count = 1  # the run sets it to the number of conferences
    kind = "whip"
    looks = False
    goes = False
    pause = (1.0, 2.0)

    def find_place(self) -> Meeting[Presence]:
        return self.run_.find_stage()

    def enter_command(self) -> Enter:
        conference, command = self.meeting.conference, super().enter_command()
        self.meeting.take_sending(self.who)
        if conference.whip:
            return msgspec.structs.replace(command, server=conference.whip, token=conference.token)
        if not conference.id:
            raise ConfigurationError("no token for a sender: REST does not show this conference")
        token = self.run_.server.token(conference.id, kind="whip", name=name_of(self.who))
        return msgspec.structs.replace(command, server=token.url, token=token.token)

    def take_part(self) -> None:
        if self.chance.random() < SPEAKS:
            self.speak()
