"""Content to a peer of a captured call that said H.239: asked for, opened as its set allows, and given back."""

from __future__ import annotations

import random

import pytest

from mcu.h323 import asn1, h245_codec
from mcu.h323.asn1 import Pdu
from mcu.h323.capabilities import Offer
from mcu.h323.channels import Direction
from mcu.h323.events import ContentHeld
from mcu.h323.h245_control import H245Control
from mcu.h323.h245_messages import CloseLogicalChannel, EndSessionCommand, Presentation
from mcu.h323.open_channel import OpenLogicalChannel, OpenLogicalChannelAck
from mcu.media.types import StreamKind
from tests.h323 import captures, h245_captures
from tests.h323.h245_pair import local_media

THEIRS = local_media("192.0.2.9")[StreamKind.CONTENT]
MCU = 190
GRANTED = 126  # the parameter that says so

pytestmark = captures.needs_captures


def sides() -> list[list[bytes]]:
    """The PDUs of each direction of the captured call, but the last words."""
    (path,) = (path for path in captures.FILES if path.stem == "cg2cg-h239-tunnel")
    ways: dict[object, list[bytes]] = {}
    for way, pdu in h245_captures.pdus(path):
        if not isinstance(h245_codec.parse(pdu), EndSessionCommand):
            ways.setdefault(way, []).append(pdu)
    return list(ways.values())


class Ours:
    """Our side of the call, after all that the captured peer said."""

    def __init__(self, said: list[bytes]) -> None:
        self.control = H245Control(
            offer=Offer(), media=local_media("192.0.2.1"), terminal_type=MCU, rng=random.Random(1), now=0.0
        )
        self.control.start(0.0)
        for pdu in said:
            self.control.receive(pdu, 1.0)
        self.control.messages_to_send()
        self.control.events_received()

    def hear(self, message: object) -> None:
        self.control.receive(h245_codec.build(message), 2.0)  # type: ignore[arg-type]

    def say(self) -> list[tuple[object, bytes]]:
        return [(h245_codec.parse(pdu), pdu) for pdu in self.control.messages_to_send()]


@pytest.mark.parametrize("side", [0, 1])
def test_a_captured_peer_is_sent_content_as_its_set_allows(side: int) -> None:
    ours = Ours(sides()[side])
    ours.control.ask_content_token(2.0)
    ((request, _),) = ours.say()
    assert isinstance(request, Presentation)
    number = dict(request.parameters)[42]
    ours.hear(Presentation(4, ((GRANTED, 0), (44, 0), (42, number))))
    assert ours.control.events_received() == [ContentHeld(by_peer=False, by_us=True)]
    ((asked, pdu),) = ours.say()
    assert isinstance(asked, OpenLogicalChannel)
    assert (asked.number, asked.kind) == (number, StreamKind.CONTENT)
    assert asked.media is not None
    assert (asked.media.codec, asked.media.bitrate) == ("H264", 540_000)
    kind, data = asn1.decode(Pdu.H245, pdu)[1][1]["forwardLogicalChannelParameters"]["dataType"]
    assert (kind, data[0]) == ("videoData", "extendedVideoCapability")
    ours.hear(OpenLogicalChannelAck(number=number, session=asked.session or 33, rtp=THEIRS.rtp, rtcp=THEIRS.rtcp))
    (channel,) = (each for each in ours.control.channels if each.kind is StreamKind.CONTENT)
    assert (channel.direction, channel.rtp) == (Direction.SENT, THEIRS.rtp)
    ours.control.release_content_token(3.0)
    assert [message for message, _ in ours.say()] == [CloseLogicalChannel(number, "user"), Presentation(5, ((44, 0),))]


@pytest.mark.parametrize("side", [0, 1])
def test_a_captured_peer_presents_is_stopped_and_presents_again(side: int) -> None:
    said = sides()[side]
    ours = Ours(said)
    (main,) = (
        message
        for message in map(h245_codec.parse, said)
        if isinstance(message, OpenLogicalChannel) and message.kind is StreamKind.MAIN
    )
    for number in (110, 111):
        ours.hear(Presentation(3, ((44, 0), (42, number), (43, 10))))
        ours.hear(
            OpenLogicalChannel(number=number, session=32, kind=StreamKind.CONTENT, media=main.media, rtcp=main.rtcp)
        )
        assert ContentHeld(by_peer=True, by_us=False) in ours.control.events_received()
        granted, opened = (message for message, _ in ours.say())
        assert granted == Presentation(4, ((GRANTED, 0), (44, 0), (42, number)))
        assert isinstance(opened, OpenLogicalChannelAck)
        assert opened.rtp == local_media("192.0.2.1")[StreamKind.CONTENT].rtp
        ours.control.end_peer_content(2.0)
        assert ContentHeld(by_peer=False, by_us=False) in ours.control.events_received()
        ours.hear(CloseLogicalChannel(number, "user"))
        ours.hear(Presentation(5, ((44, 0),)))
        ours.say()
        assert not [each for each in ours.control.channels if each.kind is StreamKind.CONTENT]
