"""Staying registered: discovery, keepalives, refusals, restarts, loss; on fake time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mcu.h323.address import Address
from mcu.h323.aliases import Alias, AliasKind
from mcu.h323.ras_events import LostReason, Registered, Unregistered
from mcu.h323.registration import LONGEST_PAUSE, TRANSITIONS, State, Step
from tests.h323.registration_scene import ALIASES, OTHER, SETTINGS, line, registered
from tests.h323.scripted_gatekeeper import HERE, PROTOCOL, THERE, ScriptedGatekeeper, transport


def test_a_client_finds_its_gatekeeper_and_registers_under_its_names() -> None:
    gatekeeper = ScriptedGatekeeper()
    made = line(gatekeeper)
    assert made.settle() == [Registered("GK", HERE, ALIASES)]
    assert gatekeeper.names() == ["gatekeeperRequest", "registrationRequest"]
    request = gatekeeper.last("registrationRequest")
    assert request["terminalAlias"] == [("h323-ID", "종로 MCU"), ("dialledDigits", "700"), ("url-ID", "h323:mcu@here")]
    assert request["discoveryComplete"]
    assert request["gatekeeperIdentifier"] == "GK"
    assert request["callSignalAddress"] == [transport(Address(THERE.ip, 1720))]
    assert made.client.status.address == HERE
    assert made.client.status.endpoint == "GK-1"


def test_an_mcu_with_prefixes_is_found_by_them() -> None:
    gatekeeper = ScriptedGatekeeper()
    registered(gatekeeper)
    kind = gatekeeper.last("registrationRequest")["terminalType"]
    prefixes = [{"prefix": ("dialledDigits", "70")}, {"prefix": ("dialledDigits", "71")}]
    assert kind["mc"]
    assert kind["mcu"]["protocol"] == [("h323", {"supportedPrefixes": prefixes})]
    assert kind["gateway"]["protocol"] == [("h323", {"supportedPrefixes": prefixes})]


def test_without_prefixes_it_is_no_gateway() -> None:
    gatekeeper = ScriptedGatekeeper()
    registered(gatekeeper, settings=replace(SETTINGS, prefixes=()))
    kind = gatekeeper.last("registrationRequest")["terminalType"]
    assert "gateway" not in kind
    assert kind["mcu"] == {}


def test_without_a_gatekeeper_in_the_settings_nothing_is_sent() -> None:
    made = line(settings=replace(SETTINGS, gatekeepers=()))
    made.run(100)
    assert made.sent == []
    assert made.client.status.state is State.OFF


def test_discovery_by_multicast_takes_whoever_answers_first() -> None:
    gatekeeper, second = ScriptedGatekeeper(), ScriptedGatekeeper(OTHER, name="second")
    made = registered(gatekeeper, second, settings=replace(SETTINGS, gatekeepers=(), multicast=True))
    assert made.sent[0][1] == Address("224.0.1.41", 1718)
    assert made.client.status.gatekeeper == "GK"
    assert second.names() == ["gatekeeperRequest"]
    gatekeeper.alive = False
    made.run(120)
    assert made.client.status.gatekeeper == "second"


def test_only_the_gatekeeper_of_the_wanted_name_is_taken() -> None:
    made = line(ScriptedGatekeeper(name="another"), settings=replace(SETTINGS, gatekeeper_identifier="mine"))
    made.run(1)
    assert made.client.status.state is State.PAUSING
    assert made.client.status.failure == "another gatekeeper"


def test_the_gatekeeper_may_give_other_names_than_asked_for() -> None:
    gatekeeper = ScriptedGatekeeper()
    gatekeeper.extra["registrationConfirm"] = {"terminalAlias": [("dialledDigits", "4711")]}
    made = line(gatekeeper)
    assert made.settle() == [Registered("GK", HERE, (Alias(AliasKind.DIGITS, "4711"),))]


def test_a_registration_is_kept_alive_by_lightweight_requests() -> None:
    gatekeeper = ScriptedGatekeeper(time_to_live=60)
    made = registered(gatekeeper)
    made.run(300)
    keepalives = [fields for name, fields in gatekeeper.received if fields.get("keepAlive")]
    assert 10 <= len(keepalives) <= 12
    assert all(one["endpointIdentifier"] == "GK-1" and "terminalAlias" not in one for one in keepalives)
    assert made.events == [Registered("GK", HERE, ALIASES)]


def test_a_short_time_to_live_is_kept_without_a_flood() -> None:
    gatekeeper = ScriptedGatekeeper(time_to_live=1)
    registered(gatekeeper).run(100)
    assert gatekeeper.count("registrationRequest") <= 21


def test_a_keepalive_may_be_confirmed_without_saying_the_time_to_live_again() -> None:
    gatekeeper = ScriptedGatekeeper(time_to_live=60)
    made = registered(gatekeeper)
    gatekeeper.time_to_live = 0
    made.run(300)
    assert gatekeeper.count("registrationRequest") >= 11


def test_without_time_to_live_nothing_is_repeated() -> None:
    gatekeeper = ScriptedGatekeeper(time_to_live=0)
    made = registered(gatekeeper)
    made.run(3_600)
    assert gatekeeper.count("registrationRequest") == 1
    assert made.client.next_timer() is None


def test_a_gatekeeper_started_again_is_registered_with_anew() -> None:
    gatekeeper = ScriptedGatekeeper()
    made = registered(gatekeeper)
    gatekeeper.restart()
    events = made.run(31)
    assert events == [Unregistered(LostReason.FORGOTTEN, "fullRegistrationRequired"), Registered("GK", HERE, ALIASES)]
    assert made.client.status.endpoint == "GK-2"


@pytest.mark.parametrize("reason", ["discoveryRequired", "undefinedReason", "invalidAlias"])
def test_a_refused_keepalive_leads_to_a_whole_registration(reason: str) -> None:
    gatekeeper = ScriptedGatekeeper()
    made = registered(gatekeeper)
    rejected = ("registrationReject", {"protocolIdentifier": PROTOCOL, "rejectReason": (reason, 0)})
    gatekeeper.replies["registrationRequest"] = lambda f: rejected if f["keepAlive"] else gatekeeper_confirms(f)
    gatekeeper_confirms = gatekeeper._registrationRequest
    made.run(31)
    assert made.client.status.state is State.REGISTERED
    assert gatekeeper.count("gatekeeperRequest") == (2 if reason == "discoveryRequired" else 1)


def test_a_silent_gatekeeper_is_asked_ever_more_rarely_and_found_when_it_is_back() -> None:
    gatekeeper = ScriptedGatekeeper()
    made = registered(gatekeeper)
    gatekeeper.alive = False
    events = made.run(60)
    assert events == [Unregistered(LostReason.NO_ANSWER, "")]
    before = len(made.sent)
    made.run(3_600)
    assert len(made.sent) - before < 3 * 3_600 / (LONGEST_PAUSE * 0.75) + 10
    assert made.client.status.state is not State.REGISTERED
    gatekeeper.restart()
    assert made.run(LONGEST_PAUSE * 1.25 + 15)[-1] == Registered("GK", HERE, ALIASES)


def test_requests_are_repeated_as_the_recommendation_has_it_with_the_same_number() -> None:
    gatekeeper = ScriptedGatekeeper()
    gatekeeper.replies["gatekeeperRequest"] = lambda _: None
    made = line(gatekeeper)
    times = []
    for _ in range(16):
        made.run(1)
        times.append(gatekeeper.count("gatekeeperRequest"))
    assert times == [1] * 4 + [2] * 5 + [3] * 7
    assert len({fields["requestSeqNum"] for _, fields in gatekeeper.received}) == 1


def test_registration_is_repeated_every_three_seconds() -> None:
    gatekeeper = ScriptedGatekeeper()
    gatekeeper.replies["registrationRequest"] = lambda _: None
    made = line(gatekeeper)
    made.run(8.9)
    assert gatekeeper.count("registrationRequest") == 3
    assert made.client.status.state is State.REGISTERING
    made.run(0.2)
    assert made.client.status.state is State.PAUSING
    assert made.client.status.failure == "no answer"


def test_a_request_in_progress_prolongs_the_wait_within_bounds() -> None:
    gatekeeper = ScriptedGatekeeper()
    gatekeeper.replies["registrationRequest"] = lambda _: ("requestInProgress", {"delay": 20_000})
    made = line(gatekeeper)
    made.run(19)
    assert gatekeeper.count("registrationRequest") == 1
    gatekeeper.replies["registrationRequest"] = lambda _: ("requestInProgress", {"delay": 65_535})
    made.run(300)
    assert made.client.status.failure == "no answer"


def test_refusals_that_mean_no_are_not_hammered() -> None:
    gatekeeper = ScriptedGatekeeper()
    gatekeeper.replies["registrationRequest"] = lambda _: (
        "registrationReject",
        {"protocolIdentifier": PROTOCOL, "rejectReason": ("duplicateAlias", [("h323-ID", "x")])},
    )
    made = line(gatekeeper)
    made.run(600)
    assert gatekeeper.count("registrationRequest") < 20
    assert made.client.status.failure == "duplicateAlias"


def test_a_gatekeeper_that_leads_in_circles_is_given_a_pause() -> None:
    gatekeeper = ScriptedGatekeeper()
    gatekeeper.replies["registrationRequest"] = lambda _: (
        "registrationReject",
        {"protocolIdentifier": PROTOCOL, "rejectReason": ("discoveryRequired", 0)},
    )
    line(gatekeeper).run(600)
    assert gatekeeper.count("registrationRequest") < 100


def test_a_refused_discovery_is_tried_again_later() -> None:
    gatekeeper = ScriptedGatekeeper()
    refused = ("gatekeeperReject", {"protocolIdentifier": PROTOCOL, "rejectReason": ("resourceUnavailable", 0)})
    gatekeeper.replies["gatekeeperRequest"] = lambda _: refused
    made = line(gatekeeper)
    made.settle()
    assert made.client.status.state is State.PAUSING
    del gatekeeper.replies["gatekeeperRequest"]
    made.run(5)
    assert made.client.status.state is State.REGISTERED


# --- bad lines ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_with_a_third_of_all_datagrams_lost_it_is_registered_nearly_always(seed: int) -> None:
    gatekeeper = ScriptedGatekeeper(time_to_live=60)
    made = line(gatekeeper, loss=0.3, seed=seed)
    seconds = 0
    for _ in range(1_800):
        made.run(1)
        seconds += made.client.status.state is State.REGISTERED
    assert seconds > 1_200


def test_late_answers_and_answers_twice_change_nothing() -> None:
    gatekeeper = ScriptedGatekeeper()
    made = registered(gatekeeper)
    gatekeeper.outgoing.append((b"", THERE))
    gatekeeper.outgoing.clear()
    before = made.client.status
    gatekeeper._put("registrationConfirm", late_confirm(1), THERE, 0.0)
    gatekeeper._put("registrationConfirm", late_confirm(1), THERE, 0.0)
    made.settle()
    assert made.client.status == before
    assert made.client.counters.unexpected == 2


def test_behind_nat_the_gatekeeper_is_told_the_outer_addresses_and_answered_where_it_is_seen() -> None:
    outer = replace(SETTINGS, ras_address=Address("203.0.113.5", 40_000), gatekeepers=(Address("8.8.8.8", 1719),))
    gatekeeper = ScriptedGatekeeper(Address("8.8.8.8", 1719))
    inner = transport(Address("10.0.0.1", 1719))
    gatekeeper.extra["gatekeeperConfirm"] = {"rasAddress": inner}
    made = registered(gatekeeper, settings=outer)
    assert gatekeeper.last("registrationRequest")["rasAddress"] == [transport(Address("203.0.113.5", 40_000))]
    assert made.client.status.address == gatekeeper.address


def test_registration_goes_where_the_gatekeeper_says() -> None:
    elsewhere = ScriptedGatekeeper(OTHER, name="GK")
    gatekeeper = ScriptedGatekeeper()
    gatekeeper.extra["gatekeeperConfirm"] = {"rasAddress": transport(OTHER)}
    made = registered(gatekeeper, elsewhere)
    assert gatekeeper.count("registrationRequest") == 0
    assert made.client.status.address == OTHER


def test_every_state_can_be_left_and_every_step_is_used() -> None:
    assert {state for state, _ in TRANSITIONS} == set(State) - {State.CLOSED}
    assert {step for _, step in TRANSITIONS} == set(Step)
    assert all((state, Step.LEAVE) in TRANSITIONS for state in set(State) - {State.CLOSED, State.LEAVING})


def late_confirm(sequence: int) -> dict[str, Any]:
    return {
        "requestSeqNum": sequence,
        "protocolIdentifier": PROTOCOL,
        "callSignalAddress": [],
        "endpointIdentifier": "stolen",
        "willRespondToIRR": False,
        "maintainConnection": False,
    }
