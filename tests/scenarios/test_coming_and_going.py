"""Four hundred joins and leaves: processes, descriptors, threads, tasks and memory are back where they were."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.attendees import SMALL, Meeting, meeting, quiet_reels, until
from tests.support.server import Server, children, running_server

JOINS = 400
AT_ONCE = 8
WARM_UP = 48  # joins after which caches, pools and the allocators have their working size
# Measured: the MP grows by 3 to 5 MiB in the first 400 joins, by under 1 in the next and by 0.1 in those after, while
# the pools of its interpreter and its threads fill. Legs that waited for the garbage collector, at 40 KiB each, made it
# 15 to 36.
MP_BYTES = 8 << 20
# Measured: 0.6 to 0.8 MiB in the first 400 joins and 0.1 in the next: SQLite's page cache, which is bounded, and pools.
# Closed WebSockets that waited for the garbage collector, at 45 KiB each, made it 6 to 7.
MC_BYTES = 2 << 20
ROUNDS = 3  # what leaks grows in each; an encoder for a smaller rung, made in a busy moment, leaves its heap 8 MiB once
CONSOLIDATED_SECONDS = 15.0  # until what is closed is gone: DTLS says goodbye, MPs report every two seconds


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running_server(tmp_path / "var") as running:
        yield running


@dataclass(frozen=True)
class Footprint:
    """What the MC and its MP hold."""

    processes: int
    descriptors: tuple[int, ...]  # of MC and MP
    threads: tuple[int, ...]
    tasks: tuple[int, ...]
    legs: int
    encoders: int
    resident: tuple[int, ...]  # bytes

    @property
    def countable(self) -> tuple[object, ...]:
        return self.processes, self.descriptors, self.threads, self.tasks, self.legs, self.encoders


def footprint(server: Server) -> Footprint:
    assert server.process is not None
    pids = [server.process.pid, *server.processor_pids]
    metrics = server.metrics()
    return Footprint(
        processes=len(children(server.process.pid)),
        descriptors=tuple(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in pids),
        threads=tuple(len(list(Path(f"/proc/{pid}/task").iterdir())) for pid in pids),
        tasks=(int(metrics["mcu_signaling_tasks"]), int(metrics['mcu_tasks{processor="0"}'])),
        legs=int(metrics['mcu_legs{processor="0"}']),
        encoders=int(metrics['mcu_audio_encoders{processor="0"}'] + metrics['mcu_video_encoders{processor="0"}']),
        resident=tuple(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 for pid in pids),
    )


def is_deserted(server: Server) -> bool:
    """Whether only one is left. On a busy machine a connection ends seconds after its leg."""
    metrics = server.metrics()
    return metrics['mcu_legs{processor="0"}'] == metrics["mcu_signaling_connections"] == 1


async def come_and_go(crowd: Meeting, count: int) -> None:
    """`count` people, AT_ONCE at a time: each enters, gets a picture, and leaves."""
    media = quiet_reels(1, SMALL)

    async def one(number: int) -> None:
        async with door:
            attendee = await crowd.join(number % 30, media if number % 2 else None, role="attendee")
            await until(lambda: bool(attendee.frames), what="a picture")
            await crowd.leave(attendee)

    door = asyncio.Semaphore(AT_ONCE)
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            group.create_task(one(number))


async def grown(server: Server, crowd: Meeting) -> tuple[int, int]:
    """Bytes by which MC and MP are larger after JOINS joins and leaves. Nothing else may be left of them."""
    before = footprint(server)
    begin = time.monotonic()
    await come_and_go(crowd, JOINS)
    spent = time.monotonic() - begin
    after = footprint(server)

    def is_back() -> bool:
        nonlocal after
        after = footprint(server)
        return after.countable == before.countable

    try:
        await until(is_back, CONSOLIDATED_SECONDS, what="back where it was", every=0.1)
    except TimeoutError:
        assert after.countable == before.countable  # says what differs
    mc, mp = (now - then for now, then in zip(after.resident, before.resident, strict=True))
    print(f"{JOINS} joins and leaves in {spent:.1f} s; before {before}; MC {mc >> 10:+} KiB, MP {mp >> 10:+} KiB")
    return mc, mp


@pytest.mark.timeout(240)
async def test_four_hundred_joins_and_leaves_leave_nothing_behind(server: Server) -> None:
    async with meeting(server.url, server.ready_conference["id"]) as crowd:
        await crowd.join(1, quiet_reels(1))  # the meeting goes on
        await come_and_go(crowd, WARM_UP)
        await until(lambda: is_deserted(server), what="everybody else gone", every=0.1)
        for _ in range(ROUNDS):
            mc, mp = await grown(server, crowd)
            if mc < MC_BYTES and mp < MP_BYTES:
                break
        else:
            pytest.fail(f"grows in every round, last by {mc >> 10} and {mp >> 10} KiB")
