"""One connection of a call."""

from __future__ import annotations

import asyncio

from mcu.gateway.tcp import Connection


class GoneTransport(asyncio.Transport):
    """The peer had reset it before it was accepted, so that the kernel knows of no peer."""

    def __init__(self) -> None:
        super().__init__({"sockname": ("127.0.0.1", 1720), "peername": None})
        self.aborted = False

    def abort(self) -> None:
        self.aborted = True


def test_a_connection_that_was_reset_before_it_was_accepted_is_nobodys() -> None:
    made: list[Connection] = []
    connection, transport = Connection(on_made=made.append), GoneTransport()
    connection.connection_made(transport)
    connection.connection_lost(None)
    assert transport.aborted
    assert not made
