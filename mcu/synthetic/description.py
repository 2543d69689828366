"""The offer of a synthetic participant, and what it needs of the answer."""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mcu._native.packets import ABSOLUTE_SEND_TIME, AUDIO_LEVEL, MID, TRANSPORT_SEQUENCE
from mcu.errors import ProtocolError
from mcu.media.types import CodecParameters, StreamKind
from mcu.synthetic.ice import Address
from mcu.webrtc import sdp_offer
from mcu.webrtc.ice_lite import Credentials
from mcu.webrtc.sdp_offer import DtlsRole, Fingerprint, MediaOffer

MIDS = {StreamKind.AUDIO: "0", StreamKind.MAIN: "1", StreamKind.CONTENT: "2"}
VIDEO_EXTENSIONS = {ABSOLUTE_SEND_TIME: 2, TRANSPORT_SEQUENCE: 3, MID: 4}
EXTENSIONS = {
    StreamKind.AUDIO: {AUDIO_LEVEL: 1, **VIDEO_EXTENSIONS},
    StreamKind.MAIN: VIDEO_EXTENSIONS,
    StreamKind.CONTENT: VIDEO_EXTENSIONS,
}
# (of those who send, of viewers), as the web client has it but for content, which only who `takes_content` receives
DIRECTIONS = {
    StreamKind.AUDIO: ("sendrecv", "recvonly"),
    StreamKind.MAIN: ("sendrecv", "recvonly"),
    StreamKind.CONTENT: ("sendonly", "inactive"),
}
CONTENT_TAKEN = ("sendrecv", "recvonly")
ONE_WAY = ("sendonly", "recvonly")  # of sound and main picture, all that WHIP and WHEP have (RFC 9725 section 4.2)
HOST_PRIORITY = 126 << 24 | 65_535 << 8 | 255  # of a host candidate (RFC 8445 section 5.1.2.1)
VIDEO_FEEDBACK = ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")
AUDIO_LINES = (
    "a=rtpmap:111 opus/48000/2",
    "a=rtcp-fb:111 transport-cc",
    "a=fmtp:111 minptime=10;useinbandfec=1",
)
VIDEO_LINES = {
    "VP8": ("a=rtpmap:96 VP8/90000",),
    "H264": (
        "a=rtpmap:96 H264/90000",
        "a=fmtp:96 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
    ),
}
MAX_CANDIDATES = 8  # of the peer that are checked


@dataclass(frozen=True, slots=True)
class LocalStreams:
    """The SSRCs that a participant sends under, and its name in RTCP."""

    cname: str
    ssrcs: Mapping[StreamKind, tuple[int, int]]  # media and RTX, the latter unused for sound

    @classmethod
    def choose(cls, seed: str) -> LocalStreams:
        chance = random.Random(f"ssrc {seed}")
        ssrcs = {kind: (chance.randrange(1, 1 << 32), chance.randrange(1, 1 << 32)) for kind in MIDS}
        return cls(cname=f"{chance.getrandbits(64):016x}", ssrcs=ssrcs)

    @property
    def reports(self) -> int:
        """The SSRC that RTCP comes from."""
        return self.ssrcs[StreamKind.AUDIO][0]

    def of(self, kind: StreamKind) -> tuple[int, int]:
        """(media, RTX)"""
        return self.ssrcs[kind]


@dataclass(frozen=True, slots=True)
class OfferParts:
    """What an offer is written from. `sends` False makes a viewer's offer."""

    credentials: Credentials
    fingerprint: Fingerprint
    streams: LocalStreams
    codec: str = "VP8"  # of pictures; "" for sound alone
    sends: bool = True
    takes_content: bool = False  # a screen that others share, as a stream of its own
    one_way: bool = False  # as WHIP and WHEP have it
    addresses: tuple[Address, ...] = ()  # ours, where the server has to know them; without any, it learns them by ICE
    version: int = 1

    @property
    def kinds(self) -> tuple[StreamKind, ...]:
        """What is offered."""
        if self.one_way:
            return StreamKind.AUDIO, StreamKind.MAIN
        return tuple(MIDS) if self.codec else (StreamKind.AUDIO,)

    def direction(self, kind: StreamKind) -> str:
        """Of one of them."""
        if self.one_way:
            directions = ONE_WAY
        else:
            taken = self.takes_content and kind is StreamKind.CONTENT
            directions = CONTENT_TAKEN if taken else DIRECTIONS[kind]
        return directions[0 if self.sends else 1]


@dataclass(frozen=True, slots=True)
class AnsweredStream:
    """One accepted section of the answer."""

    codecs: Mapping[int, CodecParameters]  # RTX included
    extensions: Mapping[str, int]
    ssrcs: tuple[int, ...]
    direction: str  # the server's view

    def payload_type(self, *, rtx: bool = False) -> int:
        """Of the codec or of its RTX; 0 when there is none."""
        return next((number for number, codec in self.codecs.items() if (codec.name == "rtx") is rtx), 0)


