"""What `mcu serve` refuses before it starts, and what it warns of."""

from __future__ import annotations

import asyncio
import errno
import socket
from pathlib import Path

import pytest

from mcu.cli.faults import one_sentence
from mcu.cli.serve import check_ports
from mcu.config import Config, Http, Https, Media
from mcu.errors import ConfigurationError, RefusedError
from tests.support.server import free_port, running_server


def config(http: str, https: str, media: str, *, port: int) -> Config:
    """The same number everywhere but for media, which has it when it has a host."""
    return Config(
        http=Http(host=http, port=port),
        https=Https(host=https, port=port),
        media=Media(host=media or "127.0.0.9", port=port if media else free_port()),
    )


@pytest.mark.parametrize(
    ("http", "https", "media"),
    [("127.0.0.1", "127.0.0.2", ""), ("127.0.0.1", "::1", ""), ("127.0.0.1", "127.0.0.2", "127.0.0.3")],
)
def test_one_number_on_several_addresses_is_fine(http: str, https: str, media: str) -> None:
    check_ports(config(http, https, media, port=free_port()))


@pytest.mark.parametrize(
    ("http", "https", "media"),
    [
        ("127.0.0.1", "127.0.0.1", ""),
        ("127.0.0.1", "localhost", ""),
        ("127.0.0.1", "::", ""),
        ("0.0.0.0", "127.0.0.2", ""),
        ("127.0.0.1", "127.0.0.2", "::"),
        ("127.0.0.1", "127.0.0.2", "127.0.0.2"),
    ],
)
def test_one_number_twice_on_an_address_is_refused(http: str, https: str, media: str) -> None:
    with pytest.raises(ConfigurationError, match="configured twice"):
        check_ports(config(http, https, media, port=free_port()))


@pytest.mark.parametrize(("host", "warnings"), [pytest.param("127.0.0.1", 0, marks=pytest.mark.long), ("0.0.0.0", 1)])
def test_plain_http_for_others_is_warned_of_once(tmp_path: Path, host: str, warnings: int) -> None:
    with running_server(tmp_path / "var", {"MCU_HTTP_HOST": host}) as server:
        found = [line for line in server.lines if "plain HTTP is open to the network" in line]
    assert len(found) == warnings
    assert all("MCU_HTTP_HOST" in line for line in found)


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.EADDRINUSE, "Is the server running already?"),
        (errno.EACCES, "Ports below 1024 are for root"),
        (errno.EADDRNOTAVAIL, "has to be an address of this machine"),
    ],
)
def test_each_reason_against_a_port_has_its_own_advice(
    number: int, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, "refused")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(ConfigurationError) as caught:
        check_ports(Config(http=Http(port=443)))
    assert advice in str(caught.value)
    assert "[http]" in str(caught.value)
    assert ("running already" in str(caught.value)) == (number == errno.EADDRINUSE)


async def _fail_together(*errors: Exception) -> None:
    async def fail(error: Exception) -> None:
        raise error

    with one_sentence(ConfigurationError, RefusedError, prefix="server: "):
        async with asyncio.TaskGroup() as group:
            for error in errors:
                group.create_task(fail(error))


async def test_refusals_leave_a_task_group_as_one_sentence() -> None:
    with pytest.raises(ConfigurationError) as caught:
        await _fail_together(ConfigurationError("it is broken"), RefusedError("busy"), RefusedError("busy"))
    assert str(caught.value) == "server: it is broken; busy"


async def test_a_bug_leaves_a_task_group_with_its_traceback() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        await _fail_together(ConfigurationError("it is broken"), ZeroDivisionError())
    assert any(isinstance(error, ZeroDivisionError) for error in caught.value.exceptions)
