"""Who is at the other end, from the messages that say something of it. Names are as they came."""

from __future__ import annotations

from dataclasses import replace

from mcu.h323 import aliases, q931_contents
from mcu.h323.call_signaling import Heard
from mcu.h323.events import Party
from mcu.h323.h225_messages import Endpoint, Setup
from mcu.h323.q931 import ElementId, Message


def learn(party: Party, heard: Heard) -> Party:
    """`party` with what a message adds to it."""
    body = heard.information.body
    named = getattr(body, "source_aliases", ()) or getattr(body, "aliases", ())
    endpoint: Endpoint | None = getattr(body, "source", None) or getattr(body, "destination", None)
    if named:
        party = replace(party, aliases=tuple(alias.text for alias in named))
    if endpoint is not None:
        party = _identified(party, endpoint)
    display = _display(heard.message) or getattr(body, "display_name", "")
    if not display and not party.display:
        display = next((alias.text for alias in named if alias.kind is aliases.AliasKind.H323_ID), "")
    return replace(party, display=display) if display else party


def _identified(party: Party, endpoint: Endpoint) -> Party:
    return replace(
        party,
        product=endpoint.product or party.product,
        version=endpoint.version or party.version,
        vendor=endpoint.vendor if any(endpoint.vendor) else party.vendor,
        is_mcu=party.is_mcu or endpoint.kind == "mcu",
    )


def called(setup: Setup, message: Message) -> tuple[str, ...]:
    """The destination's names as dialled, in order, each once."""
    names = [alias.text for alias in setup.destination_aliases]
    if setup.remote_extension is not None:
        names.append(setup.remote_extension.text)
    number = message.get(ElementId.CALLED_PARTY_NUMBER)
    if number:
        names.append(q931_contents.parse_number(number))
    keypad = message.get(ElementId.KEYPAD_FACILITY)
    if keypad:
        names.append(q931_contents.parse_keypad(keypad))
    return tuple(dict.fromkeys(name for name in names if name))


def _display(message: Message) -> str:
    return q931_contents.parse_display(message.get(ElementId.DISPLAY) or b"")
