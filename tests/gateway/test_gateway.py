"""The port where calls arrive: who is cut off before there is a call, and a port that is taken."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from structlog.testing import capture_logs

from mcu.config import H323, Config
from mcu.gateway import gateway as gateway_module
from mcu.gateway.gateway import Gateway
from mcu.h323 import tpkt
from mcu.limits import Attempts
from tests.gateway.place import Place


async def test_more_calls_than_may_be_are_cut_off(place: Place) -> None:
    connections = [await asyncio.open_connection("127.0.0.1", place.gateway.port) for _ in range(6)]
    reader, _ = connections[5]
    assert await asyncio.wait_for(reader.read(1), 5) == b""
    assert place.gateway.callers.refused["busy"] == 1
    for _, writer in connections:
        writer.close()
    await place.until(lambda: place.gateway.callers.count == 0)


@pytest.mark.parametrize(("said", "came"), [(b"", {}), (tpkt.frame(b"\x08\x02\x00"), {"malformed": 1})])
async def test_who_connects_and_begins_no_call_is_cut_off(
    place: Place, monkeypatch: pytest.MonkeyPatch, said: bytes, came: dict[str, int]
) -> None:
    monkeypatch.setattr(gateway_module, "SETUP_SECONDS", 0.1)
    with capture_logs() as logged:
        reader, writer = await asyncio.open_connection("127.0.0.1", place.gateway.port)
        writer.write(said)
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()
    assert [line["came"] for line in logged if line["event"] == "a connection that begins no call"] == [came]
    assert place.gateway.callers.count == 0


async def test_a_taken_port_is_no_reason_to_fall(place: Place) -> None:
    config = Config(h323=msgspec.structs.replace(H323(), host="127.0.0.1", port=place.gateway.port))
    second = Gateway(place.world.registry, config, attempts=Attempts())
    await second.start()
    assert second.port == 0
    await second.close()
