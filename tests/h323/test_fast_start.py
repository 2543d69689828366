"""fastStart: what is proposed, what is accepted, and what real stacks propose and accept."""

from __future__ import annotations

import dataclasses

import pytest

from mcu.h323 import asn1, fast_start, open_channel
from mcu.h323.address import Address
from mcu.h323.asn1 import Pdu
from mcu.h323.capabilities import Offer
from mcu.h323.channels import Direction
from mcu.media.types import StreamKind
from tests.h323 import captures, h245_captures
from tests.h323.call_pair import ports

CALLER, CALLEE = ports("192.0.2.1", 5000), ports("192.0.2.2", 6000)
OFFER = Offer(audio=("G722", "PCMA", "PCMU"), audio_received=("G729",), video=("H264", "H261"))
AUDIO, MAIN = StreamKind.AUDIO, StreamKind.MAIN


def negotiated(ours: Offer, theirs: Offer) -> tuple[dict[object, fast_start.Opened], dict[object, fast_start.Opened]]:
    """What caller and callee have open."""
    proposals = fast_start.propose(ours, CALLER)
    accepted = fast_start.accept(fast_start.serialize(proposals), theirs, CALLEE)
    if accepted is None:
        return {}, {}
    opened = fast_start.read_answer(accepted.elements, proposals)
    return (
        {(each.channel.direction, each.channel.kind): each for each in opened},
        {(each.channel.direction, each.channel.kind): each for each in accepted.opened},
    )


def test_each_codec_is_proposed_both_ways() -> None:
    proposals = fast_start.propose(OFFER, CALLER)
    assert [(p.media.codec, p.is_reverse) for p in proposals if p.media] == [
        (codec, way) for codec in ("G722", "PCMA", "PCMU", "H264", "H261") for way in (False, True)
    ]
    assert len({p.number for p in proposals}) == len(proposals)
    for proposal in proposals:
        assert proposal.kind is not None
        assert proposal.rtcp == CALLER[proposal.kind].rtcp
        assert proposal.rtp == (CALLER[proposal.kind].rtp if proposal.is_reverse else None)
    elements = fast_start.serialize(proposals)
    assert sum(map(len, elements)) < 1500
    assert [open_channel.parse(asn1.decode(Pdu.FAST_START, e)).number for e in elements] == [
        p.number for p in proposals
    ]


def test_without_ports_for_a_kind_it_is_not_proposed() -> None:
    assert {p.kind for p in fast_start.propose(OFFER, {AUDIO: CALLER[AUDIO]})} == {AUDIO}


def test_both_sides_agree_on_the_same_channels() -> None:
    caller, callee = negotiated(OFFER, OFFER)
    assert set(caller) == set(callee) == {(d, k) for d in Direction for k in (AUDIO, MAIN)}
    for (direction, kind), opened in caller.items():
        other = Direction.SENT if direction is Direction.RECEIVED else Direction.RECEIVED
        match = callee[other, kind]
        assert (opened.number, opened.session) == (match.number, match.session)
        assert opened.channel.media.codec == match.channel.media.codec == ("G722" if kind is AUDIO else "H264")
        assert opened.channel.media.payload_type == match.channel.media.payload_type
        assert opened.channel.rtcp == CALLEE[kind].rtcp
        assert match.channel.rtcp == CALLER[kind].rtcp
    assert caller[Direction.SENT, AUDIO].channel.rtp == CALLEE[AUDIO].rtp
    assert callee[Direction.SENT, MAIN].channel.rtp == CALLER[MAIN].rtp


def test_the_callees_order_counts() -> None:
    caller, _ = negotiated(OFFER, dataclasses.replace(OFFER, audio=("PCMU", "PCMA"), video=("H261",)))
    assert {opened.channel.media.codec for opened in caller.values()} == {"PCMU", "H261"}


def test_sound_alone_is_taken_where_pictures_have_nothing_in_common() -> None:
    caller, callee = negotiated(OFFER, dataclasses.replace(OFFER, video=()))
    assert set(caller) == set(callee) == {(d, AUDIO) for d in Direction}


