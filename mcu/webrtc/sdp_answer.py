"""The answer (RFC 8866, RFC 8829 section 5.3) to a negotiated offer, line by line in the order of the grammar."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mcu.media.types import CodecParameters, StreamKind
from mcu.webrtc.ice_lite import Credentials
from mcu.webrtc.sdp_negotiation import NegotiatedStream, Negotiation
from mcu.webrtc.sdp_offer import DtlsRole, Fingerprint, MediaOffer

HOST_PREFERENCE = 126  # type preference of host candidates (RFC 8445 section 5.1.2.2)
TCP_PREFERENCE = 90  # ICE-TCP is for networks without UDP: below every UDP candidate (RFC 6544 section 4.2)
TCP_PASSIVE = 4 << 13  # direction preference of passive host candidates, as a local preference (same section)

# (received, sent) to the answer's direction, which is the server's view.
DIRECTIONS = {
    (True, True): "sendrecv",
    (True, False): "recvonly",
    (False, True): "sendonly",
    (False, False): "inactive",
}


SETUPS = {DtlsRole.SERVER: "passive", DtlsRole.CLIENT: "active"}


@dataclass(frozen=True, slots=True)
class SentSource:
    """The SSRCs under which the server sends one stream; `rtx_ssrc` is 0 without RTX."""

    ssrc: int
    rtx_ssrc: int = 0


@dataclass(frozen=True, slots=True)
class LocalDescription:
    """Everything about this server that an answer tells."""

    session_id: int
    version: int
    addresses: Sequence[str]  # advertised, most preferred first
    port: int
    tcp: bool  # is there a listener for ICE-TCP on the same port?
    credentials: Credentials
    fingerprint: Fingerprint
    dtls_role: DtlsRole
    cname: str
    sources: Mapping[StreamKind, SentSource]


def build(negotiation: Negotiation, local: LocalDescription) -> str:
    """The answer's text."""
    by_index = {stream.index: stream for stream in negotiation.streams}
    lines = list(_session(negotiation, local))
    for index, section in enumerate(negotiation.offer.media):
        stream = by_index.get(index)
        if stream is None:
            lines += _rejected(section)
        else:
            lines += _accepted(section, stream, local)
            if stream is negotiation.streams[0]:
                lines += candidates(local.addresses, local.port, tcp=local.tcp)
    return "".join(f"{line}\r\n" for line in lines)


def candidates(addresses: Sequence[str], port: int, *, tcp: bool) -> Iterator[str]:
    """Attribute lines for our candidates (RFC 8839 section 5.1, RFC 6544 section 4.5), then the end of them."""
    for order, address in enumerate(addresses):
        priority = _priority(HOST_PREFERENCE, 65_535 - order)
        yield f"a=candidate:u{order} 1 udp {priority} {address} {port} typ host"
    for order, address in enumerate(addresses if tcp else ()):
        priority = _priority(TCP_PREFERENCE, TCP_PASSIVE + 8_191 - order)
        yield f"a=candidate:t{order} 1 tcp {priority} {address} {port} typ host tcptype passive"
    yield "a=end-of-candidates"


def _session(negotiation: Negotiation, local: LocalDescription) -> Iterator[str]:
    yield "v=0"
    yield f"o=- {local.session_id} {local.version} IN IP4 0.0.0.0"
    yield "s=-"
    yield "t=0 0"
    mids = [stream.mid for stream in negotiation.streams if stream.mid is not None]
    if negotiation.offer.bundles and mids:
        yield f"a=group:BUNDLE {' '.join(mids)}"
    yield "a=ice-lite"
    yield "a=msid-semantic: WMS *"


def _accepted(section: MediaOffer, stream: NegotiatedStream, local: LocalDescription) -> Iterator[str]:
    address = local.addresses[0]
    formats = " ".join(str(payload_type) for payload_type in stream.codecs)
    yield f"m={section.kind} {local.port} {section.protocol} {formats}"
    yield f"c=IN IP{ipaddress.ip_address(address).version} {address}"
    if stream.mid is not None:
        yield f"a=mid:{stream.mid}"
    yield f"a={DIRECTIONS[stream.received, stream.sent]}"
    yield f"a=ice-ufrag:{local.credentials.ufrag}"
    yield f"a=ice-pwd:{local.credentials.password}"
    yield "a=ice-options:trickle"
    yield f"a=fingerprint:{local.fingerprint.algorithm} {local.fingerprint.value}"
    yield f"a=setup:{SETUPS[local.dtls_role]}"
    yield "a=rtcp-mux"
    if section.rtcp_reduced_size:
        yield "a=rtcp-rsize"
    for uri, number in stream.extensions.items():
        yield f"a=extmap:{number} {uri}"
    for codec in stream.codecs.values():
        yield from _codec(codec)
    source = local.sources.get(stream.kind)
    if stream.sent and source is not None:
        yield from _source(stream.kind, source, local.cname)


def _codec(codec: CodecParameters) -> Iterator[str]:
    channels = f"/{codec.channels}" if codec.channels > 1 else ""
    yield f"a=rtpmap:{codec.payload_type} {codec.name}/{codec.clock_rate}{channels}"
    for feedback in sorted(codec.feedback):
        yield f"a=rtcp-fb:{codec.payload_type} {feedback}"
    if codec.parameters:
        parameters = ";".join(f"{name}={value}" for name, value in codec.parameters.items())
        yield f"a=fmtp:{codec.payload_type} {parameters}"


def _source(kind: StreamKind, source: SentSource, cname: str) -> Iterator[str]:
    """One media stream for sound and main picture, so that the receiver keeps them in step (RFC 8830); content has its
    own, because a browser keeps one picture in step with a sound, not two."""
    yield f"a=msid:{f'{cname}-content' if kind is StreamKind.CONTENT else cname} {kind}"
    if source.rtx_ssrc:
        yield f"a=ssrc-group:FID {source.ssrc} {source.rtx_ssrc}"
    for ssrc in filter(None, (source.ssrc, source.rtx_ssrc)):
        yield f"a=ssrc:{ssrc} cname:{cname}"


def _rejected(section: MediaOffer) -> Iterator[str]:
    yield f"m={section.kind} 0 {section.protocol} {' '.join(section.formats)}"
    yield "c=IN IP4 0.0.0.0"
    if section.mid is not None:
        yield f"a=mid:{section.mid}"
    yield "a=inactive"


def _priority(type_preference: int, local_preference: int) -> int:
    """RFC 8445 section 5.1.2.1, for component 1."""
    return type_preference << 24 | local_preference << 8 | 255
