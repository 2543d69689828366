"""What the log never has of calls: PINs, links, keys that were pressed, and whom somebody calls."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from mcu import control
from mcu.config import H323
from mcu.errors import RefusedError
from mcu.gateway import arrival as arrival_module
from mcu.gateway.rooms import CallView
from mcu.gateway.tcp import failure
from mcu.h323.address import Address
from mcu.h323.call_options import CallOptions
from mcu.h323.events import Answered
from tests.gateway.place import Place, dialled, opened
from tests.gateway.terminal import Terminal

WRONG_PIN, ALIAS, NAMED = "918273", "73015512", "전주 대회의실"
NOBODY = Address("127.0.0.10", 1721)


async def called_in(place: Place, *names: str) -> None:
    terminal = Terminal(NAMED)
    await terminal.call(place.address, *names)
    await terminal.heard(Answered)
    terminal.close()
    await place.until(lambda: not place.gateway.calls)


async def refused_in(place: Place, *names: str) -> None:
    terminal = Terminal(NAMED)
    await terminal.call(place.address, *names)
    await terminal.ended()


async def pressed(place: Place, keys: str, *, inside: bool) -> None:
    terminal = Terminal(NAMED)
    before = len(place.world.pool.of(control.PlayPrompts))
    await terminal.call(place.address)
    await place.until(lambda: len(place.world.pool.of(control.PlayPrompts)) > before)
    terminal.do(lambda call, now: call.send_digits(keys, now))
    if inside:
        async with asyncio.timeout(10):
            while not await place.roster():
                await asyncio.sleep(0.005)
        terminal.close()
    else:
        await terminal.ended()
    await place.until(lambda: not place.gateway.calls)
    await place.empty()


async def called_out(place: Place, whom: str) -> None:
    views: list[CallView] = []
    await place.gateway.call(place.created.conference, whom, name=NAMED, office="", changed=views.append)
    await place.until(lambda: views and views[-1].state == "ended")


async def test_no_line_of_the_log_tells_how_to_get_in_or_who_is_called(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrival_module, "GOOD_BYE_SECONDS", 0.05)
    created = place.created
    room = Terminal(NAMED)
    with capture_logs() as logged:
        await called_in(place, place.direct)
        await called_in(place, created.link)
        await pressed(place, f"{created.number}#{created.pin}#", inside=True)
        await refused_in(place, f"{created.number}##{WRONG_PIN}")
        await refused_in(place, created.link[::-1])
        await pressed(place, f"{WRONG_PIN}#" * 3, inside=False)
        room_address = await room.listen()
        _, views = await dialled(place, room_address, name=NAMED)
        await place.until(lambda: views and views[-1].state == "connected")
        room.close()
        await place.until(lambda: views[-1].state == "ended")
        await called_out(place, str(NOBODY))
        await called_out(place, f"{NOBODY}##{ALIAS}")
        await called_out(place, f"{ALIAS}@no.such.invalid")
        with pytest.raises(RefusedError):
            await place.gateway.call(created.conference, ALIAS, name="", office="", changed=lambda _: None)
    events = [line["event"] for line in logged]
    wanted = {"call came in", "call is for a conference", "call not let in", "let go at the entrance", "call ended"}
    assert wanted | {"calling", "room not reached", "room not called"} <= set(events)
    secrets = (created.pin, created.link, created.link[::-1], created.number, WRONG_PIN, ALIAS, NAMED)
    addresses = (NOBODY.ip, "127.0.0.1", str(room_address.port), str(NOBODY.port), "no.such.invalid")
    for line in logged:
        for secret in (*secrets, *addresses):
            assert secret not in repr(line), line
    dialled_as = [line["dialled"] for line in logged if line["event"] == "call came in"]
    assert dialled_as == ["number and PIN", "link", "nothing", "number and PIN", "link", "nothing"]
    (let_in, *_) = [line for line in logged if line["event"] == "call is for a conference"]
    assert let_in["conference"] == created.conference
    assert let_in["call"] == next(line["call"] for line in logged if line["event"] == "call came in")


async def test_a_stranger_is_told_of_by_network_with_the_setting(tmp_path: Path) -> None:
    section = H323(host="127.0.0.1", port=0, h245_port=0, networks=("10.0.0.0/8",))
    async with opened(tmp_path, section) as place:
        with capture_logs() as logged:
            reader, writer = await asyncio.open_connection("127.0.0.1", place.gateway.port)
            assert await reader.read(1) == b""
            writer.close()
    (line,) = [line for line in logged if line["log_level"] == "warning"]
    assert line["network"] == "127.0.0.0/24"
    assert "[h323] networks" in line["advice"]
    assert '"127.0.0.0/24"' in line["advice"]
    assert "127.0.0.1" not in repr(line)


async def test_h245_that_is_not_reached_is_told_without_its_address(place: Place) -> None:
    terminal = Terminal(options=CallOptions(tunnelling=False))
    with capture_logs() as logged:
        await terminal.call(place.address, place.direct)
        await terminal.heard(Answered)
        terminal.close()
        await place.until(lambda: not place.gateway.calls)
    assert all("127.0.0.1" not in repr(line) for line in logged)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ConnectionRefusedError(111, "Connect call failed ('192.0.2.1', 1720)"), "Connection refused"),
        (TimeoutError(), "no answer"),
        (socket.gaierror(-2, "Name or service not known"), "Name or service not known"),
    ],
)
def test_errors_of_sockets_are_told_without_the_address(error: OSError, said: str) -> None:
    assert failure(error) == said
