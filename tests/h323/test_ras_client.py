"""The client as a whole: captured registrations replayed, strangers, what gatekeepers may ask, a third decoder."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mcu.h323 import aliases, asn1
from mcu.h323.address import Address, from_h225
from mcu.h323.aliases import Alias, AliasKind
from mcu.h323.events import EndReason
from mcu.h323.ras_client import MAX_REMEMBERED, RasClient
from mcu.h323.ras_events import Admitted, CallFacts, DisengageAsked, RasEvent, Registered
from mcu.h323.ras_settings import RasSettings, Scheme
from mcu.h323.registration import State
from tests.h323 import captures, shark
from tests.h323.scripted_gatekeeper import HERE, HMAC_OID, MD5_OID, THERE, Line, ScriptedGatekeeper, transport

SETTINGS = RasSettings(
    gatekeepers=(HERE,),
    aliases=(Alias(AliasKind.H323_ID, "종로 MCU"), Alias(AliasKind.DIGITS, "700")),
    prefixes=("70",),
    ras_address=THERE,
    signaling_addresses=(Address(THERE.ip, 1720),),
)
CALL = CallFacts(
    call="c",
    call_identifier=bytes(range(16)),
    conference_identifier=bytes(range(16, 32)),
    reference=7,
    answering=False,
    bandwidth=1_000_000,
    destination=Address("192.0.2.77", 1720),
    destination_aliases=(Alias(AliasKind.URL, "h323:room@example.org"),),
)


def registered(gatekeeper: ScriptedGatekeeper, settings: RasSettings = SETTINGS) -> Line:
    made = Line(RasClient(settings, rng=random.Random(3), wall_offset=1.8e9), gatekeeper)
    made.client.start(made.now)
    made.settle()
    assert made.client.status.state is State.REGISTERED
    return made


# --- captured traffic ---------------------------------------------------------------------------------------


class Counting(random.Random):
    """Its first requestSeqNum is the one of a capture, so that captured answers fit as they are."""

    def __init__(self, first: int) -> None:
        super().__init__(1)
        self._first = first

    def randrange(self, *_: Any, **__: Any) -> int:
        return self._first - 1


PASSWORDS = {"roomA": "secret1", "callerB": "secret2"}  # of gk-auth-h235pwd-cg2cg


def endpoints() -> list[Any]:
    """Every endpoint of the captures that looks for a gatekeeper, with its traffic."""
    found = []
    for path in captures.FILES:
        messages = [(*way, data) for *way, data in captures.ras_messages(path)]
        for source, _, data in messages:
            if asn1.decode(asn1.Pdu.RAS, data)[0] == "gatekeeperRequest":
                traffic = [(s, d, m) for s, d, m in messages if source in {s, d}]
                found.append(pytest.param(traffic, id=f"{path.stem}-{source.port}"))
    return found


@captures.needs_captures
@pytest.mark.parametrize("traffic", endpoints())
def test_as_captured_a_client_registers_calls_and_leaves(traffic: list[tuple[Address, Address, bytes]]) -> None:
    """Answers are those of the real gatekeeper byte by byte, tokens and all; ours must be as the real endpoint's."""
    us, gatekeeper, first = traffic[0]
    fields = asn1.decode(asn1.Pdu.RAS, first)[1]
    names = aliases.list_from_h225(fields["endpointAlias"])
    signed = "algorithmOIDs" in fields
    settings = RasSettings(
        gatekeepers=(gatekeeper,),
        aliases=names,
        ras_address=us,
        signaling_addresses=(Address(us.ip, 1720),),
        password=PASSWORDS[names[0].text] if signed else "",
    )
    utc = 1_795_235_955.0 if signed else 0.0  # the capture with passwords took eight seconds
    client = RasClient(settings, rng=Counting(fields["requestSeqNum"]), wall_offset=utc)
    events: list[RasEvent] = []
    sent: list[str] = []
    for source, _, data in traffic:
        name, theirs = asn1.decode(asn1.Pdu.RAS, data)
        if source == gatekeeper:
            client.receive(data, gatekeeper, 1.0)
        else:
            _do(client, name, theirs)
            ((ours, to),) = client.data_to_send()
            assert to == gatekeeper
            assert _shape(ours) == (name, theirs["requestSeqNum"], "cryptoTokens" in theirs)
            sent.append(name)
        events += client.events_received()
    assert client.counters.unexpected == client.counters.unreadable == 0
    assert client.counters.distrusted == {}
    assert client.status.scheme is (Scheme.HMAC if signed else Scheme.NONE)
    assert isinstance(events[0], Registered)
    assert (events[0].gatekeeper, events[0].aliases) == ("LabGK", names)
    admissions = [event for event in events if isinstance(event, Admitted)]
    confirms = [f for n, f in (asn1.decode(asn1.Pdu.RAS, m) for _, _, m in traffic) if n == "admissionConfirm"]
    assert [event.destination for event in admissions] == [from_h225(f["destCallSignalAddress"]) for f in confirms]
    assert [event.routed for event in admissions] == [f["callModel"][0] == "gatekeeperRouted" for f in confirms]
    assert client.closed == ("unregistrationRequest" in sent)


