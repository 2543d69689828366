"""Which offered codec is taken, how the answer describes it, and what the encoder may then send to this peer.

Rules:
1. Sound: Opus, else G.711 in the offerer's order. Picture: VP8, else H.264 by packetization mode, then profile.
2. A peer that states limits (H.264 level, VP8 max-fs) never gets a larger or faster picture than it can take.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from mcu.media.types import VIDEO_CLOCK_RATE, AudioProfile, CodecParameters, VideoProfile

OPUS_ANSWER = {"minptime": "10", "useinbandfec": "1", "usedtx": "1"}  # RFC 7587 section 7: what we want to be sent
OPUS_MIN_BITRATE = 6_000  # bits per second, RFC 7587 section 6.1
G711 = ("PCMU", "PCMA")
G711_BITRATE = 64_000  # bits per second, fixed

# H.264 profiles by (profile_idc, constraint bits that matter, their value): RFC 6184 table 5. Best known first.
H264_PROFILES = (
    (0x42, 0x4F, 0x40, "constrained-baseline"),
    (0x42, 0x4F, 0x00, "constrained-baseline"),  # offered as baseline; what we send has none of its extra tools
    (0x64, 0xFF, 0x0C, "high"),  # constrained high
    (0x64, 0xFF, 0x00, "high"),
)
# RFC 6184 says Baseline level 1 when nothing is said; those who say nothing mean what every browser takes.
H264_UNSAID = "42e01f"
H264_MODES = {"1": 0, "0": 1}  # packetization-mode to rank; mode 2 interleaves, which nobody does

# level_idc: macroblocks per second, macroblocks per picture, kbit/s (Rec. ITU-T H.264 table A-1).
H264_LEVELS = {
    9: (1_485, 99, 128),
    10: (1_485, 99, 64),
    11: (3_000, 396, 192),
    12: (6_000, 396, 384),
    13: (11_880, 396, 768),
    20: (11_880, 396, 2_000),
    21: (19_800, 792, 4_000),
    22: (20_250, 1_620, 4_000),
    30: (40_500, 1_620, 10_000),
    31: (108_000, 3_600, 14_000),
    32: (216_000, 5_120, 20_000),
    40: (245_760, 8_192, 20_000),
    41: (245_760, 8_192, 50_000),
    42: (522_240, 8_704, 50_000),
}
H264_HIGHEST = 42  # above it nothing that we send is limited

CONTENT_MACROBLOCKS = 120 * 75  # of the largest shared screen, 1920×1200
CONTENT_FPS = 10

MIN_WIDTH = 160  # pixels; below this a composite shows nothing
HALVED_BITRATE = 3  # half the width and height needs about a third of the bits for the same look


def choose_audio(codecs: Sequence[CodecParameters]) -> CodecParameters | None:
    for codec in codecs:
        if codec.name == "opus" and codec.clock_rate == 48_000:
            return codec
    return next((codec for codec in codecs if codec.name in G711 and codec.clock_rate == 8_000), None)


def choose_video(codecs: Sequence[CodecParameters]) -> CodecParameters | None:
    ranked = [(rank, codec) for codec in codecs if (rank := _video_rank(codec)) is not None]
    return min(ranked, key=lambda item: item[0])[1] if ranked else None


def rtx_of(codec: CodecParameters, codecs: Sequence[CodecParameters]) -> CodecParameters | None:
    """The retransmission format of `codec` (RFC 4588 section 8.1), ready for the answer."""
    apt = str(codec.payload_type)
    for other in codecs:
        if other.name == "rtx" and other.parameters.get("apt") == apt:
            return dataclasses.replace(other, feedback=frozenset(), parameters={"apt": apt})
    return None


def answer_parameters(codec: CodecParameters) -> dict[str, str]:
    """The answer's fmtp for an accepted codec."""
    if codec.name == "opus":
        return OPUS_ANSWER
    if codec.name == "H264":
        # Echoed: the profile must be the same both ways, and the level lets the sender stay within its own.
        wanted = ("level-asymmetry-allowed", "packetization-mode", "profile-level-id")
        return {name: codec.parameters[name] for name in wanted if name in codec.parameters}
    return {}


def audio_profile(codec: CodecParameters, offered: Mapping[str, str], defaults: AudioProfile) -> AudioProfile:
    """How this listener hears. `offered` is its own fmtp."""
    if codec.name in G711:
        return AudioProfile(codec=codec.name, bitrate=G711_BITRATE)
    limit = max(OPUS_MIN_BITRATE, _integer(offered, "maxaveragebitrate", defaults.bitrate))
    return AudioProfile(codec="opus", bitrate=min(defaults.bitrate, limit))


