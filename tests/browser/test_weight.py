"""The page is light as it is served: few bytes over the line, and on the next visit hardly any."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.weight import visits
from tests.fakes.conference_server import FakeConference

pytestmark = pytest.mark.browser

MOST_BYTES = 150_000  # of a first visit, compressed


def test_a_first_visit_is_light_and_the_next_is_one_request(browser: Browser, conference: FakeConference) -> None:
    first, again = visits(browser, conference.link)
    assert first.bytes < MOST_BYTES
    assert first.bytes < first.unpacked / 2  # it was compressed
    assert first.files > 10
    assert again.files == 0  # what has a version in its name is kept
    assert again.bytes < first.bytes / 10
