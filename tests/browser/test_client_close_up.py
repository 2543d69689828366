"""On an upright telephone whoever speaks stands large under the composite: judged by what is seen there."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from mcu.signaling import protocol
from tests.browser.scene import Scene, Setting, scene

pytestmark = pytest.mark.browser

PHONE = (390, 844)
WORK_SIZE = (96, 54)  # pixels at which two pictures of a face are compared: coding and scaling are even there
SAME = 12.0  # mean difference of levels, of 255


def test_who_speaks_stands_large_under_the_picture(browser: Browser) -> None:
    with scene(browser, Setting(people=9), size=PHONE, touch=True) as shown:
        shown.join()
        for who, other in (("p1", "p5"), ("p5", "p1")):
            shown.tell(protocol.Speaker(speaker=who, speaking=(who,)))
            shown.until(_shows(shown, who))
            seen = _seen(shown)
            assert _difference(seen, _tile(shown, who)) < SAME
            assert _difference(seen, _tile(shown, other)) > 2 * SAME
        shown.tell(protocol.Speaker(speaker="you", speaking=("you",)))
        shown.until(_shows(shown, "p5"))  # not oneself: who spoke before stays
        close_up = shown.page.locator(".close-up")
        shown.page.locator(".tile-button").nth(2).tap()
        expect(close_up).to_be_hidden()  # something is enlarged: no room, and no need
        shown.page.locator(".whole").click()
        expect(close_up).to_be_visible()
        shown.page.set_viewport_size({"width": 844, "height": 390})
        expect(close_up).to_be_hidden()
        assert shown.page.evaluate("document.querySelector('.close-up video').srcObject === null")


def test_while_one_makes_a_noise_oneself_whoever_else_speaks_stands_there(browser: Browser) -> None:
    with scene(browser, Setting(people=9), size=PHONE, touch=True) as shown:
        shown.join()
        shown.tell(protocol.Speaker(speaker="p1", speaking=("p1",)))
        shown.until(_shows(shown, "p1"))
        for speaking, seen in (
            (("you", "p5"), "p5"),  # p1 is silent
            (("you", "p1", "p5"), "p5"),  # two at once: no move while the one who stands there speaks
            (("p1", "you"), "p1"),
            (("you",), "p1"),
        ):
            shown.tell(protocol.Speaker(speaker="you", speaking=speaking))
            shown.page.wait_for_timeout(100)  # a move that should not come has its chance
            shown.until(_shows(shown, seen))


def _shows(shown: Scene, who: str) -> str:
    """A condition: the close-up is cut to this person's tile."""
    tile = _place(shown, who)
    return f"""(() => {{
      const cut = document.querySelector(".close-up");
      const video = cut.querySelector("video");
      const scale = cut.clientWidth / {tile.width};
      return !cut.hidden && video.readyState >= 2 && Math.abs(video.offsetLeft + {tile.x} * scale) < 2
        && Math.abs(video.offsetTop + {tile.y} * scale) < 2;
    }})()"""


def _place(shown: Scene, who: str) -> protocol.Tile:
    tiles = shown.conference.tiles
    assert tiles is not None
    return next(tile for tile in tiles.tiles if tile.participant == who)


def _seen(shown: Scene) -> Image.Image:
    return Image.open(io.BytesIO(shown.page.locator(".close-up").screenshot()))


def _tile(shown: Scene, who: str) -> Image.Image:
    tile = _place(shown, who)
    assert shown.conference.still is not None
    whole = Image.open(io.BytesIO(shown.conference.still))
    return whole.crop((tile.x, tile.y, tile.x + tile.width, tile.y + tile.height))


def _difference(one: Image.Image, other: Image.Image) -> float:
    first, second = (np.asarray(image.convert("RGB").resize(WORK_SIZE), dtype=np.float32) for image in (one, other))
    return float(np.abs(first - second).mean())
