"""Where the pool places conferences, and when it says that an MP is at its limit."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from mcu import control
from mcu.config import Config
from mcu.controller.pool import MOST_STRAIN, ProcessorPool
from mcu.controller.processor_process import ProcessorProcess
from mcu.errors import RefusedError
from tests.fakes.world import settle


class Reporting:
    """The part of a ProcessorProcess that is read."""

    is_ready = True
    silent = False

    def __init__(self, index: int, strain: float | None) -> None:
        self.index = index
        self.load = None if strain is None else control.Load(1.0, 1, strain, (), {})
        self.answers = asyncio.Event()  # to everything; for ever, once it is set
        self.answers.set()
        self.requests: list[control.Command] = []

    async def request(self, body: control.Command) -> control.Answer:
        self.requests.append(body)
        await self.answers.wait()
        return control.Done()


def pool_of(*strains: float | None) -> ProcessorPool:
    pool = ProcessorPool(Config())
    processors: Any = pool._processors
    processors.update({index: Reporting(index, strain) for index, strain in enumerate(strains)})
    return pool


async def refuses(pool: ProcessorPool) -> bool:
    try:
        await pool.wait_for_room("c", patience=0.0)
    except RefusedError as refused:
        return refused.code == "busy"
    return False


@pytest.mark.parametrize(
    ("strains", "refused"),
    [
        ((MOST_STRAIN - 0.1,), False),
        ((MOST_STRAIN + 0.1,), True),
        ((MOST_STRAIN + 0.1, 0.2), False),  # a new conference goes to the other one
        ((MOST_STRAIN + 0.1, None), False),  # which has just started
        ((), False),  # nothing is known yet
    ],
)
async def test_a_new_conference_is_refused_where_all_are_strained(
    strains: tuple[float | None, ...], refused: bool
) -> None:
    assert await refuses(pool_of(*strains)) is refused


async def test_a_running_conference_is_judged_by_its_own_processor() -> None:
    pool = pool_of(MOST_STRAIN + 0.1, 0.2)
    pool._placement["c"] = cast(ProcessorProcess, pool._processors[0])
    assert await refuses(pool)


async def test_newcomers_wait_while_a_crowd_at_the_door_strains_the_processor() -> None:
    pool = pool_of(MOST_STRAIN + 0.1)
    waiting = [asyncio.create_task(pool.wait_for_room("c", patience=60.0)) for _ in range(3)]
    await asyncio.sleep(0)
    pool._reported.set()  # still strained
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)
    cast(Any, pool._processors[0]).load = control.Load(1.0, 1, MOST_STRAIN - 0.1, (), {})
    pool._reported.set()
    await asyncio.gather(*waiting)


async def test_a_processor_that_hangs_holds_up_only_what_is_placed_on_it() -> None:
    pool = pool_of(None, None)
    hung, other = (cast(Any, pool._processors[index]) for index in (0, 1))
    hung.answers.clear()
    waiting = asyncio.create_task(pool.request("a", control.AddCandidate("leg", "candidate")))
    await settle()
    assert [type(each) for each in hung.requests] == [control.OpenBridge]
    hung.silent = True  # as it is known to be from the first request that it did not answer in time
    async with asyncio.timeout(5):
        await pool.request("b", control.AddCandidate("leg", "candidate"))
    assert not waiting.done()
    assert pool._placement["b"] is other
    hung.answers.set()
    await waiting


async def test_a_silent_processor_is_better_than_none() -> None:
    pool = pool_of(None)
    cast(Any, pool._processors[0]).silent = True
    await pool.request("a", control.AddCandidate("leg", "candidate"))
    assert pool._placement["a"] is cast(ProcessorProcess, pool._processors[0])
