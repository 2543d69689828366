"""A client registered with scripted gatekeepers, and what it may ask them about calls out and in."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from typing import Any

from mcu.h323.address import Address
from mcu.h323.aliases import Alias, AliasKind
from mcu.h323.ras_client import RasClient
from mcu.h323.ras_events import Admitted, CallFacts
from mcu.h323.ras_settings import RasSettings
from tests.h323.scripted_gatekeeper import HERE, THERE, Fields, Line, ScriptedGatekeeper

SETTINGS = RasSettings(
    gatekeepers=(HERE,),
    aliases=(Alias(AliasKind.H323_ID, "mcu"),),
    ras_address=THERE,
    signaling_addresses=(Address(THERE.ip, 1720),),
)
ROOM = Address("192.0.2.77", 1720)
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


def inquiry(*, reference: int = 0, guid: bytes = bytes(16)) -> Fields:
    return {"callReferenceValue": reference, "callIdentifier": {"guid": guid}}
