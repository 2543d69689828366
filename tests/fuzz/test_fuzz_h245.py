"""H.245 from anybody, damaged: read or refused in our own words, in bounded time, and the call goes on."""

from __future__ import annotations

import random
import time

import pytest

from mcu.h323 import asn1, capabilities, h245_codec
from mcu.h323.address import Address
from mcu.h323.asn1 import Pdu
from mcu.h323.capabilities import Offer
from mcu.h323.channels import Channel, Direction, LocalMedia, MediaFormat
from mcu.h323.h245_control import H245Control
from mcu.h323.h245_messages import (
    EndSessionCommand,
    H245Error,
    MasterSlaveDeterminationAck,
    RoundTripDelayRequest,
    RoundTripDelayResponse,
    TerminalCapabilitySet,
    TerminalCapabilitySetAck,
)
from mcu.media.types import StreamKind
from tests.fuzz.mutations import INPUTS, mutations

PARTS = 10
SLOWEST = 0.1  # seconds of CPU for one PDU
MEDIA = {
    kind: LocalMedia(rtp=Address("192.0.2.1", 5000 + 2 * place), rtcp=Address("192.0.2.1", 5001 + 2 * place))
    for place, kind in enumerate(StreamKind)
}


def conversation() -> list[bytes]:
    """What two of ours say to each other in a call with everything."""
    sides = [
        H245Control(offer=Offer(), media=MEDIA, terminal_type=kind, rng=random.Random(kind), now=0.0)
        for kind in (50, 190)
    ]
    said: list[bytes] = []
    now = 0.0

    def talk() -> None:
        for _ in range(40):
            for side, peer in (sides, reversed(sides)):
                for pdu in side.messages_to_send():
                    said.append(pdu)
                    peer.receive(pdu, now)

    for side in sides:
        side.start(now)
    talk()
    first, second = sides
    first.request_keyframe(StreamKind.MAIN, now)
    first.limit_bitrate(StreamKind.MAIN, 384_000, now)
    first.send_digits("1", now)
    first.ask_content_token(now)
    talk()
    second.announce_terminals((1, 2), {(1, 2): "Seoul", (1, 3): "Busan"}, now)
    first.announce_terminals((3, 2), {}, now)
    first.release_content_token(now)
    talk()
    first.hold(now)
    talk()
    now = 11.0
    for side in sides:
        side.handle_timer(now)
    talk()
    return list(dict.fromkeys(said))


def others() -> list[bytes]:
    """What ours never say."""
    label = {"mcuNumber": 1, "terminalNumber": 2}
    values = [
        ("request", ("requestMode", {"sequenceNumber": 1, "requestedModes": [[{"type": ("audioMode", ("g728", 0))}]]})),
        ("request", ("conferenceRequest", ("makeMeChair", 0))),
        ("request", ("conferenceRequest", ("requestTerminalID", label))),
        ("request", ("maintenanceLoopRequest", {"type": ("systemLoop", 0)})),
        ("request", ("requestChannelClose", {"forwardLogicalChannelNumber": 101, "reason": ("reopen", 0)})),
        ("response", ("conferenceResponse", ("terminalListResponse", [label]))),
        ("response", ("openLogicalChannelReject", {"forwardLogicalChannelNumber": 101, "cause": ("unspecified", 0)})),
        ("command", ("sendTerminalCapabilitySet", ("genericRequest", 0))),
        ("indication", ("conferenceIndication", ("terminalJoinedConference", label))),
        ("indication", ("userInput", ("alphanumeric", "12"))),
        (
            "indication",
            (
                "jitterIndication",
                {
                    "scope": ("wholeMultiplex", 0),
                    "estimatedReceivedJitterMantissa": 1,
                    "estimatedReceivedJitterExponent": 1,
                },
            ),
        ),
    ]
    return [asn1.encode(Pdu.H245, value) for value in values]


SEEDS = conversation() + others()
FULL_SET = max(SEEDS, key=len)


def test_the_seeds_are_understood() -> None:
    kinds = {type(h245_codec.parse(seed)).__name__ for seed in SEEDS}
    assert len(kinds) >= 20, sorted(kinds)


@pytest.mark.parametrize("part", range(PARTS))
def test_damaged_pdus_hurt_nobody(part: int) -> None:
    control, read, slowest = fresh(0.0), 0, 0.0
    for index, data in enumerate(mutations(SEEDS, seed=245 + part, count=max(1, INPUTS // PARTS))):
        now = index * 0.1
        begun = time.thread_time()
        control.receive(data, now)
        control.handle_timer(now)
        slowest = max(slowest, time.thread_time() - begun)
        for pdu in control.messages_to_send():
            h245_codec.parse(pdu)
        assert (control.next_timer() or now + 1) > now
        assert len(control.events_received()) < 50
        if control.next_timer() is None or index % 50 == 49:
            read += control.counters.total() - control.counters["malformed"]
            control = fresh(now)
    read += control.counters.total() - control.counters["malformed"]
    assert slowest < SLOWEST
    assert read > INPUTS // PARTS // 4


def fresh(now: float) -> H245Control:
    """A control in the middle of a call."""
    control = H245Control(offer=Offer(), media=MEDIA, terminal_type=190, rng=random.Random(1), now=now)
    ulaw = MediaFormat(codec="PCMU", payload_type=0, clock_rate=8_000)
    sent = Channel(direction=Direction.SENT, kind=StreamKind.AUDIO, media=ulaw, rtp=Address("192.0.2.9", 9))
    control.adopt(sent, number=101, session=1, now=now)
    control.start(now)
    for pdu in (FULL_SET, *map(h245_codec.build, (MasterSlaveDeterminationAck("master"), TerminalCapabilitySetAck(1)))):
        control.receive(pdu, now)
    assert control.ready
    control.messages_to_send()
    control.events_received()
    return control


def test_damage_does_not_end_a_call() -> None:
    control = fresh(0.0)
    for data in mutations([FULL_SET], seed=1, count=50):
        if not says_goodbye(data):
            control.receive(data, 0.0)
    assert control.counters["malformed"]
    control.messages_to_send()
    control.receive(h245_codec.build(RoundTripDelayRequest(77)), 0.0)
    assert RoundTripDelayResponse(77) in map(h245_codec.parse, control.messages_to_send())


def says_goodbye(data: bytes) -> bool:
    try:
        return isinstance(h245_codec.parse(data), EndSessionCommand)
    except H245Error:
        return False


def test_a_set_as_full_as_can_be_is_read_in_time() -> None:
    table = [entry["capability"] for entry in capabilities.build(Offer())["capabilityTable"]]
    capability = next(capability for capability in table if capability[0] == "receiveVideoCapability")
    sound = next(capability for capability in table if capability[0] == "receiveAudioCapability")
    fields = {
        "multiplexCapability": capabilities.build(Offer())["multiplexCapability"],
        "capabilityTable": [
            {"capabilityTableEntryNumber": number, "capability": capability if number % 2 else sound}
            for number in range(1, 257)
        ],
        "capabilityDescriptors": [
            {"capabilityDescriptorNumber": number, "simultaneousCapabilities": [list(range(1, 31))] * 12}
            for number in range(16)
        ],
    }
    data = h245_codec.build(TerminalCapabilitySet(9, (0, 0, 8, 245, 0, 13), fields))
    control = fresh(0.0)
    begun = time.thread_time()
    control.receive(data, 1.0)
    seconds = time.thread_time() - begun
    assert h245_codec.MAX_PDU * 3 // 4 < len(data) < h245_codec.MAX_PDU
    assert control.peer_capabilities is not None
    assert control.ready
    assert seconds < SLOWEST
