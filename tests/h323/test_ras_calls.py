"""Admitted calls and the gatekeeper: disengagement by either side, bandwidth, and its death in between."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mcu.h323.events import EndReason
from mcu.h323.ras_events import AdmissionRejected, BandwidthAsked, BandwidthGranted, CallFacts, DisengageAsked
from mcu.h323.registration import State
from tests.h323.ras_call_scene import SETTINGS, admitted, incoming, inquiry, outgoing, registered
from tests.h323.scripted_gatekeeper import Fields, ScriptedGatekeeper

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


# --- bandwidth ----------------------------------------------------------------------------------------------


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


def drop(facts: CallFacts) -> Fields:
    return {
        "endpointIdentifier": "GK-1",
        "conferenceID": facts.conference_identifier,
        "callReferenceValue": facts.reference,
        "disengageReason": ("forcedDrop", 0),
        "callIdentifier": {"guid": facts.call_identifier},
        "answeredCall": facts.answering,
    }
