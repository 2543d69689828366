"""The MC's side of a media processor that hangs or dies."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest
import uvloop

from mcu import control
from mcu.config import Config, Media
from mcu.controller import processor_process
from mcu.controller.processor_process import ProcessorProcess
from mcu.errors import RefusedError


async def refusals_of_a_dying_processor() -> set[str]:
    process = ProcessorProcess(0, on_notice=lambda _: None)
    running = asyncio.create_task(process.run(Config(media=Media(port=0))))
    async with asyncio.timeout(30):
        while process.ready is None:
            await asyncio.sleep(0.01)
        process.kill()
        codes = set()
        while not running.done():
            try:
                await process.request(control.ReportLoad())
            except RefusedError as error:
                codes.add(error.code)
            await asyncio.sleep(0)
    return codes


def test_a_dying_processor_refuses() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # its closed transports raise, as in `serve`
        assert runner.run(refusals_of_a_dying_processor()) == {"media-unavailable"}


async def silences_of_a_hung_processor() -> list[bool]:
    """Before, while and after it hangs."""
    process = ProcessorProcess(0, on_notice=lambda _: None)
    running = asyncio.create_task(process.run(Config(media=Media(port=0))))
    async with asyncio.timeout(30):
        while process.ready is None:
            await asyncio.sleep(0.01)
        silences = [process.silent]
        os.kill(process.pid, signal.SIGSTOP)
        with pytest.raises(RefusedError, match="silent"):
            await process.request(control.ReportLoad())
        silences.append(process.silent)
        os.kill(process.pid, signal.SIGCONT)
        while process.silent:
            await asyncio.sleep(0.01)
        silences.append(process.silent)
        process.kill()
        await running
    return silences


def test_a_hung_processor_is_silent_until_it_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor_process, "REQUEST_SECONDS", 0.2)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(silences_of_a_hung_processor()) == [False, True, False]
