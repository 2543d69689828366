"""What the server accepts of an offer: tables of codecs, feedback and extensions, and the few rules that join them.

Rules:
1. Pure: the same offer and limits always give the same result. Refusals are RefusedError with a code listed below.
2. Directions are the server's: received, sent.
3. One codec per stream (plus its RTX), so that it is known before the first packet what will come.

Codes: sdp-invalid, sdp-ice-lite, sdp-no-ice, sdp-no-dtls, sdp-dtls-role, sdp-no-bundle, sdp-no-rtcp-mux,
sdp-nothing-in-common; from an update of a leg also sdp-changed and sdp-fingerprint-changed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mcu._native.packets import ABSOLUTE_SEND_TIME, AUDIO_LEVEL, MID, ORIENTATION, TRANSPORT_SEQUENCE
from mcu.errors import RefusedError
from mcu.media.types import CodecParameters, StreamKind
from mcu.webrtc.sdp_codecs import answer_parameters, choose_audio, choose_video, rtx_of, takes_content
from mcu.webrtc.sdp_offer import DtlsRole, Fingerprint, MediaOffer, Offer

PROTOCOLS = frozenset(("UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP", "TCP/DTLS/RTP/SAVPF", "RTP/SAVPF"))  # RFC 8829 5.1.2
DIGESTS = frozenset(("sha-256", "sha-384", "sha-512"))
MAX_MID_CHARACTERS = 16  # that fit an element of the one-byte form; a longer mid is not sent in packets
MAX_ONE_BYTE_ID = 14  # header extension ids that fit the one-byte form (RFC 8285 section 4.2), the only one we send

# Offered a=setup to the roles it leaves us, the wanted one first (RFC 8842 section 5.3). As server we choose the cheap
# SRTP profile. FFmpeg's WHIP muxer offers "passive".
DTLS_ROLES = {
    "actpass": (DtlsRole.SERVER, DtlsRole.CLIENT),
    "active": (DtlsRole.SERVER,),
    "passive": (DtlsRole.CLIENT,),
}

FEEDBACK = {
    "audio": frozenset(("transport-cc",)),
    "video": frozenset(("nack", "nack pli", "ccm fir", "goog-remb", "transport-cc")),
}
EXTENSIONS = {
    "audio": frozenset((MID, AUDIO_LEVEL, TRANSPORT_SEQUENCE, ABSOLUTE_SEND_TIME)),
    "video": frozenset((MID, ORIENTATION, TRANSPORT_SEQUENCE, ABSOLUTE_SEND_TIME)),
}

# Offered direction: does the server receive, does it send?
DIRECTIONS = {
    "sendrecv": (True, True),
    "sendonly": (True, False),
    "recvonly": (False, True),
    "inactive": (False, False),
}
# What a leg was opened for: may the server receive, may it send? (WHIP is "receive", WHEP is "send".)
LIMITS = {"both": (True, True), "receive": (True, False), "send": (False, True)}


@dataclass(frozen=True, slots=True)
class NegotiatedStream:
    """One accepted media section. `codec` and `rtx` are as they go into the answer."""

    index: int  # of the section in the offer
    kind: StreamKind
    mid: str | None
    received: bool
    sent: bool
    codec: CodecParameters
    rtx: CodecParameters | None
    offered_parameters: Mapping[str, str]  # the peer's fmtp: what it can take
    extensions: Mapping[str, int]
    ssrcs: tuple[int, ...]  # announced by the peer

    @property
    def mid_in_packets(self) -> str:
        """What the MID extension carries, "" when it was not agreed."""
        return self.mid if self.mid is not None and MID in self.extensions else ""

    @property
    def codecs(self) -> dict[int, CodecParameters]:
        """By payload type, RTX included."""
        both = (self.codec,) if self.rtx is None else (self.codec, self.rtx)
        return {codec.payload_type: codec for codec in both}


@dataclass(frozen=True, slots=True)
class Negotiation:
    """The outcome: streams in the offer's order; sections without one are rejected in the answer."""

    offer: Offer
    streams: tuple[NegotiatedStream, ...]
    ufrag: str
    password: str
    fingerprints: tuple[Fingerprint, ...]
    dtls_roles: tuple[DtlsRole, ...]  # that the offer leaves us, the wanted one first
    reduced_size: bool  # RFC 5506
    video_refused: str  # codecs offered for video when none could be taken, "" otherwise

    def stream(self, kind: StreamKind) -> NegotiatedStream | None:
        return next((stream for stream in self.streams if stream.kind == kind), None)


def negotiate(offer: Offer, *, direction: str) -> Negotiation:
    """Choose. `direction` is a key of LIMITS. Raises RefusedError."""
    if offer.ice_lite:
        raise RefusedError("sdp-ice-lite", "both sides would wait for the other's checks")
    sections = _sections(offer)
    streams = tuple(stream for item in sections if (stream := _stream(*item, limits=LIMITS[direction])) is not None)
    if not streams:
        raise RefusedError("sdp-nothing-in-common", f"offered: {_offered(offer.media) or 'no audio or video'}")
    accepted = [offer.media[stream.index] for stream in streams]
    for section in accepted:
        if not section.rtcp_mux:
            raise RefusedError("sdp-no-rtcp-mux", f"section {section.mid}")
    bundle = [offer.media[index] for index, _, _ in sections]
    videos = [section for section in bundle if section.kind == "video"]
    has_video = any(stream.kind is not StreamKind.AUDIO for stream in streams)
    ufrag, password = _ice(accepted + bundle)
    return Negotiation(
        offer=offer,
        streams=_agree_on_extensions(streams),
        ufrag=ufrag,
        password=password,
        fingerprints=_fingerprints(accepted + bundle),
        dtls_roles=_dtls_roles(accepted),
        reduced_size=all(section.rtcp_reduced_size for section in accepted),
        video_refused="" if has_video else _offered(videos),
    )


