"""Headers that every answer carries, so that a page of ours can do only what it is made for."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Everything comes from this server; no inline script or style, no markup made of strings; nobody may frame the page.
# The page says the same of itself (web-client/index.html), for where something serves it without these headers.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "media-src 'self'",  # sounds; cameras and the composite are objects, which no policy is about
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
# What a browser may do for the page is what the page does (tests/signaling/test_headers.py); what a default would allow
# without asking is named as well.
_OWN = (
    "camera",
    "microphone",
    "display-capture",
    "fullscreen",
    "picture-in-picture",
    "screen-wake-lock",
    "speaker-selection",
    "autoplay",
    "clipboard-write",
)
_NONE = (
    "accelerometer",
    "clipboard-read",
    "geolocation",
    "gyroscope",
    "hid",
    "idle-detection",
    "magnetometer",
    "midi",
    "payment",
    "serial",
    "usb",
)

HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "permissions-policy": ", ".join([f"{name}=(self)" for name in _OWN] + [f"{name}=()" for name in _NONE]),
    "referrer-policy": "no-referrer",  # the address of a conference opens it
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
}
# What is personal or changes must not be kept by caches; static files say otherwise themselves.
DEFAULTS = {"cache-control": "no-store"}


class SecurityHeaders:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                for name, value in DEFAULTS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)
