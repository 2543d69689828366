"""A child process that must not outlive its parent."""

from __future__ import annotations

import ctypes
import signal

PR_SET_PDEATHSIG = 1  # prctl(2): the signal to get when the parent dies


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent dies, however that happens. Raises OSError.

    A parent that died before this call is noticed by nobody here: the caller has a connection to it that ends too.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
