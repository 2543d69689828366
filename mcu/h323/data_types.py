"""Codecs in H.245: AudioCapability and VideoCapability values, and what a decoder behind one of them takes.

Rules:
1. A value that names a codec that this server cannot handle gives None: it is left out, and nothing fails.
2. Packets of sound are counted in frames: 1 ms of G.711 and G.722, 10 ms of G.729.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from mcu.h323 import h264_capability
from mcu.h323.channels import MediaFormat
from mcu.h323.h264_capability import H264Limits
from mcu.media.types import StreamKind

Value = Any  # as in mcu.h323.asn1

ROLE = (0, 0, 8, 239, 1, 2)  # H.239 clause 10.1.2: the role of a second picture
ROLE_LABEL, PRESENTATION, LIVE = 1, 1, 2  # its parameter, and bits in it

MOST_FPS = 60
MOST_PACKET_MS = 60  # a longer packet is a longer delay; such offers are taken as this
PICTURE_RATE = 30_000 / 1_001  # MPIs count in periods of this
SIZES = {  # by the name in H.245, best first
    "cif4MPI": (704, 576),
    "cifMPI": (352, 288),
    "qcifMPI": (176, 144),
    "sqcifMPI": (128, 96),
}
PICTURE_SIZES = ((1920, 1080), (1280, 720), (960, 540), (640, 360), (320, 180))  # of composites, best first
MOST_H261, MOST_H263 = 19_200, 192_400  # the highest maxBitRate of their types, in 100 bit/s


@dataclass(frozen=True, slots=True)
class AudioCodec:
    """How H.245 and RTP know a codec of sound. `frame_ms` is what maxFrames counts."""

    name: str
    payload_type: int
    clock_rate: int
    frame_ms: int
    bitrate: int


AUDIO = {  # by the name in H.245
    "g711Alaw64k": AudioCodec("PCMA", 8, 8_000, 1, 64_000),
    "g711Ulaw64k": AudioCodec("PCMU", 0, 8_000, 1, 64_000),
    "g722-64k": AudioCodec("G722", 9, 8_000, 1, 64_000),
    "g729AnnexA": AudioCodec("G729", 18, 8_000, 10, 8_000),
    "g729": AudioCodec("G729", 18, 8_000, 10, 8_000),
}
DYNAMIC = {"H264": 96, "H263": 97}  # payload types that are ours to choose
CIPHERED_AUDIO, CIPHERED_VIDEO = 120, 121  # instead of static ones: what is enciphered has a dynamic one (H.235.6)
H263_PAYLOAD_TYPE, H261_PAYLOAD_TYPE = 34, 31  # RFC 3551


@dataclass(frozen=True, slots=True, kw_only=True)
class Ability:
    """One way of coding that a decoder takes. `sizes` are (width, height, fps) of H.261 and H.263, best first."""

    kind: StreamKind
    codec: str
    bitrate: int = 0
    packet_ms: int = 0
    sizes: tuple[tuple[int, int, int], ...] = ()
    h264: H264Limits | None = None
    h263_plus: bool = False
    ciphered: bool = False  # also enciphered (H.235.6)


# --- from values ------------------------------------------------------------------------------------------


def parse_audio(value: Value) -> Ability | None:
    """What an AudioCapability says."""
    name, fields = value
    codec = AUDIO.get(name)
    if codec is None:
        return None
    packet_ms = min(fields * codec.frame_ms, MOST_PACKET_MS)
    return Ability(kind=StreamKind.AUDIO, codec=codec.name, bitrate=codec.bitrate, packet_ms=packet_ms)


def parse_video(value: Value) -> Ability | None:
    """What a VideoCapability says; a second picture for presentations is content."""
    name, fields = value
    if name == "extendedVideoCapability":
        inner = next((found for each in fields["videoCapability"] if (found := parse_video(each)) is not None), None)
        return None if inner is None else _with_role(inner, fields.get("videoCapabilityExtension", ()))
    if name == "genericVideoCapability":
        limits = h264_capability.parse(fields)
        if limits is None:
            return None
        return Ability(kind=StreamKind.MAIN, codec="H264", bitrate=limits.max_br, h264=limits)
    if name not in {"h261VideoCapability", "h263VideoCapability"}:
        return None
    sizes = tuple((*SIZES[key], round(PICTURE_RATE / fields[key])) for key in SIZES if key in fields)
    return Ability(
        kind=StreamKind.MAIN,
        codec="H261" if name == "h261VideoCapability" else "H263",
        bitrate=fields["maxBitRate"] * 100,
        sizes=sizes,
        h263_plus="h263Options" in fields,
    )


def _with_role(ability: Ability, extensions: Value) -> Ability:
    bits = PRESENTATION
    for extension in extensions:
        if extension["capabilityIdentifier"] != ("standard", ROLE):
            continue
        for parameter in extension.get("collapsing", ()):
            number = parameter["parameterValue"][1]
            if parameter["parameterIdentifier"] == ("standard", ROLE_LABEL) and isinstance(number, int):
                bits = number
    if bits & LIVE and not bits & PRESENTATION:
        return ability
    return replace(ability, kind=StreamKind.CONTENT)


def received_format(ability: Ability, *, payload_type: int, packetization_mode: int = 0) -> MediaFormat:
    """What comes in a channel that was opened for `ability`; `payload_type` is 0 where none was said."""
    if ability.kind is StreamKind.AUDIO:
        return audio_format(ability, payload_type=payload_type)
    sizes = ability.sizes or tuple((*size, frame_rate(ability, *size)) for size in PICTURE_SIZES)
    width, height, fps = next((size for size in sizes if size[2]), (0, 0, 0))
    return video_format(
        ability,
        width=width,
        height=height,
        fps=min(fps, MOST_FPS),
        payload_type=payload_type,
        packetization_mode=packetization_mode,
    )


def frame_rate(ability: Ability, width: int, height: int) -> int:
    """Pictures/s of this size that the decoder takes, 0 for none."""
    if ability.h264 is not None:
        return ability.h264.frame_rate(width, height)
    return next((fps for *size, fps in ability.sizes if size == [width, height]), 0)


# --- formats ----------------------------------------------------------------------------------------------


def audio_format(ability: Ability, *, packet_ms: int = MOST_PACKET_MS, payload_type: int = 0) -> MediaFormat:
    """`ability` with packets of at most `packet_ms`."""
    codec = next(codec for codec in AUDIO.values() if codec.name == ability.codec)
    return MediaFormat(
        codec=ability.codec,
        payload_type=(payload_type or CIPHERED_AUDIO) if ability.ciphered else codec.payload_type,
        clock_rate=codec.clock_rate,
        bitrate=ability.bitrate,
        packet_ms=min(packet_ms, ability.packet_ms),
        ciphered=ability.ciphered,
    )


def video_format(
    ability: Ability,
    *,
    width: int,
    height: int,
    fps: int,
    bitrate: int = 0,
    payload_type: int = 0,
    packetization_mode: int = 0,
) -> MediaFormat:
    """Pictures of this size in a channel opened for `ability`; a bitrate of 0 is that of the ability.

    The parameters of H.264 are those of the peer's decoder, as it said them: OpenLogicalChannel repeats them.
    """
    bitrate = min(bitrate, ability.bitrate) if bitrate and ability.bitrate else bitrate or ability.bitrate
    limits = ability.h264
    static = H261_PAYLOAD_TYPE if ability.codec == "H261" else H263_PAYLOAD_TYPE
    static = CIPHERED_VIDEO if ability.ciphered else static
    dynamic = ability.codec == "H264" or ability.h263_plus
    return MediaFormat(
        codec=ability.codec,
        payload_type=payload_type or (DYNAMIC[ability.codec] if dynamic else static),
        clock_rate=90_000,
        bitrate=bitrate,
        width=width,
        height=height,
        fps=fps,
        h264_profile=limits.profile if limits else "",
        packetization_mode=packetization_mode,
        h263_plus=ability.h263_plus,
        parameters=_h264_parameters(limits) if limits else {},
        ciphered=ability.ciphered,
    )


def _h264_parameters(limits: H264Limits) -> dict[str, str]:
    """As in the fmtp of RFC 6184, but for the level, which is H.241's number."""
    named = {
        "level": limits.level,
        "max-mbps": limits.custom_mbps,
        "max-fs": limits.custom_fs,
        "max-br": limits.custom_br,
        "max-fps": limits.max_fps,
    }
    return {name: str(number) for name, number in named.items() if number}


