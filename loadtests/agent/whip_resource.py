"""The resource that a WHIP or WHEP server makes of an offer (RFC 9725 section 4, draft-ietf-wish-whep): POST, DELETE.

Rules:
1. 307 and 308 are followed, with the offer and the token, a few times, and never from TLS to plain text (section 4.5).
2. A server that says Retry-After is asked once more after that, if there is patience for it.
3. Whatever else is not 201 with an answer and a Location is refused in words: those of the server where it has some.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin

import msgspec

from loadtests.agent import web
from loadtests.agent.member import Failed
from loadtests.agent.web import Response, Unreachable

SDP = "application/sdp"
PROBLEM = "application/problem+json"
REDIRECTS = frozenset((307, 308))  # those that keep method and body
LATER = frozenset((429, 503))  # statuses that mean what Retry-After says
MAX_REDIRECTS = 4
MAX_WORDS = 200  # characters of what a server says
DELETE_SECONDS = 5.0


class Refused(Failed):
    """The server answered, and does not want this participant."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__("refused", detail)
        self.status = status

    @property
    def is_final(self) -> bool:
        """Asking again cannot mend it."""
        return 300 <= self.status < 500 and self.status not in (408, *LATER)


@dataclass(frozen=True, slots=True)
class Resource:
    """One session at the server."""

    url: str
    etag: str
    answer: str  # SDP
    token: str

    async def delete(self) -> None:
        """End it. Raises Failed; a session that is gone already is ended."""
        try:
            response = await web.ask("DELETE", self.url, headers=_bearer(self.token), seconds=DELETE_SECONDS)
        except TimeoutError:
            raise Failed("timeout", f"no answer to DELETE within {DELETE_SECONDS:g} s") from None
        except Unreachable as error:
            raise Failed("unreachable", str(error)) from error
        if response.status not in (200, 202, 204, 404, 410):
            raise Refused(response.status, words(response))


async def create(
    url: str,
    token: str,
    offer: str,
    *,
    patience: float,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Resource:
    """Have the server answer an offer. Raises Failed after `patience` seconds at the latest."""
    deadline = clock() + patience
    response = await _post(url, token, offer, deadline - clock())
    wait = retry_after(response)
    if wait is not None:
        if clock() + wait >= deadline:
            raise Refused(response.status, f"{words(response)} (asks to come again in {wait:g} s)")
        await sleep(wait)
        response = await _post(url, token, offer, deadline - clock())
    if 200 <= response.status < 300 and response.status != 201:
        raise Failed("protocol", f"{response.status} {response.reason}, where 201 and a Location are due")
    if response.status != 201:
        raise Refused(response.status, words(response))
    location = response.headers.get("location", "")
    if not location:
        raise Failed("protocol", "201 without a Location: nobody could end that session")
    resource = Resource(_joined(response.url, location), response.headers.get("etag", ""), _answer(response), token)
    if not resource.answer:
        await resource.delete()
        raise Failed("protocol", f"201 with {response.media_type or 'no media type'}, where {SDP} is due")
    return resource


async def _post(url: str, token: str, offer: str, seconds: float) -> Response:
    """The first response that is no redirect."""
    headers = {"content-type": SDP, "accept": SDP, **_bearer(token)}
    try:
        async with asyncio.timeout(seconds):
            for _ in range(MAX_REDIRECTS + 1):
                response = await web.ask("POST", url, headers=headers, body=offer.encode(), seconds=seconds)
                location = response.headers.get("location", "")
                if response.status not in REDIRECTS or not location:
                    return response
                before, url = url, _joined(url, location)
                if before.startswith("https:") and not url.startswith("https:"):
                    raise Refused(response.status, f"sends from TLS on to {url}, and the token stays where it is safe")
    except TimeoutError:
        raise Failed("timeout", f"no answer to POST within {seconds:.0f} s") from None
    except Unreachable as error:
        raise Failed("unreachable", str(error)) from error
    raise Refused(response.status, f"sends on more than {MAX_REDIRECTS} times, to {url} at last")


def _joined(url: str, location: str) -> str:
    """RFC 9110 section 10.2.2. Raises Failed."""
    try:
        return urljoin(url, location)
    except ValueError:  # a bracket that does not close
        raise Failed("protocol", f"a Location that is no address: {location[:MAX_WORDS]}") from None


def retry_after(response: Response) -> float | None:
    """Seconds (RFC 9110 section 10.2.3); None where the server does not say."""
    value = response.headers.get("retry-after", "").strip()
    if response.status not in LATER or not value:
        return None
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        until = parsedate_to_datetime(value)
        now = datetime.now(UTC)
        return max(0.0, ((until if until.tzinfo else until.replace(tzinfo=UTC)) - now).total_seconds())
    except (ValueError, OverflowError):  # no date, or of a year or a zone beyond all dates
        return None


class _Sentence(msgspec.Struct, frozen=True):
    en: str


class _Problem(msgspec.Struct, frozen=True):
    """RFC 9457, and what our server adds to it."""

    title: str = ""
    detail: str = ""
    code: str = ""
    message: _Sentence | None = None


def words(response: Response) -> str:
    """Why not, in one line: "code: Sentence." of our server, else the status and what else is said in words."""
    status = f"{response.status} {response.reason}".strip()
    said = ""
    if response.media_type == PROBLEM:
        try:
            problem = msgspec.json.decode(response.body, type=_Problem)
        except msgspec.DecodeError:
            problem = _Problem()
        if problem.code and problem.message is not None:
            return f"{problem.code}: {problem.message.en}"[:MAX_WORDS]
        said = ". ".join(part.rstrip(".") for part in (problem.title, problem.detail) if part)
    elif not response.body.startswith(b"<"):  # a page says nothing in one line
        said = response.body.decode("utf-8", "replace").strip().partition("\n")[0]
    if 300 <= response.status < 400 and "location" in response.headers:
        said = f"sends on to {response.headers['location']}, which turns a POST into a GET"
    said = "".join(character for character in said if character.isprintable())
    return f"{status}: {said}"[:MAX_WORDS] if said and said != response.reason else status


def _answer(response: Response) -> str:
    return response.body.decode("utf-8", "replace") if response.media_type == SDP else ""


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"} if token else {}
