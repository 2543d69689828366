"""H.264 in H.245: the generic capability of H.241 clause 8.3.2, with its levels and custom parameters.

Rule: what a peer can decode is what its level allows, or more where a custom parameter says so; a size is never taken
from the level's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Value = Any  # as in mcu.h323.asn1

H264 = (0, 0, 8, 241, 0, 0, 1)
SINGLE_NAL = (0, 0, 8, 241, 0, 0, 0, 0)  # packetization mode 0 of RFC 6184
NON_INTERLEAVED = (0, 0, 8, 241, 0, 0, 0, 1)  # mode 1
PACKETIZATION = {0: SINGLE_NAL, 1: NON_INTERLEAVED}

# Parameters by their number (H.241 clause 8.3.2), and the units of their values.
CUSTOM_MAX_MBPS, CUSTOM_MAX_FS, CUSTOM_MAX_BR, MAX_FPS, PROFILE, LEVEL = 3, 4, 6, 13, 41, 42
MBPS_UNIT, FS_UNIT, BR_UNIT, FPS_UNIT = 500, 256, 25_000, 100  # macroblocks/s, macroblocks, bit/s, parts of a frame/s

PROFILES = {"constrained-baseline": 64, "main": 32, "high": 8}  # bits of PROFILE
MOST_MBPS, MOST_FS = 983_040, 36_864  # those of level 5.1: no one sends more, whatever a parameter says


@dataclass(frozen=True, slots=True)
class Level:
    """A row of H.264 table A-1: macroblocks per second and per frame, bit/s."""

    max_mbps: int
    max_fs: int
    max_br: int


LEVELS = {  # by H.241's number
    15: Level(1_485, 99, 64_000),
    19: Level(1_485, 99, 128_000),
    22: Level(3_000, 396, 192_000),
    29: Level(6_000, 396, 384_000),
    36: Level(11_880, 396, 768_000),
    43: Level(11_880, 396, 2_000_000),
    50: Level(19_800, 792, 4_000_000),
    57: Level(20_250, 1_620, 4_000_000),
    64: Level(40_500, 1_620, 10_000_000),
    71: Level(108_000, 3_600, 14_000_000),
    78: Level(216_000, 5_120, 20_000_000),
    85: Level(245_760, 8_192, 20_000_000),
    92: Level(245_760, 8_192, 50_000_000),
    99: Level(522_240, 8_704, 50_000_000),
    106: Level(589_824, 22_080, 135_000_000),
    113: Level(983_040, 36_864, 240_000_000),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class H264Limits:
    """What a decoder takes. Custom values are 0 where none was said; `bitrate` is in bit/s."""

    profile: str
    level: int
    custom_mbps: int = 0
    custom_fs: int = 0
    custom_br: int = 0
    max_fps: int = 0
    bitrate: int = 0

    @property
    def max_mbps(self) -> int:
        return min(max(LEVELS[self.level].max_mbps, self.custom_mbps), MOST_MBPS)

    @property
    def max_fs(self) -> int:
        return min(max(LEVELS[self.level].max_fs, self.custom_fs), MOST_FS)

    @property
    def max_br(self) -> int:
        most = max(LEVELS[self.level].max_br, self.custom_br)
        return min(most, self.bitrate) if self.bitrate else most

    def frame_rate(self, width: int, height: int) -> int:
        """Frames/s at which pictures of this size can be decoded; 0 for those that are too large."""
        blocks = macroblocks(width, height)
        widest = (8 * self.max_fs) ** 0.5  # H.264 A.3.1: neither side may be longer
        if blocks > self.max_fs or max(width, height) > widest * 16:
            return 0
        fps = self.max_mbps // blocks
        return min(fps, self.max_fps) if self.max_fps else fps


def macroblocks(width: int, height: int) -> int:
    return -(-width // 16) * -(-height // 16)


def level_for(width: int, height: int, fps: int, bitrate: int) -> int:
    """The lowest level that allows such a stream, the highest where none does."""
    blocks = macroblocks(width, height)
    for number, level in LEVELS.items():
        if blocks <= level.max_fs and blocks * fps <= level.max_mbps and bitrate <= level.max_br:
            return number
    return max(LEVELS)


def parse(capability: Value) -> H264Limits | None:
    """The limits in a GenericCapability; None when it is for another codec or names no profile that is known."""
    if capability["capabilityIdentifier"] != ("standard", H264):
        return None
    numbers: dict[int, int] = {}
    for parameter in (*capability.get("collapsing", ()), *capability.get("nonCollapsing", ())):
        kind, identifier = parameter["parameterIdentifier"]
        number = parameter["parameterValue"][1]
        if kind == "standard" and isinstance(number, int):
            numbers[identifier] = number
    bits = numbers.get(PROFILE, PROFILES["constrained-baseline"])
    profile = next((name for name, bit in PROFILES.items() if bits & bit), "")
    if not profile:
        return None
    said = numbers.get(LEVEL, min(LEVELS))
    level = max((number for number in LEVELS if number <= said), default=min(LEVELS))
    fps = numbers.get(MAX_FPS, 0)
    return H264Limits(
        profile=profile,
        level=level,
        custom_mbps=numbers.get(CUSTOM_MAX_MBPS, 0) * MBPS_UNIT,
        custom_fs=numbers.get(CUSTOM_MAX_FS, 0) * FS_UNIT,
        custom_br=numbers.get(CUSTOM_MAX_BR, 0) * BR_UNIT,
        max_fps=fps // FPS_UNIT,
        bitrate=capability.get("maxBitRate", 0) * 100,
    )


def build(limits: H264Limits) -> Value:
    """The GenericCapability that says `limits`."""
    named = [
        (PROFILE, "booleanArray", PROFILES[limits.profile]),
        (LEVEL, "unsignedMin", limits.level),
        (CUSTOM_MAX_MBPS, "unsignedMin", limits.custom_mbps // MBPS_UNIT),
        (CUSTOM_MAX_FS, "unsignedMin", limits.custom_fs // FS_UNIT),
        (CUSTOM_MAX_BR, "unsignedMin", limits.custom_br // BR_UNIT),
        (MAX_FPS, "unsignedMin", limits.max_fps * FPS_UNIT),
    ]
    return {
        "capabilityIdentifier": ("standard", H264),
        "maxBitRate": limits.bitrate // 100,
        "collapsing": [
            {"parameterIdentifier": ("standard", number), "parameterValue": (kind, min(value, 65_535))}
            for number, kind, value in named
            if value
        ],
    }
