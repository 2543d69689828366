"""Datagrams to RTP packets and back in batches: UDP, address validation, SRTP, RTP headers, fan-out and repair.

Rules:
1. One thread at a time uses this module, else RuntimeError. A call with much to do lets go of the GIL; one with
   less than eight packets keeps it, as taking it back can cost more than the work.
2. Nothing raises for what a peer sent, except `parse_rtp`: bad packets are dropped and counted by reason.
3. Every table is bounded: paths per socket, SSRCs per transport, packets in a history.
"""

from array import array
from collections.abc import Callable, Mapping, Sequence
from typing import Final, final

from mcu._native.rtp_packet import RtpPacket

AUDIO_LEVEL: Final = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"  # RFC 6464
MID: Final = "urn:ietf:params:rtp-hdrext:sdes:mid"  # RFC 9143
ORIENTATION: Final = "urn:3gpp:video-orientation"  # 3GPP TS 26.114 clause 7.4.5
ABSOLUTE_SEND_TIME: Final = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
TRANSPORT_SEQUENCE: Final = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

PROFILES: Final[tuple[str, ...]]
"""DTLS-SRTP profiles that the libraries here do, out of KEY_SIZES, the cheapest first."""

KEY_SIZES: Final[Mapping[str, int]]
"""Bytes of master key plus master salt (RFC 3711, RFC 7714) of AEAD_AES_128_GCM, AEAD_AES_256_GCM and
AES_CM_128_HMAC_SHA1_80."""

MAX_DATAGRAM: Final[int]
"""Largest datagram received, in bytes; longer ones are dropped and counted as "oversized"."""

MAX_PAYLOAD: Final[int]
"""Largest RTP payload, in bytes, that fits an MTU of 1280 over IPv6 with all extensions, SRTP and RTX around it.

Payloads of one call to `send` go out in fewest system calls when all are equally long and only the last is shorter."""

BATCH: Final[int]
"""Most datagrams that one `MediaSocket.receive` returns."""

@final
class Path:
    """A pair of addresses on the media socket: where packets come from and which of our addresses they asked.

    With an empty `local_ip` the kernel picks our address, and `MediaSocket.bind` matches any of ours.
    Hashable and comparable; str() is "ip:port", "[ip]:port" for IPv6.
    """

    def __init__(self, ip: str, port: int, local_ip: str = "") -> None:
        """Numeric addresses only; "fe80::1%eth0" is understood. Raises ValueError."""
    @property
    def ip(self) -> str:
        """The peer's address: dotted for IPv4 on a dual-stack socket too."""
    @property
    def port(self) -> int: ...
    @property
    def local_ip(self) -> str: ...
    def __hash__(self) -> int: ...
    def __eq__(self, other: object) -> bool: ...

@final
class Datagram:
    """A STUN message from anybody, or a DTLS record from a bound path (told apart as in RFC 7983)."""

    @property
    def data(self) -> bytes: ...
    @property
    def path(self) -> Path: ...

@final
class Rtcp:
    """A compound RTCP packet, decrypted and authenticated; its parts are not checked yet."""

    @property
    def transport(self) -> SrtpTransport: ...
    @property
    def data(self) -> bytes: ...
    @property
    def arrival(self) -> float: ...

@final
class MediaSocket:
    """All media of an MP on one UDP socket. Answers leave from the address that was asked (IP_PKTINFO)."""

    def __init__(self, fd: int, *, max_paths: int = 4096) -> None:
        """`fd` is a bound UDP socket, dual-stack IPv6 or IPv4; made non-blocking; closed by the caller, afterwards."""
    def receive(self, now: float) -> list[RtpPacket | Rtcp | Datagram]:
        """Up to BATCH datagrams that wait, without the GIL; [] when none does or all were dropped.

        May leave some behind (`drained`): wait for readability level-triggered. What came earlier than `now` says so
        (`arrival`), by the kernel's clock.
        """
    def send(self, data: bytes, path: Path) -> bool:
        """One plain datagram, for STUN and DTLS. False when the kernel refused it, which is counted."""
    def bind(self, path: Path, transport: SrtpTransport | None) -> bool:
        """Let packets of a validated path in. With None only DTLS passes until keys are there; bind again then.

        False when `max_paths` are bound already, which is counted.
        """
    def unbind(self, path: Path) -> None:
        """Let only STUN pass from `path` again. Nothing happens when it was not bound."""
    @property
    def drained(self) -> bool:
        """The last call to `receive` took all that waited, whether it passed or was dropped."""
    @property
    def paths(self) -> int:
        """Number of paths bound now."""
    @property
    def counters(self) -> dict[str, int]:
        """Since the start.

        Datagrams: received, sent. Dropped: overflowed (by the kernel; known with the next datagram), oversized,
        malformed, dropped_unvalidated, dropped_unkeyed, srtp_failures, replayed, too_many_ssrcs,
        dropped_unknown (neither STUN, DTLS nor RTP), send_would_block, send_errors. Others: paths_refused,
        receive_calls, send_calls, segmented (datagrams that were sent as parts of a larger message).
        """

