"""Commands over a real unix socket to a crew that is the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from loadtests.agent import line as module
from loadtests.agent.line import Line
from loadtests.wire import MAX_LINE, Act, AnyCommand, Happened, Reply, decode_saying, encode

PATIENCE = 10.0  # seconds until a test gives up; none of them takes one


class Crew:
    """Answers when it may."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.may = asyncio.Event()
        self.news = asyncio.Event()

    async def perform(self, command: AnyCommand) -> Reply:
        self.begun.append(command.number)
        self.news.set()
        await self.may.wait()
        return Reply(number=command.number, detail="x" * 1000)

    async def until_begun(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while len(self.begun) < count:
                self.news.clear()
                await self.news.wait()


class Worker:
    """The other end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def command(self, *numbers: int) -> None:
        for number in numbers:
            self.writer.write(encode(Act(number=number, who=1)))

    async def hear(self) -> Reply | Happened:
        async with asyncio.timeout(PATIENCE):
            return decode_saying(await self.reader.readline())


@asynccontextmanager
async def connected(folder: Path, *, hangs_up: bool = True) -> AsyncIterator[tuple[Worker, Line, Crew]]:
    """Ends when the line has, which the worker brings about by hanging up."""
    accepted: asyncio.Future[Worker] = asyncio.get_running_loop().create_future()
    path = folder / "socket"
    server = await asyncio.start_unix_server(lambda *both: accepted.set_result(Worker(*both)), path)
    reader, writer = await asyncio.open_unix_connection(path, limit=MAX_LINE)
    worker, crew, line = await accepted, Crew(), Line(reader, writer)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(line.run(crew, group))
        yield worker, line, crew
        if hangs_up:
            worker.writer.close()
        crew.may.set()
        async with asyncio.timeout(PATIENCE):
            await running
    worker.writer.close()
    writer.close()
    server.close()


async def test_each_command_has_its_reply_in_any_order(tmp_path: Path) -> None:
    async with connected(tmp_path) as (worker, line, crew):
        worker.command(*range(50))
        await crew.until_begun(50)  # none waits for another
        line.tell(Happened(who=1, what="reconnect"))
        said = await worker.hear()
        assert isinstance(said, Happened)
        crew.may.set()
        replies = [await worker.hear() for _ in range(50)]
        assert sorted(reply.number for reply in replies if isinstance(reply, Reply)) == list(range(50))


async def test_what_is_no_command_costs_nothing_but_itself(tmp_path: Path) -> None:
    async with connected(tmp_path) as (worker, _, crew):
        crew.may.set()
        worker.writer.write(b'{"do": "dance"}\n\xff\n\n')
        worker.command(3)
        said = await worker.hear()
        assert isinstance(said, Reply)
        assert said.number == 3


async def test_no_more_is_begun_than_allowed_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_COMMANDS", 4)
    async with connected(tmp_path) as (worker, _, crew):
        worker.command(*range(10))
        await crew.until_begun(4)
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(crew.begun) == 4
        crew.may.set()
        assert {(await worker.hear()).number for _ in range(10)} == set(range(10))  # type: ignore[union-attr]


async def test_what_happens_is_left_out_when_nobody_reads_and_replies_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_SAID", 5)
    async with connected(tmp_path) as (worker, line, crew):
        for who in range(5 + 3):
            line.tell(Happened(who=who, what="called"))
        assert line.left_out == 3
        worker.command(*range(20))
        await crew.until_begun(20)
        crew.may.set()
        said = [await worker.hear() for _ in range(25)]
        assert [each.who for each in said if isinstance(each, Happened)] == list(range(5))
        assert sorted(each.number for each in said if isinstance(each, Reply)) == list(range(20))


async def test_a_line_without_end_ends_the_connection(tmp_path: Path) -> None:
    async with connected(tmp_path, hangs_up=False) as (worker, _, crew):
        worker.writer.write(b"x" * (MAX_LINE + 70_000))
    assert crew.begun == []
