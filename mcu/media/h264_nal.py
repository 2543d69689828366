"""H.264 NAL units: the little that transport has to know of them (ITU-T H.264 clauses 7.3 and 7.4, annex B)."""

from __future__ import annotations

from collections.abc import Iterable

from mcu.errors import ProtocolError

START_CODE = b"\0\0\0\1"
SLICE, IDR, SEI, SPS, PPS, AUD = 1, 5, 6, 7, 8, 9  # nal_unit_type (table 7-1)
STAP_A, FU_A = 24, 28  # RFC 6184 table 1
MAX_PARAMETER_SET = 512  # bytes; real ones have under 100, so longer ones are abuse
MAX_UE_ZEROS = 16  # leading zero bits of the Exp-Golomb codes read here: identifiers are below 256


def nal_type(nal: bytes) -> int:
    return nal[0] & 0x1F


def split_annex_b(data: bytes) -> list[bytes]:
    """NAL units of a byte stream, without start codes and trailing zeros."""
    return [nal for part in data.split(b"\0\0\1")[1:] if (nal := part.rstrip(b"\0"))]


def join_annex_b(nals: Iterable[bytes]) -> bytes:
    """A byte stream in which each NAL unit has a four-byte start code."""
    return b"".join([part for nal in nals for part in (START_CODE, nal)])


def begins_picture(nal: bytes) -> bool:
    """Whether a slice NAL unit has first_mb_in_slice 0: Exp-Golomb zero is a single 1 bit."""
    return len(nal) > 1 and nal[1] >= 0x80


def sps_id(nal: bytes) -> int:
    """seq_parameter_set_id of an SPS. Raises ProtocolError."""
    value, _ = _read_ue(nal, 32)  # after the header, profile_idc, constraint flags and level_idc
    return value


def pps_id(nal: bytes) -> int:
    """pic_parameter_set_id of a PPS. Raises ProtocolError."""
    value, _ = _read_ue(nal, 8)
    return value


def _read_ue(nal: bytes, bit: int) -> tuple[int, int]:
    """The unsigned Exp-Golomb code at `bit` of a NAL unit, and the bit after it (clause 9.1)."""
    window = int.from_bytes(nal[bit // 8 : bit // 8 + 8].ljust(8, b"\0"), "big") << bit % 8 & (1 << 64) - 1
    zeros = 64 - window.bit_length()
    if zeros > MAX_UE_ZEROS or bit + 2 * zeros + 1 > 8 * len(nal):
        raise ProtocolError("H264: parameter set cut short")
    length = 2 * zeros + 1
    return (window >> 64 - length) - 1, bit + length


class ParameterSets:
    """The newest SPS and PPS of each id, bounded by the standard's id ranges and MAX_PARAMETER_SET."""

    def __init__(self) -> None:
        self._sps: dict[int, bytes] = {}
        self._pps: dict[int, bytes] = {}

    def keep(self, nal: bytes) -> None:
        """Remember an SPS or PPS; anything else is ignored. Raises ProtocolError."""
        if nal_type(nal) not in (SPS, PPS):
            return
        if len(nal) > MAX_PARAMETER_SET:
            raise ProtocolError("H264: parameter set too long")
        table, identifier, limit = (
            (self._sps, sps_id(nal), 32) if nal_type(nal) == SPS else (self._pps, pps_id(nal), 256)
        )
        if identifier >= limit:
            raise ProtocolError("H264: parameter set id out of range")
        table[identifier] = nal

    @property
    def complete(self) -> bool:
        """Whether there is at least one of each kind."""
        return bool(self._sps and self._pps)

    def nals(self) -> list[bytes]:
        """All that are known, SPS first."""
        return [*self._sps.values(), *self._pps.values()]
