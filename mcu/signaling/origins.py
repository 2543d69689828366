"""Which web pages may talk to this server with somebody's browser."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from mcu.config import Config
from mcu.limits import is_loopback


def is_allowed(headers: Mapping[str, str], config: Config) -> bool:
    """Whether a request with `headers` comes from a page of ours, of a configured site, or from no page at all.

    Programs that are not browsers send no Origin (RFC 6454) and cannot be made to by a third party. A browser sends
    none for what a page of another site embeds (an image, say), but tells where that comes from (W3C Fetch Metadata).
    """
    origin = headers.get("origin")
    if origin is None:
        embedded = headers.get("sec-fetch-mode", "") != "navigate"
        return not (embedded and headers.get("sec-fetch-site", "") in ("cross-site", "same-site"))
    allowed = {site.rstrip("/").lower() for site in config.api.origins}
    if config.https.public_url:
        parts = urlsplit(config.https.public_url.lower())
        allowed.add(f"{parts.scheme}://{parts.netloc}")
    host = headers.get("host", "").lower()
    return origin.lower() in allowed or (host != "" and _netloc(origin) == host)


def names_this_machine(headers: Mapping[str, str]) -> bool:
    """Whether the Host header is a loopback name: keeps out foreign names that were made to resolve to 127.0.0.1."""
    host = headers.get("host", "")
    name = urlsplit(f"//{host}").hostname if _is_sane(host) else None
    return name is not None and (name == "localhost" or is_loopback(name))


def _netloc(origin: str) -> str | None:
    return urlsplit(origin.lower()).netloc if _is_sane(origin) else None


def _is_sane(text: str) -> bool:
    """urlsplit raises for broken brackets."""
    try:
        urlsplit(text if "//" in text else f"//{text}")
    except ValueError:
        return False
    return True
