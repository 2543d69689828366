"""What a page of ours may do: the header's policy and the page's own say the same, and no more than the page needs."""

from __future__ import annotations

import re

import pytest

from mcu.signaling.headers import CONTENT_SECURITY_POLICY, HEADERS
from tests.fakes.conference_server import WEB_CLIENT

FOLDERS = ("", "network", "media", "state", "view")
# A browser's feature, and how a page uses it.
FEATURES = {
    "camera": "getUserMedia",
    "microphone": "getUserMedia",
    "display-capture": "getDisplayMedia",
    "fullscreen": "requestFullscreen",
    "speaker-selection": "setSinkId",
    "autoplay": "autoplay",
    "picture-in-picture": "requestPictureInPicture",
    "screen-wake-lock": "wakeLock",
    "clipboard-write": "clipboard.write",
    "clipboard-read": "clipboard.read",
    "geolocation": "geolocation",
    "idle-detection": "IdleDetector",
    "usb": "navigator.usb",
    "serial": "navigator.serial",
    "hid": "navigator.hid",
    "midi": "requestMIDIAccess",
    "payment": "PaymentRequest",
}


def directives(policy: str) -> dict[str, str]:
    pairs = (part.strip().partition(" ") for part in policy.split(";"))
    return {name: " ".join(sorted(values.split())) for name, _, values in pairs}


def test_the_page_s_policy_is_the_header_s() -> None:
    page = (WEB_CLIENT / "index.html").read_text()
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert found
    header = directives(CONTENT_SECURITY_POLICY)
    del header["frame-ancestors"]  # which a page cannot say of itself
    assert directives(found[1]) == header


def test_the_policy_lets_nothing_in_from_elsewhere() -> None:
    policy = directives(CONTENT_SECURITY_POLICY)
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'"
    sources = {source for values in policy.values() for source in values.split()}
    assert sources == {"'none'", "'self'", "'script'"}


@pytest.mark.parametrize("feature", FEATURES)
def test_a_feature_is_allowed_when_the_page_uses_it_and_only_then(feature: str) -> None:
    sources = "\n".join(path.read_text() for folder in FOLDERS for path in (WEB_CLIENT / folder).glob("*.js"))
    allowed = dict(part.strip().split("=") for part in HEADERS["permissions-policy"].split(","))
    assert allowed[feature] == ("(self)" if FEATURES[feature] in sources else "()")


def test_addresses_are_told_to_nobody() -> None:
    assert HEADERS["referrer-policy"] == "no-referrer"
    assert '<meta name="referrer" content="no-referrer">' in (WEB_CLIENT / "index.html").read_text()
