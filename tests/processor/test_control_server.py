"""The MP's end of the control protocol over a real socket pair: one answer each, whatever happens inside."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from mcu import control, control_framing
from mcu.errors import ProtocolError, RefusedError
from mcu.processor.control_server import ControlServer

GREETING = control.Ready(control.PROTOCOL_VERSION, 1, 2, ())


def handle(command: control.Command) -> control.Answer:
    match command:
        case control.RemoveLeg():
            raise RefusedError("no-such-leg", "x")
        case control.CloseBridge():
            raise KeyError("a bug of ours")
        case _:
            return control.Done()


class Controller:
    """The other end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._deframer = control_framing.Deframer()
        self._waiting: list[control.Envelope] = []

    async def read(self) -> control.Envelope:
        while not self._waiting:
            data = await asyncio.wait_for(self.reader.read(4096), 5)
            assert data, "connection closed"
            self._waiting += self._deframer.receive(data)
        return self._waiting.pop(0)

    async def ask(self, number: int, command: control.Command) -> control.Envelope:
        self.writer.write(control_framing.frame(control.Request(number, command)))
        return await self.read()


@pytest.fixture
async def ends() -> AsyncIterator[tuple[Controller, ControlServer, asyncio.Task[None]]]:
    ours, theirs = socket.socketpair()
    server = ControlServer(handle)
    reader, writer = await asyncio.open_unix_connection(sock=theirs)
    serving = asyncio.ensure_future(server.serve(reader, writer, greeting=GREETING))
    controller = Controller(*await asyncio.open_unix_connection(sock=ours))
    assert await controller.read() == control.Event(GREETING)
    yield controller, server, serving
    controller.writer.close()
    await asyncio.wait({serving}, timeout=5)


Ends = tuple[Controller, ControlServer, "asyncio.Task[None]"]


async def test_an_answer_a_refusal_and_a_bug(ends: Ends) -> None:
    controller, server, _ = ends
    assert await controller.ask(1, control.ReportLoad()) == control.Reply(1, control.Done())
    assert await controller.ask(2, control.RemoveLeg("x")) == control.Reply(2, control.Refused("no-such-leg", "x"))
    assert await controller.ask(3, control.CloseBridge("c")) == control.Reply(
        3, control.Refused("internal", "KeyError")
    )
    assert server.errors == 1
    assert await controller.ask(4, control.ReportLoad()) == control.Reply(4, control.Done())


async def test_events_come_between_answers(ends: Ends) -> None:
    controller, server, _ = ends
    notice = control.LegState("leg", "connected")
    server.notify(notice)
    assert await controller.read() == control.Event(notice)


async def test_stop_is_answered_and_ends_the_connection(ends: Ends) -> None:
    controller, _, serving = ends
    assert await controller.ask(1, control.Stop()) == control.Reply(1, control.Done())
    await asyncio.wait_for(serving, 5)


async def test_the_end_of_the_controller_is_the_end(ends: Ends) -> None:
    controller, _, serving = ends
    controller.writer.close()
    await asyncio.wait_for(serving, 5)


async def test_what_is_no_request_is_a_protocol_error(ends: Ends) -> None:
    controller, _, serving = ends
    controller.writer.write(control_framing.frame(control.Event(GREETING)))
    with pytest.raises(ProtocolError):
        await asyncio.wait_for(serving, 5)
