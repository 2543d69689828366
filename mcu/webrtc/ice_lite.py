"""The lite side of ICE (RFC 8445) for one leg: answers checks, remembers which paths are proven, follows nomination.

Rules:
1. A path is anything hashable with `ip` and `port`; it is *valid* once a check over it carried the right password.
2. The lite agent is always controlled (section 6.1.1) and never sends a check of its own.
3. The newest nomination wins, so a peer that moves to another network is followed without a new offer. Only in the
   first moments of a generation does the higher priority win, for peers that nominate every pair they try.
4. After a restart (section 9) both generations of credentials are good until the new one is nominated.
"""

from __future__ import annotations

import math
import secrets
import struct
from dataclasses import dataclass
from typing import Protocol

from mcu.webrtc import stun
from mcu.webrtc.stun import Attribute, Message, MessageClass

MAX_PATHS = 16  # per leg; a laptop with VPN, Wi-Fi, cable, IPv4 and IPv6 comes to about ten
PATH_LIFETIME_SECONDS = 30.0  # RFC 7675 section 5.1: consent for a path ends 30 s after its last valid check
SETTLE_SECONDS = 2.0  # how long aggressive nominators need to try their pairs
SILENT_SECONDS = 15.0  # browsers check every 2.5 s, RFC 7675 asks for one in 5 s: three missed
UFRAG_BYTES = 6  # 48 bits, 8 characters; section 5.3 asks for 24 bits
PASSWORD_BYTES = 18  # 144 bits, 24 characters; section 5.3 asks for 128 bits


class PathLike(Protocol):
    """Where a datagram came from: a UDP address pair or a TCP connection."""

    @property
    def ip(self) -> str: ...
    @property
    def port(self) -> int: ...
    def __hash__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Credentials:
    """A username fragment and password of one side (RFC 8445 section 5.3)."""

    ufrag: str
    password: str

    @classmethod
    def generate(cls) -> Credentials:
        """Fresh ones. base64url's two odd characters are not ice-chars, so they are replaced."""
        fragment, password = (
            secrets.token_urlsafe(size).replace("-", "+").replace("_", "/") for size in (UFRAG_BYTES, PASSWORD_BYTES)
        )
        return cls(fragment, password)


@dataclass(frozen=True, slots=True)
class PathValidated:
    """The first good check over this path: what comes from here is the peer's."""

    path: PathLike


@dataclass(frozen=True, slots=True)
class PathSelected:
    """Media goes here from now on."""

    path: PathLike


@dataclass(frozen=True, slots=True)
class PathExpired:
    """No longer the peer's: silent too long, pushed out by newer ones, or its connection is gone."""

    path: PathLike


@dataclass(frozen=True, slots=True)
class GenerationEnded:
    """The credentials before the restart are void."""

    ufrag: str


IceEvent = PathValidated | PathSelected | PathExpired | GenerationEnded


@dataclass(slots=True)
class _PathState:
    checked: float  # monotonic seconds of the last good check
    priority: int  # PRIORITY of that check
    nominated: bool = False


