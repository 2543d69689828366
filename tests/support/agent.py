"""A load test's agent in a process of its own, and the worker's end of its socket."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from loadtests.wire import MAX_LINE, AnyCommand, Happened, Reply, decode_saying, encode

PATIENCE = 30.0  # seconds until a test gives up: a generous bound for a busy machine
END_SECONDS = 10.0


class Agent:
    """`ask` it, and look into `happened`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.happened: list[Happened] = []
        self.replies: list[int] = []  # numbers, as they came
        self._reader, self._writer = reader, writer
        self._waiting: dict[int, asyncio.Future[Reply]] = {}
        self._numbers = iter(range(1, 1_000_000))
        self._news = asyncio.Event()

    async def ask(self, command: AnyCommand) -> Reply:
        """Its reply; the command gets a number. Raises TimeoutError."""
        number = next(self._numbers)
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._writer.write(encode(msgspec.structs.replace(command, number=number)))
        async with asyncio.timeout(PATIENCE):
            return await future

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that happens. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def read(self) -> None:
        """Until it hangs up."""
        with contextlib.suppress(ConnectionError):
            while line := await self._reader.readline():
                said = decode_saying(line)
                if isinstance(said, Happened):
                    self.happened.append(said)
                else:
                    self.replies.append(said.number)
                    self._waiting.pop(said.number).set_result(said)
                self._news.set()


@asynccontextmanager
async def running_agent(folder: Path, *arguments: str) -> AsyncIterator[Agent]:
    """One that has connected; it ends when the socket is closed, and must do so soon and well."""
    path = folder / "socket"
    connected: asyncio.Future[Agent] = asyncio.get_running_loop().create_future()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set_result(Agent(reader, writer))

    server = await asyncio.start_unix_server(accept, path, limit=MAX_LINE)
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "loadtests.agent", str(path), *arguments)
    try:
        ended = asyncio.create_task(process.wait())
        await asyncio.wait((connected, ended), timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        assert connected.done(), f"the agent has not connected; exit code {process.returncode}"
        agent = connected.result()
        reading = asyncio.create_task(agent.read())
        yield agent
        agent._writer.close()
        await reading
        async with asyncio.timeout(END_SECONDS):
            assert await ended == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        server.close()
