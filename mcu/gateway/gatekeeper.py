"""The gatekeeper that this server registers with: couples `mcu.h323.ras_client` to a UDP socket and one timer.

Rules:
1. Clocks are read here: the loop's for decisions, the time of day for tokens.
2. A gatekeeper's name is looked up until it is found. Until then, calls go as if there were none.
3. Whoever waits in `admit` gets an answer, also when this closes in the meantime.
"""

from __future__ import annotations

import asyncio
import random
import socket
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import structlog

from mcu.errors import ProtocolError
from mcu.gateway.gatekeeper_trouble import NO_NAME, NO_SOCKET
from mcu.gateway.lookup import getaddrinfo
from mcu.gateway.tcp import local_address_towards, plain
from mcu.h323.address import Address, parse
from mcu.h323.events import EndReason
from mcu.h323.ras_client import RasClient, RasCounters, RasStatus
from mcu.h323.ras_events import AdmissionRejected, Admitted, CallFacts, RasEvent
from mcu.h323.ras_settings import MULTICAST, RAS_PORT, RasSettings
from mcu.h323.registration import State

LOOKUP_SECONDS = 10.0  # for a name
LOOKUP_PAUSE = 30.0  # until a name that was not found is looked up again
ADMIT_SECONDS = 180.0  # more than RAS ever takes: all repetitions, prolonged as far as can be, at two gatekeepers
FAILURE_PAUSE = 1.0  # after a bug: its timer may be due still, and would be at once, for ever
CLOSE_SECONDS = 7.0  # for URQ: 3 s, once repeated, and a little
UNTOLD = Address("0.0.0.0", 0)

log = structlog.get_logger()


