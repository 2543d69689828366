"""Messages of call signaling and H.245 made by hand, and what was answered."""

from __future__ import annotations

from collections.abc import Sequence

from mcu.h323 import h225_codec, h245_codec, q931, q931_contents, tpkt
from mcu.h323.call import Call
from mcu.h323.call_state import KINDS
from mcu.h323.capabilities import Offer
from mcu.h323.h225_messages import Body, Empty, Setup, UserInformation
from mcu.h323.h245_messages import Message as ControlMessage
from mcu.h323.q931 import Element, MessageType

REFERENCE = 0x1234
CALL_ID, CONFERENCE_ID = bytes(range(16)), bytes(range(16, 32))


def message(
    body: Body | None,
    *elements: Element,
    kind: MessageType | int | None = None,
    reference: int = REFERENCE,
    by_destination: bool = False,
    tunnelling: bool | None = None,
    control: Sequence[bytes] = (),
) -> bytes:
    """One message in its TPKT; `body` None is a FACILITY with nothing but tunnelled H.245."""
    if kind is None:
        kind = MessageType.FACILITY if body is None else KINDS[type(body)]
    information = UserInformation(body or Empty(), tunnelling=tunnelling, control=tuple(control))
    user = q931_contents.user_user(h225_codec.serialize(information))
    return tpkt.frame(q931.serialize(q931.Message(kind, reference, by_destination, (*elements, user))))


def bare(kind: int, *elements: Element, reference: int = REFERENCE, by_destination: bool = False) -> bytes:
    """A message without a user-user element."""
    return tpkt.frame(q931.serialize(q931.Message(kind, reference, by_destination, elements)))


def setup(**fields: object) -> Setup:
    return Setup(call_identifier=CALL_ID, conference_id=CONFERENCE_ID, **fields)  # type: ignore[arg-type]


def said(call: Call) -> list[tuple[q931.Message, UserInformation]]:
    """What a call sends in call signaling."""
    found = []
    for data in tpkt.Deframer().receive(call.signaling_to_send()):
        parsed = q931.parse(data)
        found.append((parsed, h225_codec.parse(parsed.user_information or b"")))
    return found


def kinds(call: Call) -> list[MessageType]:
    return [MessageType(parsed.kind) for parsed, _ in said(call)]


def controls(call: Call) -> list[ControlMessage]:
    """What a call sends in H.245, tunnelled or not, as far as it was not asked for before."""
    tunnelled = [pdu for _, information in said(call) for pdu in information.control]
    framed = tpkt.Deframer().receive(call.control_to_send())
    return [h245_codec.parse(pdu) for pdu in (*tunnelled, *framed)]


def small_offer() -> Offer:
    return Offer(audio=("PCMA",), audio_received=(), video=(), content=())
