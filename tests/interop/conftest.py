"""One server for the folder, and a conference of its own for every test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.interop.stage import Stage, stage
from tests.support.server import Server, running_server


@pytest.fixture(scope="session")
def interop_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("interop") / "var") as running:
        yield running


@pytest.fixture
async def conference(interop_server: Server) -> AsyncIterator[Stage]:
    async with stage(interop_server) as prepared:
        yield prepared


@pytest.fixture(scope="session")
def media_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("media")
