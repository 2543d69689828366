"""The process that judges: real ones, that work, die, hang and are asked for too much."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from loadtests.checks import worker
from loadtests.checks.worker import Inspector
from loadtests.findings import Fault
from loadtests.recording import Recording
from mcu.synthetic.clips import Clip
from tests.loadtests.checks.meeting import Broken, Meeting, record

CLIP = Clip(
    codec="VP8",
    width=320,
    height=180,
    fps=15,
    frames=(b"x" * 100_000,),
    keyframes=(0,),
    first_frame=0,
    packets=(b"\xf8\xff\xfe",),
    levels=(127,),
)


class Deed:
    """Does something where it is unpickled: in the process that judges."""

    def __init__(self, do: Callable[..., object], argument: object) -> None:
        self._deed = do, (argument,)

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self._deed


def deadly(recording: Recording, do: Callable[..., object], argument: object) -> Recording:
    return msgspec.structs.replace(recording, sent=(Deed(do, argument),))


@pytest.fixture(scope="module")
def clean() -> Recording:
    return record(Meeting(people=4, seconds=1.0))


@pytest_asyncio.fixture
async def inspector() -> AsyncIterator[Inspector]:
    made = Inspector(patience=30.0)
    await made.start()
    yield made
    made.close()


async def test_recordings_are_judged_one_after_the_other(inspector: Inspector, clean: Recording) -> None:
    black = record(Meeting(people=4, seconds=2.0, broken=Broken(black=frozenset({3}))))
    found = await asyncio.gather(*(inspector.inspect(each, {0: CLIP}) for each in (clean, black, clean)))
    assert [[finding.fault for finding in each.picture_findings] for each in found] == [[], [Fault.TILE_BLACK], []]
    assert [each.figures.tiles for each in found] == [4, 4, 4]
    assert (inspector.inspected, inspector.refused, inspector.lost, inspector.failed) == (3, 0, 0, 0)
    assert inspector.cpu_seconds > 0


async def test_a_process_that_dies_costs_one_judgement(inspector: Inspector, clean: Recording) -> None:
    waiting = [inspector.inspect(each, {}) for each in (deadly(clean, os._exit, 1), clean)]
    dead, after = await asyncio.gather(*waiting)
    assert dead.unjudged == ("nothing: the process that judges died or took too long",)
    assert (after.figures.tiles_right, inspector.lost, inspector.inspected) == (4, 1, 1)


async def test_a_process_that_hangs_costs_one_judgement(clean: Recording) -> None:
    inspector = Inspector(patience=30.0)
    await inspector.start()
    inspector._patience = 0.3
    hung = await inspector.inspect(deadly(clean, time.sleep, 1_000), {})
    assert hung.unjudged == ("nothing: the process that judges died or took too long",)
    inspector._patience = 30.0
    assert (await inspector.inspect(clean, {})).figures.tiles_right == 4
    assert (inspector.lost, inspector.inspected) == (1, 1)
    inspector.close()


async def test_what_is_no_recording_is_not_judged(inspector: Inspector, clean: Recording) -> None:
    found = await inspector.inspect(msgspec.structs.replace(clean, sender_aspect=0.0), {})
    assert found.unjudged == ("nothing: cameras of aspect 0.0",)
    assert (inspector.lost, inspector.failed) == (0, 0)


async def test_an_error_of_the_judges_is_told(inspector: Inspector, clean: Recording) -> None:
    found = await inspector.inspect(msgspec.structs.replace(clean, layouts=(None,)), {})
    assert found.unjudged[0].startswith("nothing: the judges failed with ")
    assert (inspector.failed, inspector.lost) == (1, 0)
    assert (await inspector.inspect(clean, {})).figures.tiles_right == 4


async def test_whoever_comes_when_too_many_wait_is_refused(inspector: Inspector, clean: Recording) -> None:
    count = worker.MAX_WAITING + 4
    found = await asyncio.gather(*(inspector.inspect(clean, {}) for _ in range(count)))
    refused = [each for each in found if each.unjudged == ("nothing: too many checks wait to be judged",)]
    assert len(refused) == inspector.refused == 3
    assert found[-3:] == refused
    assert inspector.inspected == worker.MAX_WAITING + 1


async def test_the_process_is_below_others_and_ends_when_it_is_closed() -> None:
    before = {child.pid for child in multiprocessing.active_children()}
    inspector = Inspector()
    await inspector.start()
    (process,) = (child for child in multiprocessing.active_children() if child.pid not in before)
    assert process.pid is not None
    expected = min(19, os.getpriority(os.PRIO_PROCESS, 0) + worker.NICENESS)
    assert os.getpriority(os.PRIO_PROCESS, process.pid) == expected
    inspector.close()
    async with asyncio.timeout(20):
        while Path(f"/proc/{process.pid}").exists():  # whoever of the two that wait for it takes its end
            await asyncio.sleep(0.01)


def test_the_pictures_of_loops_stay_here() -> None:
    assert len(msgspec.msgpack.encode(worker._sound_of(CLIP))) < 200
