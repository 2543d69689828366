"""The server's REST interface as a locust worker needs it. It waits in the greenlet that asks.

Every function raises RestError, a ConfigurationError, with a sentence in both languages when the server cannot be
reached or refuses, and TooSlow, which is one, when its answer is not whole after WHOLE_SECONDS.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from loadtests.deadline import within
from mcu.signaling import resources
from mcu.synthetic.rest import RestError, ask, understand

PAGE = 200  # conferences in one answer, the most that there may be
CONFERENCES = "/api/v1/conferences"
WHOLE_SECONDS = 15.0  # for one answer; silence is told after ten (mcu.synthetic.rest)
VIEWER_SECONDS = 86_400  # a token lasts for a soak of a day, the most that there may be

T = TypeVar("T")


class Server:
    """One server, and the key to its REST interface."""

    def __init__(self, address: str, *, api_key: str = "") -> None:
        self.address = address.rstrip("/")
        self._key = api_key

    @property
    def host(self) -> str:
        """Name or address alone."""
        return urlsplit(self.address).hostname or ""

    def ready(self) -> resources.Readiness:
        """Whether it takes participants."""
        return understand(self._ask("GET", "/readyz"), resources.Readiness, self.address)

    def try_key(self) -> None:
        """Nothing, where the key is good for making conferences."""
        self._get(f"{CONFERENCES}?limit=1", resources.ConferenceList)

    def create(self, title: str, *, capacity: int | None = None) -> resources.CreatedConference:
        """A conference that takes so many, the server's own limit at most."""
        body: dict[str, object] = {"title": title} | ({} if capacity is None else {"capacity": capacity})
        return self._post(CONFERENCES, body, resources.CreatedConference)

    def end(self, conference: str) -> None:
        """`conference` is the id in REST, here as below."""
        self._ask("DELETE", f"{CONFERENCES}/{conference}", api_key=self._key)

    def present(self, conference: str) -> int:
        """How many are in it."""
        return len(self._get(f"{CONFERENCES}/{conference}", resources.ConferenceDetail).participants)

    def headcount(self, ours: Set[str]) -> tuple[int, int]:
        """How many are connected in these conferences, and how many are in all others, connected or not."""
        elsewhere = sum(each.participants for each in self._conferences() if each.id not in ours)
        rosters = (self._get(f"{CONFERENCES}/{each}", resources.ConferenceDetail) for each in sorted(ours))
        return sum(who.presence == "connected" for each in rosters for who in each.participants), elsewhere

    def find(self, link: str) -> resources.ConferenceSummary:
        """The conference that the link opens."""
        for found in self._conferences():
            if found.link == link:
                return found
        raise RestError(
            f"{self.address}에 링크가 {link}인 회의가 없습니다.",
            f"{self.address} has no conference with the link {link}.",
        )

    def _conferences(self) -> Iterator[resources.ConferenceSummary]:
        """All that the server has."""
        offset: int | None = 0
        while offset is not None:
            page = self._get(f"{CONFERENCES}?limit={PAGE}&offset={offset}", resources.ConferenceList)
            yield from page.conferences
            offset = page.next

    def token(self, conference: str, *, kind: str, name: str) -> resources.CreatedToken:
        """For a standard client: `kind` is "whip" or "whep"."""
        body = {"kind": kind, "name": name, "lifetime_seconds": VIEWER_SECONDS}
        return self._post(f"{CONFERENCES}/{conference}/tokens", body, resources.CreatedToken)

    def _get(self, path: str, kind: type[T]) -> T:
        return understand(self._ask("GET", path, api_key=self._key), kind, self.address)

    def _post(self, path: str, body: dict[str, object], kind: type[T]) -> T:
        data = msgspec.json.encode(body)
        return understand(self._ask("POST", path, api_key=self._key, data=data), kind, self.address)

    def _ask(self, method: str, path: str, *, api_key: str = "", data: bytes | None = None) -> bytes:
        return within(WHOLE_SECONDS, lambda: ask(self.address, method, path, api_key=api_key, data=data), self.address)
