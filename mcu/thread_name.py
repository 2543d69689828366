"""The name under which the kernel and its tools (top -H, perf, mcu bench) know a thread; Python 3.11 tells it none."""

from __future__ import annotations

import ctypes

PR_SET_NAME = 15  # prctl(2)
MAX_BYTES = 15  # what the kernel keeps


def name_this_thread(name: str) -> None:
    """Longer names are cut. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NAME, name.encode()[:MAX_BYTES], 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
