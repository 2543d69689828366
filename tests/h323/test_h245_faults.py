"""H.245 with a peer that is written by hand here: refusals, conflicts, silence and nonsense."""

from __future__ import annotations

import random
from typing import Any

import pytest

from mcu.h323 import asn1, capabilities, h245_codec
from mcu.h323.address import Address
from mcu.h323.asn1 import Pdu
from mcu.h323.capabilities import Offer
from mcu.h323.capability_exchange import PROTOCOL, T101
from mcu.h323.channel_plan import MAX_REFUSED
from mcu.h323.channels import Channel, Direction, MediaFormat
from mcu.h323.events import (
    CallEnded,
    ChairTokenAsked,
    ChannelClosed,
    ContentHeld,
    ContentRefused,
    ControlReady,
    EndReason,
    Event,
    Paused,
    TerminalLabel,
)
from mcu.h323.h245_control import H245Control
from mcu.h323.h245_core import MAX_MALFORMED
from mcu.h323.h245_messages import (
    CloseLogicalChannel,
    CloseLogicalChannelAck,
    Conference,
    EndSessionCommand,
    FunctionNotUnderstood,
    Ignored,
    MasterSlaveDetermination,
    MasterSlaveDeterminationAck,
    Message,
    OpenLogicalChannelReject,
    Presentation,
    RoundTripDelayRequest,
    TerminalCapabilitySet,
    TerminalCapabilitySetAck,
    TerminalCapabilitySetReject,
)
from mcu.h323.logical_channels import T103
from mcu.h323.open_channel import OpenLogicalChannel, OpenLogicalChannelAck
from mcu.h323.vendors import Quirks
from mcu.media.types import StreamKind
from tests.h323.h245_pair import MCU, local_media

AUDIO, MAIN, CONTENT = StreamKind
RTP, RTCP = Address("192.0.2.9", 7000), Address("192.0.2.9", 7001)
ULAW = MediaFormat(codec="PCMU", payload_type=0, clock_rate=8_000, bitrate=64_000)
PICTURE = capabilities.offered_pictures(Offer(), "H264", MAIN)[0]


class Call:
    """Ours, spoken to in values; `said` and `events` are of the last step."""

    def __init__(self, **options: Any) -> None:
        options = {"offer": Offer(), "media": local_media("192.0.2.1"), "terminal_type": MCU} | options
        self.control = H245Control(rng=random.Random(1), now=0.0, **options)
        self.now = 0.0
        self.said: list[Message] = []
        self.events: list[Event] = []

    def drain(self) -> Call:
        self.said = [h245_codec.parse(pdu) for pdu in self.control.messages_to_send()]
        self.events = self.control.events_received()
        return self

    def take(self, *messages: Message | bytes) -> Call:
        for message in messages:
            pdu = message if isinstance(message, bytes) else h245_codec.build(message)
            self.control.receive(pdu, self.now)
        return self.drain()

    def wait(self, seconds: float) -> Call:
        self.now += seconds
        self.control.handle_timer(self.now)
        return self.drain()

    def only(self, kind: type) -> Any:
        """The one message of this type that was said."""
        (found,) = [message for message in self.said if isinstance(message, kind)]
        return found

    def asked(self, kind: StreamKind) -> OpenLogicalChannel:
        (found,) = [each for each in self.said if isinstance(each, OpenLogicalChannel) and each.kind is kind]
        return found


def their_set(offer: Offer | None = None, sequence: int = 1) -> TerminalCapabilitySet:
    return TerminalCapabilitySet(sequence, PROTOCOL, capabilities.build(offer or Offer()))


def ready(*, decision: str = "master", offer: Offer | None = None, **options: Any) -> Call:
    """Agreed, our channels asked for and not yet answered (`said`)."""
    call = Call(**options)
    call.control.start(0.0)
    call.drain()
    return call.take(their_set(offer), MasterSlaveDeterminationAck(decision), TerminalCapabilitySetAck(1))


def opened(**options: Any) -> Call:
    """With our sound and picture open."""
    call = ready(**options)
    asked = [message for message in call.said if isinstance(message, OpenLogicalChannel)]
    return call.take(*(OpenLogicalChannelAck(number=each.number, rtp=RTP, rtcp=RTCP) for each in asked))


# --- beginning --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", range(6))
def test_nothing_is_opened_before_all_is_agreed(order: int) -> None:
    answers = [their_set(), MasterSlaveDeterminationAck("slave"), TerminalCapabilitySetAck(1)]
    first, second, last = random.Random(order).sample(answers, 3)
    call = Call()
    call.control.start(0.0)
    kinds = {type(message) for message in call.drain().said}
    assert kinds == {TerminalCapabilitySet, MasterSlaveDetermination}
    call.take(first, second)
    assert not [message for message in call.said if isinstance(message, OpenLogicalChannel)]
    assert not call.control.ready
    call.take(last)
    assert call.events[0] == ControlReady()
    assert {message.kind for message in call.said if isinstance(message, OpenLogicalChannel)} == {AUDIO, MAIN}


