"""fastStart: channels proposed in SETUP and accepted in an answer to it (H.323 clause 8.1.7).

Rules:
1. A proposal is an OpenLogicalChannel. One in reverse alone is for media to the caller and has the caller's address.
2. An answer repeats the proposals that are accepted, at most one for each kind and direction: those forward with the
   callee's address, those in reverse with a number of the callee's.
3. Elements that cannot be read are left out, as are codecs that nobody here has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mcu.h323 import asn1, capabilities, capability_choice, data_types, open_channel
from mcu.h323.address import to_h245
from mcu.h323.asn1 import Pdu
from mcu.h323.capabilities import CapabilitySet, Offer
from mcu.h323.channels import Channel, Direction, LocalMedia, MediaFormat
from mcu.h323.open_channel import SESSIONS, OpenLogicalChannel
from mcu.media.types import StreamKind

KINDS = (StreamKind.AUDIO, StreamKind.MAIN)  # content needs the token of H.239 first
MAX_ELEMENTS = 64  # of a proposal that are looked at; the most seen are 54
FIRST_NUMBER = 1

Value = Any  # as in mcu.h323.asn1


@dataclass(frozen=True, slots=True)
class Opened:
    """A channel that is open by fastStart. `number` is that of who sends in it."""

    channel: Channel
    number: int
    session: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """What to answer, and what is open then."""

    elements: tuple[bytes, ...]
    opened: tuple[Opened, ...]


# --- who calls --------------------------------------------------------------------------------------------


def propose(offer: Offer, media: Mapping[StreamKind, LocalMedia]) -> tuple[OpenLogicalChannel, ...]:
    """Each codec of `offer` both ways, best first."""
    proposals: list[OpenLogicalChannel] = []
    for kind in KINDS:
        if kind not in media:
            continue
        ports, session = media[kind], SESSIONS[kind]
        for format_ in _formats(offer, kind):
            for is_reverse in (False, True):
                proposals.append(
                    OpenLogicalChannel(
                        number=FIRST_NUMBER + len(proposals),
                        session=session,
                        kind=kind,
                        media=format_,
                        rtp=ports.rtp if is_reverse else None,
                        rtcp=ports.rtcp,
                        is_reverse=is_reverse,
                    )
                )
    return tuple(proposals)


def _formats(offer: Offer, kind: StreamKind) -> Iterable[MediaFormat]:
    """One format for each codec: a SETUP is to be small."""
    if kind is StreamKind.AUDIO:
        codecs = {codec.name: codec for codec in data_types.AUDIO.values()}
        for codec in (codecs[name] for name in offer.audio if name in codecs):
            ability = data_types.Ability(kind=kind, codec=codec.name, bitrate=codec.bitrate, packet_ms=20)
            yield data_types.audio_format(ability)
        return
    for name in offer.video:
        yield from capabilities.offered_pictures(offer, name, kind)[:1]


def serialize(proposals: Iterable[OpenLogicalChannel]) -> tuple[bytes, ...]:
    """The elements of fastStart."""
    return tuple(asn1.encode(Pdu.FAST_START, open_channel.build(proposal)) for proposal in proposals)


def read_answer(elements: Sequence[bytes], proposals: Sequence[OpenLogicalChannel]) -> tuple[Opened, ...]:
    """What the answer to `proposals` opened, of each kind and direction one."""
    proposed = {proposal.number: proposal for proposal in proposals if not proposal.is_reverse}
    opened: dict[tuple[StreamKind, Direction], Opened] = {}
    for _, answer in _parsed(elements):
        if answer.is_reverse:
            direction, asked = Direction.RECEIVED, answer
        else:
            direction, ours = Direction.SENT, proposed.get(answer.number)
            if ours is None:
                continue
            payload_type = answer.media.payload_type if answer.media and ours.media else 0
            format_ = replace(ours.media, payload_type=payload_type) if ours.media and payload_type else ours.media
            asked = replace(answer, kind=ours.kind, media=format_)
        channel = open_channel.channel_of(asked, direction)
        if channel is not None and channel.kind in KINDS:
            opened.setdefault((channel.kind, direction), Opened(channel, answer.number, _session(asked)))
    return tuple(opened.values())


# --- who is called ----------------------------------------------------------------------------------------


def accept(elements: Sequence[bytes], offer: Offer, media: Mapping[StreamKind, LocalMedia]) -> Accepted | None:
    """The best of a caller's proposals; None when none will do, so that the offer is refused."""
    answers: list[bytes] = []
    opened: list[Opened] = []
    parsed = _parsed(elements)
    for kind in KINDS:
        if kind not in media:
            continue
        for direction in Direction:
            found = [each for each in (_usable(v, p, kind, direction, offer) for v, p in parsed) if each is not None]
            if not found:
                continue
            _, value, proposal, channel = min(found, key=lambda each: each[0])
            number = proposal.number
            if direction is Direction.SENT:
                number = FIRST_NUMBER + len(opened)
            answers.append(asn1.encode(Pdu.FAST_START, _answer(value, number, direction, media[kind])))
            opened.append(Opened(channel, number, _session(proposal)))
    return Accepted(tuple(answers), tuple(opened)) if opened else None


