"""Work in threads that nobody waits for."""

from __future__ import annotations

import asyncio
import threading

import pytest

from mcu import aside as module
from mcu.aside import aside

PATIENCE = 5.0  # seconds until a test gives up


async def test_results_and_failures_belong_to_who_asked() -> None:
    assert await aside(lambda: 42, name="answer") == 42
    with pytest.raises(KeyError):
        await aside(dict[str, int]().popitem, name="failure")


def test_the_end_of_a_loop_does_not_wait_for_what_is_under_way() -> None:
    never, over = threading.Event(), threading.Event()

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await aside(never.wait, name="never")

    def run() -> None:
        asyncio.run(give_up())
        over.set()

    threading.Thread(target=run, daemon=True).start()
    assert over.wait(PATIENCE)
    never.set()
    for thread in threading.enumerate():
        if thread.name == "never":  # it gives its place back, in this test and not in the next
            thread.join(PATIENCE)


async def test_threads_are_bounded_and_those_that_ended_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_free", threading.BoundedSemaphore(1))
    gate = threading.Event()
    first = asyncio.create_task(aside(lambda: gate.wait(PATIENCE), name="first"))
    await asyncio.sleep(0)
    with pytest.raises(OSError, match="too many"):
        await aside(lambda: None, name="second")
    gate.set()
    assert await first
    await aside(lambda: None, name="third")
