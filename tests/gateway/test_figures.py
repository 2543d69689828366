"""What an operator reads of the gateway."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from mcu.config import H323
from mcu.gateway.figures import Figures
from mcu.h323.events import Answered
from tests.gateway.place import Place, opened
from tests.gateway.terminal import Terminal


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with opened(tmp_path, H323(host="127.0.0.1", port=0, h245_port=0, networks=("127.0.0.1",))) as made:
        yield made


async def test_calls_and_their_ends_are_counted(place: Place) -> None:
    registry = CollectorRegistry()
    registry.register(Figures(place.gateway))

    def figures() -> dict[str, float]:
        lines = (line.rpartition(" ") for line in generate_latest(registry).decode().splitlines())
        return {name: float(value) for name, _, value in lines if name and not name.startswith("#")}

    assert figures()["mcu_h323_listening"] == 1
    assert figures()["mcu_h323_gatekeeper_registered"] == 0
    assert figures()["mcu_h323_gatekeeper_failures_total"] == 0
    terminal = Terminal()
    await terminal.call(place.address, place.direct)
    await terminal.heard(Answered)
    await place.until(lambda: figures()['mcu_h323_calls{state="connected"}'] == 1)
    terminal.close()
    await place.until(lambda: figures()['mcu_h323_calls{state="connected"}'] == 0)
    assert figures()['mcu_h323_calls_ended_total{reason="hung-up"}'] == 1
    reader, writer = await asyncio.open_connection("127.0.0.1", place.gateway.port, local_addr=("127.0.0.9", 0))
    assert await reader.read(1) == b""
    writer.close()
    assert figures()['mcu_h323_connections_refused_total{reason="network"}'] == 1
