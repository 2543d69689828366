"""Two sessions that get the same packets, one past the fast path: whatever they say and give must be the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from mcu._native import packets
from mcu._native.fast_path import FrameRun, WholeFrame
from mcu._native.packets import SrtpTransport
from mcu._native.rtp_packet import RtpPacket
from mcu.media.audio_receiver import AudioReceiver
from mcu.media.payload_vp8 import packetize
from mcu.media.rtp_session import RtpSession
from mcu.media.types import CodecParameters, EncodedFrame, StreamKind

EXTENSIONS = {packets.MID: 1, packets.TRANSPORT_SEQUENCE: 2, packets.ORIENTATION: 3, packets.AUDIO_LEVEL: 4}
FEEDBACK = frozenset({"nack", "nack pli", "transport-cc"})
SOUND = {111: CodecParameters("opus", 111, 48_000, 2), 13: CodecParameters("CN", 13, 8_000)}
PICTURE = {
    96: CodecParameters("VP8", 96, 90_000, feedback=FEEDBACK),
    97: CodecParameters("rtx", 97, 90_000, parameters={"apt": "96"}),
    98: CodecParameters("VP8", 98, 90_000, feedback=FEEDBACK - {"nack"}),
    99: CodecParameters("H264", 99, 90_000, feedback=FEEDBACK),
}
STREAMS: Mapping[StreamKind, Mapping[int, CodecParameters]] = {
    StreamKind.AUDIO: SOUND,
    StreamKind.MAIN: PICTURE,
    StreamKind.CONTENT: PICTURE,
}
MIDS = {StreamKind.AUDIO: "0", StreamKind.MAIN: "1", StreamKind.CONTENT: "2"}


def rtp(payload: bytes, payload_type: int, number: int, timestamp: int, ssrc: int, **more: Any) -> bytes:
    """A packet as it is on the wire, without protection."""
    return packets.build_rtp(
        payload,
        payload_type=payload_type,
        sequence_number=number & 0xFFFF,
        timestamp=timestamp & 0xFFFFFFFF,
        ssrc=ssrc,
        extensions=EXTENSIONS,
        **more,
    )


class Side:
    """A transport and its session, with what an endpoint does between them."""

    def __init__(self, *, fast: bool) -> None:
        self.session = RtpSession(cname="mcu", ssrc_for_reports=7, reduced_size=True)
        for kind, codecs in STREAMS.items():
            self.session.add_received(kind, codecs, mid=MIDS[kind], ssrcs=())
        self.frames: list[tuple[StreamKind, EncodedFrame]] = []
        self.session.take_frame = lambda kind, frame: self.frames.append((kind, frame))
        self.transport = SrtpTransport("", b"", b"")
        self.transport.set_extensions(EXTENSIONS, EXTENSIONS)
        self.transport.fast_path = self.session.fast_path if fast else None
        self.fast = 0  # packets of which no RtpPacket was made for the session
        self.said: list[bytes] = []

    def receive(self, reading: Iterable[bytes], now: float) -> None:
        """All are read before the first is looked at, as from a socket."""
        items = [self.transport.receive_datagram(data, now) for data in reading]
        for item in items:
            match item:
                case RtpPacket(receiver=AudioReceiver() as receiver):
                    receiver.receive(item, now)
                    self.fast += 1
                case RtpPacket():
                    self.session.receive_rtp(item, now)
                case WholeFrame():
                    self.session.receive_frame(item, now)
                    self.fast += 1
                case _:
                    self.fast += 1
        self._drain()

    def pass_time(self, now: float) -> None:
        self.session.handle_timer(now)
        self._drain()

    @property
    def run(self) -> FrameRun:
        """Of the main picture."""
        receiver = self.session.video(StreamKind.MAIN)
        assert receiver is not None
        return receiver.run

    def _drain(self) -> None:
        self.said += self.session.data_to_send()
        self.session.events_received()

    @property
    def state(self) -> dict[str, object]:
        """Everything that can be seen from outside."""
        session = self.session
        assert session.audio is not None
        state: dict[str, object] = {
            "said": self.said,
            "frames": self.frames,
            "sound": session.audio.counters,
            "due": session.next_timer(),
            "unroutable": session.counters["unroutable"],
        }
        for kind in (StreamKind.MAIN, StreamKind.CONTENT):
            receiver = session.video(kind)
            assert receiver is not None
            counters = receiver.counters
            state[kind] = (
                [getattr(counters, name) for name in FIELDS[1:]],
                counters.packets + len(receiver.run),
                receiver.held,
            )
        for kind in STREAMS:
            reception = session.reception(kind)
            if reception is not None:
                state[f"{kind} source"] = (reception.ssrc, reception.received, reception.expected, reception.jitter)
        return state


FIELDS = ("packets", "late", "malformed", "repaired", "nacks", "frames", "keyframes", "refused", "holes", "restarts")


class TwoPaths:
    """Feed both; `check` compares."""

    def __init__(self) -> None:
        self.fast, self.usual = Side(fast=True), Side(fast=False)

    def receive(self, reading: Iterable[bytes], now: float) -> None:
        reading = list(reading)
        for side in (self.fast, self.usual):
            side.receive(reading, now)

    def pass_time(self, now: float) -> None:
        for side in (self.fast, self.usual):
            side.pass_time(now)

    def check(self) -> None:
        fast, usual = self.fast.state, self.usual.state
        assert fast == usual, {key: (value, usual[key]) for key, value in fast.items() if value != usual[key]}
        for side in (self.fast, self.usual):  # compared once
            side.said, side.frames = [], []


@dataclasses.dataclass
class Camera:
    """Packets of VP8 pictures, numbered as they were made."""

    ssrc: int = 1_000
    payload_type: int = 96
    number: int = 65_530
    picture: int = 0

    def frame(self, size: int = 900, *, keyframe: bool = False, pieces: int = 3, **fields: Any) -> list[bytes]:
        data = bytes((0 if keyframe else 1,)) + bytes((self.picture & 0xFF,)) * size
        payloads = packetize(data, -(-len(data) // pieces) + 4, picture_id=self.picture & 0x7FFF)
        made = [
            rtp(
                payload,
                self.payload_type,
                self.number + index,
                self.picture * 3_000,
                self.ssrc,
                marker=index == len(payloads) - 1,
                transport_sequence=(self.number + index) & 0xFFFF,
                **fields,
            )
            for index, payload in enumerate(payloads)
        ]
        self.number += len(made)
        self.picture += 1
        return made
