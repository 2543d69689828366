"""An SDP offer (RFC 8866) as values: what the peer said, bounded and checked for form, not yet judged.

Rules:
1. `parse` raises ProtocolError and nothing else, in time linear in the size of its input.
2. Attributes that the server has no use for (candidates, simulcast, control...) are passed over, not stored.
3. What may stand at session level and hold for every media section has been copied down (ICE, DTLS, direction).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from mcu.errors import ProtocolError
from mcu.media.types import CodecParameters

MAX_CHARACTERS = 65_536  # the largest real offer seen, Chromium with 16 sections, has about 50 000
MAX_LINES = 3_000  # the same offer has about 1 500
MAX_LINE_CHARACTERS = 4_096
MAX_MEDIA = 16  # we use three
MAX_ICE_CHARACTERS = 256  # RFC 8839 section 5.4
MAX_MID_CHARACTERS = 64  # browsers number them
MAX_SSRCS = 32  # per section: three simulcast layers with RTX and FEC come to nine

# Payload types 64-95 cannot be told from RTCP on a shared port (RFC 5761 section 4).
USABLE_PAYLOAD_TYPES = frozenset((*range(64), *range(96, 128)))
STATIC_PAYLOAD_TYPES = {"0": "PCMU/8000", "8": "PCMA/8000"}  # RFC 3551 section 6; may come without rtpmap
CODEC_NAMES = {
    name.lower(): name for name in ("opus", "PCMU", "PCMA", "VP8", "H264", "rtx")
}  # as CodecParameters has them
DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")

_INHERITED = ("ice-ufrag", "ice-pwd", "fingerprint", "setup")
_Attributes = dict[str, list[str]]


class DtlsRole(StrEnum):
    """Our part in the DTLS handshake (RFC 5763 section 5)."""

    SERVER = "server"  # a=setup:passive
    CLIENT = "client"  # a=setup:active


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The hash of a DTLS certificate (RFC 8122 section 5): algorithm in lower case, value in upper case with colons."""

    algorithm: str
    value: str


@dataclass(frozen=True, slots=True)
class MediaOffer:
    """One media section. `codecs` are in the offerer's order of preference; of other formats only `formats` tells."""

    kind: str  # "audio", "video", "application"...
    port: int
    protocol: str
    formats: tuple[str, ...]
    mid: str | None
    direction: str  # the offerer's view, one of DIRECTIONS
    bundle_only: bool
    rtcp_mux: bool
    rtcp_reduced_size: bool
    ufrag: str
    password: str
    setup: str
    fingerprints: tuple[Fingerprint, ...]
    codecs: tuple[CodecParameters, ...]
    extensions: Mapping[str, int]  # URI to id, only those offered for both directions
    ssrcs: tuple[int, ...]
    content: str  # RFC 4796: "main", "slides", "" when not said

    @property
    def disabled(self) -> bool:
        """Offered as already rejected or stopped (RFC 8866 section 5.14, RFC 9143 section 6 for bundle-only)."""
        return self.port == 0 and not self.bundle_only


@dataclass(frozen=True, slots=True)
class Offer:
    """A whole offer. `bundles` are the groups of mids that want to share one transport (RFC 9143)."""

    media: tuple[MediaOffer, ...]
    bundles: tuple[tuple[str, ...], ...]
    ice_lite: bool


def parse(text: str) -> Offer:
    """The offer in `text`. Raises ProtocolError."""
    session: _Attributes = {}
    sections: list[tuple[str, _Attributes]] = []
    attributes = session
    for kind, value in _lines(text):
        if kind == "m":
            if len(sections) == MAX_MEDIA:
                raise ProtocolError(f"more than {MAX_MEDIA} media sections")
            attributes = {}
            sections.append((value, attributes))
        elif kind == "a":
            name, _, argument = value.partition(":")
            attributes.setdefault(name, []).append(argument.strip())
    if not sections:
        raise ProtocolError("no media section")
    media = tuple(_media(line, found, session) for line, found in sections)
    mids = [section.mid for section in media if section.mid is not None]
    if len(mids) != len(set(mids)):
        raise ProtocolError("a mid is used twice")
    groups = (group.split() for group in session.get("group", ()))
    bundles = tuple(tuple(group[1:]) for group in groups if group[:1] == ["BUNDLE"])
    return Offer(media=media, bundles=bundles, ice_lite="ice-lite" in session)


def parse_candidate(line: str) -> None:
    """Check a candidate's form (RFC 8839 section 5.1): a lite agent has no other use for it. Raises ProtocolError."""
    fields = line.removeprefix("a=").removeprefix("candidate:").split()
    if len(line) > MAX_LINE_CHARACTERS or len(fields) < 8 or fields[6] != "typ":
        raise ProtocolError("malformed candidate")
    for position, limit in ((1, 256), (3, 2**32 - 1), (5, 65535)):
        _number(fields[position], limit, "candidate")


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """(type, value) of every line. CRLF is the rule; LF alone is met in the wild."""
    if len(text) > MAX_CHARACTERS:
        raise ProtocolError(f"SDP of {len(text)} characters")
    if not text.startswith("v=0"):
        raise ProtocolError("not SDP: does not begin with v=0")
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        raise ProtocolError(f"SDP of {len(lines)} lines")
    for line in lines:
        line = line.rstrip("\r")
        if not line:
            continue
        if len(line) > MAX_LINE_CHARACTERS:
            raise ProtocolError(f"SDP line of {len(line)} characters")
        if len(line) < 2 or line[1] != "=" or not line.isprintable():
            raise ProtocolError("malformed SDP line")
        yield line[0], line[2:]


