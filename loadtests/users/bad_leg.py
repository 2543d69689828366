"""Somebody whose leg is bad: keyed and sending, but nothing comes back, neither reports nor requests nor feedback.

To the server it looks like a receiver that swallows everything. It cannot check; the others do.
"""

from __future__ import annotations

import msgspec

from loadtests.users.person import Person
from loadtests.wire import Enter

SPEAKS = 0.2  # of the times that it could


class BadLeg(Person):
    """One of them."""

    fixed_count = 1  # the run sets it: only scenarios with bad legs have some
    goes = False
    looks = False

    def enter_command(self) -> Enter:
        return msgspec.structs.replace(super().enter_command(), hard_of_hearing=True)

    def take_part(self) -> None:
        if self.chance.random() < SPEAKS:
            self.speak()