def _usable(
    value: Value, proposal: OpenLogicalChannel, kind: StreamKind, direction: Direction, offer: Offer
) -> tuple[int, Value, OpenLogicalChannel, Channel] | None:
    """A proposal with its rank, lower being better; None when it is for something else."""
    if proposal.kind is not kind or proposal.media is None or proposal.is_reverse is not (direction is Direction.SENT):
        return None
    names = offer.audio if kind is StreamKind.AUDIO else offer.video
    if direction is Direction.RECEIVED and kind is StreamKind.AUDIO:
        names = (*names, *offer.audio_received)
    name = proposal.media.codec + ("+" if proposal.media.h263_plus else "")
    if name not in names:
        return None
    if direction is Direction.SENT:
        format_ = _format_to_send(value, proposal.media, kind, offer)
        if format_ is None:
            return None
        proposal = replace(proposal, media=format_)
    channel = open_channel.channel_of(proposal, direction)
    return None if channel is None else (names.index(name), value, proposal, channel)


def _format_to_send(value: Value, said: MediaFormat, kind: StreamKind, offer: Offer) -> MediaFormat | None:
    """The best that goes into a channel which the peer opened for itself."""
    name, capability = value["reverseLogicalChannelParameters"]["dataType"]
    parse = data_types.parse_audio if name == "audioData" else data_types.parse_video
    ability = parse(capability)
    if ability is None:
        return None
    chosen = capability_choice.choose(offer, CapabilitySet(abilities={1: ability}, descriptors=(((1,),),))).get(kind)
    if chosen is None:
        return None
    return replace(chosen, payload_type=said.payload_type, packetization_mode=said.packetization_mode)


def _answer(value: Value, number: int, direction: Direction, ports: LocalMedia) -> Value:
    """The proposal as it is given back: the data type as it came, addresses and number ours."""
    name = "reverse" if direction is Direction.SENT else "forward"
    parameters = value[f"{name}LogicalChannelParameters"]
    _, fields = parameters["multiplexParameters"]
    kept = {key: fields[key] for key in _REPEATED if key in fields}
    kept["mediaControlChannel"] = to_h245(ports.rtcp)
    if direction is Direction.RECEIVED:
        kept["mediaChannel"] = to_h245(ports.rtp)
    answer = dict(value, forwardLogicalChannelNumber=number)
    answer[f"{name}LogicalChannelParameters"] = {
        "dataType": parameters["dataType"],
        "multiplexParameters": ("h2250LogicalChannelParameters", kept),
    }
    return answer


# Fields of a proposal that its answer has; others (quality of service) not every stack can read.
_REPEATED = (
    "sessionID",
    "mediaGuaranteedDelivery",
    "silenceSuppression",
    "dynamicRTPPayloadType",
    "mediaPacketization",
)


def _parsed(elements: Sequence[bytes]) -> list[tuple[Value, OpenLogicalChannel]]:
    found = []
    for element in elements[:MAX_ELEMENTS]:
        try:
            value = asn1.decode(Pdu.FAST_START, element)
        except asn1.Asn1Error:
            continue
        found.append((value, open_channel.parse(value)))
    return found


def _session(proposal: OpenLogicalChannel) -> int:
    return proposal.session or SESSIONS[proposal.kind or StreamKind.AUDIO]