def _media(line: str, own: _Attributes, session: _Attributes) -> MediaOffer:
    fields = line.split()
    if len(fields) < 4:
        raise ProtocolError("malformed m= line")
    kind, port, protocol, *formats = fields
    attributes = {name: session[name] for name in _INHERITED if name in session} | own
    mid = _first(own, "mid") or None
    if mid is not None and (len(mid) > MAX_MID_CHARACTERS or not mid.isascii()):
        raise ProtocolError("mid too long or not ASCII")
    return MediaOffer(
        kind=kind,
        port=_number(port.partition("/")[0], 65535, "port"),
        protocol=protocol,
        formats=tuple(formats),
        mid=mid,
        direction=_direction(own) or _direction(session) or "sendrecv",
        bundle_only="bundle-only" in own,
        rtcp_mux="rtcp-mux" in own or "rtcp-mux-only" in own,
        rtcp_reduced_size="rtcp-rsize" in own,
        ufrag=_ice(attributes, "ice-ufrag"),
        password=_ice(attributes, "ice-pwd"),
        setup=_first(attributes, "setup"),
        fingerprints=tuple(_fingerprint(value) for value in attributes.get("fingerprint", ())),
        codecs=_codecs(formats, own) if kind in ("audio", "video") else (),
        extensions=_extensions(own),
        ssrcs=_ssrcs(own),
        content=_first(own, "content"),
    )


def _codecs(formats: list[str], attributes: _Attributes) -> tuple[CodecParameters, ...]:
    names = STATIC_PAYLOAD_TYPES | _by_format(attributes, "rtpmap")
    parameters = _by_format(attributes, "fmtp")
    feedback: dict[str, set[str]] = {}
    for value in attributes.get("rtcp-fb", ()):
        target, _, what = value.partition(" ")
        feedback.setdefault(target, set()).add(" ".join(what.split()))
    everywhere = feedback.get("*", set())
    codecs: dict[int, CodecParameters] = {}
    for text in formats:
        payload_type = _number(text, 255, "payload type")
        if payload_type not in USABLE_PAYLOAD_TYPES or payload_type in codecs or text not in names:
            continue
        name, rate, channels = (*names[text].split("/"), "", "")[:3]
        codecs[payload_type] = CodecParameters(
            name=CODEC_NAMES.get(name.lower(), name),
            payload_type=payload_type,
            clock_rate=_number(rate, 2**32 - 1, "clock rate"),
            channels=_number(channels or "1", 255, "channels"),
            parameters=_parameters(parameters.get(text, "")),
            feedback=frozenset(everywhere | feedback.get(text, set())),
        )
    return tuple(codecs.values())


def _by_format(attributes: _Attributes, name: str) -> dict[str, str]:
    """ "a=rtpmap:96 VP8/90000" and its like as {"96": "VP8/90000"}."""
    pairs = (value.partition(" ") for value in attributes.get(name, ()))
    return {target: rest.strip() for target, _, rest in pairs}


def _parameters(value: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in value.split(";"))
    return {name.strip().lower(): argument.strip() for name, _, argument in pairs if name}


def _extensions(attributes: _Attributes) -> dict[str, int]:
    extensions: dict[str, int] = {}
    for value in attributes.get("extmap", ()):
        fields = value.split()
        if len(fields) < 2:
            raise ProtocolError("malformed extmap")
        identifier, _, direction = fields[0].partition("/")
        number = _number(identifier, 4095, "extmap id")
        if direction in ("", "sendrecv"):
            extensions.setdefault(fields[1], number)
    return extensions


def _ssrcs(attributes: _Attributes) -> tuple[int, ...]:
    found = {_number(value.partition(" ")[0], 2**32 - 1, "ssrc"): None for value in attributes.get("ssrc", ())}
    return tuple(found)[:MAX_SSRCS]


def _fingerprint(value: str) -> Fingerprint:
    fields = value.split()
    if len(fields) != 2:
        raise ProtocolError("malformed fingerprint")
    return Fingerprint(algorithm=fields[0].lower(), value=fields[1].upper())


def _ice(attributes: _Attributes, name: str) -> str:
    value = _first(attributes, name)
    if len(value) > MAX_ICE_CHARACTERS or not value.isascii():
        raise ProtocolError(f"{name} too long or not ASCII")
    return value


def _direction(attributes: _Attributes) -> str:
    return next((name for name in DIRECTIONS if name in attributes), "")


def _first(attributes: _Attributes, name: str) -> str:
    return attributes.get(name, ("",))[0]


def _number(text: str, limit: int, what: str) -> int:
    """A decimal in 0..limit. Raises ProtocolError."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= limit):
        raise ProtocolError(f"malformed {what} in SDP")
    return int(text)