def _do(client: RasClient, name: str, fields: dict[str, Any]) -> None:
    """What an owner does so that the client says the same."""
    match name:
        case "gatekeeperRequest":
            client.start(1.0)
        case "admissionRequest":
            destination = fields.get("destCallSignalAddress")
            facts = CallFacts(
                call="c",
                call_identifier=fields["callIdentifier"]["guid"],
                conference_identifier=fields["conferenceID"],
                reference=fields["callReferenceValue"],
                answering=fields["answerCall"],
                bandwidth=fields["bandWidth"] * 100,
                destination=from_h225(destination) if destination else None,
                destination_aliases=aliases.list_from_h225(fields["destinationInfo"]),
            )
            client.admit(facts, 1.0)
        case "disengageRequest":
            client.disengage("c", EndReason.HUNG_UP, 1.0)
        case "unregistrationRequest":
            client.close(1.0)


def _shape(data: bytes) -> tuple[str, int, bool]:
    name, fields = asn1.decode(asn1.Pdu.RAS, data)
    return name, fields["requestSeqNum"], "cryptoTokens" in fields


# --- strangers ----------------------------------------------------------------------------------------------


def test_nobody_but_the_gatekeeper_is_listened_to() -> None:
    gatekeeper = ScriptedGatekeeper()
    made = registered(gatekeeper)
    made.client.admit(CALL, made.now)
    made.settle()
    before = made.client.status
    hostile = [gatekeeper_asks(name, fields) for name, fields in REQUESTS]
    hostile += [asn1.encode(asn1.Pdu.RAS, ("disengageConfirm", {"requestSeqNum": n})) for n in range(1, 300)]
    for source in (Address("198.51.100.1", 1719), Address(HERE.ip, 40_000), Address("::1", 1719)):
        for data in hostile:
            made.client.receive(data, source, made.now)
    assert made.client.data_to_send() == []
    assert made.client.events_received() == []
    assert made.client.status == before
    assert made.client.counters.strangers == 3 * len(hostile)


def test_answers_of_strangers_do_not_end_a_discovery() -> None:
    gatekeeper = ScriptedGatekeeper()
    made = Line(RasClient(SETTINGS, rng=random.Random(3), wall_offset=0.0), gatekeeper)
    made.client.start(made.now)
    ((request, _),) = made.client.data_to_send()
    gatekeeper.receive(request, THERE, 0.0)
    ((confirm, _),) = gatekeeper.outgoing
    made.client.receive(confirm, Address("198.51.100.1", 1719), made.now)
    assert made.client.status.state is State.DISCOVERING
    made.client.receive(confirm, Address(HERE.ip, 1718), made.now)
    assert made.client.status.state is State.REGISTERING


def test_what_cannot_be_read_is_counted() -> None:
    made = registered(ScriptedGatekeeper())
    for data in (b"", b"\xff" * 40, bytes(9_000), b"\x0e\x40"):
        made.client.receive(data, HERE, made.now)
    assert made.client.counters.unreadable + made.client.counters.unexpected == 4
    assert made.client.counters.unreadable >= 3
    assert made.client.data_to_send() == []


# --- what gatekeepers ask -------------------------------------------------------------------------------------

CALL_FIELDS = {
    "endpointIdentifier": "GK-1",
    "conferenceID": CALL.conference_identifier,
    "callReferenceValue": 7,
    "callIdentifier": {"guid": CALL.call_identifier},
    "answeredCall": False,
}
REQUESTS: list[tuple[str, dict[str, Any]]] = [
    ("infoRequest", {"callReferenceValue": 0, "callIdentifier": {"guid": bytes(16)}}),
    ("bandwidthRequest", CALL_FIELDS | {"bandWidth": 640}),
    ("disengageRequest", CALL_FIELDS | {"disengageReason": ("forcedDrop", 0)}),
    ("unregistrationRequest", {"callSignalAddress": [], "endpointIdentifier": "GK-1"}),
    ("serviceControlIndication", {"serviceControl": []}),
    ("locationRequest", {"destinationInfo": [("h323-ID", "x")], "replyAddress": transport(HERE)}),
    ("gatekeeperRequest", {"protocolIdentifier": (0, 0, 8, 2250, 0, 4), "rasAddress": transport(HERE)}),
]


def gatekeeper_asks(name: str, fields: dict[str, Any]) -> bytes:
    if name == "gatekeeperRequest":
        fields = fields | {"endpointType": {"mc": False, "undefinedNode": False}}
    return asn1.encode(asn1.Pdu.RAS, (name, {"requestSeqNum": 9} | fields))


