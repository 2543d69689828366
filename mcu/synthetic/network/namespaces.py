"""Network namespaces without names: each lives as long as somebody holds its descriptor, so nothing is left behind."""

from __future__ import annotations

import ctypes
import os
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from mcu.errors import ConfigurationError

NEW_NETWORK = 0x40000000  # CLONE_NEWNET (sched.h)
COMMAND_SECONDS = 10.0
OWN = "/proc/thread-self/ns/net"
TUN = Path("/dev/net/tun")

Result = TypeVar("Result")


def refusal() -> str:
    """Why there can be no bad line on this machine, in one sentence; "" when there can."""
    if os.geteuid() != 0:
        return "An emulated network needs root: network namespaces and TAP devices are not for everybody."
    if not TUN.exists():
        return f"An emulated network needs {TUN}, which this machine does not have."
    try:
        Namespace().close()
    except (ConfigurationError, FileNotFoundError) as error:
        return f"An emulated network needs network namespaces: {error}."
    return ""


class Namespace:
    """A new, empty network namespace with its loopback up. Raises ConfigurationError where that is not allowed."""

    def __init__(self) -> None:
        self.descriptor = _aside(_new)
        try:
            self.run("ip", "link", "set", "lo", "up")
        except (ConfigurationError, FileNotFoundError):
            self.close()
            raise

    def close(self) -> None:
        """It ends with the last process or descriptor in it."""
        os.close(self.descriptor)

    def command(self, *words: str) -> list[str]:
        """A command line that runs `words` inside; start it with `pass_fds=(descriptor,)`."""
        return ["nsenter", f"--net=/proc/self/fd/{self.descriptor}", "--", *words]

    def run(self, *words: str) -> str:
        """The output of a short command inside. Raises ConfigurationError with what it said when it fails."""
        return _run(self.command(*words), (self.descriptor,))

    def call(self, function: Callable[[], Result]) -> Result:
        """The result of `function` in a thread that is inside; sockets that it opens stay there."""

        def inside() -> Result:
            enter(self.descriptor)
            return function()

        return _aside(inside)


def enter(descriptor: int) -> None:
    """Move the calling thread into a namespace. Raises ConfigurationError."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, NEW_NETWORK):
        raise ConfigurationError(f"setns: {os.strerror(ctypes.get_errno())}")


def _new() -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(NEW_NETWORK):
        raise ConfigurationError(f"unshare: {os.strerror(ctypes.get_errno())}")
    return os.open(OWN, os.O_RDONLY | os.O_CLOEXEC)


def _aside(function: Callable[[], Result]) -> Result:
    """Call in a thread of its own: namespaces belong to threads, and this one's is left alone."""
    results: list[Result] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            results.append(function())
        except BaseException as error:  # noqa: BLE001 - raised again by the caller's thread
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def _run(words: Sequence[str], descriptors: Sequence[int]) -> str:
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=COMMAND_SECONDS, pass_fds=descriptors)
    except subprocess.TimeoutExpired as error:
        raise ConfigurationError(f"{' '.join(words)}: no end in {COMMAND_SECONDS:g} s") from error
    if done.returncode:
        raise ConfigurationError(f"{' '.join(words)}: {done.stderr.strip()}")
    return done.stdout
