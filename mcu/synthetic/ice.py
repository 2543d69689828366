"""ICE for one client that offers, towards a lite server or a full one (RFC 8445): regular nomination, then consent
(RFC 7675). No I/O.

Rules:
1. All candidates of the peer are checked, best first; the first that answers is nominated.
2. A response counts only with the peer's password, a transaction of ours, and from the address that was asked.
3. A request counts only with both names and our password. It is answered at any time, and an address that was not
   known before is then checked as well (section 7.3.1.4): a full server believes no way on which we are silent.
4. Who offers controls (section 6.1.1): a peer that would as well is told that roles conflict.
"""

from __future__ import annotations

import enum
import math
import random
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from mcu.errors import ProtocolError
from mcu.webrtc import stun
from mcu.webrtc.ice_lite import Credentials
from mcu.webrtc.stun import Attribute, MessageClass

PACE_SECONDS = 0.02  # between first checks of two candidates; Ta of RFC 8445 section 14.2 is 50 ms, for large lists
RETRY_SECONDS = 0.2  # doubled after each try
MAX_TRIES = 7
CONSENT_SECONDS = 5.0  # RFC 7675 section 5.1, spread by ±20 % there and here
CONSENT_EXPIRES = 30.0  # same section
MAX_CHECKED = 24  # addresses: those of an answer, and what a server with many interfaces asks from
PRIORITY = 110 << 24 | 65_535 << 8 | 255  # of a peer-reflexive candidate (RFC 8445 section 5.1.2.1)

ROLE_CONFLICT = 487  # section 7.3.1.1

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Selected:
    """Media may flow to this address."""

    address: Address


@dataclass(frozen=True, slots=True)
class Failed:
    """No candidate answered, or consent ended."""

    reason: str  # "no-answer" or "consent"


IceEvent = Selected | Failed


class _Phase(enum.Enum):
    CHECKING = enum.auto()
    NOMINATING = enum.auto()
    CONSENTED = enum.auto()
    FAILED = enum.auto()


@dataclass(slots=True)
class _Check:
    transaction: bytes
    due: float
    tries: int = 0


class IceClient:
    """One controlling agent with one component."""

    def __init__(
        self, *, local: Credentials, remote: Credentials, candidates: Sequence[Address], seed: str, now: float
    ) -> None:
        self._choose = random.Random(seed)
        self._username = f"{remote.ufrag}:{local.ufrag}".encode()
        self._password = remote.password
        self._own_username = f"{local.ufrag}:{remote.ufrag}".encode()
        self._own_password = local.password
        self._tie_breaker = struct.pack("!Q", self._choose.getrandbits(64))
        self._phase = _Phase.CHECKING
        self._checks = {
            address: _Check(self._transaction(), now + order * PACE_SECONDS) for order, address in enumerate(candidates)
        }
        self._chosen: Address | None = None
        self._last_answer = now
        self._output: list[tuple[bytes, Address]] = []
        self._events: list[IceEvent] = []

    def receive(self, data: bytes, source: Address, now: float) -> None:
        """One STUN datagram. What is neither an answer to a check of ours nor the peer's own check is passed over."""
        try:
            message = stun.parse(data)
        except ProtocolError:
            return
        if message.message_class == MessageClass.REQUEST:
            self._requested(message, source, now)
            return
        check = self._checks.get(source)
        if check is None or message.transaction != check.transaction or message.message_class != MessageClass.SUCCESS:
            return
        if not message.integrity_matches(self._password):
            return
        self._last_answer = now
        match self._phase:
            case _Phase.CHECKING:
                self._phase, self._chosen = _Phase.NOMINATING, source
                self._checks = {source: _Check(self._transaction(), now)}
                self.handle_timer(now)
            case _Phase.NOMINATING:
                self._phase = _Phase.CONSENTED
                self._events.append(Selected(source))
                self._wait_for_consent(check, now)
            case _Phase.CONSENTED:
                self._wait_for_consent(check, now)
            case _Phase.FAILED:
                pass

    def handle_timer(self, now: float) -> None:
        """Send what is due."""
        if self._phase is _Phase.FAILED:
            return
        for address, check in self._checks.items():
            if check.due <= now and check.tries < MAX_TRIES:
                self._output.append((self._request(check.transaction), address))
                check.due = now + RETRY_SECONDS * 2**check.tries
                check.tries += 1
        if self._phase is _Phase.CONSENTED:
            if now - self._last_answer >= CONSENT_EXPIRES:
                self._fail("consent")
        elif all(check.tries >= MAX_TRIES and check.due <= now for check in self._checks.values()):
            self._fail("no-answer")

    def next_timer(self) -> float:
        """When `handle_timer` wants to be called; math.inf for never."""
        if self._phase is _Phase.FAILED:
            return math.inf
        if self._phase is not _Phase.CONSENTED:
            return min((check.due for check in self._checks.values()), default=math.inf)
        due = min(check.due if check.tries < MAX_TRIES else math.inf for check in self._checks.values())
        return min(due, self._last_answer + CONSENT_EXPIRES)

    def data_to_send(self) -> list[tuple[bytes, Address]]:
        output, self._output = self._output, []
        return output

    def events_received(self) -> list[IceEvent]:
        events, self._events = self._events, []
        return events

    def _requested(self, message: stun.Message, source: Address, now: float) -> None:
        """Answer the peer's check, and check back."""
        if self._phase is _Phase.FAILED or message.get(Attribute.USERNAME) != self._own_username:
            return
        if not (message.fingerprint_matches() and message.integrity_matches(self._own_password)):
            return
        if message.get(Attribute.ICE_CONTROLLING) is not None:
            conflict = (Attribute.ERROR_CODE, stun.error_code(ROLE_CONFLICT, "Role Conflict"))
            self._answer(MessageClass.ERROR, message, conflict, source)
            return
        mapped = (Attribute.XOR_MAPPED_ADDRESS, stun.xor_address(*source, message.transaction))
        self._answer(MessageClass.SUCCESS, message, mapped, source)
        if self._phase is not _Phase.CHECKING:
            return
        check = self._checks.get(source)
        if check is None and len(self._checks) < MAX_CHECKED:
            check = self._checks[source] = _Check(self._transaction(), now)
        if check is not None and not check.tries:
            check.due = now
            self.handle_timer(now)

    def _answer(self, kind: MessageClass, request: stun.Message, attribute: tuple[int, bytes], source: Address) -> None:
        data = stun.build(kind, request.transaction, [attribute], password=self._own_password)
        self._output.append((data, source))

    def _wait_for_consent(self, check: _Check, now: float) -> None:
        check.transaction = self._transaction()
        check.due = now + CONSENT_SECONDS * self._choose.uniform(0.8, 1.2)
        check.tries = 0

    def _fail(self, reason: str) -> None:
        self._phase = _Phase.FAILED
        self._events.append(Failed(reason))

    def _request(self, transaction: bytes) -> bytes:
        attributes = [
            (Attribute.USERNAME, self._username),
            (Attribute.PRIORITY, struct.pack("!I", PRIORITY)),
            (Attribute.ICE_CONTROLLING, self._tie_breaker),
        ]
        if self._phase is not _Phase.CHECKING:
            attributes.append((Attribute.USE_CANDIDATE, b""))
        return stun.build(MessageClass.REQUEST, transaction, attributes, password=self._password)

    def _transaction(self) -> bytes:
        return self._choose.randbytes(12)
