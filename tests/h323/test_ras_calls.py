"""Calls and the gatekeeper: admission in and out, bandwidth, disengagement, reports, and its death in between."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from typing import Any

import pytest

from mcu.h323.address import Address
from mcu.h323.aliases import Alias, AliasKind
from mcu.h323.events import EndReason
from mcu.h323.ras_call_table import MAX_CALLS
from mcu.h323.ras_calls import REASONS
from mcu.h323.ras_client import RasClient
from mcu.h323.ras_events import (
    AdmissionRejected,
    Admitted,
    BandwidthAsked,
    BandwidthGranted,
    CallFacts,
    DisengageAsked,
    Registered,
)
from mcu.h323.ras_requests import MAX_CALLS_LISTED
from mcu.h323.ras_settings import RasSettings
from mcu.h323.registration import State
from tests.h323.scripted_gatekeeper import HERE, THERE, Fields, Line, ScriptedGatekeeper, alternate, transport

SETTINGS = RasSettings(
    gatekeepers=(HERE,),
    aliases=(Alias(AliasKind.H323_ID, "mcu"),),
    ras_address=THERE,
    signaling_addresses=(Address(THERE.ip, 1720),),
)
ROOM = Address("192.0.2.77", 1720)
OTHER = Address("192.0.2.11", 1719)
_numbers = itertools.count(1)


def registered(*gatekeepers: ScriptedGatekeeper, settings: RasSettings = SETTINGS, **how: Any) -> Line:
    made = Line(RasClient(settings, rng=random.Random(3), wall_offset=1.8e9), *gatekeepers, **how)
    made.client.start(made.now)
    made.settle()
    return made


def outgoing(call: str = "out", **changes: Any) -> CallFacts:
    number = next(_numbers)
    facts = CallFacts(
        call=call,
        call_identifier=number.to_bytes(16, "big"),
        conference_identifier=(number + 1_000_000).to_bytes(16, "big"),
        reference=number % 30_000 + 1,
        answering=False,
        bandwidth=1_536_050,
        destination=ROOM,
        destination_aliases=(Alias(AliasKind.DIGITS, "100"),),
    )
    return replace(facts, **changes)


def incoming(call: str = "in", **changes: Any) -> CallFacts:
    facts = outgoing(call, answering=True, destination=Address(THERE.ip, 1720), source=ROOM)
    return replace(facts, source_aliases=(Alias(AliasKind.H323_ID, "room"),), **changes)


def admitted(made: Line, facts: CallFacts) -> Admitted:
    made.client.admit(facts, made.now)
    (event,) = made.settle()
    assert isinstance(event, Admitted), event
    assert event.call == facts.call
    return event


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


# --- calls that were granted beforehand -----------------------------------------------------------------------


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


# --- the end ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "word"),
    [
        (EndReason.HUNG_UP, "normalDrop"),
        (EndReason.NOT_ALLOWED, "forcedDrop"),
        (EndReason.CONNECTION_LOST, "undefinedReason"),
    ],
)
def test_the_gatekeeper_hears_that_a_call_is_over(reason: EndReason, word: str) -> None:
    gatekeeper = ScriptedGatekeeper()
    made = registered(gatekeeper)
    facts = incoming()
    admitted(made, facts)
    made.client.disengage("in", reason, made.now)
    made.settle()
    told = gatekeeper.last("disengageRequest")
    assert told["disengageReason"] == (word, 0)
    assert told["callIdentifier"]["guid"] == facts.call_identifier
    assert told["answeredCall"]
    assert made.client.status.calls == 0
    made.client.disengage("in", reason, made.now)
    made.client.disengage("never", reason, made.now)
    made.run(30)
    assert gatekeeper.count("disengageRequest") == 1


def test_a_call_given_up_before_it_was_admitted_is_disengaged_afterwards() -> None:
    gatekeeper = ScriptedGatekeeper()
    made = registered(gatekeeper)
    made.client.admit(outgoing(), made.now)
    made.client.disengage("out", EndReason.HUNG_UP, made.now)
    assert made.settle() == []
    assert gatekeeper.count("disengageRequest") == 1
    assert made.client.status.calls == 0


def test_the_gatekeeper_ends_a_call() -> None:
    gatekeeper = ScriptedGatekeeper()
    made = registered(gatekeeper)
    facts = outgoing()
    admitted(made, facts)
    gatekeeper.ask("disengageRequest", drop(facts))
    gatekeeper.outgoing *= 2
    assert made.settle() == [DisengageAsked("out", "forcedDrop")]
    assert gatekeeper.count("disengageConfirm") == 2
    made.client.disengage("out", EndReason.HUNG_UP, made.now)
    made.settle()
    assert gatekeeper.count("disengageRequest") == 0


def test_of_a_call_to_ourselves_the_meant_side_is_ended() -> None:
    gatekeeper = ScriptedGatekeeper()
    made = registered(gatekeeper)
    out = outgoing()
    admitted(made, out)
    admitted(made, replace(out, call="in", answering=True))
    gatekeeper.ask("disengageRequest", drop(out) | {"answeredCall": True})
    assert made.settle() == [DisengageAsked("in", "forcedDrop")]


def test_an_unknown_call_is_over_for_the_gatekeeper_and_another_endpoints_is_not_ours() -> None:
    gatekeeper = ScriptedGatekeeper()
    made = registered(gatekeeper)
    gatekeeper.ask("disengageRequest", drop(outgoing()))
    gatekeeper.ask("disengageRequest", drop(outgoing()) | {"endpointIdentifier": "GK-9"})
    assert made.settle() == []
    assert gatekeeper.count("disengageConfirm") == 1
    assert gatekeeper.last("disengageReject")["rejectReason"] == ("notRegistered", 0)


def test_calls_outlive_their_gatekeeper_and_end_at_the_new_one() -> None:
    gatekeeper = ScriptedGatekeeper()
    made = registered(gatekeeper)
    facts = outgoing()
    admitted(made, facts)
    gatekeeper.alive = False
    events = made.run(200)
    assert not any(isinstance(event, DisengageAsked | AdmissionRejected) for event in events)
    assert made.client.status.calls == 1
    gatekeeper.restart()
    made.run(100)
    assert made.client.status.state is State.REGISTERED
    assert gatekeeper.ask("infoRequest", inquiry())
    assert made.settle() == []
    assert [one["callIdentifier"]["guid"] for one in gatekeeper.last("infoRequestResponse")["perCallInfo"]] == [
        facts.call_identifier
    ]
    made.client.disengage("out", EndReason.HUNG_UP, made.now)
    made.settle()
    assert gatekeeper.last("disengageRequest")["endpointIdentifier"] == made.client.status.endpoint


# --- bandwidth ------------------------------------------------------------------------------------------------


def test_another_bandwidth_is_asked_for() -> None:
    gatekeeper = ScriptedGatekeeper()
    made = registered(gatekeeper)
    admitted(made, outgoing())
    made.client.change_bandwidth("out", 384_000, made.now)
    assert made.settle() == [BandwidthGranted("out", 384_000)]
    assert gatekeeper.last("bandwidthRequest")["bandWidth"] == 3_840


def test_a_refused_bandwidth_is_what_is_allowed_and_silence_leaves_the_old_one() -> None:
    gatekeeper = ScriptedGatekeeper()
    made = registered(gatekeeper)
    admitted(made, outgoing(bandwidth=128_000))
    refused = {"rejectReason": ("insufficientResources", 0), "allowedBandWidth": 2_560}
    gatekeeper.replies["bandwidthRequest"] = lambda _: ("bandwidthReject", refused)
    made.client.change_bandwidth("out", 384_000, made.now)
    assert made.settle() == [BandwidthGranted("out", 256_000)]
    gatekeeper.replies["bandwidthRequest"] = lambda _: None
    made.client.change_bandwidth("out", 384_000, made.now)
    assert made.run(9.1) == [BandwidthGranted("out", 256_000)]


def test_bandwidth_without_a_gatekeeper_is_free() -> None:
    made = registered(settings=replace(SETTINGS, gatekeepers=()))
    admitted(made, outgoing())
    made.client.change_bandwidth("out", 1_000, made.now)
    assert made.settle() == [BandwidthGranted("out", 1_000)]


def test_the_gatekeeper_takes_bandwidth_away() -> None:
    gatekeeper = ScriptedGatekeeper()
    made = registered(gatekeeper)
    facts = outgoing()
    admitted(made, facts)
    asked = {"endpointIdentifier": "GK-1", "conferenceID": facts.conference_identifier, "bandWidth": 1_280}
    asked |= {"callReferenceValue": facts.reference, "callIdentifier": {"guid": facts.call_identifier}}
    gatekeeper.ask("bandwidthRequest", asked | {"answeredCall": False})
    gatekeeper.ask("bandwidthRequest", asked | {"answeredCall": False, "callIdentifier": {"guid": bytes([9] * 16)}})
    assert made.settle() == [BandwidthAsked("out", 128_000)]
    assert gatekeeper.last("bandwidthConfirm")["bandWidth"] == 1_280
    assert gatekeeper.last("bandwidthReject")["rejectReason"] == ("invalidConferenceID", 0)


# --- reports --------------------------------------------------------------------------------------------------


def test_running_calls_are_reported_as_often_as_the_gatekeeper_wants() -> None:
    gatekeeper = ScriptedGatekeeper()
    gatekeeper.extra["admissionConfirm"] = {"irrFrequency": 30}
    made = registered(gatekeeper)
    facts = outgoing()
    admitted(made, facts)
    made.run(100)
    reports = [fields for name, fields in gatekeeper.received if name == "infoRequestResponse"]
    assert len(reports) == 3
    (listed,) = reports[0]["perCallInfo"]
    assert reports[0]["unsolicited"]
    assert listed["callReferenceValue"] == facts.reference
    assert listed["originator"]
    assert listed["callSignalling"] == {"sendAddress": transport(ROOM)}
    made.client.disengage("out", EndReason.HUNG_UP, made.now)
    made.run(100)
    assert gatekeeper.count("infoRequestResponse") == 3


def test_reports_that_are_answered_are_repeated_until_they_are() -> None:
    gatekeeper = ScriptedGatekeeper()
    gatekeeper.extra["admissionConfirm"] = {"irrFrequency": 30, "willRespondToIRR": True}
    gatekeeper.replies["infoRequestResponse"] = lambda _: None
    made = registered(gatekeeper)
    admitted(made, outgoing())
    made.run(36)
    assert gatekeeper.count("infoRequestResponse") == 2
    gatekeeper.replies["infoRequestResponse"] = lambda _: ("infoRequestAck", {})
    made.run(20)
    assert gatekeeper.count("infoRequestResponse") == 3
    gatekeeper.replies["infoRequestResponse"] = lambda _: ("infoRequestNak", {"nakReason": ("notRegistered", 0)})
    made.run(20)
    assert gatekeeper.count("registrationRequest") >= 2


def test_an_inquiry_is_answered_with_one_call_with_all_or_with_none() -> None:
    gatekeeper = ScriptedGatekeeper()
    made = registered(gatekeeper)
    one, other = outgoing("one"), incoming("other")
    admitted(made, one)
    admitted(made, other)
    assert listed_after(made, gatekeeper, inquiry()) == ("complete", [one.reference, other.reference])
    assert listed_after(made, gatekeeper, inquiry(reference=one.reference)) == ("complete", [one.reference])
    assert listed_after(made, gatekeeper, inquiry(guid=other.call_identifier)) == ("complete", [other.reference])
    assert listed_after(made, gatekeeper, inquiry(guid=bytes([7] * 16))) == ("invalidCall", [])


def test_an_answer_lists_as_many_calls_as_go_into_a_datagram() -> None:
    gatekeeper = ScriptedGatekeeper()
    made = registered(gatekeeper)
    for number in range(MAX_CALLS_LISTED + 1):
        admitted(made, outgoing(f"call {number}"))
    status, references = listed_after(made, gatekeeper, inquiry())
    assert status == "incomplete"
    assert len(references) == MAX_CALLS_LISTED
    assert max(len(data) for data, _ in made.sent) < 2_200


def test_shortness_of_resources_is_told() -> None:
    gatekeeper = ScriptedGatekeeper()
    made = registered(gatekeeper)
    made.client.report_resources(almost_out=True, now=made.now)
    made.run(30)
    assert gatekeeper.count("resourcesAvailableIndicate") == 1
    assert gatekeeper.last("resourcesAvailableIndicate")["almostOutOfResources"]


def drop(facts: CallFacts) -> Fields:
    return {
        "endpointIdentifier": "GK-1",
        "conferenceID": facts.conference_identifier,
        "callReferenceValue": facts.reference,
        "disengageReason": ("forcedDrop", 0),
        "callIdentifier": {"guid": facts.call_identifier},
        "answeredCall": facts.answering,
    }


def inquiry(*, reference: int = 0, guid: bytes = bytes(16)) -> Fields:
    return {"callReferenceValue": reference, "callIdentifier": {"guid": guid}}


def listed_after(made: Line, gatekeeper: ScriptedGatekeeper, request: Fields) -> tuple[str, list[int]]:
    gatekeeper.ask("infoRequest", request)
    made.settle()
    answer = gatekeeper.last("infoRequestResponse")
    return answer["irrStatus"][0], [one["callReferenceValue"] for one in answer["perCallInfo"]]
