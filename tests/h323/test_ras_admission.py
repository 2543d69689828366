"""Admission of calls: what is asked and answered, who waits for how long, and calls that were granted beforehand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mcu.h323.address import Address
from mcu.h323.aliases import Alias, AliasKind
from mcu.h323.events import EndReason
from mcu.h323.ras_call_table import MAX_CALLS
from mcu.h323.ras_calls import REASONS
from mcu.h323.ras_events import AdmissionRejected, Admitted, Registered
from mcu.h323.registration import State
from tests.h323.ras_call_scene import ROOM, SETTINGS, admitted, incoming, outgoing, registered
from tests.h323.scripted_gatekeeper import HERE, THERE, Fields, ScriptedGatekeeper, alternate, transport

OTHER = Address("192.0.2.11", 1719)


# --- admission ----------------------------------------------------------------------------------------------


def test_a_call_out_goes_where_the_gatekeeper_says() -> None:
    gatekeeper = ScriptedGatekeeper()
    gatekeeper.numbers["100"] = Address("192.0.2.99", 1820)
    made = registered(gatekeeper)
    facts = outgoing(destination=None)
    event = admitted(made, facts)
    assert event.destination == Address("192.0.2.99", 1820)
    assert not event.routed
    assert event.by_gatekeeper
    asked = gatekeeper.last("admissionRequest")
    assert asked["callIdentifier"]["guid"] == facts.call_identifier
    assert asked["conferenceID"] == facts.conference_identifier
    assert asked["endpointIdentifier"] == "GK-1"
    assert asked["bandWidth"] == 15_361  # units of 100 bit/s, rounded up
    assert asked["destinationInfo"] == [("dialledDigits", "100")]
    assert asked["srcInfo"] == [("h323-ID", "mcu")]
    assert asked["canMapAlias"]
    assert not asked["answerCall"]
    assert "destCallSignalAddress" not in asked


def test_a_routed_call_is_signaled_to_the_gatekeeper() -> None:
    gatekeeper = ScriptedGatekeeper(routed=True)
    gatekeeper.numbers["100"] = ROOM
    made = registered(gatekeeper)
    assert made.events[0] == Registered("GK", HERE, SETTINGS.aliases, Address(HERE.ip, 1720))
    event = admitted(made, outgoing(destination=None))
    assert event.destination == Address(HERE.ip, 1720)
    assert event.routed


def test_the_gatekeeper_may_change_whom_is_called_and_the_bandwidth() -> None:
    gatekeeper = ScriptedGatekeeper()
    gatekeeper.extra["admissionConfirm"] = {"destinationInfo": [("h323-ID", "boardroom")], "bandWidth": 5_000}
    event = admitted(registered(gatekeeper), outgoing())
    assert event.destination_aliases == (Alias(AliasKind.H323_ID, "boardroom"),)
    assert event.bandwidth == 500_000


def test_a_call_in_is_asked_about_with_its_caller() -> None:
    gatekeeper = ScriptedGatekeeper()
    admitted(registered(gatekeeper), incoming())
    asked = gatekeeper.last("admissionRequest")
    assert asked["answerCall"]
    assert asked["srcCallSignalAddress"] == transport(ROOM)
    assert asked["srcInfo"] == [("h323-ID", "room")]
    assert asked["destCallSignalAddress"] == transport(Address(THERE.ip, 1720))


def test_an_address_of_zeros_in_the_confirmation_leaves_the_callers_own() -> None:
    gatekeeper = ScriptedGatekeeper()
    gatekeeper.extra["admissionConfirm"] = {"destCallSignalAddress": transport(Address("0.0.0.0", 0))}
    assert admitted(registered(gatekeeper), outgoing()).destination == ROOM


@pytest.mark.parametrize(("word", "reason"), [*REASONS.items(), ("securityDenial", EndReason.NOT_ALLOWED)])
def test_a_refusal_says_why(word: str, reason: EndReason) -> None:
    gatekeeper = ScriptedGatekeeper()
    value: Any = [] if word == "routeCallToSCN" else 0
    gatekeeper.replies["admissionRequest"] = lambda _: ("admissionReject", {"rejectReason": (word, value)})
    made = registered(gatekeeper)
    made.client.admit(outgoing(), made.now)
    assert made.settle() == [AdmissionRejected(call="out", reason=reason, detail=word)]
    assert made.client.status.calls == 0


def test_a_caller_who_should_come_through_the_gatekeeper_can_be_sent_there() -> None:
    gatekeeper = ScriptedGatekeeper()
    fields = {"rejectReason": ("routeCallToGatekeeper", 0), "callSignalAddress": [transport(Address(HERE.ip, 1720))]}
    gatekeeper.replies["admissionRequest"] = lambda _: ("admissionReject", fields)
    made = registered(gatekeeper)
    made.client.admit(incoming(), made.now)
    (event,) = made.settle()
    assert isinstance(event, AdmissionRejected)
    assert event.redirect == Address(HERE.ip, 1720)


def test_without_a_gatekeeper_calls_go_directly() -> None:
    made = registered(settings=replace(SETTINGS, gatekeepers=()))
    event = admitted(made, outgoing())
    assert event.destination == ROOM
    assert not event.by_gatekeeper
    assert admitted(made, incoming("in")).by_gatekeeper is False
    made.client.admit(outgoing("name", destination=None), made.now)
    (event2,) = made.settle()
    assert isinstance(event2, AdmissionRejected)
    assert event2.reason is EndReason.UNREACHABLE
    assert made.sent == []


def test_where_one_is_required_there_are_no_calls_without() -> None:
    gatekeeper = ScriptedGatekeeper()
    gatekeeper.alive = False
    made = registered(gatekeeper, settings=replace(SETTINGS, required=True))
    made.client.admit(outgoing(), made.now)
    made.client.admit(incoming(), made.now)
    assert made.run(5.9) == []
    events = made.run(0.2)
    assert [type(event) for event in events] == [AdmissionRejected] * 2
    assert made.client.status.calls == 0


def test_a_call_waits_for_a_registration_that_is_under_way() -> None:
    gatekeeper = ScriptedGatekeeper()
    gatekeeper.replies["gatekeeperRequest"] = lambda _: None
    made = registered(gatekeeper)
    made.client.admit(outgoing(), made.now)
    assert made.run(4) == []
    del gatekeeper.replies["gatekeeperRequest"]
    events = made.run(1.1)
    assert [type(event) for event in events] == [Registered, Admitted]
    assert gatekeeper.count("admissionRequest") == 1


def test_and_goes_directly_when_that_takes_too_long() -> None:
    gatekeeper = ScriptedGatekeeper()
    gatekeeper.alive = False
    made = registered(gatekeeper)
    made.client.admit(outgoing(), made.now)
    (event,) = made.run(6.1)
    assert isinstance(event, Admitted)
    assert not event.by_gatekeeper


def test_while_there_is_a_pause_nobody_waits() -> None:
    gatekeeper = ScriptedGatekeeper()
    gatekeeper.alive = False
    made = registered(gatekeeper)
    made.run(15.1)
    assert made.client.status.state is State.PAUSING
    assert not admitted(made, outgoing()).by_gatekeeper


def test_a_gatekeeper_that_forgot_us_is_registered_with_and_asked_again() -> None:
    gatekeeper = ScriptedGatekeeper()
    made = registered(gatekeeper)
    gatekeeper.restart()
    made.client.admit(outgoing(), made.now)
    events = made.settle()
    assert [type(event).__name__ for event in events] == ["Unregistered", "Registered", "Admitted"]
    assert gatekeeper.last("admissionRequest")["endpointIdentifier"] == "GK-2"


def test_a_gatekeeper_that_never_admits_is_asked_twice_only() -> None:
    gatekeeper = ScriptedGatekeeper()
    made = registered(gatekeeper)
    rejected = ("admissionReject", {"rejectReason": ("invalidEndpointIdentifier", 0)})
    gatekeeper.replies["admissionRequest"] = lambda _: rejected
    made.client.admit(outgoing(), made.now)
    assert isinstance(made.settle()[-1], AdmissionRejected)
    assert gatekeeper.count("admissionRequest") == 2
    assert gatekeeper.count("registrationRequest") == 2


def test_an_unregistered_caller_is_not_our_registration() -> None:
    gatekeeper = ScriptedGatekeeper()
    gatekeeper.replies["admissionRequest"] = lambda _: ("admissionReject", {"rejectReason": ("callerNotRegistered", 0)})
    made = registered(gatekeeper)
    made.client.admit(incoming(), made.now)
    (event,) = made.settle()
    assert isinstance(event, AdmissionRejected)
    assert event.reason is EndReason.NOT_ALLOWED
    assert gatekeeper.count("registrationRequest") == 1


def test_a_silent_gatekeeper_is_asked_three_times_then_the_call_goes_directly() -> None:
    gatekeeper = ScriptedGatekeeper(time_to_live=0)
    made = registered(gatekeeper)
    gatekeeper.replies["admissionRequest"] = lambda _: None
    made.client.admit(outgoing(), made.now)
    assert made.run(14.9) == []
    assert gatekeeper.count("admissionRequest") == 3
    events = made.run(0.2)
    assert [type(event).__name__ for event in events] == ["Unregistered", "Admitted", "Registered"]
    assert isinstance(events[1], Admitted)
    assert not events[1].by_gatekeeper


def test_an_alternate_gatekeeper_answers_for_a_silent_one() -> None:
    first, second = ScriptedGatekeeper(time_to_live=0), ScriptedGatekeeper(OTHER, name="second")
    first.alternates = [alternate(second, register=False)]
    made = registered(first, second)
    second._endpoints.add("GK-1")
    first.alive = False
    for call in ("one", "two", "three"):
        made.client.admit(outgoing(call), made.now)
    events = made.run(30)
    assert [type(event) for event in events] == [Registered, Admitted, Admitted, Admitted]
    assert second.count("admissionRequest") == 3
    assert made.client.status.address == OTHER


def test_calls_asked_about_at_a_dead_gatekeeper_are_asked_about_at_the_next() -> None:
    first, second = ScriptedGatekeeper(time_to_live=0), ScriptedGatekeeper(OTHER, name="second")
    made = registered(first, second, settings=replace(SETTINGS, gatekeepers=(HERE, OTHER), required=True))
    first.alive = False
    for call in ("one", "two", "three"):
        made.client.admit(outgoing(call), made.now)
    events = made.run(30)
    assert [event.call for event in events if isinstance(event, Admitted)] == ["one", "two", "three"]
    assert second.count("admissionRequest") == 3


def test_a_silent_gatekeeper_and_a_required_one_end_in_a_refusal_once() -> None:
    gatekeeper = ScriptedGatekeeper(time_to_live=0)
    made = registered(gatekeeper, settings=replace(SETTINGS, required=True))
    gatekeeper.alive = False
    for call in ("one", "two"):
        made.client.admit(outgoing(call), made.now)
    events = made.run(300)
    refused = [event.call for event in events if isinstance(event, AdmissionRejected)]
    assert sorted(refused) == ["one", "two"]
    assert made.client.status.calls == 0


def test_more_calls_than_can_be_are_refused() -> None:
    made = registered(settings=replace(SETTINGS, gatekeepers=()))
    for number in range(MAX_CALLS):
        made.client.admit(outgoing(f"call {number}"), made.now)
    made.settle()
    made.client.admit(outgoing("last"), made.now)
    (event,) = made.settle()
    assert isinstance(event, AdmissionRejected)
    assert event.reason is EndReason.RESOURCES


def test_ten_calls_a_second_for_a_minute_with_a_third_of_the_datagrams_lost_all_are_decided_once() -> None:
    gatekeeper = ScriptedGatekeeper(time_to_live=30)
    made = registered(gatekeeper, loss=0.3, seed=5)
    decided: list[str] = []
    for number in range(600):
        made.client.admit(outgoing(f"call {number}"), made.now)
        decided += [event.call for event in made.run(0.1) if isinstance(event, Admitted | AdmissionRejected)]
        if number >= 300:
            made.client.disengage(f"call {number - 300}", EndReason.HUNG_UP, made.now)
    decided += [event.call for event in made.run(60) if isinstance(event, Admitted | AdmissionRejected)]
    assert sorted(decided) == sorted(f"call {number}" for number in range(600))


# --- calls that were granted beforehand ---------------------------------------------------------------------


def pre_granted(**changes: Any) -> Fields:
    words = ("makeCall", "useGKCallSignalAddressToMakeCall", "answerCall", "useGKCallSignalAddressToAnswer")
    return {"preGrantedARQ": dict.fromkeys(words, False) | changes}


def test_calls_granted_beforehand_are_not_asked_about() -> None:
    gatekeeper = ScriptedGatekeeper()
    gatekeeper.extra["registrationConfirm"] = pre_granted(
        makeCall=True, answerCall=True, irrFrequencyInCall=20, totalBandwidthRestriction=640
    )
    made = registered(gatekeeper)
    out = admitted(made, outgoing())
    assert (out.destination, out.by_gatekeeper, out.bandwidth) == (ROOM, True, 64_000)
    admitted(made, incoming())
    made.run(21)
    assert gatekeeper.count("admissionRequest") == 0
    assert gatekeeper.count("infoRequestResponse") == 2
    made.client.disengage("out", EndReason.HUNG_UP, made.now)
    made.settle()
    assert gatekeeper.count("disengageRequest") == 0


def test_calls_granted_through_the_gatekeeper_go_there_and_come_from_there() -> None:
    gatekeeper = ScriptedGatekeeper(routed=True)
    gatekeeper.extra["registrationConfirm"] = pre_granted(
        makeCall=True, useGKCallSignalAddressToMakeCall=True, answerCall=True, useGKCallSignalAddressToAnswer=True
    )
    made = registered(gatekeeper)
    event = admitted(made, outgoing(destination=None))
    assert (event.destination, event.routed) == (Address(HERE.ip, 1720), True)
    admitted(made, replace(incoming("through"), source=Address(HERE.ip, 40_000)))
    assert gatekeeper.count("admissionRequest") == 0
    admitted(made, incoming("past"))
    assert gatekeeper.count("admissionRequest") == 1


def test_a_name_is_asked_about_although_calls_are_granted() -> None:
    gatekeeper = ScriptedGatekeeper()
    gatekeeper.numbers["100"] = ROOM
    gatekeeper.extra["registrationConfirm"] = pre_granted(makeCall=True)
    made = registered(gatekeeper)
    assert admitted(made, outgoing(destination=None)).destination == ROOM
    assert admitted(made, incoming()).by_gatekeeper
    assert gatekeeper.count("admissionRequest") == 2
