"""405 with Allow for a path that exists, asked with a method that it does not have (RFC 9110 section 15.5.6)."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

_ALLOW = "mcu.allow"  # key of the scope under which `matches` leaves the methods for `handle`


class WrongMethod(BaseRoute):
    """Stands after `routes` and before what takes every path: the first full match wins, and these match in part."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._routes = [route for route in routes if isinstance(route, Route)]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http":
            return Match.NONE, {}
        allowed: set[str] = set()
        for route in self._routes:
            if route.matches(scope)[0] is Match.PARTIAL:
                allowed |= route.methods or set()
        return (Match.FULL, {_ALLOW: ", ".join(sorted(allowed))}) if allowed else (Match.NONE, {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        raise HTTPException(405, headers={"allow": scope[_ALLOW]})