class Gatekeeper(asyncio.DatagramProtocol):
    """`start`, then anything else as often as wanted, then `close`.

    `names` are gatekeepers as configured, "host" or "host:port", in addition to those of the settings. Addresses of
    ours in the settings that are 0.0.0.0 are filled in: with the one from which the first gatekeeper is reached.
    `changed` is told of everything but admissions, `troubled` of each try that failed: why, as in
    `mcu.gateway.gatekeeper_trouble`.
    """

    def __init__(
        self,
        settings: RasSettings,
        *,
        changed: Callable[[RasEvent], object],
        troubled: Callable[[str], object] = lambda failure: None,
        names: tuple[str, ...] = (),
        local: Address = UNTOLD,
        rng: random.Random | None = None,
    ) -> None:
        self.failures = 0  # bugs caught here
        self.unsendable = 0  # datagrams that the socket did not take
        self._settings = settings
        self._changed = changed
        self._troubled = troubled
        self._names = names
        self._local = local
        self._rng = rng or random.SystemRandom()
        self._loop = asyncio.get_running_loop()
        self._client = self._made(replace(settings, gatekeepers=(), multicast=False))
        self._transport: asyncio.DatagramTransport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._starting: asyncio.Task[None] | None = None
        self._waiting: dict[str, asyncio.Future[Admitted | AdmissionRejected]] = {}
        self._gone = asyncio.Event()

    # --- life ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to look for the gatekeeper; how that goes is told by `changed` and `status`."""
        if self._starting is None and (self._names or self._settings.enabled):
            self._starting = self._loop.create_task(self._guarded(self._start()))

    async def close(self) -> None:
        """Unregister, in CLOSE_SECONDS at most."""
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        self._do(self._client.close)
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                while not self._client.closed:
                    self._gone.clear()
                    await self._gone.wait()
        except TimeoutError:
            log.info("the gatekeeper does not say good-bye")
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.close()
        for call, future in list(self._waiting.items()):
            self._answer(future, AdmissionRejected(call=call, reason=EndReason.UNREACHABLE, detail="this server stops"))

    async def _start(self) -> None:
        addresses = [*self._settings.gatekeepers, *[await self._looked_up(name) for name in self._names]]
        while self._transport is None:
            try:
                await self._open(tuple(addresses))
            except OSError:
                self._troubled(NO_SOCKET)
                await asyncio.sleep(LOOKUP_PAUSE)
        self._do(self._client.start)

    async def _guarded(self, starting: Coroutine[Any, Any, None]) -> None:
        """Nobody waits for this task before the end: a bug in it is told at once."""
        try:
            await starting
        except Exception:
            log.exception("the gatekeeper is not looked for any more")
            self.failures += 1

    async def _open(self, addresses: tuple[Address, ...]) -> None:
        """A socket, and a client which knows all addresses: the gatekeepers' and ours."""
        family = socket.AF_INET6 if addresses and ":" in addresses[0].ip else socket.AF_INET
        host, ours = self._local.ip, self._local.ip
        if host == UNTOLD.ip:
            host = "::" if family is socket.AF_INET6 else "0.0.0.0"
            ours = local_address_towards((addresses[0] if addresses else MULTICAST).ip)
        self._transport, _ = await self._loop.create_datagram_endpoint(
            lambda: self, local_addr=(host, self._local.port), family=family
        )
        port = plain(self._transport.get_extra_info("sockname")).port
        told = self._settings.ras_address
        self._client = self._made(
            replace(
                self._settings,
                gatekeepers=addresses,
                ras_address=told if told.is_usable else Address(ours, port),
                signaling_addresses=tuple(
                    one if one.is_usable else Address(ours, one.port) for one in self._settings.signaling_addresses
                ),
            )
        )

    async def _looked_up(self, name: str) -> Address:
        """The address of a name, however long it takes."""
        while True:
            try:
                return parse(name, RAS_PORT)
            except ProtocolError:
                host, _, port = name.partition(":")
            try:
                async with asyncio.timeout(LOOKUP_SECONDS):
                    found = await getaddrinfo(host, int(port or RAS_PORT), type=socket.SOCK_DGRAM)
                return plain(found[0][4])
            except (OSError, UnicodeError, ValueError):  # TimeoutError is an OSError
                self._troubled(NO_NAME)
            await asyncio.sleep(LOOKUP_PAUSE)

    # --- calls ----------------------------------------------------------------------------------------------

    @property
    def status(self) -> RasStatus:
        return self._client.status

    @property
    def counters(self) -> RasCounters:
        return self._client.counters

    async def admit(self, call: CallFacts) -> Admitted | AdmissionRejected:
        """Whether a call may be, and where it goes. A cancelled wait takes the question back."""
        if self._client.closed:
            return AdmissionRejected(call=call.call, reason=EndReason.UNREACHABLE, detail="this server stops")
        future: asyncio.Future[Admitted | AdmissionRejected] = self._loop.create_future()
        self._waiting[call.call] = future
        try:
            self._do(lambda now: self._client.admit(call, now))
            async with asyncio.timeout(ADMIT_SECONDS):
                return await future
        except TimeoutError:
            self.disengage(call.call, EndReason.TIMED_OUT)
            return AdmissionRejected(call=call.call, reason=EndReason.TIMED_OUT, detail="no decision")
        except asyncio.CancelledError:
            self.disengage(call.call, EndReason.HUNG_UP)
            raise
        finally:
            self._waiting.pop(call.call, None)

    def disengage(self, call: str, reason: EndReason) -> None:
        """A call that was asked about is over."""
        self._do(lambda now: self._client.disengage(call, reason, now))

    def change_bandwidth(self, call: str, bandwidth: int) -> None:
        """Ask for another bandwidth, bit/s both ways together: `changed` gets BandwidthGranted."""
        self._do(lambda now: self._client.change_bandwidth(call, bandwidth, now))

    def report_resources(self, *, almost_out: bool) -> None:
        """Whether the gatekeeper should rather send calls elsewhere."""
        self._do(lambda now: self._client.report_resources(almost_out=almost_out, now=now))

    # --- socket and timer -----------------------------------------------------------------------------------

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        source = plain(addr)
        self._do(lambda now: self._client.receive(data, source, now))

    def error_received(self, exc: Exception) -> None:
        """ICMP said that nobody is there, for instance. The timers see to it."""
        self.unsendable += 1

    def _do(self, action: Callable[[float], object]) -> None:
        """Give something to the client, then do what it wants."""
        now = self._loop.time()
        self._client.wall_offset = time.time() - now
        earliest = now
        try:
            action(now)
        except Exception:  # calls go on without the gatekeeper, and what it says next may go well
            log.exception("registration failed")
            self.failures += 1
            earliest = now + FAILURE_PAUSE
        for data, to in self._client.data_to_send():
            self._send(data, to)
        due = self._client.next_timer()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if due is not None:
            self._timer = self._loop.call_later(max(earliest, due) - now, self._time)
        if self._client.closed:
            self._gone.set()
        for event in self._client.events_received():
            self._tell(event)
        status = self._client.status
        if status.state is State.PAUSING and status.failure:
            self._troubled(status.failure)

    def _time(self) -> None:
        self._do(lambda now: self._client.handle_timer(now))

    def _send(self, data: bytes, to: Address) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        try:
            self._transport.sendto(data, (to.ip, to.port))
        except (OSError, ValueError):  # an alternate of the other kind of IP, say
            self.unsendable += 1

    def _tell(self, event: RasEvent) -> None:
        if isinstance(event, Admitted | AdmissionRejected):
            future = self._waiting.get(event.call)
            if future is not None:
                self._answer(future, event)
            return
        try:
            self._changed(event)
        except Exception:  # the owner's bug: registration and those who wait for an answer go on
            self.failures += 1
            log.exception("nobody could be told of the gatekeeper", event_type=type(event).__name__)

    @staticmethod
    def _answer(future: asyncio.Future[Admitted | AdmissionRejected], answer: Admitted | AdmissionRejected) -> None:
        if not future.done():
            future.set_result(answer)

    def _made(self, settings: RasSettings) -> RasClient:
        return RasClient(settings, rng=self._rng, wall_offset=time.time() - self._loop.time())
