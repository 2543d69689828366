"""OpenLogicalChannel and its acknowledgement, as messages of H.245 and as elements of fastStart (H.323 clause 8.1.7).

Rules:
1. A kind of stream is told by its data type, not by its session: sessions other than 1 to 3 are in use for sound.
2. A channel goes forward, from who opens it; only fastStart has channels in reverse alone.
3. Fields that some stack cannot decode (quality of service) are never sent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from mcu.h323 import capabilities, data_types, h264_capability
from mcu.h323.address import Address, from_h245, to_h245
from mcu.h323.channels import Channel, Direction, MediaFormat
from mcu.h323.media_keys import KeySync
from mcu.media.types import StreamKind

Value = Any  # as in mcu.h323.asn1

SESSIONS = {StreamKind.AUDIO: 1, StreamKind.MAIN: 2}  # H.245 B.3.1; others are assigned by the master
FIRST_DYNAMIC_SESSION, LAST_SESSION = 32, 255
FIRST_DYNAMIC_PAYLOAD_TYPE, LAST_PAYLOAD_TYPE = 96, 127
PACKETIZATION_RFCS = {False: 2190, True: 2429}  # of H.263, without and with options; 4629 replaced 2429


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLogicalChannel:
    """A channel that is asked for. `media` is None for what this server cannot handle; then `is_unknown` tells a data
    type that it never heard of from one that it has no use for.

    `rtp` is where its packets are received, as far as is known; `rtcp` is where who wrote this wants reports.
    """

    number: int
    session: int = 0
    kind: StreamKind | None = None
    media: MediaFormat | None = None
    rtp: Address | None = None
    rtcp: Address | None = None
    is_reverse: bool = False  # of fastStart: its media comes to who opens it
    is_bidirectional: bool = False
    is_multicast: bool = False
    is_unknown: bool = False
    replacement_for: int = 0
    sync: KeySync | None = None  # the key, from the master


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLogicalChannelAck:
    """`rtp` is where to send; the rest is 0 or None where nothing was said."""

    number: int
    session: int = 0
    rtp: Address | None = None
    rtcp: Address | None = None
    payload_type: int = 0
    flow_control_to_zero: bool = False
    sync: KeySync | None = None  # the key, from the master


# --- from values ------------------------------------------------------------------------------------------


def parse(value: Value) -> OpenLogicalChannel:
    """What an OpenLogicalChannel asks for. Reads any value that the library decoded; raises nothing."""
    forward = value["forwardLogicalChannelParameters"]
    reverse = value.get("reverseLogicalChannelParameters")
    is_reverse = reverse is not None and forward["dataType"][0] == "nullData"
    parameters = reverse if is_reverse else forward
    name, fields = parameters.get("multiplexParameters", ("none", 0))
    h2250 = fields if name == "h2250LogicalChannelParameters" else {}
    sync = key_sync(value)
    kind, media = _media(parameters["dataType"], h2250, sync)
    return OpenLogicalChannel(
        number=value["forwardLogicalChannelNumber"],
        session=h2250.get("sessionID", 0),
        kind=kind,
        media=media if name == "h2250LogicalChannelParameters" else None,
        rtp=_address(h2250.get("mediaChannel")),
        rtcp=_address(h2250.get("mediaControlChannel")),
        is_reverse=is_reverse,
        is_bidirectional=reverse is not None and not is_reverse,
        is_unknown=media is None and _is_unknown(parameters["dataType"]),
        is_multicast=h2250.get("mediaChannel", ("", 0))[0] == "multicastAddress",
        replacement_for=forward.get("replacementFor", 0),
        sync=sync,
    )


def _is_unknown(data_type: Value) -> bool:
    name, capability = data_type
    return name == "nonStandard" or (isinstance(capability, tuple) and capability[0] in _FOREIGN)


_FOREIGN = {"nonStandard", "genericAudioCapability", "genericVideoCapability"}


def key_sync(value: Value) -> KeySync | None:
    """The EncryptionSync of a message, if it has one."""
    sync = value.get("encryptionSync")
    return None if sync is None else KeySync(sync["synchFlag"], sync["h235Key"])


def agreed_type(sync: KeySync | None) -> int:
    """The payload type that goes with a key, 0 for none that can be one."""
    return 0 if sync is None or not FIRST_DYNAMIC_PAYLOAD_TYPE <= sync.flag <= LAST_PAYLOAD_TYPE else sync.flag


def _media(data_type: Value, h2250: Value, sync: KeySync | None) -> tuple[StreamKind | None, MediaFormat | None]:
    name, capability = data_type
    ciphered = name == "h235Media"
    if ciphered:
        if not capabilities.is_aes_128(capability):
            return None, None
        name, capability = capability["mediaType"]
    if name == "audioData":
        kind, ability = StreamKind.AUDIO, data_types.parse_audio(capability)
    elif name == "videoData":
        kind, ability = StreamKind.MAIN, data_types.parse_video(capability)
    else:
        return None, None
    if ability is None:
        return kind, None
    ability = replace(ability, ciphered=ciphered)
    payload_type = h2250.get("dynamicRTPPayloadType", 0)
    if ciphered and not payload_type:
        payload_type = agreed_type(sync)
    mode = 0
    packetization = h2250.get("mediaPacketization", ("", 0))
    if packetization[0] == "rtpPayloadType":
        payload_type = payload_type or packetization[1].get("payloadType", 0)
        mode = int(packetization[1]["payloadDescriptor"] == ("oid", h264_capability.NON_INTERLEAVED))
    if payload_type < FIRST_DYNAMIC_PAYLOAD_TYPE and (ciphered or ability.codec == "H264"):
        payload_type = 0
    return ability.kind, data_types.received_format(ability, payload_type=payload_type, packetization_mode=mode)


def parse_ack(value: Value) -> OpenLogicalChannelAck:
    """What an OpenLogicalChannelAck grants; raises nothing."""
    name, fields = value.get("forwardMultiplexAckParameters", ("", {}))
    fields = fields if name == "h2250LogicalChannelAckParameters" else {}
    return OpenLogicalChannelAck(
        number=value["forwardLogicalChannelNumber"],
        session=fields.get("sessionID", 0),
        rtp=_address(fields.get("mediaChannel")),
        rtcp=_address(fields.get("mediaControlChannel")),
        payload_type=fields.get("dynamicRTPPayloadType", 0),
        flow_control_to_zero=fields.get("flowControlToZero", False),
        sync=key_sync(value),
    )


def _address(value: Value) -> Address | None:
    return None if value is None else from_h245(value)


# --- to values --------------------------------------------------------------------------------------------


def build(channel: OpenLogicalChannel) -> Value:
    """The OpenLogicalChannel that asks for `channel`, which must have a kind and media."""
    assert channel.kind is not None
    assert channel.media is not None  # only what can be handled is asked for
    if channel.kind is StreamKind.AUDIO:
        data_type: Value = ("audioData", data_types.build_audio(channel.media))
    else:
        data_type = "videoData", data_types.build_video(channel.media, channel.kind)
    if channel.media.ciphered:
        h235_media = {"encryptionAuthenticationAndIntegrity": capabilities.aes_128(), "mediaType": data_type}
        data_type = "h235Media", h235_media
    parameters: Value = {
        "dataType": data_type,
        "multiplexParameters": ("h2250LogicalChannelParameters", _h2250(channel, channel.media)),
    }
    value: Value = {"forwardLogicalChannelNumber": channel.number}
    if channel.is_reverse:
        value["forwardLogicalChannelParameters"] = {
            "dataType": ("nullData", 0),
            "multiplexParameters": ("none", 0),
        }
        value["reverseLogicalChannelParameters"] = parameters
    else:
        if channel.replacement_for:
            parameters["replacementFor"] = channel.replacement_for
        value["forwardLogicalChannelParameters"] = parameters
    if channel.sync is not None:
        value["encryptionSync"] = _sync_value(channel.sync)
    return value


def _sync_value(sync: KeySync) -> Value:
    return {"synchFlag": sync.flag, "h235Key": sync.key}


def _h2250(channel: OpenLogicalChannel, media: MediaFormat) -> Value:
    fields: Value = {"sessionID": channel.session, "mediaGuaranteedDelivery": False}
    if channel.rtp is not None:
        fields["mediaChannel"] = to_h245(channel.rtp)
    if channel.rtcp is not None:
        fields["mediaControlChannel"] = to_h245(channel.rtcp)
    if channel.kind is StreamKind.AUDIO:
        fields["silenceSuppression"] = False
    if media.payload_type >= FIRST_DYNAMIC_PAYLOAD_TYPE:
        fields["dynamicRTPPayloadType"] = media.payload_type
    descriptor: Value = None
    if media.codec == "H264":
        descriptor = "oid", h264_capability.PACKETIZATION[media.packetization_mode]
    elif media.codec == "H263":
        descriptor = "rfc-number", PACKETIZATION_RFCS[media.h263_plus]
    if descriptor is not None:
        payload = {"payloadDescriptor": descriptor, "payloadType": media.payload_type}
        fields["mediaPacketization"] = "rtpPayloadType", payload
    return fields


def build_ack(ack: OpenLogicalChannelAck) -> Value:
    """The OpenLogicalChannelAck that grants `ack`."""
    fields: Value = {}
    if ack.session:
        fields["sessionID"] = ack.session
    if ack.rtp is not None:
        fields["mediaChannel"] = to_h245(ack.rtp)
    if ack.rtcp is not None:
        fields["mediaControlChannel"] = to_h245(ack.rtcp)
    if ack.payload_type >= FIRST_DYNAMIC_PAYLOAD_TYPE:
        fields["dynamicRTPPayloadType"] = ack.payload_type
    if ack.flow_control_to_zero:
        fields["flowControlToZero"] = True
    value = {
        "forwardLogicalChannelNumber": ack.number,
        "forwardMultiplexAckParameters": ("h2250LogicalChannelAckParameters", fields),
    }
    if ack.sync is not None:
        value["encryptionSync"] = _sync_value(ack.sync)
    return value


# --- channels ---------------------------------------------------------------------------------------------


def channel_of(asked: OpenLogicalChannel, direction: Direction, key: bytes = b"") -> Channel | None:
    """The open channel, as the media side understands it; None when one cannot be: no media, nowhere to send, or no
    `key` for what is enciphered."""
    if asked.kind is None or asked.media is None or (asked.media.ciphered and not key):
        return None
    key = key if asked.media.ciphered else b""
    if direction is Direction.RECEIVED:
        return Channel(direction=direction, kind=asked.kind, media=asked.media, rtcp=usable(asked.rtcp), key=key)
    rtp = usable(asked.rtp)
    if rtp is None:
        return None
    return Channel(direction=direction, kind=asked.kind, media=asked.media, rtp=rtp, rtcp=usable(asked.rtcp), key=key)


def usable(address: Address | None) -> Address | None:
    """`address` if something can be sent there."""
    return address if address is not None and address.is_usable else None