@pytest.mark.parametrize(
    ("request_name", "answer"),
    [
        ("serviceControlIndication", "serviceControlResponse"),
        ("locationRequest", "locationReject"),
        ("gatekeeperRequest", "unknownMessageResponse"),
        ("infoRequest", "infoRequestResponse"),
        ("bandwidthRequest", "bandwidthReject"),
        ("disengageRequest", "disengageConfirm"),
        ("unregistrationRequest", "unregistrationConfirm"),
    ],
)
def test_each_request_has_its_answer(request_name: str, answer: str) -> None:
    made = registered(ScriptedGatekeeper())
    data = gatekeeper_asks(request_name, dict(REQUESTS)[request_name])
    made.client.receive(data, HERE, made.now)
    reply, to = made.client.data_to_send()[0]
    name, fields = asn1.decode(asn1.Pdu.RAS, reply)
    assert (name, fields["requestSeqNum"], to) == (answer, 9, HERE)
    if answer == "unknownMessageResponse":
        assert data.startswith(fields["messageNotUnderstood"])


def test_a_gatekeeper_that_understands_nothing_is_not_answered_in_kind() -> None:
    made = registered(ScriptedGatekeeper())
    data = asn1.encode(asn1.Pdu.RAS, ("unknownMessageResponse", {"requestSeqNum": 5, "messageNotUnderstood": b"x"}))
    made.client.receive(data, HERE, made.now)
    assert made.client.data_to_send() == []
    assert made.client.counters.unexpected == 1


def test_a_request_repeated_much_later_is_done_again() -> None:
    gatekeeper = ScriptedGatekeeper()
    made = registered(gatekeeper)
    data = gatekeeper_asks(*REQUESTS[0])
    for seconds, listed in ((0.0, 0), (5.0, 0), (31.0, 1)):
        made.client.receive(data, HERE, made.now + seconds)
        reply = asn1.decode(asn1.Pdu.RAS, made.client.data_to_send()[-1][0])[1]
        assert len(reply["perCallInfo"]) == listed
        if not seconds:
            made.client.admit(CALL, made.now)
            made.settle()


def test_answers_are_remembered_within_bounds() -> None:
    made = registered(ScriptedGatekeeper())
    for number in range(3 * MAX_REMEMBERED):
        data = asn1.encode(asn1.Pdu.RAS, ("infoRequest", {"requestSeqNum": number + 1} | REQUESTS[0][1]))
        made.client.receive(data, HERE, made.now)
    assert len(made.client._remembered) == MAX_REMEMBERED


# --- everything that is sent, to an independent decoder -----------------------------------------------------


def everything(settings: RasSettings, gatekeeper: ScriptedGatekeeper) -> Line:
    """A client's life with each message that it can send."""
    gatekeeper.extra["admissionConfirm"] = {"irrFrequency": 10, "willRespondToIRR": True}
    made = registered(gatekeeper, settings)
    for call in (CALL, replace(CALL, call="in", answering=True, source=CALL.destination, reference=8)):
        made.client.admit(call, made.now)
        made.settle()
    made.client.change_bandwidth("c", 64_000, made.now)
    made.client.report_resources(almost_out=True, now=made.now)
    made.run(45)
    for name, fields in REQUESTS[:3] + REQUESTS[4:]:
        gatekeeper.outgoing.append((gatekeeper_asks(name, fields), THERE))
        made.settle()
    made.client.disengage("in", EndReason.HUNG_UP, made.now)
    made.settle()
    made.client.close(made.now)
    made.settle()
    return made


@shark.needs_tshark
@pytest.mark.parametrize("algorithm", [None, HMAC_OID, MD5_OID], ids=["open", "hmac", "md5"])
def test_an_independent_decoder_understands_all_that_is_sent(algorithm: tuple[int, ...] | None, tmp_path: Path) -> None:
    password = "secret" if algorithm else ""
    gatekeeper = ScriptedGatekeeper(password=password, algorithm=algorithm)
    made = everything(replace(SETTINGS, password=password), gatekeeper)
    messages = [(shark.RAS, data) for data, _ in made.sent]
    assert shark.malformed(messages, tmp_path) == []
    assert len(shark.summaries(messages, tmp_path)) == len(messages)
    assert gatekeeper.bad_tokens == 0


def test_a_whole_life_has_each_message() -> None:
    gatekeeper = ScriptedGatekeeper()
    made = everything(SETTINGS, gatekeeper)
    assert set(gatekeeper.names()) == {
        "gatekeeperRequest",
        "registrationRequest",
        "admissionRequest",
        "bandwidthRequest",
        "resourcesAvailableIndicate",
        "infoRequestResponse",
        "bandwidthConfirm",
        "disengageConfirm",
        "serviceControlResponse",
        "locationReject",
        "unknownMessageResponse",
        "disengageRequest",
        "unregistrationRequest",
    }
    assert DisengageAsked("c", "forcedDrop") in made.events
    assert made.client.closed
    assert max(len(data) for data, _ in made.sent) < 600
