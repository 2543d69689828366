"""An RTCP datagram cut into its packets: what is wrong with one costs that one alone.

Some rooms pad their names more than they say, leave the end of a name out, or append bytes of their own: their reports
in front of these are worth reading.
"""

from __future__ import annotations

HEADER = 4  # bytes (RFC 3550 section 6.4.1)
MAX_PARTS = 16  # of one datagram; a room sends two or three


def parts(data: bytes) -> list[bytes]:
    """The packets that are framed as packets, from the first on; what follows them is left out."""
    found: list[bytes] = []
    at = 0
    while len(data) - at >= HEADER and len(found) < MAX_PARTS:
        end = at + HEADER * (1 + int.from_bytes(data[at + 2 : at + 4], "big"))
        if data[at] >> 6 != 2 or not 192 <= data[at + 1] <= 223 or end > len(data):
            break
        found.append(data[at:end])
        at = end
    return found
