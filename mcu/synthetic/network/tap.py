"""A network card of software: Ethernet frames that the kernel sends come out of it, and those put in are received.

Needs CAP_NET_ADMIN. The device is made in the namespace of the calling thread, and ends with its descriptor.
"""

from __future__ import annotations

import fcntl
import os
import struct
from collections.abc import Iterator

SET_INTERFACE = 0x400454CA  # TUNSETIFF (linux/if_tun.h)
TAP, NO_INFORMATION = 0x0002, 0x1000  # IFF_TAP, IFF_NO_PI: whole frames, and nothing in front of them
DEVICE = "/dev/net/tun"
MAX_FRAME = 65_550  # bytes: no device has a larger MTU than 65535, and 14 are the Ethernet header
BATCH = 64  # frames read at once, so that one direction does not keep the other waiting


class Tap:
    """One card; `fileno` is readable when the kernel has sent something."""

    def __init__(self, name: str) -> None:
        """Raises OSError."""
        self.refused = 0  # frames that the kernel did not take: the card is down
        self._descriptor = os.open(DEVICE, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            request = struct.pack("16sH22x", name.encode(), TAP | NO_INFORMATION)
            fcntl.ioctl(self._descriptor, SET_INTERFACE, request)
        except OSError:
            self.close()
            raise

    def fileno(self) -> int:
        return self._descriptor

    def read(self) -> Iterator[bytes]:
        """Up to BATCH frames that wait."""
        for _ in range(BATCH):
            try:
                yield os.read(self._descriptor, MAX_FRAME)
            except BlockingIOError:
                return

    def write(self, frame: bytes) -> None:
        """Give a frame to the kernel."""
        try:
            os.write(self._descriptor, frame)
        except OSError:
            self.refused += 1

    def close(self) -> None:
        """The device goes away."""
        os.close(self._descriptor)