def test_a_set_that_is_too_large_is_said_smaller_once() -> None:
    call = Call()
    call.control.start(0.0)
    large = call.drain().only(TerminalCapabilitySet)
    small = call.take(TerminalCapabilitySetReject(1, "descriptorCapacityExceeded")).only(TerminalCapabilitySet)
    assert len(h245_codec.build(small)) < len(h245_codec.build(large)) / 2
    call.take(TerminalCapabilitySetReject(2, "unspecified"))
    (end,) = call.events
    assert end == CallEnded(EndReason.NOTHING_IN_COMMON, "capability set refused: unspecified")


def test_a_vendor_with_little_room_hears_little() -> None:
    call = Call(quirks=Quirks(small_capability_set=True))
    call.control.start(0.0)
    assert len(h245_codec.build(call.drain().only(TerminalCapabilitySet))) < 120


def test_a_vendor_may_be_spared_the_round_trip() -> None:
    call = opened(quirks=Quirks(round_trip=False))
    assert not [each for each in call.wait(60).said if isinstance(each, RoundTripDelayRequest)]


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


# --- channels ---------------------------------------------------------------------------------------------


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


# --- the rest ---------------------------------------------------------------------------------------------


def test_what_is_not_understood_is_said_so() -> None:
    call = opened()
    request = ("multilinkRequest", ("callInformation", {"maxNumberOfAdditionalConnections": 1}))
    call.take(asn1.encode(Pdu.H245, ("request", request)))
    assert call.said == [Ignored("functionNotUnderstood")]
    call.take(h245_codec.build(FunctionNotUnderstood("request", request)))
    assert call.said == []  # no answer to that


def test_a_loop_is_refused() -> None:
    call = opened()
    call.take(asn1.encode(Pdu.H245, ("request", ("maintenanceLoopRequest", {"type": ("mediaLoop", 101)}))))
    assert call.said == [Ignored("maintenanceLoopReject")]


def test_nonsense_is_counted_and_then_enough() -> None:
    call = opened()
    for _ in range(MAX_MALFORMED - 1):
        call.take(b"\xff\xff")
    assert call.events == []
    call.take(b"\xff\xff")
    (end,) = call.events
    assert end.reason is EndReason.PROTOCOL_ERROR
    assert call.control.counters["malformed"] == MAX_MALFORMED
    assert call.take(RoundTripDelayRequest(1)).said == []


def test_a_flood_ends_a_call_and_a_lively_talk_does_not() -> None:
    request = h245_codec.build(their_set())
    call = opened()
    for _ in range(120):
        call.now += 1 / 20
        call.take(request)
    assert call.control.ready
    ends: list[Event] = []
    for _ in range(1_000):
        ends += [event for event in call.take(request).events if isinstance(event, CallEnded)]
    assert ends == [CallEnded(EndReason.PROTOCOL_ERROR, "more than can be read")]
    assert call.control.counters["TerminalCapabilitySet"] < 400


def test_the_end_is_the_end() -> None:
    call = opened()
    call.take(EndSessionCommand())
    assert call.said == [EndSessionCommand()]
    assert call.events == [CallEnded(EndReason.HUNG_UP, "endSessionCommand")]
    call.control.start(1.0)
    call.control.end_session(1.0)
    call.control.hold(1.0)
    call.control.resume(1.0)
    call.control.handle_timer(100.0)
    call.drain()
    assert call.said == call.events == []


def test_conference_control_goes_through() -> None:
    call = opened()
    call.take(Conference("request", "makeMeChair"))
    assert call.events == [ChairTokenAsked(True)]
    call.control.answer_chair(True, 0.0)
    assert call.drain().said == [Conference("response", "makeMeChairResponse", ("grantedChairToken", 0))]
    call.control.announce_terminals((1, 2), {}, 0.0)
    assert call.drain().only(Conference).name == "terminalNumberAssign"
    identity = {"terminalLabel": {"mcuNumber": 4, "terminalNumber": 5}, "terminalID": b"Jeju"}
    call.take(Conference("response", "terminalIDResponse", identity))
    assert call.events == [TerminalLabel(4, 5, "Jeju")]


def test_the_type_of_the_peer_is_known() -> None:
    call = Call()
    assert call.control.peer_terminal_type is None
    call.take(MasterSlaveDetermination(240, 1))
    assert call.control.peer_terminal_type == 240


def test_timers_never_stand_still() -> None:
    call = Call()
    call.control.start(0.0)
    for _ in range(100):
        timer = call.control.next_timer()
        if timer is None:
            break
        assert timer > call.now
        call.wait(timer - call.now)
    assert call.control.next_timer() is None
    assert [type(event) for event in call.events] == [CallEnded]


def test_a_channel_of_ours_that_nobody_answers_is_given_up() -> None:
    call = ready()
    first = {each.number for each in call.said if isinstance(each, OpenLogicalChannel)}
    call.wait(T103)
    assert {each.number for each in call.said if isinstance(each, CloseLogicalChannel)} == first
    assert call.asked(AUDIO).media.codec == "PCMA"
