"""What a call says in call signaling: bodies and elements of messages, of a size and shape that all peers take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mcu.h323 import aliases, call_reasons, h225_codec, q931_contents
from mcu.h323.address import Address
from mcu.h323.aliases import AliasKind
from mcu.h323.call_options import CallOptions, LocalParty
from mcu.h323.events import EndReason
from mcu.h323.h225_messages import (
    Alerting,
    Answer,
    Body,
    CallProceeding,
    Connect,
    Facility,
    Information,
    ReleaseComplete,
    Setup,
    UserInformation,
)
from mcu.h323.q931 import Element, ElementId, MessageType
from mcu.h323.vendors import Quirks

MAX_SETUP = 3_800  # bytes of its PDU; many stacks have room for 4,096 in all
_ANSWERS: dict[MessageType, type[Answer]] = {
    MessageType.CALL_PROCEEDING: CallProceeding,
    MessageType.ALERTING: Alerting,
    MessageType.CONNECT: Connect,
}


@dataclass(frozen=True, slots=True)
class Said:
    """A message without its envelope."""

    body: Body
    elements: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What all messages of a call have in common. `version` is the lower one of both sides' H.225.0."""

    call_identifier: bytes
    conference_id: bytes
    version: int


def setup(
    local: LocalParty,
    options: CallOptions,
    identity: Identity,
    *,
    called: Sequence[str],
    source: Address | None,
    destination: Address | None,
    h245_address: Address | None,
    fast_start: tuple[bytes, ...],
    parallel_control: tuple[bytes, ...],
    tokens: tuple[Any, ...] = (),
) -> Said:
    """SETUP (H.225.0 clause 7.3.10)."""
    named = tuple(aliases.guess(name) for name in called if name)
    body = Setup(
        call_identifier=identity.call_identifier,
        conference_id=identity.conference_id,
        version=identity.version,
        goal=options.goal,
        source=local.endpoint,
        source_aliases=local.aliases,
        source_address=source,
        destination_aliases=named,
        destination_address=destination,
        h245_address=h245_address,
        fast_start=fast_start,
        parallel_control=parallel_control,
        endpoint_identifier=options.endpoint_identifier,
        tokens=options.tokens + tokens,
        crypto_tokens=options.crypto_tokens,
    )
    elements = [q931_contents.bearer_capability(options.bitrate)]
    if options.quirks.display_in_setup:
        elements.append(q931_contents.display(local.display))
    digits = next((alias.text for alias in named if alias.kind is AliasKind.DIGITS), "")
    if digits:
        elements.append(q931_contents.called_party_number(digits))
    return Said(body, tuple(elements))


def fits(said: Said, control: tuple[bytes, ...]) -> bool:
    """Whether a SETUP is one that all peers have room for."""
    return len(h225_codec.serialize(UserInformation(said.body, control=control))) <= MAX_SETUP


def answer(
    kind: MessageType,
    local: LocalParty,
    options: CallOptions,
    identity: Identity,
    *,
    quirks: Quirks,
    h245_address: Address | None,
    fast_start: tuple[bytes, ...],
    fast_connect_refused: bool,
    tokens: tuple[Any, ...] = (),
) -> Said:
    """CALL PROCEEDING, ALERTING or CONNECT (H.225.0 clauses 7.3.1 to 7.3.3)."""
    body = _ANSWERS[kind](
        call_identifier=identity.call_identifier,
        version=identity.version,
        destination=local.endpoint,
        h245_address=h245_address,
        fast_start=fast_start,
        fast_connect_refused=fast_connect_refused,
        tokens=tokens,
    )
    elements = [q931_contents.display(local.display)]
    if isinstance(body, Connect):
        body = replace(body, conference_id=identity.conference_id)
        if quirks.bearer_in_connect:
            elements.append(q931_contents.bearer_capability(options.bitrate))
    return Said(body, tuple(elements))


def start_h245(identity: Identity, listening: Address | None) -> Said:
    """FACILITY startH245 (H.323 clause 8.2.3): come here for H.245."""
    body = Facility(
        call_identifier=identity.call_identifier,
        version=identity.version,
        reason="startH245",
        h245_address=listening,
    )
    return Said(body, (Element(ElementId.FACILITY),))


def digits(identity: Identity, pressed: str) -> Said:
    """INFORMATION with keys of a telephone (H.225.0 clause 7.3.5)."""
    body = Information(call_identifier=identity.call_identifier, version=identity.version)
    return Said(body, (q931_contents.keypad_facility(pressed),))


def release(identity: Identity, reason: EndReason) -> Said:
    """RELEASE COMPLETE with a cause, and a reason where that says more."""
    said = call_reasons.SAID[reason]
    body = ReleaseComplete(call_identifier=identity.call_identifier, version=identity.version, reason=said.reason)
    return Said(body, (q931_contents.cause(said.cause),))
