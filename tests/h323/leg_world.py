"""A room's leg in fake time, without sockets: who drives it, what it tells, and the room at the other end."""

from __future__ import annotations

from dataclasses import dataclass, field

from mcu._native import packets
from mcu._native.packets import build_rtp
from mcu.control import RtpChannel, UpdateRtpLeg
from mcu.h323.leg import H323Leg
from mcu.media import rtcp
from mcu.media.types import EncodedFrame, StreamKind, VideoProfile
from tests.fakes.media_ports import FakePort

ROOM = "10.1.2.3"
AUDIO, MAIN, CONTENT = StreamKind.AUDIO, StreamKind.MAIN, StreamKind.CONTENT
PICTURES = (
    VideoProfile("H264", 640, 360, 25, 600_000, "constrained-baseline"),
    VideoProfile("H264", 320, 180, 25, 216_000, "constrained-baseline"),
)
PORT = {AUDIO: 5_000, MAIN: 5_002, CONTENT: 5_004}  # of the room; one more for RTCP
TYPE = {AUDIO: 8, MAIN: 109, CONTENT: 110}
EVENTS = 101


@dataclass
class World:
    """Driver and handler of one leg."""

    clock: float = 100.0
    told: list[str] = field(default_factory=list)
    frames: list[EncodedFrame] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ports = {kind: FakePort(20_000 + 2 * n) for n, kind in enumerate(StreamKind)}
        self.leg = H323Leg("l", self.ports, driver=self, handler=self, pictures=PICTURES, wall_clock_offset=1e9)

    def now(self) -> float:
        return self.clock

    def ended(self, leg: H323Leg) -> None:
        self.told.append("ended")

    def failed(self, leg: H323Leg) -> None:
        raise AssertionError

    def leg_connected(self, leg: H323Leg) -> None:
        self.told.append("connected")

    def leg_updated(self, leg: H323Leg) -> None:
        self.told.append("updated")

    def leg_state(self, leg: H323Leg, state: str) -> None:
        self.told.append(f"state {state}")

    def leg_closed(self, leg: H323Leg, reason: str) -> None:
        self.told.append(f"closed {reason}")

    def frame_received(self, leg: H323Leg, kind: StreamKind, frame: EncodedFrame) -> None:
        self.frames.append(frame)

    def keyframe_requested(self, leg: H323Leg, kind: StreamKind) -> None:
        self.told.append(f"requested {kind}")

    def keyframe_needed(self, leg: H323Leg, kind: StreamKind) -> None:
        self.told.append(f"needed {kind}")

    def digit_received(self, leg: H323Leg, digit: str) -> None:
        self.told.append(f"digit {digit}")

    # --- the room ---------------------------------------------------------------------------------------

    def open(self, *channels: RtpChannel, **changes: object) -> None:
        values: dict[str, object] = {"sources": (ROOM,), "telephone_event": EVENTS} | changes
        self.leg.update(UpdateRtpLeg("l", channels, **values))  # type: ignore[arg-type]

    def run(self, seconds: float) -> None:
        """Let time pass, as the MP's ticks do."""
        end = self.clock + seconds
        while self.clock < end:
            self.clock += 0.02
            if self.leg.due <= self.clock:
                self.leg.handle_timer(self.clock)

    def packet(
        self,
        kind: StreamKind,
        payload: bytes,
        number: int,
        *,
        source: tuple[str, int] | None = None,
        payload_type: int | None = None,
        marker: bool = False,
        timestamp: int | None = None,
    ) -> None:
        data = build_rtp(
            payload,
            payload_type=TYPE[kind] if payload_type is None else payload_type,
            sequence_number=number & 0xFFFF,
            timestamp=160 * number if timestamp is None else timestamp,
            ssrc=7,
            marker=marker,
        )
        self.datagram(kind, data, source)

    def datagram(self, kind: StreamKind, data: bytes, source: tuple[str, int] | None = None) -> None:
        """As a PortPair hands it on."""
        arrivals = self.ports[kind].arrivals
        if arrivals is None:
            return
        source = source or (ROOM, PORT[kind])
        if arrivals.searching(self.clock):
            arrivals.receive_unknown(data, source, self.clock)
        elif source == self.ports[kind].bound:
            arrivals.receive_known([packets.parse_rtp(data, arrival=self.clock)], self.clock)

    def report(self, kind: StreamKind, *parts: rtcp.Packet, source: str = ROOM) -> None:
        arrivals = self.ports[kind].arrivals
        if arrivals is not None:
            arrivals.receive_report(rtcp.serialize(parts), (source, PORT[kind] + 1), self.clock)

    def sent_reports(self, kind: StreamKind) -> list[rtcp.Packet]:
        return [packet for data, _ in self.ports[kind].reports for packet in rtcp.parse(data)]


def received(kind: StreamKind, codec: str = "") -> RtpChannel:
    clock = 8_000 if kind is AUDIO else 90_000
    return RtpChannel("received", kind.value, codec or ("PCMA" if kind is AUDIO else "H264"), TYPE[kind], clock)


def sent(kind: StreamKind, **changes: object) -> RtpChannel:
    values: dict[str, object] = {"rtp": (ROOM, PORT[kind]), "rtcp": (ROOM, PORT[kind] + 1)} | changes
    clock = 8_000 if kind is AUDIO else 90_000
    codec = "PCMA" if kind is AUDIO else "H264"
    return RtpChannel("sent", kind.value, codec, TYPE[kind], clock, **values)  # type: ignore[arg-type]


BOTH = (received(AUDIO), sent(AUDIO), received(MAIN), sent(MAIN))
