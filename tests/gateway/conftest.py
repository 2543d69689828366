"""A gateway with few calls, and a terminal, for whoever calls over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mcu.config import H323
from tests.gateway.place import Place, opened
from tests.gateway.terminal import Terminal


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with opened(tmp_path, H323(host="127.0.0.1", port=0, h245_port=0, max_calls=5)) as made:
        yield made


@pytest.fixture
async def terminal() -> AsyncIterator[Terminal]:
    made = Terminal()
    yield made
    made.close()
