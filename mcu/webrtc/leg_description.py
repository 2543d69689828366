"""What one leg agreed on: the negotiation, what we send under which SSRCs, and the answer. Changes only by an offer."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from mcu.errors import ProtocolError, RefusedError
from mcu.media.types import AudioProfile, StreamKind, VideoProfile
from mcu.webrtc import sdp_answer, sdp_offer
from mcu.webrtc.ice_lite import Credentials
from mcu.webrtc.sdp_answer import LocalDescription, SentSource
from mcu.webrtc.sdp_codecs import audio_profile, video_profile
from mcu.webrtc.sdp_negotiation import NegotiatedStream, Negotiation, negotiate
from mcu.webrtc.sdp_offer import Fingerprint

CNAME_BYTES = 12  # 96 random bits, as RFC 7022 section 4.2 wants for a name that tells nothing


@dataclass(frozen=True, slots=True)
class Server:
    """What every answer of an endpoint says alike."""

    addresses: Sequence[str]
    port: int
    fingerprint: Fingerprint
    tcp: bool = True


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the leg is for (a key of sdp_negotiation.LIMITS), and what a peer without limits of its own is sent."""

    direction: str
    audio: AudioProfile
    video: VideoProfile


class LegDescription:
    """Made from the first offer; `update` takes later ones. Both raise RefusedError."""

    def __init__(self, offer: str, *, server: Server, defaults: Defaults) -> None:
        self._server = server
        self._defaults = defaults
        self._session_id = secrets.randbits(62)
        self._version = 1
        self.cname = secrets.token_urlsafe(CNAME_BYTES)
        self.credentials = Credentials.generate()
        self.negotiation = _negotiate(offer, defaults.direction)
        self.audio_profile: AudioProfile  # how the peer hears; meaningless when no sound is sent
        self.video_profile: VideoProfile | None  # what the peer is shown; None when no picture is sent
        self._choose_profiles()
        self.dtls_role = self.negotiation.dtls_roles[0]
        self._sources = _sources(self.negotiation)
        self.answer = self._answer()

    @property
    def sent(self) -> dict[StreamKind, tuple[NegotiatedStream, SentSource]]:
        """The streams that we send, by kind."""
        streams = self.negotiation.streams
        return {stream.kind: (stream, self._sources[stream.kind]) for stream in streams if stream.sent}

    @property
    def extensions(self) -> dict[str, int]:
        """Header extensions of all streams, URI to id; in a bundle the ids agree."""
        return {uri: number for stream in self.negotiation.streams for uri, number in stream.extensions.items()}

    @property
    def video_payload_types(self) -> frozenset[int]:
        """Of pictures both ways, RTX included."""
        streams = self.negotiation.streams
        return frozenset(
            number for stream in streams if stream.kind is not StreamKind.AUDIO for number in stream.codecs
        )

    def update(self, offer: str) -> bool:
        """Answer a later offer. True when it restarts ICE (RFC 8839 section 4.4.1.1.1): `credentials` are new then.

        Directions may change; codecs, sections and the DTLS identity may not, for those need a new leg.
        """
        negotiation = _negotiate(offer, self._defaults.direction)
        before = self.negotiation
        if _shape(negotiation) != _shape(before):
            raise RefusedError("sdp-changed", "sections or codecs differ from the first offer")
        if negotiation.fingerprints != before.fingerprints:
            raise RefusedError("sdp-fingerprint-changed", "a new DTLS identity needs a new leg")
        if self.dtls_role not in negotiation.dtls_roles:
            raise RefusedError("sdp-dtls-role", f"the association began with the server as DTLS {self.dtls_role}")
        restarts = (negotiation.ufrag, negotiation.password) != (before.ufrag, before.password)
        if restarts:
            self.credentials = Credentials.generate()
        self.negotiation = negotiation
        self._choose_profiles()
        self._version += 1
        self.answer = self._answer()
        return restarts

    def _choose_profiles(self) -> None:
        """Once for each offer: they are read for every packet of sound."""
        audio, main = (self.negotiation.stream(kind) for kind in (StreamKind.AUDIO, StreamKind.MAIN))
        defaults = self._defaults
        self.audio_profile, self.video_profile = defaults.audio, None
        if audio is not None:
            self.audio_profile = audio_profile(audio.codec, audio.offered_parameters, defaults.audio)
        if main is not None and main.sent:
            self.video_profile = video_profile(main.codec, main.offered_parameters, defaults.video)

    def report_ssrc(self) -> int:
        """What signs our RTCP: one that we send with, else a random one (RFC 3550 section 8)."""
        for _, source in self.sent.values():
            return source.ssrc
        return secrets.randbits(32) or 1

    def _answer(self) -> str:
        local = LocalDescription(
            session_id=self._session_id,
            version=self._version,
            addresses=self._server.addresses,
            port=self._server.port,
            tcp=self._server.tcp,
            credentials=self.credentials,
            fingerprint=self._server.fingerprint,
            dtls_role=self.dtls_role,
            cname=self.cname,
            sources=self._sources,
        )
        return sdp_answer.build(self.negotiation, local)


def _negotiate(text: str, direction: str) -> Negotiation:
    try:
        offer = sdp_offer.parse(text)
    except ProtocolError as error:
        raise RefusedError("sdp-invalid", str(error)) from error
    return negotiate(offer, direction=direction)


def _sources(negotiation: Negotiation) -> dict[StreamKind, SentSource]:
    """SSRCs for every stream that we send now or may after a change of direction."""
    used: set[int] = set()

    def fresh() -> int:
        while (ssrc := secrets.randbits(32)) in used or ssrc == 0:
            pass
        used.add(ssrc)
        return ssrc

    return {
        stream.kind: SentSource(fresh(), fresh() if stream.rtx is not None else 0) for stream in negotiation.streams
    }


def _shape(negotiation: Negotiation) -> tuple[object, ...]:
    """What must stay as it was in an update."""
    streams = tuple(
        (stream.index, stream.kind, stream.mid, stream.codec.name, tuple(stream.codecs), stream.extensions)
        for stream in negotiation.streams
    )
    return (len(negotiation.offer.media), streams)
