"""What the page weighs and how soon it is there: bytes, requests, first paint, time until the form can be used.

`python -m tests.browser.weight [--rounds 5]`, in this machine's Chromium, as the server sends the files: on the machine
itself and over a line of 100 ms and 2 Mbit/s, on a first visit and on the next.
"""

from __future__ import annotations

import argparse
import statistics
from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS
from tests.fakes.conference_server import FakeConference, running

SLOW = {"offline": False, "latency": 100, "downloadThroughput": 250_000, "uploadThroughput": 250_000}
# The moment at which somebody can type and press: the button is in the page, and its module has run.
USABLE = """new MutationObserver((_, observer) => {
  if (!document.querySelector(".join-form [type=submit]")) return;
  window.usable = performance.now();
  observer.disconnect();
}).observe(document, { childList: true, subtree: true });"""
TIMES = """() => {
  const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  return {
    bytes: all.reduce((sum, one) => sum + (one.transferSize > 0 ? one.encodedBodySize : 0), 0),
    unpacked: all.reduce((sum, one) => sum + one.decodedBodySize, 0),
    requests: all.filter((one) => one.transferSize > 0).length,
    files: all.filter((one) => one.transferSize > 0 && new URL(one.name).pathname.startsWith("/v/")).length,
    paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null,
    usable: window.usable ?? null,
  };
}"""


@dataclass(frozen=True, slots=True)
class Visit:
    """One loading of the page; times in ms since it began."""

    bytes: int  # of bodies as they came over the line
    unpacked: int
    requests: int
    files: int  # of them for files of the page
    paint: float
    usable: float


def visit(context: BrowserContext, link: str, *, slow: bool = False) -> Visit:
    """Load the page in a new tab, until the form can be used and something is painted."""
    page = context.new_page()
    if slow:
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", SLOW)
    page.goto(link)
    page.locator(".join-form [type=submit]").wait_for()
    for _ in range(100):
        found = page.evaluate(TIMES)
        if found["paint"] is not None and found["usable"] is not None:
            break
        page.wait_for_timeout(50)
    page.close()
    return Visit(**found)


def visits(browser: Browser, link: str, *, slow: bool = False) -> tuple[Visit, Visit]:
    """A first visit, and the next with what the browser has kept of it."""
    context = browser.new_context(locale="ko-KR", permissions=["camera", "microphone"])
    context.add_init_script(USABLE)
    try:
        return visit(context, link, slow=slow), visit(context, link, slow=slow)
    finally:
        context.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.weight", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="of which the median is told")
    rounds = parser.parse_args().rounds
    with running(FakeConference()) as conference, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        print("line       visit   requests   kB sent   kB unpacked   first paint   form usable")
        for name, slow in (("local", False), ("100 ms", True)):
            pairs = [visits(browser, conference.link, slow=slow) for _ in range(rounds)]
            for which, label in enumerate(("first", "next")):
                seen = [pair[which] for pair in pairs]
                paint = statistics.median(one.paint for one in seen)
                usable = statistics.median(one.usable for one in seen)
                one = seen[0]
                print(
                    f"{name:10} {label:6} {one.requests:9} {one.bytes / 1e3:9.1f} {one.unpacked / 1e3:13.1f}"
                    f" {paint:10.0f} ms {usable:10.0f} ms",
                    flush=True,
                )
        browser.close()


if __name__ == "__main__":
    main()
