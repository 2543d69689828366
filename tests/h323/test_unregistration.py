"""Leaving a gatekeeper: because it asks for that, and on shutdown."""

from __future__ import annotations

from typing import Any

import pytest

from mcu.h323.ras_events import LostReason, Registered, Unregistered
from mcu.h323.registration import State
from tests.h323.registration_scene import ALIASES, OTHER, line, registered
from tests.h323.scripted_gatekeeper import HERE, ScriptedGatekeeper, alternate


@pytest.mark.parametrize("reason", ["reregistrationRequired", "ttlExpired", "maintenance", "undefinedReason"])
def test_asked_to_leave_it_says_yes_and_registers_again(reason: str) -> None:
    gatekeeper = ScriptedGatekeeper()
    made = registered(gatekeeper)
    gatekeeper.ask("unregistrationRequest", unregister("GK-1", reason))
    events = made.settle()
    assert "unregistrationConfirm" in gatekeeper.names()
    assert events == [Unregistered(LostReason.ASKED, reason), Registered("GK", HERE, ALIASES)]


def test_asked_to_leave_for_lack_of_security_it_waits_first() -> None:
    gatekeeper = ScriptedGatekeeper()
    made = registered(gatekeeper)
    gatekeeper.ask("unregistrationRequest", unregister("GK-1", "securityDenial"))
    made.settle()
    assert made.client.status.state is State.PAUSING


def test_asked_to_leave_in_favour_of_another_it_goes_there() -> None:
    first, second = ScriptedGatekeeper(), ScriptedGatekeeper(OTHER, name="second")
    made = registered(first, second)
    first.ask("unregistrationRequest", unregister("GK-1", "maintenance") | {"alternateGatekeeper": [alternate(second)]})
    made.settle()
    assert made.client.status.gatekeeper == "second"


def test_who_is_meant_by_another_name_does_not_leave() -> None:
    gatekeeper = ScriptedGatekeeper()
    made = registered(gatekeeper)
    gatekeeper.ask("unregistrationRequest", unregister("GK-9", "maintenance"))
    assert made.settle() == []
    assert gatekeeper.last("unregistrationReject")["rejectReason"] == ("notCurrentlyRegistered", 0)


def test_asked_twice_it_answers_twice_and_leaves_once() -> None:
    gatekeeper = ScriptedGatekeeper()
    made = registered(gatekeeper)
    gatekeeper.ask("unregistrationRequest", unregister("GK-1", "maintenance"))
    gatekeeper.outgoing.append(gatekeeper.outgoing[0])
    made.settle()
    assert gatekeeper.count("unregistrationConfirm") == 2
    assert gatekeeper.count("registrationRequest") == 2


def test_asked_to_leave_over_and_over_it_takes_its_time() -> None:
    gatekeeper = ScriptedGatekeeper()
    made = registered(gatekeeper)
    for _ in range(300):
        endpoint = made.client.status.endpoint
        gatekeeper.ask("unregistrationRequest", unregister(endpoint, "reregistrationRequired"))
        made.run(1)
    assert gatekeeper.count("registrationRequest") < 60


def test_on_shutdown_it_unregisters() -> None:
    gatekeeper = ScriptedGatekeeper()
    made = registered(gatekeeper)
    made.client.close(made.now)
    assert made.settle() == [Unregistered(LostReason.CLOSED, "")]
    assert gatekeeper.last("unregistrationRequest")["endpointIdentifier"] == "GK-1"
    assert made.client.closed
    assert made.client.next_timer() is None


def test_a_silent_gatekeeper_does_not_hold_up_the_shutdown() -> None:
    gatekeeper = ScriptedGatekeeper()
    made = registered(gatekeeper)
    gatekeeper.alive = False
    made.client.close(made.now)
    made.run(6)
    assert made.client.closed
    assert made.client.next_timer() is None


@pytest.mark.parametrize("seconds", [0, 1, 16])
def test_closing_before_it_is_registered_is_over_at_once(seconds: float) -> None:
    gatekeeper = ScriptedGatekeeper()
    gatekeeper.alive = False
    made = line(gatekeeper)
    made.run(seconds)
    made.client.close(made.now)
    assert made.client.closed
    made.run(100)
    assert made.client.closed


def unregister(endpoint: str, reason: str) -> dict[str, Any]:
    return {"callSignalAddress": [], "endpointIdentifier": endpoint, "reason": (reason, 0)}
