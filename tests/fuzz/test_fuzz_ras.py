"""RAS from a gatekeeper gone mad: read or dropped, never an exception, always a client that can go on."""

from __future__ import annotations

import random
from dataclasses import replace

from mcu.h323 import asn1
from mcu.h323.address import Address
from mcu.h323.aliases import Alias, AliasKind
from mcu.h323.events import EndReason
from mcu.h323.ras_client import RasClient
from mcu.h323.ras_events import CallFacts
from mcu.h323.ras_messages import RasError, parse
from mcu.h323.ras_settings import RasSettings
from mcu.h323.registration import State
from tests.fuzz.mutations import INPUTS, mutations
from tests.h323.scripted_gatekeeper import HERE, HMAC_OID, PROTOCOL, THERE, Line, ScriptedGatekeeper, alternate

SETTINGS = RasSettings(
    gatekeepers=(HERE,),
    aliases=(Alias(AliasKind.H323_ID, "mcu"),),
    ras_address=THERE,
    signaling_addresses=(Address(THERE.ip, 1720),),
    password="secret",
)
CALL = CallFacts(
    call="c",
    call_identifier=bytes(range(16)),
    conference_identifier=bytes(range(16, 32)),
    reference=7,
    answering=False,
    bandwidth=1_000_000,
    destination=Address("192.0.2.77", 1720),
)


def seeds() -> list[bytes]:
    """What a gatekeeper says, with and without tokens."""
    found: list[bytes] = []
    for password in ("", "secret"):
        gatekeeper = ScriptedGatekeeper(password=password)
        gatekeeper.alternates = [alternate(ScriptedGatekeeper(Address("192.0.2.11", 1719)), register=False)]
        gatekeeper.extra["admissionConfirm"] = {"irrFrequency": 10, "destinationInfo": [("h323-ID", "x")]}
        made = Line(RasClient(replace(SETTINGS, password=password), rng=random.Random(1), wall_offset=1.8e9))
        made.client.start(made.now)
        made.client.admit(CALL, made.now)
        for _ in range(4):
            for data, _ in made.client.data_to_send():
                gatekeeper.receive(data, THERE, 1.8e9 + made.now)
            for data, _ in gatekeeper.outgoing:
                made.client.receive(data, HERE, made.now)
                found.append(data)
            gatekeeper.outgoing.clear()
        assert made.client.status.calls == 1
        call = {
            "requestSeqNum": 9,
            "endpointIdentifier": "GK-1",
            "conferenceID": CALL.conference_identifier,
            "callReferenceValue": 7,
            "callIdentifier": {"guid": CALL.call_identifier},
        }
        for name, fields in (
            ("disengageRequest", call | {"disengageReason": ("forcedDrop", 0), "answeredCall": False}),
            ("bandwidthRequest", call | {"bandWidth": 5, "answeredCall": False}),
            ("infoRequest", {"requestSeqNum": 9, "callReferenceValue": 0, "callIdentifier": {"guid": bytes(16)}}),
            ("unregistrationRequest", {"requestSeqNum": 9, "callSignalAddress": [], "endpointIdentifier": "GK-1"}),
            ("requestInProgress", {"requestSeqNum": 1, "delay": 1000}),
            ("admissionReject", {"requestSeqNum": 3, "rejectReason": ("callerNotRegistered", 0)}),
            (
                "registrationReject",
                {"requestSeqNum": 2, "protocolIdentifier": PROTOCOL, "rejectReason": ("discoveryRequired", 0)},
            ),
        ):
            found.append(
                gatekeeper.sign(name, fields, 1_800_001_000) if password else asn1.encode(asn1.Pdu.RAS, (name, fields))
            )
    return found


def test_damaged_messages_are_read_or_refused_in_our_own_words() -> None:
    read = 0
    for data in mutations(seeds(), seed=2250):
        try:
            parse(data, HERE)
        except RasError:
            continue
        read += 1
    assert read > INPUTS // 20


def test_a_client_among_damaged_messages_goes_on() -> None:
    """With their numbers set right, they reach what waits for them. Afterwards a sane gatekeeper registers us.

    The parser has had all inputs above; here each costs a transaction as well.
    """
    rng = random.Random(4)
    client = RasClient(SETTINGS, rng=random.Random(2), wall_offset=1.8e9)
    client.start(0.0)
    now = 0.0
    calls = 0
    for data in mutations(seeds(), seed=1719, count=INPUTS // 5):
        now += rng.choice((0.0, 0.01, 0.5))
        outstanding = sorted(client._transactions._outstanding) or [1]
        client.receive(_numbered(data, rng.choice(outstanding)), HERE, now)
        if rng.random() < 0.1:
            calls += 1
            client.admit(replace(CALL, call=str(calls)), now)
            client.disengage(str(calls - 50), EndReason.HUNG_UP, now)
        timer = client.next_timer()
        if timer is not None and timer <= now:
            client.handle_timer(now)
        for reply, _ in client.data_to_send():
            asn1.decode(asn1.Pdu.RAS, reply)
        client.events_received()
        assert len(client._transactions) <= 1_024
        assert len(client._registration._gatekeepers._candidates) <= 10
    gatekeeper = ScriptedGatekeeper(password="secret", algorithm=HMAC_OID)
    line = Line(client, gatekeeper)
    line.now = now
    line.run(400)
    assert client.status.state is State.REGISTERED


def _numbered(data: bytes, sequence: int) -> bytes:
    """With another requestSeqNum, if it can be read at all."""
    try:
        name, fields = asn1.decode(asn1.Pdu.RAS, data)
        return asn1.encode(asn1.Pdu.RAS, (name, {**fields, "requestSeqNum": sequence}))
    except (asn1.Asn1Error, TypeError):  # TypeError: a message of a later version is bytes, not fields
        return data
