"""Work that nobody waits for."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from mcu.controller.background import Background
from mcu.errors import StorageError


async def test_failing_database_is_one_line_in_the_log() -> None:
    async def work() -> None:
        raise StorageError("disk full")

    with capture_logs() as logs:
        await Background().guarded(work(), conference="c")
    assert logs == [{"event": "storage failed", "error": "disk full", "conference": "c", "log_level": "error"}]


async def test_a_bug_is_counted_and_disturbs_nobody_else() -> None:
    done: list[str] = []

    async def failing() -> None:
        raise ZeroDivisionError

    async def work() -> None:
        done.append("after")

    async def nothing() -> None:
        pass

    background = Background()
    background.spawn(failing())
    background.spawn(work())
    with capture_logs() as logs:
        await background.run(nothing())
    assert done == ["after"]
    assert background.failures == 1
    assert [(each["event"], each["exc_info"]) for each in logs] == [("background work failed", True)]


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
