"""A taken port: said with what to do, tried again, and taken once it is free."""

from __future__ import annotations

import asyncio
import errno

import pytest
from structlog.testing import capture_logs

from mcu.gateway import signaling_port as module
from mcu.gateway.signaling_port import SignalingPort, _advice
from mcu.listening import listening_socket


async def test_a_taken_port_is_tried_until_it_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(module, "AGAIN_SECONDS", 0.03)
    opened = asyncio.Event()
    told: list[int] = []

    def listening(port: int) -> None:
        told.append(port)
        opened.set()

    taken = listening_socket("127.0.0.1", 0)
    number = taken.getsockname()[1]
    port = SignalingPort("127.0.0.1", number, arrived=lambda connection: connection.abort(), opened=listening)
    with capture_logs() as logged:
        await port.start()
        assert port.port == 0
        async with asyncio.timeout(10):
            while len(logged) < 2:  # and again while it lasts
                await asyncio.sleep(0.005)
        taken.close()
        async with asyncio.timeout(10):
            await opened.wait()
    assert told == [port.port] == [number]
    assert {line["event"] for line in logged if line["log_level"] == "warning"} == {
        "calls of H.323 rooms cannot come in"
    }
    assert f"ss -ltnp 'sport = :{number}'" in logged[0]["advice"]
    assert (logged[-1]["log_level"], logged[-1]["event"]) == ("info", "calls of H.323 rooms come in")
    reader, writer = await asyncio.open_connection("127.0.0.1", number)
    assert await reader.read() == b""
    writer.close()
    port.close()


async def test_a_stop_ends_the_tries() -> None:
    taken = listening_socket("127.0.0.1", 0)
    port = SignalingPort("127.0.0.1", taken.getsockname()[1], arrived=lambda _: None, opened=lambda _: None)
    await port.start()
    assert port._trying is not None
    port.close()
    with pytest.raises(asyncio.CancelledError):
        await port._trying
    taken.close()


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.EADDRINUSE, "ss -ltnp"), (errno.EACCES, "1024"), (errno.EADDRNOTAVAIL, "[h323] host")],
)
def test_each_fault_has_its_advice(number: int, said: str) -> None:
    assert said in _advice(1720, OSError(number, ""))