def test_nothing_in_common_is_refused() -> None:
    assert negotiated(Offer(audio=("G722",), video=()), Offer(audio=("PCMA",), audio_received=(), video=())) == ({}, {})
    assert fast_start.accept((), OFFER, CALLEE) is None
    assert fast_start.accept((b"", b"\xff" * 40), OFFER, CALLEE) is None


def test_numbers_of_each_sender_differ() -> None:
    caller, callee = negotiated(OFFER, OFFER)
    for opened in (caller, callee):
        for direction in Direction:
            numbers = [each.number for (way, _), each in opened.items() if way is direction]
            assert len(set(numbers)) == len(numbers)


def test_a_callers_address_that_is_none_is_not_sent_to() -> None:
    nowhere = {
        kind: dataclasses.replace(media, rtp=Address("0.0.0.0", media.rtp.port)) for kind, media in CALLER.items()
    }
    accepted = fast_start.accept(fast_start.serialize(fast_start.propose(OFFER, nowhere)), OFFER, CALLEE)
    assert accepted is not None
    assert {each.channel.direction for each in accepted.opened} == {Direction.RECEIVED}


def test_an_answer_that_was_not_asked_for_opens_nothing() -> None:
    proposals = fast_start.propose(OFFER, CALLER)
    accepted = fast_start.accept(fast_start.serialize(proposals), OFFER, CALLEE)
    assert accepted is not None
    others = [dataclasses.replace(proposal, number=proposal.number + 50) for proposal in proposals]
    opened = fast_start.read_answer(accepted.elements, others)
    assert {each.channel.direction for each in opened} == {Direction.RECEIVED}
    assert fast_start.read_answer((b"\xff\xff",), proposals) == ()


def test_no_answer_says_anything_of_quality_of_service() -> None:
    value = open_channel.build(fast_start.propose(OFFER, CALLER)[0])
    fields = value["forwardLogicalChannelParameters"]["multiplexParameters"][1]
    fields["transportCapability"] = {"qOSCapabilities": [{"localQoS": True, "dscpValue": 63}]}
    accepted = fast_start.accept((asn1.encode(Pdu.FAST_START, value),), OFFER, CALLEE)
    assert accepted is not None
    (element,) = accepted.elements
    answer = asn1.decode(Pdu.FAST_START, element)["forwardLogicalChannelParameters"]["multiplexParameters"][1]
    assert "transportCapability" not in answer
    assert {"mediaChannel", "mediaControlChannel", "sessionID"} <= set(answer)


@captures.needs_captures
def test_captured_proposals_are_accepted_in_a_form_that_their_stack_accepts() -> None:
    seen = 0
    for path in captures.FILES:
        for _, name, values in h245_captures.fast_starts(path):
            if name != "setup":
                continue
            seen += 1
            elements = [asn1.encode(Pdu.FAST_START, value) for value in values]
            accepted = fast_start.accept(elements, Offer(audio=("PCMA", "PCMU")), CALLEE)
            assert accepted is not None
            directions = {(each.channel.direction, each.channel.kind) for each in accepted.opened}
            assert {(Direction.SENT, AUDIO), (Direction.RECEIVED, AUDIO)} <= directions
            if "h264" in path.stem:
                assert (Direction.RECEIVED, MAIN) in directions
            proposals = tuple(proposal for _, proposal in fast_start._parsed(elements))
            opened = fast_start.read_answer(accepted.elements, proposals)
            assert {(each.channel.direction, each.channel.kind) for each in opened} == {
                (Direction.SENT if way is Direction.RECEIVED else Direction.RECEIVED, kind) for way, kind in directions
            }
    assert seen >= 4


@pytest.mark.parametrize("count", [0, 500])
def test_proposals_without_end_are_cut(count: int) -> None:
    flood = (b"\x00",) * count
    elements = fast_start.serialize(fast_start.propose(OFFER, CALLER))
    assert (fast_start.accept((*flood, *elements), OFFER, CALLEE) is None) is (count > fast_start.MAX_ELEMENTS)
