"""A gatekeeper that does not take us: what the operator reads, and what whoever calls a number is told."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from structlog.testing import capture_logs

from mcu.config import H323
from mcu.errors import RefusedError
from mcu.gateway import gatekeeper as driver
from mcu.gateway.figures import Figures
from mcu.gateway.gatekeeper_trouble import (
    AGAIN_SECONDS,
    BY_STATE,
    DUPLICATE,
    NO_NAME,
    PASSWORD,
    REFUSED,
    SILENT,
    UNKNOWN,
    Troubles,
    meaning,
)
from mcu.h323.ras_transactions import PROCEDURES, Procedure
from mcu.signaling.messages import TEXTS
from tests.gateway.place import Place, opened
from tests.gateway.test_gatekeeper import serve


def test_a_cause_is_said_when_it_is_new_and_every_so_often() -> None:
    troubles = Troubles()
    assert troubles.note("no answer", 0.0) is SILENT
    assert [troubles.note("no answer", 10.0 * n) for n in range(1, 60)] == [None] * 59
    assert troubles.note("no answer", AGAIN_SECONDS) is SILENT
    assert troubles.note("no answer", AGAIN_SECONDS + 1) is None
    assert troubles.note("securityDenial", AGAIN_SECONDS + 2) is PASSWORD
    assert troubles.note("no answer", AGAIN_SECONDS + 3) is SILENT
    troubles.clear()
    assert troubles.current is None
    assert troubles.note("no answer", AGAIN_SECONDS + 4) is SILENT


def test_every_refusal_has_words() -> None:
    assert meaning("terminalExcluded") is REFUSED
    assert meaning(NO_NAME) is UNKNOWN
    assert {trouble.refusal for trouble in BY_STATE.values()} <= TEXTS.keys()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("gatekeeperRequest", "registrationRequest"):
        said = PROCEDURES[name]
        monkeypatch.setitem(PROCEDURES, name, Procedure(0.3, 1, said.answers))


@asynccontextmanager
async def configured(folder: Path, gatekeeper: str) -> AsyncIterator[Place]:
    section = H323(host="127.0.0.1", port=0, h245_port=0, gatekeeper=gatekeeper)
    async with opened(folder, section) as place:
        yield place


async def state(place: Place, wanted: str) -> None:
    await place.until(lambda: place.gateway.admission.state == wanted)
    registry = CollectorRegistry()
    registry.register(Figures(place.gateway))
    assert f'mcu_h323_gatekeeper_state{{state="{wanted}"}} 1.0' in generate_latest(registry).decode()


async def refusal(place: Place) -> str:
    with pytest.raises(RefusedError) as refused:
        await place.gateway.call(place.created.conference, "3001", name="", office="", changed=lambda _: None)
    return refused.value.code


async def test_nobody_there_is_said_within_the_first_try(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        where = f"127.0.0.1:{silent.getsockname()[1]}"
        with capture_logs() as logged:
            async with configured(tmp_path, where) as place:
                assert place.gateway.admission.state == "seeking"
                assert await refusal(place) == "gatekeeper-silent"
                await state(place, "silent")
                assert await refusal(place) == "gatekeeper-silent"
    (line,) = [line for line in logged if line["log_level"] == "warning"]
    assert line["event"] == SILENT.sentence
    assert line["gatekeeper"] == where
    assert "[h323] gatekeeper" in line["advice"]


@pytest.mark.parametrize(
    ("reason", "wanted", "code"),
    [
        (("securityDenial", 0), PASSWORD, "gatekeeper-password"),
        (("duplicateAlias", []), DUPLICATE, "gatekeeper-refused"),
        (("resourceUnavailable", 0), REFUSED, "gatekeeper-refused"),
    ],
)
async def test_a_refusal_is_said_with_what_to_do(tmp_path: Path, reason: Any, wanted: Any, code: str) -> None:
    async with serve() as served:
        served.scripted.replies["registrationRequest"] = lambda _: (
            "registrationReject",
            {"protocolIdentifier": (0, 0, 8, 2250, 0, 4), "rejectReason": reason},
        )
        with capture_logs() as logged:
            async with configured(tmp_path, str(served.scripted.address)) as place:
                await state(place, wanted.state)
                assert await refusal(place) == code
                del served.scripted.replies["registrationRequest"]
                async with asyncio.timeout(10):
                    while place.gateway.admission.state != "registered":
                        await asyncio.sleep(0.01)
                assert place.gateway.admission._troubles.current is None
    lines = [(line["log_level"], line["event"]) for line in logged if "gatekeeper" in line["event"]]
    assert lines == [
        ("warning", wanted.sentence),
        ("info", "registered with the gatekeeper"),
        ("info", "unregistered from the gatekeeper"),
    ]
    assert next(line["why"] for line in logged if line["log_level"] == "warning") == reason[0]


async def test_a_name_that_is_not_known_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def getaddrinfo(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr("mcu.gateway.gatekeeper.LOOKUP_PAUSE", 0.01)
    monkeypatch.setattr(driver, "getaddrinfo", getaddrinfo)
    with capture_logs() as logged:
        async with configured(tmp_path, "gk.no.such.invalid") as place:
            await state(place, "unknown")
            await asyncio.sleep(0.05)
            assert await refusal(place) == "gatekeeper-silent"
    (line,) = [line for line in logged if line["log_level"] == "warning"]
    assert line["event"] == UNKNOWN.sentence
    assert re.search("DNS", line["advice"])


async def test_one_that_is_gone_is_said_and_one_that_began_anew_is_not(tmp_path: Path) -> None:
    async with serve(time_to_live=60) as served:
        with capture_logs() as logged:
            async with configured(tmp_path, str(served.scripted.address)) as place:
                await place.until(lambda: place.gateway.admission.state == "registered")
                client = place.gateway.admission._gatekeeper
                assert client is not None
                served.scripted.alive = False
                client._do(lambda now: client._client._registration.silent(now))
                await state(place, "silent")
                served.scripted.alive = True
                await place.until(lambda: place.gateway.admission.state == "registered")
    lines = [line["event"] for line in logged if "gatekeeper" in line["event"]]
    assert lines == [
        "registered with the gatekeeper",
        SILENT.sentence,
        "registered with the gatekeeper",
        "unregistered from the gatekeeper",
    ]