def video_profile(codec: CodecParameters, offered: Mapping[str, str], defaults: VideoProfile) -> VideoProfile:
    """The best profile not above `defaults` that this viewer can take. `offered` is its own fmtp."""
    if codec.name == "H264":
        rate, size, kilobits = _h264_limits(offered)
        profile = dataclasses.replace(
            defaults,
            codec="H264",
            h264_profile=h264_profile(offered),
            packetization_mode=1 if offered.get("packetization-mode") == "1" else 0,
            bitrate=min(defaults.bitrate, kilobits * 1_000),
        )
        return _fit(profile, macroblocks=size, macroblocks_per_second=rate, fps=defaults.fps)
    # RFC 7741 section 6.1: max-fs in macroblocks, max-fr in frames per second.
    size = _integer(offered, "max-fs", H264_LEVELS[H264_HIGHEST][1])
    fps = max(1, _integer(offered, "max-fr", defaults.fps))
    profile = dataclasses.replace(defaults, codec="VP8", h264_profile="", packetization_mode=1)
    return _fit(profile, macroblocks=size, macroblocks_per_second=size * fps, fps=min(fps, defaults.fps))


def takes_content(codec: CodecParameters) -> bool:
    """Whether a peer that offers this takes a shared screen of any size that we send, as we code it."""
    if codec.name != "VP8":
        return False
    size = _integer(codec.parameters, "max-fs", CONTENT_MACROBLOCKS)
    return size >= CONTENT_MACROBLOCKS and _integer(codec.parameters, "max-fr", CONTENT_FPS) >= CONTENT_FPS


def h264_profile(parameters: Mapping[str, str]) -> str:
    """The encoder's name for the profile in an fmtp, "" for one that we do not speak."""
    idc, constraints, _ = _profile_level(parameters)
    for known, mask, value, name in H264_PROFILES:
        if idc == known and constraints & mask == value:
            return name
    return ""


def _video_rank(codec: CodecParameters) -> tuple[int, int, int] | None:
    """Smaller is better, None is not ours."""
    if codec.clock_rate != VIDEO_CLOCK_RATE:
        return None
    if codec.name == "VP8":
        return (0, 0, 0)
    mode = H264_MODES.get(codec.parameters.get("packetization-mode", "0"))
    profile = h264_profile(codec.parameters)
    if codec.name != "H264" or mode is None or not profile:
        return None
    return (1, mode, 0 if profile == "constrained-baseline" else 1)


def _h264_limits(parameters: Mapping[str, str]) -> tuple[int, int, int]:
    """(macroblocks per second, macroblocks, kbit/s): the level's, raised by max-mbps and max-fs (RFC 6184 8.1)."""
    idc, constraints, level = _profile_level(parameters)
    if level == 11 and idc == 0x42 and constraints & 0x10:
        level = 9  # level 1b in Baseline
    known = max((number for number in H264_LEVELS if number <= level), default=min(H264_LEVELS))
    rate, size, kilobits = H264_LEVELS[known]
    return max(rate, _integer(parameters, "max-mbps", 0)), max(size, _integer(parameters, "max-fs", 0)), kilobits


def _profile_level(parameters: Mapping[str, str]) -> tuple[int, int, int]:
    """(profile_idc, constraint bits, level_idc); zeros when it is not six hexadecimal digits."""
    text = parameters.get("profile-level-id", H264_UNSAID)
    try:
        idc, constraints, level = bytes.fromhex(text)
    except ValueError:
        return 0, 0, 0
    return idc, constraints, level


def _fit(profile: VideoProfile, *, macroblocks: int, macroblocks_per_second: int, fps: int) -> VideoProfile:
    """Halve the picture until it fits, then slow it down. Width and height stay even."""
    width, height, bitrate = profile.width, profile.height, profile.bitrate
    while _macroblocks(width, height) > macroblocks and width // 2 >= MIN_WIDTH:
        width, height = width // 4 * 2, height // 4 * 2
        bitrate //= HALVED_BITRATE
    fps = max(1, min(fps, macroblocks_per_second // _macroblocks(width, height)))
    return dataclasses.replace(profile, width=width, height=height, fps=fps, bitrate=bitrate)


def _macroblocks(width: int, height: int) -> int:
    return -(-width // 16) * -(-height // 16)


def _integer(parameters: Mapping[str, str], name: str, default: int) -> int:
    text = parameters.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else default
