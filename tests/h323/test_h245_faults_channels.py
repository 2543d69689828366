"""H.245 with a peer that is written by hand here: channels and content refused, contested, closed and reopened."""

from __future__ import annotations

import pytest

from mcu.h323 import asn1
from mcu.h323.asn1 import Pdu
from mcu.h323.capabilities import Offer
from mcu.h323.capability_exchange import PROTOCOL, T101
from mcu.h323.channel_plan import MAX_REFUSED
from mcu.h323.channels import Channel, Direction
from mcu.h323.events import CallEnded, ChannelClosed, ContentHeld, ContentRefused, ControlReady, Paused
from mcu.h323.h245_messages import (
    CloseLogicalChannel,
    CloseLogicalChannelAck,
    MasterSlaveDetermination,
    MasterSlaveDeterminationAck,
    OpenLogicalChannelReject,
    Presentation,
    TerminalCapabilitySet,
    TerminalCapabilitySetAck,
)
from mcu.h323.logical_channels import T103
from mcu.h323.open_channel import OpenLogicalChannel, OpenLogicalChannelAck
from tests.h323.h245_pair import MCU
from tests.h323.scripted_call import AUDIO, CONTENT, MAIN, PICTURE, RTCP, RTP, ULAW, Call, opened, ready, their_set


def test_a_call_with_channels_of_fast_start_survives_silence() -> None:
    call = Call()
    channel = Channel(direction=Direction.SENT, kind=AUDIO, media=ULAW, rtp=RTP, rtcp=RTCP)
    call.control.adopt(channel, number=101, session=1, now=0.0)
    call.control.start(0.0)
    for _ in range(20):
        call.wait(T101)
        assert not [event for event in call.events if isinstance(event, CallEnded)]
    assert call.control.channels == (channel,)
    assert call.control.next_timer() is None
    assert not call.control.ready


def test_channels_of_fast_start_stay_when_sets_agree() -> None:
    call = Call()
    channel = Channel(direction=Direction.SENT, kind=AUDIO, media=ULAW, rtp=RTP, rtcp=RTCP)
    call.control.adopt(channel, number=101, session=1, now=0.0)
    call.control.start(0.0)
    call.take(their_set(), MasterSlaveDeterminationAck("master"), TerminalCapabilitySetAck(1))
    assert [each.kind for each in call.said if isinstance(each, OpenLogicalChannel)] == [MAIN]
    assert call.asked(MAIN).number == 102
    call.take(their_set(Offer(audio=("PCMA",))))  # until the peer can no longer hear it
    assert call.only(CloseLogicalChannel) == CloseLogicalChannel(101)
    assert call.asked(AUDIO).media.codec == "PCMA"


def test_a_refused_format_is_followed_by_the_next() -> None:
    call = ready()
    codecs = []
    for _ in range(10):
        asked = [each for each in call.said if isinstance(each, OpenLogicalChannel) and each.kind is AUDIO]
        if not asked:
            break
        codecs.append(asked[0].media.codec)
        call.take(OpenLogicalChannelReject(asked[0].number, "dataTypeNotSupported"))
    assert codecs == ["G722", "PCMA", "PCMU"]
    call.take(their_set())  # a new set is a new chance
    assert call.asked(AUDIO).media.codec == "G722"


def test_refusals_have_an_end() -> None:
    call = ready(offer=Offer(audio=("PCMA",)))
    count = 0
    while asked := [each for each in call.said if isinstance(each, OpenLogicalChannel)]:
        count += len(asked)
        call.take(*(OpenLogicalChannelReject(each.number, "unspecified") for each in asked))
        assert count < 4 * MAX_REFUSED
    assert call.control.channels == ()


def test_a_master_that_wants_the_same_both_ways_gets_it() -> None:
    call = ready(decision="slave")
    number = call.asked(AUDIO).number
    call.take(OpenLogicalChannel(number=900, session=1, kind=AUDIO, media=ULAW, rtcp=RTCP))
    call.take(OpenLogicalChannelReject(number, "masterSlaveConflict"))
    assert call.asked(AUDIO).media.codec == "PCMU"


def test_the_peers_change_of_mind_is_followed() -> None:
    call = opened()
    assert {each.media.codec for each in call.control.channels} == {"G722", "H264"}
    call.take(their_set(Offer(audio=("PCMU",), video=("H261",))))
    closed = [each for each in call.said if isinstance(each, CloseLogicalChannel)]
    assert len(closed) == 2
    assert (call.asked(AUDIO).media.codec, call.asked(MAIN).media.codec) == ("PCMU", "H261")
    call.take(their_set(Offer(audio=("PCMU",), video=("H261",)), 2))
    assert not [each for each in call.said if isinstance(each, OpenLogicalChannel)]


def test_a_peer_that_never_rests_keeps_what_it_has() -> None:
    call = opened()
    opening = 0
    for turn in range(300):
        call.now += 1.0
        call.take(their_set(Offer(audio=("PCMU", "PCMA")[turn % 2 : turn % 2 + 1])))
        asked = [each for each in call.said if isinstance(each, OpenLogicalChannel)]
        opening += len(asked)
        call.take(*(OpenLogicalChannelAck(number=each.number, rtp=RTP, rtcp=RTCP) for each in asked))
    assert opening <= 200


