"""An agent's connection to its worker: commands in, replies and news out, each bounded.

Rules:
1. Each command is a task of its own; no more than MAX_COMMANDS at once, then the socket is not read.
2. What is said waits in a bounded queue. A reply waits for its place in it, since each command has one; what happens
   unasked is left out when there is none, and counted.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

import structlog

from loadtests.wire import AnyCommand, Happened, Reply, decode_command, encode
from mcu.errors import ProtocolError

MAX_COMMANDS = 1_024  # under way at once: a few for each participant, of whom some hundred are in an agent
MAX_SAID = 2_048  # waiting to be written

log = structlog.get_logger()


class Performer(Protocol):
    """See `loadtests.agent.crew.Crew`."""

    async def perform(self, command: AnyCommand) -> Reply: ...


class Line:
    """One connection to a worker. `run` lasts until its end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.left_out = 0  # of what happened
        self._reader, self._writer = reader, writer
        self._said: asyncio.Queue[Reply | Happened] = asyncio.Queue(MAX_SAID)
        self._free = asyncio.Semaphore(MAX_COMMANDS)

    def tell(self, happened: Happened) -> None:
        """Unasked, as soon as may be."""
        try:
            self._said.put_nowait(happened)
        except asyncio.QueueFull:
            self.left_out += 1
            log.warning("the worker does not read: left out", what=happened.what, who=happened.who, all=self.left_out)

    async def run(self, crew: Performer, group: asyncio.TaskGroup) -> None:
        """Read commands and answer them, in tasks of `group`, until the connection ends."""
        writing = group.create_task(self._write())
        try:
            while True:
                await self._free.acquire()
                command = await self._command()
                if command is None:
                    return
                group.create_task(self._answer(crew, command))
        finally:
            writing.cancel()

    async def _command(self) -> AnyCommand | None:
        """The next one; None at the end."""
        while True:
            try:
                line = await self._reader.readline()
            except ConnectionError:
                return None
            except ValueError as error:  # longer than MAX_LINE
                log.error("command is too long", error=str(error))
                return None
            if not line:
                return None
            try:
                return decode_command(line)
            except ProtocolError as error:  # nobody waits for it: it has no number that could be answered
                log.error("command cannot be read", error=str(error))

    async def _answer(self, crew: Performer, command: AnyCommand) -> None:
        try:
            await self._said.put(await crew.perform(command))
        finally:
            self._free.release()

    async def _write(self) -> None:
        try:
            while True:
                self._writer.write(encode(await self._said.get()))
                await self._writer.drain()
        except ConnectionError:
            self._reader.feed_eof()  # whoever does not listen will not speak either
