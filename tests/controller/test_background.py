"""Work that nobody waits for."""

from __future__ import annotations

from structlog.testing import capture_logs

from mcu.controller.background import guarded
from mcu.errors import StorageError


async def test_failing_database_is_one_line_in_the_log() -> None:
    async def work() -> None:
        raise StorageError("disk full")

    with capture_logs() as logs:
        await guarded(work(), conference="c")
    assert logs == [{"event": "storage failed", "error": "disk full", "conference": "c", "log_level": "error"}]
