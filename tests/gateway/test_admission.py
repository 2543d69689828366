"""Calls under a gatekeeper, over real sockets: registered, asked about, ended by it, going on without it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from mcu.config import H323
from mcu.gateway.rooms import CallView
from mcu.h323.events import Answered, EndReason
from tests.gateway.place import Place, opened
from tests.gateway.terminal import Terminal
from tests.gateway.test_gatekeeper import Served, serve


@pytest.fixture
async def gatekeeper() -> AsyncIterator[Served]:
    async with serve() as served:
        yield served


@asynccontextmanager
async def registered(folder: Path, gatekeeper: Served) -> AsyncIterator[Place]:
    address = gatekeeper.scripted.address
    section = H323(host="127.0.0.1", port=0, h245_port=0, name="gangnam-mcu", number="7000", gatekeeper=str(address))
    async with opened(folder, section) as place:
        await place.until(lambda: place.gateway.admission.registered is not None)
        yield place


@pytest.fixture
async def place(tmp_path: Path, gatekeeper: Served) -> AsyncIterator[Place]:
    async with registered(tmp_path, gatekeeper) as made:
        yield made


async def called(place: Place, whom: str) -> list[CallView]:
    views: list[CallView] = []
    await place.gateway.call(place.created.conference, whom, name="", office="", changed=views.append)
    return views


async def test_it_is_registered_by_name_number_and_signaling_address(place: Place, gatekeeper: Served) -> None:
    request = gatekeeper.scripted.last("registrationRequest")
    assert {alias[1] for alias in request["terminalAlias"]} == {"gangnam-mcu", "7000"}
    assert request["callSignalAddress"][0][1]["port"] == place.gateway.port


async def test_each_registration_is_logged_once(tmp_path: Path, gatekeeper: Served) -> None:
    with capture_logs() as logged:
        async with registered(tmp_path, gatekeeper):
            pass
    lines = [line for line in logged if "registered" in line["event"]]
    assert [(line["log_level"], line["event"]) for line in lines] == [
        ("info", "registered with the gatekeeper"),
        ("info", "unregistered from the gatekeeper"),
    ]
    assert lines[0]["address"] == str(gatekeeper.scripted.address)
    assert not [line for line in logged if line["log_level"] == "warning"]


async def test_a_name_is_called_where_the_gatekeeper_says(place: Place, gatekeeper: Served) -> None:
    terminal = Terminal()
    gatekeeper.scripted.numbers["3001"] = await terminal.listen()
    views = await called(place, "3001")
    await place.until(lambda: views and views[-1].state == "connected")
    terminal.close()
    await place.until(lambda: gatekeeper.scripted.count("disengageRequest") == 1)
    assert (
        gatekeeper.scripted.last("disengageRequest")["callIdentifier"]
        == gatekeeper.scripted.last("admissionRequest")["callIdentifier"]
    )
    await place.until(lambda: views[-1].state == "ended")


async def test_a_name_that_nobody_has_is_said(place: Place) -> None:
    views = await called(place, "9999")
    await place.until(lambda: views and views[-1].state == "ended")
    assert views[-1].reason == "not-found"


async def test_a_name_that_the_dns_does_not_know_is_asked_of_the_gatekeeper(place: Place, gatekeeper: Served) -> None:
    terminal = Terminal()
    gatekeeper.scripted.numbers["hall.no.such.invalid"] = await terminal.listen()
    views = await called(place, "hall.no.such.invalid")
    await place.until(lambda: views and views[-1].state == "connected")
    terminal.close()
    views = await called(place, "7301@hall.no.such.invalid")
    await place.until(lambda: views and views[-1].state == "ended")
    assert views[-1].reason == "address-unknown"


async def test_calls_in_are_asked_about_and_may_be_forbidden(place: Place, gatekeeper: Served) -> None:
    terminal = Terminal()
    await terminal.call(place.address, place.direct)
    await terminal.heard(Answered)
    assert gatekeeper.scripted.last("admissionRequest")["answerCall"]
    terminal.close()
    await place.empty()
    gatekeeper.scripted.replies["admissionRequest"] = lambda _: (
        "admissionReject",
        {"rejectReason": ("resourceUnavailable", 0)},
    )
    refused = Terminal()
    await refused.call(place.address, place.direct)
    assert (await refused.ended()).reason in {EndReason.RESOURCES, EndReason.NO_BANDWIDTH}
    assert await place.roster() == []


async def test_the_gatekeeper_ends_a_call(place: Place, gatekeeper: Served) -> None:
    terminal = Terminal()
    await terminal.call(place.address, place.direct)
    await terminal.heard(Answered)
    asked = gatekeeper.scripted.last("admissionRequest")
    gatekeeper.scripted.ask(
        "disengageRequest",
        {
            "endpointIdentifier": asked["endpointIdentifier"],
            "conferenceID": asked["conferenceID"],
            "callReferenceValue": asked["callReferenceValue"],
            "disengageReason": ("forcedDrop", 0),
            "callIdentifier": asked["callIdentifier"],
            "answeredCall": True,
        },
        gatekeeper.clients[-1],
    )
    gatekeeper.flush()
    await terminal.ended()
    await place.empty()


async def test_calls_survive_the_gatekeepers_death(place: Place, gatekeeper: Served) -> None:
    terminal = Terminal()
    await terminal.call(place.address, place.direct)
    await terminal.heard(Answered)
    gatekeeper.scripted.alive = False
    gatekeeper.transport.close()
    assert await place.roster()
    assert place.gateway.calls
    terminal.close()
    await place.empty()
