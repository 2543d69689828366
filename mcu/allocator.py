"""What the C library keeps of memory that was given back to it."""

from __future__ import annotations

import ctypes

M_MMAP_THRESHOLD = -3  # mallopt(3)
LARGE = 1 << 20  # bytes


def return_large_blocks() -> None:
    """Have blocks of LARGE and more go back to the kernel as soon as they are free.

    glibc raises that bound by itself to the largest block that ever was freed: one PIN hashed in a thread, which takes
    16 MB (RFC 7914), stayed for good. Not for processes of media, whose pictures come and go by the second.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # other C libraries have other habits
        mallopt(M_MMAP_THRESHOLD, LARGE)