# --- to values --------------------------------------------------------------------------------------------


def build_audio(media: MediaFormat) -> Value:
    """The AudioCapability of `media`."""
    name, codec = next((name, codec) for name, codec in AUDIO.items() if codec.name == media.codec)
    return name, max(1, media.packet_ms // codec.frame_ms)


def build_video(media: MediaFormat, kind: StreamKind) -> Value:
    """The VideoCapability of `media`, with the role of a presentation where it is content."""
    value = _build_picture(media)
    if kind is not StreamKind.CONTENT:
        return value
    role = {"parameterIdentifier": ("standard", ROLE_LABEL), "parameterValue": ("booleanArray", PRESENTATION)}
    extension = {"capabilityIdentifier": ("standard", ROLE), "collapsing": [role]}
    return "extendedVideoCapability", {"videoCapability": [value], "videoCapabilityExtension": [extension]}


def _build_picture(media: MediaFormat) -> Value:
    if media.codec == "H264":
        return "genericVideoCapability", h264_capability.build(_limits(media))
    rates = {name: mpi(media.fps) for name, size in SIZES.items() if size == (media.width, media.height)}
    if media.codec == "H261":
        return "h261VideoCapability", h261_value(rates, media.bitrate)
    return "h263VideoCapability", h263_value(rates, media.bitrate, plus=media.h263_plus)


def _limits(media: MediaFormat) -> H264Limits:
    said = {name: int(number) for name, number in media.parameters.items() if number.isdecimal()}
    level = said.get("level") or h264_capability.level_for(media.width, media.height, media.fps, media.bitrate)
    return H264Limits(
        profile=media.h264_profile or "constrained-baseline",
        level=level,
        custom_mbps=said.get("max-mbps", 0),
        custom_fs=said.get("max-fs", 0),
        custom_br=said.get("max-br", 0),
        max_fps=said.get("max-fps", 0),
        bitrate=media.bitrate,
    )


def mpi(fps: int) -> int:
    """The minimum picture interval of `fps`, in periods of 29.97 Hz."""
    return min(32, max(1, round(PICTURE_RATE / fps))) if fps else 1


def h261_value(rates: dict[str, int], bitrate: int) -> Value:
    """H261VideoCapability with an MPI for each size."""
    flags = {"temporalSpatialTradeOffCapability": False, "stillImageTransmission": False}
    return {**rates, **flags, "maxBitRate": min(max(1, bitrate // 100), MOST_H261)}


def h263_value(rates: dict[str, int], bitrate: int, *, plus: bool) -> Value:
    """H263VideoCapability with an MPI for each size; `plus` puts options there, none of them wanted."""
    flags = ("unrestrictedVector", "arithmeticCoding", "advancedPrediction", "pbFrames")
    value: dict[str, Any] = {**rates, **dict.fromkeys((*flags, "temporalSpatialTradeOffCapability"), False)}
    value["maxBitRate"] = min(max(1, bitrate // 100), MOST_H263)
    if plus:
        value["h263Options"] = dict.fromkeys(_H263_OPTIONS, False)
    return value


_H263_OPTIONS = (
    "advancedIntraCodingMode",
    "deblockingFilterMode",
    "improvedPBFramesMode",
    "unlimitedMotionVectors",
    "fullPictureFreeze",
    "partialPictureFreezeAndRelease",
    "resizingPartPicFreezeAndRelease",
    "fullPictureSnapshot",
    "partialPictureSnapshot",
    "videoSegmentTagging",
    "progressiveRefinement",
    "dynamicPictureResizingByFour",
    "dynamicPictureResizingSixteenthPel",
    "dynamicWarpingHalfPel",
    "dynamicWarpingSixteenthPel",
    "independentSegmentDecoding",
    "slicesInOrder-NonRect",
    "slicesInOrder-Rect",
    "slicesNoOrder-NonRect",
    "slicesNoOrder-Rect",
    "alternateInterVLCMode",
    "modifiedQuantizationMode",
    "reducedResolutionUpdate",
    "separateVideoBackChannel",
)
