"""Pairs of UDP ports for rooms: RTP on an even number, RTCP on the next (RFC 3550 section 11), and what comes there.

Each port has a reader of its own on the loop. RTP is read by the native MediaSocket: it looks at the source before
anything else and parses without Python, 10 microseconds a packet with 20 rooms against 14 by recvfrom. Reading
several sockets together, as the port of the browsers does under load, gains nothing here: what comes, comes on many
sockets at different times (measured: 9 to 13 microseconds, with up to 5 ms more delay).

Rules:
1. Ports are taken in turn, so that what still comes for an old call does not find the next one.
2. A port is read only while a channel of it is open. A datagram for nobody costs nothing but the kernel's time.
3. While it is not known where a stream comes from (`Arrivals.searching`), datagrams are read one by one with addresses.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import structlog

from mcu._native.packets import BATCH, MAX_DATAGRAM, MediaSocket, Path, SrtpTransport
from mcu.errors import RefusedError
from mcu.h323.media_port import Arrivals
from mcu.h323.source_latch import Place, plain_ip

MAX_READ = 64  # datagrams for each wake-up, of a port whose source is sought, and of RTCP
MAX_BATCHES = 2  # for each wake-up of a port whose source is known: a keyframe and more
PORTS = 1 << 16
FULL = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))

log = structlog.get_logger()

NAMES = {  # of MediaSocket's counters: what they are called here
    "received": "received",
    "sent": "sent",
    "overflowed": "overflowed",
    "oversized": "oversized",
    "malformed": "malformed",
    "dropped_unknown": "malformed",
    "dropped_unvalidated": "wrong_source",
    "too_many_ssrcs": "too_many_ssrcs",
    "send_would_block": "send_would_block",
    "send_errors": "send_errors",
}


class PortPair:
    """Two bound sockets (a `mcu.h323.media_port.MediaPort`)."""

    def __init__(
        self, sockets: tuple[socket.socket, socket.socket], *, clock: Callable[[], float], released: Callable[[], None]
    ) -> None:
        """`released` is called once, when the ports are free again."""
        self._rtp, self._rtcp = sockets
        self.rtp, self.rtcp = (each.getsockname()[1] for each in sockets)
        self._native = MediaSocket(self._rtp.fileno(), max_paths=1)
        self._loop = asyncio.get_running_loop()
        self._clock = clock
        self._released = released
        self._arrivals: Arrivals | None = None
        self._bound: Path | None = None
        self._closed = False
        self._counters: Counter[str] = Counter()

    # --- MediaPort ------------------------------------------------------------------------------------

    def open(self, arrivals: Arrivals, *, fresh: bool) -> None:
        if self._arrivals is None:
            if fresh:
                self._drain()
            self._loop.add_reader(self._rtp.fileno(), self._guarded, self._read_packets)
            self._loop.add_reader(self._rtcp.fileno(), self._guarded, self._read_reports)
        self._arrivals = arrivals

    def shut(self) -> None:
        if self._arrivals is not None:
            self._loop.remove_reader(self._rtp.fileno())
            self._loop.remove_reader(self._rtcp.fileno())
            self._arrivals = None
        self._unbind()

    def bind(self, place: Place, transport: SrtpTransport) -> None:
        self._unbind()
        path = Path(*place)
        if self._native.bind(path, transport):
            self._bound = path

    def aim(self, transport: SrtpTransport, place: Place) -> None:
        try:
            transport.select(self._native, Path(*place))
        except ValueError:  # an address of the other family
            transport.deselect()
            self._counters["unreachable"] += 1

    def send_packet(self, data: bytes, place: Place) -> None:
        self._send(self._rtp, data, place)

    def send_report(self, data: bytes, place: Place) -> None:
        self._send(self._rtcp, data, place)

    def send_keepalive(self, place: Place) -> None:
        self._send(self._rtp, b"", place)

    def close(self) -> None:
        if self._closed:
            return
        self.shut()
        self._closed = True
        self._rtp.close()
        self._rtcp.close()
        self._released()

    # --- inside ---------------------------------------------------------------------------------------

    @property
    def counters(self) -> Counter[str]:
        """By reason, since the ports were taken."""
        total = Counter(self._counters)
        native = self._native.counters
        for name, shown in NAMES.items():
            total[shown] += native[name]
        return total

    def _unbind(self) -> None:
        if self._bound is not None:
            self._native.unbind(self._bound)
            self._bound = None

    def _send(self, sender: socket.socket, data: bytes, place: Place) -> None:
        try:
            sender.sendto(data, place)
            self._counters["sent"] += 1
        except BlockingIOError:
            self._counters["send_would_block"] += 1
        except OSError:
            self._counters["send_errors"] += 1

    def _drain(self) -> None:
        for _ in range(MAX_READ):
            found = self._receive(self._rtp)
            if found is None:
                return
            self._counters["too_early"] += 1

    def _receive(self, receiver: socket.socket) -> tuple[bytes, Place] | None:
        """One datagram with where it came from; None when there is none."""
        try:
            data, source = receiver.recvfrom(MAX_DATAGRAM)
        except BlockingIOError:
            return None
        except OSError:  # an error of an earlier send that the kernel reports here
            self._counters["receive_errors"] += 1
            return None
        self._counters["received"] += 1
        return data, (source[0], source[1])

    def _read_packets(self, arrivals: Arrivals) -> None:
        now = self._clock()
        for _ in range(MAX_READ):
            if self._arrivals is None or not arrivals.searching(now):
                break
            found = self._receive(self._rtp)
            if found is None:
                return
            arrivals.receive_unknown(*found, now)
        for _ in range(MAX_BATCHES):
            if self._arrivals is None or arrivals.searching(now):
                return
            items = self._native.receive(now)
            arrivals.receive_known(items, now)
            if len(items) < BATCH:
                return

    def _read_reports(self, arrivals: Arrivals) -> None:
        now = self._clock()
        for _ in range(MAX_READ):
            found = self._receive(self._rtcp) if self._arrivals is not None else None
            if found is None:
                return
            arrivals.receive_report(*found, now)

    def _guarded(self, read: Callable[[Arrivals], None]) -> None:
        """An exception from there is a bug: the leg is told, everybody else goes on."""
        arrivals = self._arrivals
        if arrivals is None:
            return
        try:
            read(arrivals)
        except Exception:
            log.exception("leg failed", kind=arrivals.kind.value)
            arrivals.failed()


class PortRange:
    """The ports of one MP: `count` numbers from `first` on, of which pairs are lent."""

    def __init__(self, first: int, count: int) -> None:
        self._first = first + first % 2
        self._pairs = max(0, (min(first + count, PORTS) - self._first) // 2)
        self._next = 0
        self.lent = 0  # pairs

    def take(self, host: str, *, clock: Callable[[], float]) -> PortPair:
        """The next free pair on `host`, a numeric address of ours. Raises RefusedError."""
        try:
            host = plain_ip(host)
        except ValueError as error:
            raise RefusedError("host-unknown", str(error)) from error
        if self.lent < self._pairs:
            for _ in range(self._pairs):
                number = self._first + 2 * self._next
                self._next = (self._next + 1) % self._pairs
                sockets = _bound(host, number)
                if sockets is not None:
                    self.lent += 1
                    return PortPair(sockets, clock=clock, released=self._take_back)
            raise RefusedError("ports-taken", "other programs have the ports for RTP")
        raise RefusedError("busy", "all ports for RTP are lent")

    def _take_back(self) -> None:
        self.lent -= 1


def _bound(host: str, port: int) -> tuple[socket.socket, socket.socket] | None:
    """Two non-blocking sockets; None when one of the two is taken. Raises RefusedError."""
    opened: list[socket.socket] = []
    try:
        for number in (port, port + 1):
            one = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
            opened.append(one)
            one.setblocking(False)
            one.bind((host, number))
    except OSError as error:
        for one in opened:
            with suppress(OSError):
                one.close()
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            return None
        code = "busy" if error.errno in FULL else "host-unknown"
        raise RefusedError(code, f"{host}: {error.strerror or error}") from error
    return opened[0], opened[1]
