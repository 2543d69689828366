"""What all doors share, kept in `app.state.context`."""

from __future__ import annotations

from dataclasses import dataclass, field

from mcu.config import Config
from mcu.controller.registry import Registry
from mcu.errors import RefusedError
from mcu.gateway.rooms import Rooms
from mcu.limits import REACTIONS, REQUESTS, Attempts, Buckets, Connections
from mcu.loop_watch import LoopCounters
from mcu.signaling.lobby_limits import LobbyLimits
from mcu.signaling.media_session import MediaSessions
from mcu.signaling.metrics import Metrics
from mcu.store.health import Health

MAX_CONNECTIONS = 4_000  # WebSockets of one server: forty full conferences
MAX_CONNECTIONS_BY_ADDRESS = 400  # a town hall behind one address


@dataclass(slots=True, kw_only=True)
class Context:
    """One for each app."""

    registry: Registry
    config: Config
    metrics: Metrics
    connections: Connections
    media_sessions: MediaSessions
    health: Health
    rooms: Rooms | None = None  # without H.323 there is nobody who could call them
    attempts: Attempts = field(default_factory=Attempts)
    lobby: LobbyLimits = field(default_factory=LobbyLimits)
    requests: Buckets = field(default_factory=lambda: Buckets(REQUESTS))
    reactions: Buckets = field(default_factory=lambda: Buckets(REACTIONS))  # by conference


def make_context(
    registry: Registry, config: Config, loop: LoopCounters, *, attempts: Attempts, rooms: Rooms | None = None
) -> Context:
    connections = Connections(most=MAX_CONNECTIONS, most_by_address=MAX_CONNECTIONS_BY_ADDRESS)
    return Context(
        registry=registry,
        config=config,
        metrics=Metrics(registry, connections, loop),
        connections=connections,
        media_sessions=MediaSessions(registry),
        health=Health(registry.store),
        attempts=attempts,
        rooms=rooms,
    )


def rooms_of(context: Context) -> Rooms:
    """Raises RefusedError("h323-off")."""
    if context.rooms is None:
        raise RefusedError("h323-off")
    return context.rooms
