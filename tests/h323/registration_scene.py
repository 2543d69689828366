"""A client that looks for scripted gatekeepers, or is registered with them."""

from __future__ import annotations

import random
from typing import Any

from mcu.h323.address import Address
from mcu.h323.aliases import Alias, AliasKind
from mcu.h323.ras_client import RasClient
from mcu.h323.ras_settings import RasSettings
from mcu.h323.registration import State
from tests.h323.scripted_gatekeeper import HERE, THERE, Line, ScriptedGatekeeper

ALIASES = (Alias(AliasKind.H323_ID, "종로 MCU"), Alias(AliasKind.DIGITS, "700"), Alias(AliasKind.URL, "h323:mcu@here"))
SETTINGS = RasSettings(
    gatekeepers=(HERE,),
    aliases=ALIASES,
    prefixes=("70", "71"),
    ras_address=THERE,
    signaling_addresses=(Address(THERE.ip, 1720),),
)
OTHER = Address("192.0.2.11", 1719)


def line(*gatekeepers: ScriptedGatekeeper, settings: RasSettings = SETTINGS, **how: Any) -> Line:
    client = RasClient(settings, rng=random.Random(7), wall_offset=1_800_000_000.0)
    made = Line(client, *gatekeepers, **how)
    client.start(made.now)
    return made


def registered(*gatekeepers: ScriptedGatekeeper, **how: Any) -> Line:
    made = line(*gatekeepers, **how)
    made.settle()
    assert made.client.status.state is State.REGISTERED
    return made
