"""Registration at another gatekeeper: the second of the settings, alternates, and refusals in favour of others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mcu.h323.address import Address
from mcu.h323.ras_events import Registered
from tests.h323.registration_scene import ALIASES, OTHER, SETTINGS, line, registered
from tests.h323.scripted_gatekeeper import HERE, PROTOCOL, ScriptedGatekeeper, alternate


def test_the_second_gatekeeper_of_the_settings_is_taken_when_the_first_is_silent() -> None:
    first, second = ScriptedGatekeeper(), ScriptedGatekeeper(OTHER, name="second")
    first.alive = False
    made = line(first, second, settings=replace(SETTINGS, gatekeepers=(HERE, OTHER)))
    made.run(15.1)
    assert made.client.status.gatekeeper == "second"


def test_an_alternate_that_wants_a_registration_gets_one() -> None:
    first, second = ScriptedGatekeeper(), ScriptedGatekeeper(OTHER, name="second")
    first.alternates = [alternate(second)]
    made = registered(first, second)
    first.alive = False
    made.run(40)
    assert second.names()[:2] == ["gatekeeperRequest", "registrationRequest"]
    assert made.events[-1] == Registered("second", OTHER, ALIASES)


def test_an_alternate_that_knows_us_already_takes_over_without_a_registration() -> None:
    first, second = ScriptedGatekeeper(), ScriptedGatekeeper(OTHER, name="second")
    first.alternates = [alternate(second, register=False)]
    made = registered(first, second)
    second._endpoints.add("GK-1")
    first.alive = False
    made.run(40)
    assert second.names()[0] == "registrationRequest"
    assert all(fields["keepAlive"] for _, fields in second.received)
    assert made.events == [Registered("GK", HERE, ALIASES), Registered("second", OTHER, ALIASES)]
    assert made.client.status.address == OTHER


def test_alternates_are_tried_by_priority_and_the_first_again_in_the_end() -> None:
    first, second = ScriptedGatekeeper(), ScriptedGatekeeper(OTHER, name="second")
    third = ScriptedGatekeeper(Address("192.0.2.12", 1719), name="third")
    first.alternates = [alternate(second, priority=2), alternate(third, priority=1)]
    made = registered(first, second, third)
    first.alive = third.alive = False
    made.run(60)
    assert made.client.status.gatekeeper == "second"
    second.alive = False
    first.restart()
    made.run(120)
    assert made.client.status.gatekeeper == "GK"


@pytest.mark.parametrize("rejection", ["gatekeeperReject", "registrationReject"])
def test_a_refusal_in_favour_of_another_gatekeeper_is_followed_at_once(rejection: str) -> None:
    first, second = ScriptedGatekeeper(), ScriptedGatekeeper(OTHER, name="second")
    info = {"alternateGatekeeper": [alternate(second)], "altGKisPermanent": True}
    fields = {"protocolIdentifier": PROTOCOL, "rejectReason": ("resourceUnavailable", 0), "altGKInfo": info}
    first.replies[rejection.replace("Reject", "Request")] = lambda _: (rejection, fields)
    made = line(first, second)
    made.settle()
    assert made.client.status.gatekeeper == "second"


def test_two_gatekeepers_that_send_us_to_each_other_come_to_rest() -> None:
    first, second = ScriptedGatekeeper(), ScriptedGatekeeper(OTHER, name="second")
    for one, other in ((first, second), (second, first)):
        info = {"alternateGatekeeper": [alternate(other)], "altGKisPermanent": False}
        fields = {"protocolIdentifier": PROTOCOL, "rejectReason": ("resourceUnavailable", 0), "altGKInfo": info}
        one.replies["registrationRequest"] = lambda _, fields=fields: ("registrationReject", fields)
    made = line(first, second)
    made.run(600)
    assert len(made.sent) < 200
