"""Someone who only watches, with a standard client: WHEP (draft-ietf-wish-whep), with a token from REST."""

from __future__ import annotations

import msgspec

from loadtests.users.person import Person
from loadtests.users.presence import name_of
from loadtests.wire import Enter
from mcu.errors import ConfigurationError


class Viewer(Person):
    """A viewer."""

    weight = 1
    kind = "whep"
    camera = False

    def enter_command(self) -> Enter:
        conference = self.meeting.conference
        if not conference.id:
            raise ConfigurationError("no token for a viewer: REST does not show this conference")
        token = self.run_.server.token(conference.id, kind="whep", name=name_of(self.who))
        return msgspec.structs.replace(super().enter_command(), server=token.url, token=token.token)

    def take_part(self) -> None:
        """Watches; checks are made in rounds."""