def test_pause_and_resumption_by_the_peer() -> None:
    call = opened()
    call.take(TerminalCapabilitySet(2, PROTOCOL, {}))
    assert call.events == [Paused(True), ChannelClosed(Direction.SENT, AUDIO), ChannelClosed(Direction.SENT, MAIN)]
    call.take(TerminalCapabilitySet(3, PROTOCOL, {}))
    assert call.events == []
    call.take(their_set(sequence=4))
    assert call.events == [Paused(False)]
    assert call.only(MasterSlaveDetermination).terminal_type == MCU
    sequence = call.only(TerminalCapabilitySet).sequence
    assert not [each for each in call.said if isinstance(each, OpenLogicalChannel)]  # roles first
    call.take(MasterSlaveDeterminationAck("slave"), TerminalCapabilitySetAck(sequence))
    assert call.asked(AUDIO).media.codec == "G722"
    assert ControlReady() not in call.events


def test_a_resuming_peer_that_says_nothing_of_roles_is_sent_to_all_the_same() -> None:
    call = opened()
    call.take(TerminalCapabilitySet(2, PROTOCOL, {}), their_set(sequence=3))
    for _ in range(4):
        call.wait(10)
        if [each for each in call.said if isinstance(each, OpenLogicalChannel)]:
            break
    assert call.asked(AUDIO).media.codec == "G722"
    assert not [event for event in call.events if isinstance(event, CallEnded)]


@pytest.mark.parametrize(("reason", "again"), [("reopen", True), ("unknown", False), ("normal", False)])
def test_a_peer_may_have_a_channel_closed(reason: str, again: bool) -> None:
    call = opened()
    number = 101
    request = ("requestChannelClose", {"forwardLogicalChannelNumber": number, "reason": (reason, 0)})
    call.take(asn1.encode(Pdu.H245, ("request", request)))
    assert call.only(CloseLogicalChannel).number == number
    assert bool([each for each in call.said if isinstance(each, OpenLogicalChannel)]) is again
    call.take(CloseLogicalChannelAck(number))
    call.take(their_set(Offer(video_bitrate=1_000_000)))
    assert call.control.ready


def test_a_channel_of_ours_that_nobody_answers_is_given_up() -> None:
    call = ready()
    first = {each.number for each in call.said if isinstance(each, OpenLogicalChannel)}
    call.wait(T103)
    assert {each.number for each in call.said if isinstance(each, CloseLogicalChannel)} == first
    assert call.asked(AUDIO).media.codec == "PCMA"


# --- content ----------------------------------------------------------------------------------------------


def test_content_without_a_token_holds_it() -> None:
    call = opened()
    content = OpenLogicalChannel(number=901, session=32, kind=CONTENT, media=PICTURE, rtcp=RTCP)
    call.take(content)
    assert ContentHeld(by_peer=True, by_us=False) in call.events
    call.take(CloseLogicalChannel(901))
    assert ContentHeld(by_peer=False, by_us=False) in call.events


def with_token(decision: str) -> Call:
    """Our content open."""
    call = opened(decision=decision)
    call.control.ask_content_token(0.0)
    request = call.drain().only(Presentation)
    call.take(Presentation(4, ((126, 0), (42, dict(request.parameters)[42]))))
    asked = call.asked(CONTENT)
    assert asked.number == dict(request.parameters)[42]
    assert asked.session == (32 if decision == "master" else 0)
    return call.take(OpenLogicalChannelAck(number=asked.number, session=40, rtp=RTP, rtcp=RTCP))


def test_when_both_open_content_the_master_decides() -> None:
    theirs = OpenLogicalChannel(number=901, session=33, kind=CONTENT, media=PICTURE, rtcp=RTCP)
    call = with_token("master").take(theirs)
    assert call.said == [OpenLogicalChannelReject(901, "masterSlaveConflict")]
    call = with_token("slave").take(theirs)
    assert call.only(OpenLogicalChannelAck).number == 901
    assert call.only(CloseLogicalChannel).number
    assert ContentHeld(by_peer=True, by_us=False) in call.events


def test_content_that_is_refused_gives_the_token_back() -> None:
    call = opened()
    call.control.ask_content_token(0.0)
    call.drain().take(Presentation(4, ((126, 0),)))
    call.take(OpenLogicalChannelReject(call.asked(CONTENT).number, "dataTypeNotAvailable"))
    assert call.only(Presentation).kind == 5
    assert ContentRefused() in call.events
    assert ContentHeld(by_peer=False, by_us=False) in call.events


def test_content_is_opened_again_after_a_pause() -> None:
    call = with_token("master")
    call.take(TerminalCapabilitySet(2, PROTOCOL, {}), their_set(sequence=3))
    sequence = call.only(TerminalCapabilitySet).sequence
    call.take(MasterSlaveDeterminationAck("master"), TerminalCapabilitySetAck(sequence))
    assert call.asked(CONTENT).media.codec == "H264"


def test_the_door_may_be_closed_to_content() -> None:
    call = opened()
    call.control.accepts_content = False
    call.take(OpenLogicalChannel(number=901, session=32, kind=CONTENT, media=PICTURE, rtcp=RTCP))
    assert call.said == [OpenLogicalChannelReject(901, "dataTypeNotAvailable")]
    assert not call.control.accepts_content


def test_codecs_that_were_not_offered_are_refused() -> None:
    call = opened(offer=Offer())
    call.control._plan.offer = Offer(audio=("PCMA",), audio_received=())
    call.take(OpenLogicalChannel(number=900, session=1, kind=AUDIO, media=ULAW, rtcp=RTCP))
    assert call.said == [OpenLogicalChannelReject(900, "dataTypeNotSupported")]
