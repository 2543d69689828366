"""RTP and RTCP of one leg, without I/O: what arrived becomes frames and sound, and what must be said becomes RTCP.

Rules:
1. Packets come in already parsed and unprotected; RTCP goes out in plain text, one list item per datagram.
2. A stream is found by MID, then by SSRC, then by a payload type that only one stream uses (RFC 8843 section 9.2).
3. Nothing a peer sends raises; it is counted in `counters`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from mcu.media.types import CodecParameters, EncodedFrame, StreamKind


@dataclass(frozen=True, slots=True)
class FrameReceived:
    """A picture that can be decoded: all its packets and all pictures it refers to are there."""

    kind: StreamKind
    frame: EncodedFrame


@dataclass(frozen=True, slots=True)
class KeyframeRequested:
    """The peer asked for a keyframe of a sent stream (PLI or FIR)."""

    kind: StreamKind


@dataclass(frozen=True, slots=True)
class StreamEnded:
    """The peer said BYE for a received stream."""

    kind: StreamKind


Event = FrameReceived | KeyframeRequested | StreamEnded


class ReceivedPacket(Protocol):
    """What the session reads of a packet; mcu._native.packets.RtpPacket has more."""

    @property
    def payload_type(self) -> int: ...
    @property
    def marker(self) -> bool: ...
    @property
    def sequence_number(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def ssrc(self) -> int: ...
    @property
    def payload(self) -> bytes: ...
    @property
    def transport_sequence(self) -> int: ...
    @property
    def orientation(self) -> int: ...
    @property
    def mid(self) -> str | None: ...


class SentStream(Protocol):
    """What the session reads of a sent stream; mcu._native.packets.SendStream has more."""

    @property
    def ssrc(self) -> int: ...
    @property
    def packets(self) -> int: ...
    @property
    def octets(self) -> int: ...
    @property
    def last_timestamp(self) -> int: ...
    @property
    def clock_rate(self) -> int: ...
    def resend(self, sequence_numbers: Sequence[int]) -> int: ...


class RtpSession:
    """One per leg. Call `handle_timer` at `next_timer`; drain `data_to_send` and `events_received` after every call."""

    def __init__(
        self,
        *,
        cname: str,
        ssrc_for_reports: int,
        reduced_size: bool = False,  # RFC 5506 negotiated (a=rtcp-rsize): feedback need not be compound
        wall_clock_offset: float = 0.0,  # seconds to add to `now` for the wall clock in sender reports
    ) -> None:
        raise NotImplementedError

    def add_received(
        self,
        kind: StreamKind,
        codecs: Mapping[int, CodecParameters],  # by payload type, RTX ("rtx", apt=) and FEC types included
        *,
        mid: str | None,
        ssrcs: Sequence[int] = (),  # what the offer announced, in any order; RTX is told by payload type
    ) -> None:
        """Be ready for a stream. Its feedback (nack, pli or fir, remb, transport-cc) is read from `codecs`."""

    def add_sent(self, kind: StreamKind, stream: SentStream) -> None:
        """Report on `stream`, resend from it, and turn keyframe requests for it into events."""

    def remove_sent(self, kind: StreamKind) -> None:
        """The stream is sent no more; a BYE is queued for it."""

    def receive_rtp(self, packet: ReceivedPacket, now: float) -> None:
        """Take one packet. Frames that it completed are in `events_received`; sound went into `audio`."""

    def receive_rtcp(self, data: bytes, now: float) -> None:
        """Take one RTCP datagram (compound, or reduced-size)."""

    def handle_timer(self, now: float) -> None:
        """Reports, NACKs, keyframe requests and congestion feedback that are due."""

    def next_timer(self) -> float:
        """When `handle_timer` wants to be called; math.inf for never. Cheap: may be asked after every packet."""
        raise NotImplementedError

    def data_to_send(self) -> list[bytes]:
        """RTCP datagrams that wait to be sent, and forgets them."""
        raise NotImplementedError

    def events_received(self) -> list[Event]:
        """What happened since the last call."""
        raise NotImplementedError

    def request_keyframe(self, kind: StreamKind, now: float) -> None:
        """Ask the peer for a keyframe of a received stream (rate-limited; sent at once when it is time)."""

    def set_max_bitrate(self, bps: int) -> None:
        """The most that the peer should send in all video streams (REMB where negotiated); 0 takes the limit away."""

    def end(self) -> None:
        """Queue a BYE for all that is sent (RFC 3550 section 6.6)."""
