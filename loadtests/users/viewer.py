"""Someone who only watches, with a standard client: WHEP (draft-ietf-wish-whep), with a token from REST or as given.

Where one sends and all others watch, a viewer waits until the sender is in: there is nothing to see before.
"""

from __future__ import annotations

import msgspec

from loadtests.users.person import Person
from loadtests.users.presence import name_of
from loadtests.wire import Enter
from mcu.errors import ConfigurationError

SENDER_SECONDS = 30.0  # for the sender to be in
LOOK_SECONDS = 0.25  # between two looks whether it is


class Viewer(Person):
    """A viewer."""

    weight = 1
    kind = "whep"
    camera = False

    def enter_command(self) -> Enter:
        command = super().enter_command()
        if self.run_.scenario.forwards:
            command = msgspec.structs.replace(command, watches=self._await_sender())
        conference = self.meeting.conference
        if conference.whep:
            return msgspec.structs.replace(command, server=conference.whep, token=conference.token)
        if not conference.id:
            raise ConfigurationError("no token for a viewer: REST does not show this conference")
        token = self.run_.server.token(conference.id, kind="whep", name=name_of(self.who))
        return msgspec.structs.replace(command, server=token.url, token=token.token)

    def _await_sender(self) -> int:
        """Its number; -1 where it comes from another worker. Raises ConfigurationError when it does not come."""
        meeting, run = self.meeting, self.run_
        if not meeting.chaired:
            return -1
        until = run.clock() + SENDER_SECONDS
        while meeting.sender is None:
            if run.clock() >= until:
                raise ConfigurationError(f"nobody to watch: no sender came within {SENDER_SECONDS:g} s")
            run.sleep(LOOK_SECONDS)
        return meeting.sender

    def take_part(self) -> None:
        """Watches; checks are made in rounds."""
