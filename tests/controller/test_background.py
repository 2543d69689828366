"""Work that nobody waits for."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from mcu.controller.background import Background, guarded
from mcu.errors import StorageError


async def test_failing_database_is_one_line_in_the_log() -> None:
    async def work() -> None:
        raise StorageError("disk full")

    with capture_logs() as logs:
        await guarded(work(), conference="c")
    assert logs == [{"event": "storage failed", "error": "disk full", "conference": "c", "log_level": "error"}]


async def test_what_comes_after_a_failed_foreground_is_not_begun() -> None:
    done: list[str] = []

    async def work() -> None:
        done.append("after")

    async def failing() -> None:
        raise StorageError("no processor")

    background = Background()
    with pytest.raises(ExceptionGroup):
        await background.run(failing())
    background.spawn(work())
    assert not done
