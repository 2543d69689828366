"""What the gatekeeper is told of running calls and resources, unasked and asked."""

from __future__ import annotations

from mcu.h323.events import EndReason
from mcu.h323.ras_requests import MAX_CALLS_LISTED
from tests.h323.ras_call_scene import ROOM, admitted, incoming, inquiry, outgoing, registered
from tests.h323.scripted_gatekeeper import Fields, Line, ScriptedGatekeeper, transport


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


def listed_after(made: Line, gatekeeper: ScriptedGatekeeper, request: Fields) -> tuple[str, list[int]]:
    gatekeeper.ask("infoRequest", request)
    made.settle()
    answer = gatekeeper.last("infoRequestResponse")
    return answer["irrStatus"][0], [one["callReferenceValue"] for one in answer["perCallInfo"]]
