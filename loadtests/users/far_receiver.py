"""Somebody at the far end of a bad line among people who are near the server: watches, with the camera on.

It has an agent of its own, which nobody at the near end knows: so it says nothing, and only the others check.
"""

from __future__ import annotations

from loadtests.users.person import Person


class FarReceiver(Person):
    """One of them."""

    fixed_count = 1  # the run sets it: only scenarios with a bad line have some
    goes = False
    looks = False

    def take_part(self) -> None:
        """Watches."""
