"""Names of the DNS, looked up in threads that nobody waits for at the end.

What runs the loop joins the threads of its executor, and a name whose DNS is silent holds one for half a minute.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from typing import Any


async def getaddrinfo(host: str, port: int, *, type: socket.SocketKind) -> list[Any]:
    """As the loop's. Raises what `socket.getaddrinfo` raises."""
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[list[Any]] = loop.create_future()

    def answer(found: list[Any], failure: Exception | None) -> None:
        if answered.done():
            return
        if failure is None:
            answered.set_result(found)
        else:
            answered.set_exception(failure)

    def run() -> None:
        found: list[Any] = []
        failure = None
        try:
            found = socket.getaddrinfo(host, port, type=type)
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to who asked
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody asks any more
            loop.call_soon_threadsafe(answer, found, failure)

    threading.Thread(target=run, name="lookup", daemon=True).start()
    return await answered
