"""RTCP packets: RFC 3550 reports, RFC 4585 and RFC 5104 feedback, REMB, transport-wide feedback as opaque data.

Rules:
1. `parse` takes one datagram, compound or reduced-size (RFC 5506), and raises ProtocolError for any flaw in it.
2. Types nobody here needs become `Unknown`; of source descriptions only the CNAME is kept.
3. `serialize` of what `parse` gave is the same packet again.
4. The most frequent packets have C fields (rtcp.pxd) in place of slots.
5. How much a peer may have read is not decided here: that is for mcu.media.rtcp_allowance.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from mcu.errors import ProtocolError

VERSION = 2
MAX_REPORT_BLOCKS = 31  # five bits of count
MAX_LOST_INT24 = (1 << 23) - 1
MAX_REMB_MANTISSA = (1 << 18) - 1
MAX_REMB_BITRATE = 1 << 40  # bit/s: more says nothing, and a peer may write up to 2^81
MAX_NAME_ITEMS = 64  # of one source description: there are nine kinds, and a peer has a few sources
MAX_NACK_NUMBERS = 512  # looked at in one NACK: as many packets as a SendStream remembers

PT_SENDER_REPORT, PT_RECEIVER_REPORT, PT_SOURCE_DESCRIPTION, PT_GOODBYE = 200, 201, 202, 203
PT_TRANSPORT_FEEDBACK, PT_PAYLOAD_FEEDBACK = 205, 206
FMT_NACK, FMT_TRANSPORT_WIDE = 1, 15  # of RTPFB
PADDING = 0x20  # the bit of the first octet
TRANSPORT_WIDE_FIRST = VERSION << 6 | FMT_TRANSPORT_WIDE  # octet, without padding
FMT_PLI, FMT_FIR, FMT_APPLICATION = 1, 4, 15  # of PSFB
SDES_END, SDES_CNAME = 0, 1

_HEADER = struct.Struct("!BBH")
_WORD = struct.Struct("!I")
_TWO_WORDS = struct.Struct("!II")
_BLOCK = struct.Struct("!IIIIII")
_SENDER_INFO = struct.Struct("!IQIII")
_NACK_ITEM = struct.Struct("!HH")
_FIR_ITEM = struct.Struct("!IB3x")


@dataclass(frozen=True)
class ReportBlock:
    """What one receiver says of one source (RFC 3550 section 6.4.1)."""

    ssrc: int
    fraction_lost: int  # of 256, since the previous report
    packets_lost: int  # signed 24 bits
    highest_sequence: int  # extended, 32 bits
    jitter: int  # timestamp units
    last_sr: int  # middle 32 bits of the NTP time of the last sender report; 0 if none
    delay_since_last_sr: int  # 1/65536 s

    def serialize(self) -> bytes:
        lost = max(-MAX_LOST_INT24 - 1, min(MAX_LOST_INT24, self.packets_lost)) & 0xFFFFFF
        return _BLOCK.pack(
            self.ssrc,
            self.fraction_lost << 24 | lost,
            self.highest_sequence,
            self.jitter,
            self.last_sr,
            self.delay_since_last_sr,
        )


@dataclass(frozen=True)
class SenderReport:
    ssrc: int
    ntp: int  # 64-bit NTP time: seconds in the high, fraction in the low half
    rtp_timestamp: int
    packets: int
    octets: int
    reports: tuple[ReportBlock, ...] = ()

    def serialize(self) -> bytes:
        info = _SENDER_INFO.pack(self.ssrc, self.ntp, self.rtp_timestamp, self.packets, self.octets)
        return _packet(PT_SENDER_REPORT, len(self.reports), info + b"".join([b.serialize() for b in self.reports]))


@dataclass(frozen=True)
class ReceiverReport:
    ssrc: int
    reports: tuple[ReportBlock, ...] = ()

    def serialize(self) -> bytes:
        body = _WORD.pack(self.ssrc) + b"".join([block.serialize() for block in self.reports])
        return _packet(PT_RECEIVER_REPORT, len(self.reports), body)


@dataclass(frozen=True)
class SourceDescription:
    """CNAME of each source: pairs (ssrc, cname)."""

    names: tuple[tuple[int, str], ...]

    def serialize(self) -> bytes:
        chunks = bytearray()
        for ssrc, name in self.names:
            encoded = name.encode()[:255]
            chunks += _WORD.pack(ssrc) + bytes((SDES_CNAME, len(encoded))) + encoded + b"\0"
            chunks += bytes(-len(chunks) % 4)
        return _packet(PT_SOURCE_DESCRIPTION, len(self.names), bytes(chunks))


@dataclass(frozen=True, slots=True)
class Goodbye:
    ssrcs: tuple[int, ...]

    def serialize(self) -> bytes:
        return _packet(PT_GOODBYE, len(self.ssrcs), struct.pack(f"!{len(self.ssrcs)}I", *self.ssrcs))


@dataclass(frozen=True)
class Nack:
    """Generic NACK (RFC 4585 section 6.2.1), its items as on the wire: reading them pays only for what we do send."""

    sender_ssrc: int
    media_ssrc: int
    items: bytes

    @classmethod
    def of(cls, sender_ssrc: int, media_ssrc: int, lost: Sequence[int]) -> Nack:
        """`lost` are 16-bit sequence numbers in rising order, around the wrap as well."""
        return cls(sender_ssrc, media_ssrc, b"".join(_nack_items(lost)))

    @property
    def item_count(self) -> int:
        """There are at least so many numbers, repeated ones included."""
        return len(self.items) // _NACK_ITEM.size

    @property
    def lost(self) -> tuple[int, ...]:
        """The 16-bit sequence numbers, each once; of a NACK about more than MAX_NACK_NUMBERS the first."""
        return _lost_numbers(self.items)

    def serialize(self) -> bytes:
        return _feedback(PT_TRANSPORT_FEEDBACK, FMT_NACK, self, self.items)


@dataclass(frozen=True, slots=True)
class PictureLoss:
    """PLI (RFC 4585 section 6.3.1)."""

    sender_ssrc: int
    media_ssrc: int

    def serialize(self) -> bytes:
        return _feedback(PT_PAYLOAD_FEEDBACK, FMT_PLI, self, b"")


@dataclass(frozen=True, slots=True)
class FullIntraRequest:
    """FIR (RFC 5104 section 4.3.1): pairs (ssrc of the media sender, command sequence number)."""

    sender_ssrc: int
    requests: tuple[tuple[int, int], ...]
    media_ssrc: int = 0  # unused on the wire by definition

    def serialize(self) -> bytes:
        items = b"".join(_FIR_ITEM.pack(ssrc, number & 0xFF) for ssrc, number in self.requests)
        return _feedback(PT_PAYLOAD_FEEDBACK, FMT_FIR, self, items)


@dataclass(frozen=True, slots=True)
class EstimatedMaximumBitrate:
    """REMB (draft-alvestrand-rmcat-remb): bits per second for the sum of `ssrcs`."""

    sender_ssrc: int
    bitrate: int
    ssrcs: tuple[int, ...]
    media_ssrc: int = 0  # unused on the wire by definition

    def serialize(self) -> bytes:
        exponent = max(0, self.bitrate.bit_length() - MAX_REMB_MANTISSA.bit_length())
        word = len(self.ssrcs) << 24 | exponent << 18 | self.bitrate >> exponent
        body = b"REMB" + _WORD.pack(word) + struct.pack(f"!{len(self.ssrcs)}I", *self.ssrcs)
        return _feedback(PT_PAYLOAD_FEEDBACK, FMT_APPLICATION, self, body)


@dataclass(frozen=True)
class TransportFeedback:
    """Transport-wide congestion control feedback; mcu.media.transport_feedback reads and writes `data`."""

    sender_ssrc: int
    media_ssrc: int
    data: bytes

    def serialize(self) -> bytes:
        return _feedback(PT_TRANSPORT_FEEDBACK, FMT_TRANSPORT_WIDE, self, self.data)


@dataclass(frozen=True, slots=True)
class Unknown:
    packet_type: int
    count: int  # or format
    body: bytes

    def serialize(self) -> bytes:
        return _packet(self.packet_type, self.count, self.body)


Feedback = Nack | PictureLoss | FullIntraRequest | EstimatedMaximumBitrate | TransportFeedback
Packet = SenderReport | ReceiverReport | SourceDescription | Goodbye | Feedback | Unknown


def serialize(packets: Iterable[Packet]) -> bytes:
    """One datagram of several packets."""
    return b"".join(packet.serialize() for packet in packets)


def parse(data: bytes) -> list[Packet]:
    """The packets of one datagram (RFC 3550 appendix A.2, any packet first). Raises ProtocolError."""
    packets: list[Packet] = []
    position = 0
    while position < len(data):
        if len(data) - position < 4:
            raise ProtocolError("RTCP: header cut short")
        first, packet_type, words = _HEADER.unpack_from(data, position)
        end = position + 4 * (words + 1)
        if first >> 6 != VERSION or not 192 <= packet_type <= 223 or end > len(data):
            raise ProtocolError("RTCP: bad version, type or length")
        body = data[position + 4 : end]
        if first & PADDING:
            if not body or not 0 < body[-1] <= len(body):
                raise ProtocolError("RTCP: bad padding")
            body = body[: -body[-1]]
        count = first & 0x1F
        parser = _PARSERS.get((packet_type, count)) or _PARSERS.get((packet_type, None))
        try:
            packets.append(parser(count, body) if parser else Unknown(packet_type, count, body))
        except (struct.error, IndexError) as error:
            raise ProtocolError(f"RTCP: packet type {packet_type} cut short") from error
        position = end
    return packets


def transport_wide(data: bytes) -> bytes | None:
    """The feedback control information of a datagram that is transport-wide feedback and nothing else, else None."""
    end = len(data)
    if end < 12 or data[0] & ~PADDING != TRANSPORT_WIDE_FIRST or data[1] != PT_TRANSPORT_FEEDBACK:
        return None
    if 4 * ((data[2] << 8 | data[3]) + 1) != end:
        return None
    if data[0] & PADDING:
        padding = data[end - 1]
        if not 0 < padding <= end - 12:
            return None
        end -= padding
    return data[12:end]


def _parse_blocks(count: int, body: bytes, offset: int) -> tuple[ReportBlock, ...]:
    blocks = []
    for index in range(count):
        ssrc, loss, highest, jitter, last_sr, delay = _BLOCK.unpack_from(body, offset + index * _BLOCK.size)
        lost = loss & 0xFFFFFF
        lost -= (lost & 0x800000) << 1
        blocks.append(ReportBlock(ssrc, loss >> 24, lost, highest, jitter, last_sr, delay))
    return tuple(blocks)


def _parse_sender_report(count: int, body: bytes) -> SenderReport:
    ssrc, ntp, timestamp, packets, octets = _SENDER_INFO.unpack_from(body)
    return SenderReport(ssrc, ntp, timestamp, packets, octets, _parse_blocks(count, body, _SENDER_INFO.size))


def _parse_receiver_report(count: int, body: bytes) -> ReceiverReport:
    return ReceiverReport(_WORD.unpack_from(body)[0], _parse_blocks(count, body, _WORD.size))


def _parse_source_description(count: int, body: bytes) -> SourceDescription:
    names = []
    position = items = 0
    for _ in range(count):
        (ssrc,) = _WORD.unpack_from(body, position)
        position += 4
        name = ""
        while body[position] != SDES_END:
            kind, length = body[position], body[position + 1]
            value = body[position + 2 : position + 2 + length]
            position += 2 + length
            items += 1
            if items > MAX_NAME_ITEMS:
                raise ProtocolError("RTCP: too many items in a source description")
            if kind == SDES_CNAME:
                name = value.decode(errors="replace")
        position += 4 - position % 4  # at least one end octet, up to the next word
        names.append((ssrc, name))
    return SourceDescription(tuple(names))


def _parse_goodbye(count: int, body: bytes) -> Goodbye:
    return Goodbye(struct.unpack_from(f"!{count}I", body))


def _parse_nack(_: int, body: bytes) -> Nack:
    sender, media = _TWO_WORDS.unpack_from(body)
    items = body[8:]
    if len(items) % _NACK_ITEM.size:
        raise ProtocolError("RTCP: feedback items cut short")
    return Nack(sender, media, items)


def _parse_pli(_: int, body: bytes) -> PictureLoss:
    return PictureLoss(*_TWO_WORDS.unpack_from(body))


def _parse_fir(_: int, body: bytes) -> FullIntraRequest:
    sender, media = _TWO_WORDS.unpack_from(body)
    return FullIntraRequest(sender, tuple((ssrc, number) for ssrc, number in _items(_FIR_ITEM, body)), media)


def _parse_application(count: int, body: bytes) -> Packet:
    sender, media = _TWO_WORDS.unpack_from(body)
    if body[8:12] != b"REMB":
        return Unknown(PT_PAYLOAD_FEEDBACK, count, body)
    (word,) = _WORD.unpack_from(body, 12)
    ssrcs = struct.unpack_from(f"!{word >> 24}I", body, 16)
    bitrate = (word & MAX_REMB_MANTISSA) << (word >> 18 & 0x3F)
    return EstimatedMaximumBitrate(sender, min(bitrate, MAX_REMB_BITRATE), ssrcs, media)


def _parse_transport_wide(_: int, body: bytes) -> TransportFeedback:
    sender, media = _TWO_WORDS.unpack_from(body)
    return TransportFeedback(sender, media, body[8:])


_PARSERS: dict[tuple[int, int | None], Callable[[int, bytes], Packet]] = {
    (PT_SENDER_REPORT, None): _parse_sender_report,
    (PT_RECEIVER_REPORT, None): _parse_receiver_report,
    (PT_SOURCE_DESCRIPTION, None): _parse_source_description,
    (PT_GOODBYE, None): _parse_goodbye,
    (PT_TRANSPORT_FEEDBACK, FMT_NACK): _parse_nack,
    (PT_TRANSPORT_FEEDBACK, FMT_TRANSPORT_WIDE): _parse_transport_wide,
    (PT_PAYLOAD_FEEDBACK, FMT_PLI): _parse_pli,
    (PT_PAYLOAD_FEEDBACK, FMT_FIR): _parse_fir,
    (PT_PAYLOAD_FEEDBACK, FMT_APPLICATION): _parse_application,
}


def _items(layout: struct.Struct, body: bytes) -> Iterable[tuple[int, ...]]:
    """The feedback control items after the two SSRCs."""
    items = body[8:]
    if len(items) % layout.size:
        raise ProtocolError("RTCP: feedback items cut short")
    return layout.iter_unpack(items)


def _lost_numbers(items: bytes) -> tuple[int, ...]:
    """What NACK items ask for. Numbers that come again are looked at as well, and count towards the most."""
    found: dict[int, None] = {}
    looked_at, most = 0, MAX_NACK_NUMBERS
    for position in range(0, len(items), 4):
        number = items[position] << 8 | items[position + 1]
        bits = (items[position + 2] << 8 | items[position + 3]) << 1 | 1  # the number itself and the 16 after it
        while bits:
            if looked_at >= most:
                return tuple(found)
            if bits & 1:
                found[number] = None
                looked_at += 1
            number = (number + 1) & 0xFFFF
            bits >>= 1
    return tuple(found)


def _nack_items(lost: Sequence[int]) -> Iterable[bytes]:
    """Pack sequence numbers into (first, bitmask of the 16 after it); no item spans the wrap, which aiortc misreads."""
    index = 0
    while index < len(lost):
        first = lost[index]
        mask = 0
        index += 1
        while index < len(lost) and 1 <= (step := lost[index] - first) <= 16:
            mask |= 1 << (step - 1)
            index += 1
        yield _NACK_ITEM.pack(first, mask)


def _packet(packet_type: int, count: int, body: bytes) -> bytes:
    """Header and body; a body that is not a number of words gets RTCP padding."""
    padding = -len(body) % 4
    if padding:
        body += bytes(padding - 1) + bytes((padding,))
    first = VERSION << 6 | (PADDING if padding else 0) | count
    return _HEADER.pack(first, packet_type, len(body) // 4) + body


def _feedback(packet_type: int, fmt: int, packet: Feedback, items: bytes) -> bytes:
    return _packet(packet_type, fmt, _TWO_WORDS.pack(packet.sender_ssrc, packet.media_ssrc) + items)
