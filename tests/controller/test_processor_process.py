"""The MC's side of a media processor that dies."""

from __future__ import annotations

import asyncio

import uvloop

from mcu import control
from mcu.config import Config, Media
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
