"""Pictures that were cut at any bit: H.261 and H.263 packets say how many bits of their first and last octet are not
theirs (RFC 4587 section 4.1, RFC 2190 section 5.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mcu.errors import ProtocolError


@dataclass(frozen=True, slots=True)
class BitRun:
    """Some octets without the first `skip` and the last `spare` bits (0 to 7 each)."""

    data: bytes
    skip: int
    spare: int


def bit_run(data: bytes, skip: int, spare: int) -> BitRun:
    """Raises ProtocolError when no bit is left."""
    if skip + spare >= 8 * len(data):
        raise ProtocolError("picture packet without a bit of picture")
    return BitRun(data, skip, spare)


def join(runs: Sequence[BitRun]) -> bytes:
    """The bits of all runs behind each other; zeros fill the last octet."""
    if all(run.skip == run.spare == 0 for run in runs):
        return b"".join([run.data for run in runs])
    joined = bytearray()
    free = 0  # bits at the end of `joined` that are not used yet, zero
    for run in runs:
        if run.skip == free == 0:
            joined += run.data
            free = run.spare
        elif run.skip + free == 8:  # goes on in the octet in which the run before ended
            joined[-1] |= run.data[0] & 0xFF >> run.skip
            joined += run.data[1:]
            free = run.spare
        else:
            free = _append(joined, free, run)
            continue
        joined[-1] &= 0xFF << free & 0xFF
    return bytes(joined)


def _append(joined: bytearray, free: int, run: BitRun) -> int:
    """Add a run whose bits lie otherwise in their octets; the new number of free bits."""
    bits = 8 * len(run.data) - run.skip - run.spare
    value = int.from_bytes(run.data, "big") >> run.spare & (1 << bits) - 1
    if free:
        value |= joined.pop() >> free << bits
        bits += 8 - free
    free = -bits % 8
    joined += (value << free).to_bytes((bits + free) // 8, "big")
    return free


def cut(data: bytes, begin: int, end: int) -> BitRun:
    """The octets that hold the bits from `begin` up to `end`."""
    first, last = begin // 8, -(-end // 8)
    return BitRun(data[first:last], begin % 8, -end % 8)
