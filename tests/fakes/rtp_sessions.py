"""Sessions that receive pictures, their packets, and what they said."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mcu.media import rtcp
from mcu.media.payload_vp8 import packetize
from mcu.media.rtp_events import FrameReceived
from mcu.media.rtp_session import RtpSession
from mcu.media.types import CodecParameters, StreamKind
from tests.fakes.packets import FakePacket

PLI = frozenset({"nack", "nack pli", "goog-remb", "transport-cc"})
FIR = frozenset({"nack", "ccm fir"})
KEY = packetize(b"\x00key", 100, picture_id=1)[0]
DELTA = packetize(b"\x01delta", 100, picture_id=2)[0]


def video(feedback: frozenset[str] = PLI) -> dict[int, CodecParameters]:
    return {
        96: CodecParameters("VP8", 96, 90_000, feedback=feedback),
        97: CodecParameters("rtx", 97, 90_000, parameters={"apt": "96"}),
    }


def session(*, reduced_size: bool = True, feedback: frozenset[str] = PLI, **options: Any) -> RtpSession:
    made = RtpSession(cname="mcu", ssrc_for_reports=7, reduced_size=reduced_size, **options)
    made.add_received(StreamKind.MAIN, video(feedback), mid="1", ssrcs=(1111, 1112))
    made.add_received(StreamKind.CONTENT, video(feedback), mid="2")
    made.handle_timer(0.0)  # the first report
    made.data_to_send()
    return made


def frame(number: int, payload: bytes = KEY, **fields: Any) -> FakePacket:
    return FakePacket(sequence_number=number, timestamp=number * 3_000, marker=True, payload=payload, **fields)


def received(events: Iterable[object]) -> list[tuple[StreamKind, bytes]]:
    return [(event.kind, event.frame.data) for event in events if isinstance(event, FrameReceived)]


def sent(made: RtpSession) -> list[rtcp.Packet]:
    return [packet for data in made.data_to_send() for packet in rtcp.parse(data)]