class IceLite:
    """One leg's agent. `receive` takes checks that were routed here by their username; replies are drained after."""

    def __init__(self, *, local: Credentials, now: float) -> None:
        self.local = local
        self.selected: PathLike | None = None
        self.last_check = now  # monotonic seconds; creation counts, so that silence is measured from there
        self._previous: Credentials | None = None
        self._paths: dict[PathLike, _PathState] = {}  # oldest first
        self._settled_at: float | None = None  # set by the first nomination of a generation
        self._replies: list[tuple[bytes, PathLike]] = []
        self._events: list[IceEvent] = []

    @property
    def ufrags(self) -> tuple[str, ...]:
        """The fragments under which checks may arrive now."""
        return (self.local.ufrag,) if self._previous is None else (self.local.ufrag, self._previous.ufrag)

    @property
    def paths(self) -> tuple[PathLike, ...]:
        """All valid paths, oldest first."""
        return tuple(self._paths)

    def is_valid(self, path: PathLike) -> bool:
        return path in self._paths

    def restart(self, local: Credentials) -> None:
        """New credentials (section 9). Media stays where it is until a path is nominated under them."""
        if self._previous is not None:
            self._events.append(GenerationEnded(self._previous.ufrag))
        self._previous = self.local
        self.local = local
        self._settled_at = None

    def receive(self, request: Message, path: PathLike, now: float) -> None:
        """Answer one Binding request (sections 7.3 and RFC 8489 section 9.1.3)."""
        credentials = self._credentials_of(request)
        if credentials is None or not request.integrity_matches(credentials.password):
            self._replies.append((refuse(request, 401, "Unauthorized"), path))
            return
        password = credentials.password
        if unknown := request.unknown_required():
            error = (Attribute.ERROR_CODE, stun.error_code(420, "Unknown Attribute"))
            names = (Attribute.UNKNOWN_ATTRIBUTES, struct.pack(f"!{len(unknown)}H", *unknown))
            self._reply(MessageClass.ERROR, request, path, password, error, names)
            return
        if request.get(Attribute.ICE_CONTROLLED) is not None:
            error = (Attribute.ERROR_CODE, stun.error_code(487, "Role Conflict"))
            self._reply(MessageClass.ERROR, request, path, password, error)
            return
        address = (Attribute.XOR_MAPPED_ADDRESS, stun.xor_address(path.ip, path.port, request.transaction))
        self._reply(MessageClass.SUCCESS, request, path, password, address)
        self._check_succeeded(request, path, now, current=credentials is self.local)

    def forget(self, path: PathLike) -> None:
        """The connection behind this path is gone."""
        if self._paths.pop(path, None) is not None:
            self._events.append(PathExpired(path))
            if self.selected == path:
                self.selected = None
                self._select_best()

    def handle_timer(self, now: float) -> None:
        """Expire paths without consent, the selected one last: a leg's silence is judged by its owner."""
        for path, state in list(self._paths.items()):
            if path != self.selected and now - state.checked >= PATH_LIFETIME_SECONDS:
                self.forget(path)

    def next_timer(self) -> float:
        """When the next unselected path expires; math.inf for never."""
        if len(self._paths) == 1 and self.selected in self._paths:
            return math.inf  # nearly always, and asked often
        due = (state.checked for path, state in self._paths.items() if path != self.selected)
        return min(due, default=math.inf) + PATH_LIFETIME_SECONDS

    def data_to_send(self) -> list[tuple[bytes, PathLike]]:
        replies, self._replies = self._replies, []
        return replies

    def events_received(self) -> list[IceEvent]:
        events, self._events = self._events, []
        return events

    def _credentials_of(self, request: Message) -> Credentials | None:
        fragment = local_fragment(request)
        for credentials in (self.local, self._previous):
            if credentials is not None and credentials.ufrag == fragment:
                return credentials
        return None

    def _check_succeeded(self, request: Message, path: PathLike, now: float, *, current: bool) -> None:
        self.last_check = now
        priority = int.from_bytes(request.get(Attribute.PRIORITY) or b"", "big")
        state = self._paths.get(path)
        if state is None:
            self._make_room()
            state = self._paths[path] = _PathState(checked=now, priority=priority)
            self._events.append(PathValidated(path))
        state.checked, state.priority = now, priority
        if current and request.get(Attribute.USE_CANDIDATE) is not None:
            self._nominated(path, state, now)

    def _nominated(self, path: PathLike, state: _PathState, now: float) -> None:
        state.nominated = True
        if self._settled_at is None:
            self._settled_at = now + SETTLE_SECONDS
            if self._previous is not None:
                self._events.append(GenerationEnded(self._previous.ufrag))
                self._previous = None
        elif now < self._settled_at and self.selected is not None and self._outranks(self.selected, state):
            return
        self._select(path)

    def _outranks(self, path: PathLike, state: _PathState) -> bool:
        return self._paths[path].priority > state.priority

    def _make_room(self) -> None:
        if len(self._paths) >= MAX_PATHS:
            oldest = min((p for p in self._paths if p != self.selected), key=lambda p: self._paths[p].checked)
            self.forget(oldest)

    def _select_best(self) -> None:
        """Fall back to the valid path that was nominated, or else checked, last."""
        if self._paths:
            self._select(max(self._paths, key=lambda p: (self._paths[p].nominated, self._paths[p].checked)))

    def _select(self, path: PathLike) -> None:
        if path != self.selected:
            self.selected = path
            self._events.append(PathSelected(path))

    def _reply(
        self, kind: MessageClass, request: Message, path: PathLike, password: str, *attributes: tuple[int, bytes]
    ) -> None:
        self._replies.append((stun.build(kind, request.transaction, attributes, password=password), path))


def local_fragment(request: Message) -> str | None:
    """Our fragment in the USERNAME "ours:theirs" of a check (RFC 8445 section 7.2.2); None when there is none."""
    username = request.get(Attribute.USERNAME)
    if username is None:
        return None
    fragment, colon, _ = username.partition(b":")
    return fragment.decode("ascii", "replace") if colon else None


def refuse(request: Message, code: int, reason: str) -> bytes:
    """An error answer that proves nothing, for a request that proved nothing (RFC 8489 section 9.1.3)."""
    attributes = ((Attribute.ERROR_CODE, stun.error_code(code, reason)),)
    return stun.build(MessageClass.ERROR, request.transaction, attributes)