@dataclass(frozen=True, slots=True)
class Answer:
    """The server's side of the connection."""

    credentials: Credentials
    fingerprints: tuple[Fingerprint, ...]
    candidates: tuple[Address, ...]  # UDP, best first
    reduced_size: bool
    role: DtlsRole = DtlsRole.CLIENT  # ours
    streams: Mapping[StreamKind, AnsweredStream] = field(default_factory=dict)


def write_offer(parts: OfferParts) -> str:
    """The SDP text: audio, and with a codec main video and content video, on one transport."""
    lines = ["v=0", f"o=- {parts.streams.reports} {parts.version} IN IP4 127.0.0.1", "s=-", "t=0 0"]
    bundle = " ".join(MIDS[kind] for kind in parts.kinds)
    lines += [f"a=group:BUNDLE {bundle}", "a=extmap-allow-mixed", "a=msid-semantic: WMS *"]
    for kind in parts.kinds:
        lines += _section(kind, parts)
    return "".join(f"{line}\r\n" for line in lines)


def read_answer(text: str) -> Answer:
    """Raises ProtocolError when the answer cannot be used."""
    description = sdp_offer.parse(text)
    accepted = [section for section in description.media if not section.disabled]
    if not accepted:
        raise ProtocolError("answer: everything was refused")
    first = accepted[0]
    kinds = {mid: kind for kind, mid in MIDS.items()}
    return Answer(
        credentials=Credentials(first.ufrag, first.password),
        fingerprints=tuple(first.fingerprints),
        candidates=_candidates(text),
        reduced_size=all(section.rtcp_reduced_size for section in accepted),
        role=_role(first.setup),
        streams={kinds[section.mid]: _answered(section) for section in accepted if section.mid in kinds},
    )


def _section(kind: StreamKind, parts: OfferParts) -> Iterator[str]:
    is_audio = kind is StreamKind.AUDIO
    yield f"m={'audio' if is_audio else 'video'} 9 UDP/TLS/RTP/SAVPF {'111' if is_audio else '96 97'}"
    yield "c=IN IP4 0.0.0.0"
    yield f"a=mid:{MIDS[kind]}"
    yield f"a={parts.direction(kind)}"
    yield f"a=ice-ufrag:{parts.credentials.ufrag}"
    yield f"a=ice-pwd:{parts.credentials.password}"
    if not parts.addresses:
        yield "a=ice-options:trickle"
    for number, (ip, port) in enumerate(parts.addresses, 1):
        yield f"a=candidate:{number} 1 udp {HOST_PRIORITY - (number << 8)} {ip} {port} typ host"
    yield f"a=fingerprint:{parts.fingerprint.algorithm} {parts.fingerprint.value}"
    yield "a=setup:actpass"
    yield "a=rtcp-mux"
    yield "a=rtcp-rsize"
    for uri, number in EXTENSIONS[kind].items():
        yield f"a=extmap:{number} {uri}"
    yield from AUDIO_LINES if is_audio else _video_lines(parts.codec)
    if parts.sends:
        yield from _sources(kind, parts.streams)


def _video_lines(codec: str) -> Iterator[str]:
    yield from VIDEO_LINES[codec]
    for feedback in VIDEO_FEEDBACK:
        yield f"a=rtcp-fb:96 {feedback}"
    yield "a=rtpmap:97 rtx/90000"
    yield "a=fmtp:97 apt=96"


def _sources(kind: StreamKind, streams: LocalStreams) -> Iterator[str]:
    yield f"a=msid:{streams.cname} {kind}"
    media, rtx = streams.of(kind)
    if kind is not StreamKind.AUDIO:
        yield f"a=ssrc-group:FID {media} {rtx}"
        yield f"a=ssrc:{rtx} cname:{streams.cname}"
    yield f"a=ssrc:{media} cname:{streams.cname}"


def _answered(section: MediaOffer) -> AnsweredStream:
    return AnsweredStream(
        codecs={codec.payload_type: codec for codec in section.codecs},
        extensions=dict(section.extensions),
        ssrcs=tuple(section.ssrcs),
        direction=section.direction,
    )


def _role(setup: str) -> DtlsRole:
    """Ours, by what the answer says (RFC 5763 section 5; what it says without a word, RFC 4145 section 4)."""
    match setup:
        case "active":
            return DtlsRole.SERVER
        case "passive" | "":
            return DtlsRole.CLIENT
        case _:
            raise ProtocolError(f"answer: a=setup:{setup} leaves open who begins")


def _candidates(text: str) -> tuple[Address, ...]:
    """UDP candidates by falling priority (RFC 8839 section 5.1); names instead of addresses are passed over."""
    found: dict[Address, int] = {}
    for line in text.splitlines():
        if not line.startswith("a=candidate:"):
            continue
        words = line.removeprefix("a=candidate:").split()
        if len(words) < 6 or words[2].lower() != "udp" or not (words[3].isdecimal() and words[5].isdecimal()):
            continue
        if words[1] != "1":  # RTCP beside RTP: we have offered both on one port
            continue
        try:
            ip = str(ipaddress.ip_address(words[4]))
        except ValueError:
            continue
        found.setdefault((ip, int(words[5])), int(words[3]))
    ordered = sorted(found, key=lambda address: -found[address])
    return tuple(ordered[:MAX_CANDIDATES])