@final
class SrtpTransport:
    """The keys of one leg, both directions, the header extensions it agreed on, and where its packets go now."""

    owner: object
    """Whoever the packets are for: the leg. Set by the caller."""

    def __init__(self, profile: str, receive_key: bytes, send_key: bytes) -> None:
        """Keys are master key then master salt. The profile "" (keys empty) is plain RTP. Raises ValueError."""
    @property
    def profile(self) -> str: ...
    def set_extensions(self, received: Mapping[str, int], sent: Mapping[str, int]) -> None:
        """URI to id 1-255 (RFC 8285); unknown URIs are ignored. We write the one-byte form only: nothing is sent
        under an id above 14. Raises ValueError."""
    def select(self, socket: MediaSocket, path: Path) -> None:
        """Send over UDP to `path` from now on. Raises ValueError for an IPv6 path on an IPv4 socket."""
    def select_stream(self, write: Callable[[bytes], bool]) -> None:
        """Give each packet to `write` from now on (ICE-TCP); False from it means dropped, and is counted."""
    def deselect(self) -> None:
        """Send nowhere: packets are counted as sent_nowhere. So it is before the first select."""
    def receive_datagram(self, data: bytes, now: float) -> RtpPacket | Rtcp | None:
        """One SRTP or SRTCP packet that came over TCP. None when it was dropped, which is counted."""
    def send_rtcp(self, data: bytes) -> bool:
        """Protect and send one compound RTCP packet. False when it did not leave, which is counted."""
    def sent_records(self, base: int, count: int, into: array[float]) -> None:
        """What is known of `count` packets by their transport-wide sequence numbers, from `base` on. Of each four
        numbers of `into` the first three become that number, `now`, and the bytes as on RtpPacket.size, which are 0 for
        a packet that was not sent, or long ago. Raises ValueError where that does not fit."""
    @property
    def transport_sequence(self) -> int:
        """The transport-wide sequence number of the next packet."""
    @property
    def counters(self) -> dict[str, int]:
        """received, received_octets, sent, sent_octets, resent, repeats_refused, malformed, srtp_failures, replayed,
        too_many_ssrcs, sent_nowhere, send_failures. Octets are whole SRTP packets."""

@final
class SendStream:
    """One SSRC that we send (and its RTX twin): header state, and the last packets for repair."""

    def __init__(
        self,
        transport: SrtpTransport,
        *,
        ssrc: int,
        payload_type: int,
        clock_rate: int,
        mid: str = "",
        rtx_ssrc: int = 0,
        rtx_payload_type: int = 0,
        history: int = 512,
    ) -> None:
        """`mid` at most 16 ASCII characters, "" for none; `history` in packets, 0 to 1024. Raises ValueError,
        also for an SSRC that another stream had on this transport: its keys would meet the same numbers again.

        Sequence number and timestamp start at random (RFC 3550 section 5.1; sequence below 2**15, RFC 3711 3.3.1).
        """
    @property
    def transport(self) -> SrtpTransport: ...
    @property
    def ssrc(self) -> int: ...
    @property
    def rtx_ssrc(self) -> int: ...
    @property
    def payload_type(self) -> int: ...
    @property
    def clock_rate(self) -> int: ...
    @property
    def mid(self) -> str: ...
    @property
    def sequence_number(self) -> int:
        """Of the next packet."""
    @property
    def timestamp_offset(self) -> int:
        """What is added, modulo 2**32, to the timestamps given to `send`."""
    @property
    def last_timestamp(self) -> int:
        """RTP timestamp of the last packet, as on the wire."""
    @property
    def last_sent(self) -> float:
        """`now` of the last packet; 0.0 before the first."""
    @property
    def packets(self) -> int:
        """For sender reports: packets sent, repairs not included."""
    @property
    def octets(self) -> int:
        """For sender reports: payload bytes sent, repairs not included."""
    @property
    def resent(self) -> int:
        """Packets repeated for NACKs."""
    @property
    def rtx_octets(self) -> int:
        """Payload bytes sent on rtx_ssrc."""
    def resend(self, sequence_numbers: Sequence[int], now: float) -> int:
        """Repeat packets that are still in the history: as RTX (RFC 4588) with an rtx_ssrc, else bit by bit.

        A packet goes at most once per 20 ms, and repairs never exceed the bytes sent before; what is
        refused is counted in the transport as repeats_refused. Returns packets sent.
        """

def send(
    payloads: Sequence[bytes],
    *,
    timestamp: int,
    streams: Sequence[SendStream],
    now: float,
    marker_last: bool = True,
    audio_level: int = -1,
    voice: bool = False,
) -> int:
    """Send the same payloads on every stream: header, extensions, protection, then as few system calls as possible.

    `timestamp` is in the streams' clock rate, any integer; each stream adds its own offset. `marker_last` sets the
    marker on the last payload. Payloads of 1 to MAX_PAYLOAD + 200 bytes. Returns packets handed to the network;
    others are counted where they were lost. Raises ValueError for arguments out of range.
    """

def send_each(sendings: Sequence[tuple[bytes, int, Sequence[SendStream]]], *, now: float) -> int:
    """Several payloads, each with its own timestamp and streams, in one batch of system calls; no marker, no level.
    For the rest as `send`."""

def parse_rtp(data: bytes, extensions: Mapping[str, int] | None = None, arrival: float = 0.0) -> RtpPacket:
    """The unprotected RTP packet in `data`; `extensions` is URI to id. Raises ProtocolError and nothing else."""

def build_rtp(
    payload: bytes,
    *,
    payload_type: int,
    sequence_number: int,
    timestamp: int,
    ssrc: int,
    marker: bool = False,
    extensions: Mapping[str, int] | None = None,
    mid: str = "",
    transport_sequence: int = -1,
    absolute_send_time: int = -1,
    audio_level: int = -1,
    voice: bool = False,
    orientation: int = -1,
) -> bytes:
    """An unprotected RTP packet written by the code that `send` uses; the inverse of `parse_rtp`. Raises ValueError."""