def _sections(offer: Offer) -> list[tuple[int, StreamKind, MediaOffer]]:
    """The sections that may become streams: secured audio and video on one transport. Raises RefusedError."""
    live = [(index, section) for index, section in enumerate(offer.media) if _is_media(section)]
    secured = [(index, section) for index, section in live if section.protocol in PROTOCOLS]
    if live and not secured:
        raise RefusedError("sdp-no-dtls", f"transport {live[0][1].protocol}")
    bundle = next((group for group in offer.bundles if any(section.mid in group for _, section in secured)), None)
    if bundle is not None:
        secured = [(index, section) for index, section in secured if section.mid in bundle]
    elif len(secured) > 1:
        raise RefusedError("sdp-no-bundle", f"{len(secured)} sections, no BUNDLE group")
    chosen: dict[StreamKind, tuple[int, StreamKind, MediaOffer]] = {}
    for index, section in secured:
        for kind in _kinds(section):
            if kind not in chosen:
                chosen[kind] = (index, kind, section)
                break
    return sorted(chosen.values(), key=lambda item: item[0])


def _is_media(section: MediaOffer) -> bool:
    return section.kind in FEEDBACK and not section.disabled


def _kinds(section: MediaOffer) -> tuple[StreamKind, ...]:
    """What a section can be, by preference: audio; the first video is main, the second, or one of slides, content."""
    if section.kind == "audio":
        return (StreamKind.AUDIO,)
    if section.content == "slides":
        return (StreamKind.CONTENT,)
    return (StreamKind.MAIN, StreamKind.CONTENT)


def _stream(index: int, kind: StreamKind, section: MediaOffer, *, limits: tuple[bool, bool]) -> NegotiatedStream | None:
    chosen = choose_audio(section.codecs) if kind is StreamKind.AUDIO else choose_video(section.codecs)
    if chosen is None:
        return None
    received, sent = (offered and limit for offered, limit in zip(DIRECTIONS[section.direction], limits, strict=True))
    feedback = chosen.feedback & FEEDBACK[section.kind]
    extensions = {
        uri: number
        for uri, number in section.extensions.items()
        if uri in EXTENSIONS[section.kind] and 1 <= number <= MAX_ONE_BYTE_ID
    }
    if len(section.mid or "") > MAX_MID_CHARACTERS:
        extensions.pop(MID, None)
    return NegotiatedStream(
        index=index,
        kind=kind,
        mid=section.mid,
        received=received,
        sent=sent and (kind is not StreamKind.CONTENT or takes_content(chosen)),  # else it is in the composite alone
        codec=dataclasses.replace(chosen, feedback=feedback, parameters=answer_parameters(chosen)),
        rtx=rtx_of(chosen, section.codecs) if "nack" in feedback else None,
        offered_parameters=chosen.parameters,
        extensions=extensions,
        ssrcs=section.ssrcs,
    )


def _dtls_roles(sections: Sequence[MediaOffer]) -> tuple[DtlsRole, ...]:
    """The roles that all sections leave us: they share one association."""
    roles = tuple(DtlsRole)
    for section in sections:
        roles = tuple(role for role in roles if role in DTLS_ROLES.get(section.setup, ()))
        if not roles:
            raise RefusedError("sdp-dtls-role", f"setup:{section.setup}")
    return roles


def _ice(sections: Sequence[MediaOffer]) -> tuple[str, str]:
    for section in sections:
        if section.ufrag and section.password:
            return section.ufrag, section.password
    raise RefusedError("sdp-no-ice", "no ice-ufrag and ice-pwd")


def _fingerprints(sections: Sequence[MediaOffer]) -> tuple[Fingerprint, ...]:
    for section in sections:
        if usable := tuple(print_ for print_ in section.fingerprints if print_.algorithm in DIGESTS):
            return usable
    raise RefusedError("sdp-no-dtls", "no fingerprint with a known hash")


def _agree_on_extensions(streams: tuple[NegotiatedStream, ...]) -> tuple[NegotiatedStream, ...]:
    """In a bundle an id means one URI and the reverse (RFC 9143 section 10): keep what agrees with the first use."""
    by_uri: dict[str, int] = {}
    by_id: dict[int, str] = {}
    agreed = []
    for stream in streams:
        kept = {
            uri: number
            for uri, number in stream.extensions.items()
            if by_uri.setdefault(uri, number) == number and by_id.setdefault(number, uri) == uri
        }
        agreed.append(dataclasses.replace(stream, extensions=kept))
    return tuple(agreed)


def _offered(sections: Sequence[MediaOffer]) -> str:
    names = {codec.name: None for section in sections for codec in section.codecs if codec.name != "rtx"}
    return ", ".join(names)[:200]
