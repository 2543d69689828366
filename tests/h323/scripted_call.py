"""Our side of H.245, spoken to in values by a peer that is written by hand in a test."""

from __future__ import annotations

import random
from typing import Any

from mcu.h323 import capabilities, h245_codec
from mcu.h323.address import Address
from mcu.h323.capabilities import Offer
from mcu.h323.capability_exchange import PROTOCOL
from mcu.h323.channels import MediaFormat
from mcu.h323.events import Event
from mcu.h323.h245_control import H245Control
from mcu.h323.h245_messages import MasterSlaveDeterminationAck, Message, TerminalCapabilitySet, TerminalCapabilitySetAck
from mcu.h323.open_channel import OpenLogicalChannel, OpenLogicalChannelAck
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
