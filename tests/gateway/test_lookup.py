from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mcu.gateway.departure import resolved
from mcu.gateway.dialing import Destination
from mcu.gateway.gatekeeper import UNTOLD, Gatekeeper
from mcu.gateway.lookup import getaddrinfo
from mcu.h323.ras_settings import RasSettings


async def test_a_name_is_looked_up() -> None:
    found = await getaddrinfo("localhost", 1720, type=socket.SOCK_STREAM)
    assert found == await asyncio.get_running_loop().getaddrinfo("localhost", 1720, type=socket.SOCK_STREAM)


@pytest.mark.parametrize("error", [socket.gaierror("not known"), RuntimeError("a bug")])
async def test_what_goes_wrong_is_told_to_who_asked(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> list[Any]:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(type(error), match=str(error)):
        await getaddrinfo("gk.example.org", 1719, type=socket.SOCK_DGRAM)


async def gatekeeper() -> None:
    client = Gatekeeper(RasSettings(ras_address=UNTOLD), changed=lambda _: None, names=("gk.example.org",))
    client.start()
    try:
        await asyncio.Event().wait()
    finally:
        await client.close()


async def room() -> None:
    await resolved(Destination(host="room.example.org", port=1720))


@pytest.mark.parametrize("ask", [gatekeeper, room])
def test_the_end_does_not_wait_for_a_silent_dns(
    ask: Callable[[], Awaitable[object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What runs the loop joins the threads of its executor when it ends: ours must not be one of them."""
    asked, over = threading.Event(), threading.Event()
    in_time: list[bool] = []

    def silent(*_: Any, **__: Any) -> list[Any]:
        asked.set()
        in_time.append(over.wait(10))
        answered.set()
        raise socket.gaierror("not known")

    async def run() -> None:
        asking = asyncio.ensure_future(ask())
        while not asked.is_set():
            await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait([asking])

    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", silent)
    asyncio.run(run())
    over.set()
    assert answered.wait(10)
    assert in_time == [True]
