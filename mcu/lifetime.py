"""A child process that must not outlive its parent, and one that works for it below all others; how a program ends."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

PR_SET_PDEATHSIG = 1  # prctl(2): the signal to get when the parent dies


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent dies, however that happens. Raises OSError.

    A parent that died before this call is noticed by nobody here: the caller has a connection to it that ends too.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def begin_work(parent: int, niceness: int) -> None:
    """The first thing in a process that works for `parent`: below others by `niceness`, and gone with it.

    Ctrl-C, which all processes of a terminal get, is the parent's affair. Raises OSError, also when the parent died
    while this process was starting.
    """
    die_with_parent()
    if os.getppid() != parent:
        raise ProcessLookupError(f"process {parent} is gone")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(niceness)


@contextlib.contextmanager
def sigint_blocked() -> Iterator[None]:
    """Ctrl-C waits, for this thread and for good in the processes that it starts meanwhile.

    `multiprocessing` unblocks it when it starts its resource tracker: make what has semaphores before, such as a pool.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Terminated(KeyboardInterrupt):
    """SIGTERM, or a terminal that was closed, which ends a program as Ctrl-C does: whoever tidies up after one does so
    after the others. Its argument is the signal."""


@contextlib.contextmanager
def sigterm_raised() -> Iterator[None]:
    """Have SIGTERM and SIGHUP raise Terminated; a SIGHUP that nohup ignores stays so. For the main thread."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    for number, handler in before.items():
        if number is signal.SIGTERM or handler is not signal.SIG_IGN:
            signal.signal(number, _raise_terminated)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def exit_code(interrupt: KeyboardInterrupt) -> int:
    """What shells have for the signal."""
    return 128 + (interrupt.args[0] if isinstance(interrupt, Terminated) else signal.SIGINT)


def _raise_terminated(number: int, frame: FrameType | None) -> None:
    raise Terminated(number)
