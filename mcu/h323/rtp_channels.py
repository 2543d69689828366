"""An UpdateRtpLeg looked through: its channels by direction and kind, checked before anything is changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from mcu._native.packets import SendStream
from mcu.control import RtpChannel, UpdateRtpLeg
from mcu.errors import ProtocolError, RefusedError
from mcu.h323.media_cipher import KEY_BYTES, MediaCipher
from mcu.h323.sent_picture import codec_name
from mcu.h323.source_latch import Place, plain_ip
from mcu.media.audio_codecs import AudioEncoder, make_decoder
from mcu.media.payloads import make_format
from mcu.media.types import VIDEO_CLOCK_RATE, AudioProfile, CodecParameters, StreamKind

TELEPHONE_BITRATE = 64_000  # bit/s; all of G.711, and what browsers with G.711 have in their profile, too
MAX_CLOCK_RATE = 1_000_000  # Hz, of RTP
MAX_PAYLOAD_TYPE = 127
COMFORT_NOISE = (13, 19)  # payload types of RFC 3551, and of the drafts before it that are still spoken


@dataclass(frozen=True, slots=True)
class Channels:
    """What is open, one channel for each kind and direction."""

    received: Mapping[StreamKind, RtpChannel]
    sent: Mapping[StreamKind, RtpChannel]
    sources: Collection[str]  # numeric, in the form in which sockets give them
    named: Collection[str]  # IP addresses that some channel names
    limits: Mapping[StreamKind, int]
    paused: Collection[StreamKind]
    telephone_event: int


def read(command: UpdateRtpLeg) -> Channels:
    """Raises RefusedError for what this server does not do, and for what call control should not say."""
    received: dict[StreamKind, RtpChannel] = {}
    sent: dict[StreamKind, RtpChannel] = {}
    try:
        for channel in command.channels:
            kind = StreamKind(channel.kind)
            ways = {"received": received, "sent": sent}[channel.direction]
            _check(channel, kind, is_sent=ways is sent)
            ways[kind] = channel
        named = {plain_ip(ip) for c in command.channels for ip, _ in (c.rtp, c.rtcp) if ip}
        return Channels(
            received,
            sent,
            sources=frozenset(map(plain_ip, command.sources)),
            named=frozenset(named),
            limits={StreamKind(kind): bitrate for kind, bitrate in command.limits.items()},
            paused=frozenset(map(StreamKind, command.paused)),
            telephone_event=command.telephone_event,
        )
    except (KeyError, ValueError) as error:
        raise RefusedError("channel-invalid", str(error)) from error


def audio_profile(channel: RtpChannel) -> AudioProfile:
    """How a room hears; equal to a browser's where both have G.711."""
    return AudioProfile(channel.codec, TELEPHONE_BITRATE)


def codecs(channel: RtpChannel, telephone_event: int) -> dict[int, CodecParameters]:
    """What a received channel may carry, by payload type: key tones are in the clock of the sound around them, and
    comfort noise may take its place, whether that was agreed on or not."""
    name = codec_name(channel)
    found = {
        channel.payload_type: CodecParameters(
            name, channel.payload_type, channel.clock_rate, parameters=dict(channel.parameters)
        )
    }
    if channel.kind == StreamKind.AUDIO:
        for number in COMFORT_NOISE:
            found.setdefault(number, CodecParameters("CN", number, channel.clock_rate))
    if telephone_event and channel.kind == StreamKind.AUDIO:
        found[telephone_event] = CodecParameters("telephone-event", telephone_event, channel.clock_rate)
    return found


def cipher(channel: RtpChannel | None) -> MediaCipher | None:
    """What its packets go through, None for nothing."""
    return MediaCipher(channel.key) if channel is not None and channel.key else None


def is_sendable(stream: SendStream | None, channel: RtpChannel) -> bool:
    """Whether a stream may go on in this channel."""
    wanted = (channel.payload_type, channel.clock_rate)
    return stream is not None and (stream.payload_type, stream.clock_rate) == wanted


def decoding(channel: RtpChannel | None) -> object:
    """What the receiver of a channel is made from."""
    if channel is None:
        return None
    return (channel.codec, channel.payload_type, channel.clock_rate, channel.h263_plus, channel.parameters)


def _check(channel: RtpChannel, kind: StreamKind, *, is_sent: bool) -> None:
    if channel.key and len(channel.key) != KEY_BYTES:
        raise RefusedError("cipher-unknown", f"a key of {len(channel.key)} bytes")
    if not 0 <= channel.payload_type <= MAX_PAYLOAD_TYPE or not 0 < channel.clock_rate <= MAX_CLOCK_RATE:
        raise RefusedError("channel-invalid", f"payload type {channel.payload_type}, clock {channel.clock_rate}")
    if kind is StreamKind.AUDIO:
        if is_sent:
            AudioEncoder(audio_profile(channel))
            return
        try:
            make_decoder(channel.codec.lower())
        except KeyError:
            raise RefusedError("codec-unknown", channel.codec) from None
        return
    try:
        make_format(CodecParameters(codec_name(channel), channel.payload_type, VIDEO_CLOCK_RATE))
    except ProtocolError:
        raise RefusedError("codec-unknown", channel.codec) from None


def place(pair: Place) -> Place:
    """An address of a channel, in the form in which sockets give them."""
    return (plain_ip(pair[0]), pair[1]) if pair[0] else pair
