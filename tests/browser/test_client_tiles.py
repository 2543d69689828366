"""Over the picture: every tile's text, border and own camera at the right place, in every layout and size of window."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable, Iterator
from functools import partial

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, FloatRect, Locator, Page, expect

from mcu.mixer.labels import label_of
from mcu.signaling import protocol
from tests.browser.client_page import press
from tests.browser.layouts_shown import OWN, SCENES, enter_scene, show, tiles_of
from tests.browser.scene import Setting, scene
from tests.fakes.conference_server import FakeConference
from tests.golden.composites import Case, members

SETTLE_SECONDS = 3.0  # a generous bound for a busy machine
pytestmark = pytest.mark.browser

WINDOWS = {"desk": (1280, 720), "wall": (1920, 1080), "upright phone": (390, 844), "phone on its side": (740, 360)}
LATER = {"wall", "desk"}  # in `make test-long`: the two phones have the least room
OPENINGS = 8  # of a panel; without care a stroke stays after most of them
BORDER_GREEN = 40  # by how much the green of a border stands out
GLIDE_MS = 300  # twice what the frame takes to its place
WHITE = 170  # what the darkest channel of a drawn name reaches
GREEN = 100  # by how much the fake camera's green stands out; no composite and no border is that green


def box(node: Locator) -> FloatRect:
    found = node.bounding_box()
    assert found is not None
    return found


def seen(page: Page, at: FloatRect) -> NDArray[np.uint8]:
    """The pixels of a part of the window, shape (height, width, 3)."""
    picture = page.screenshot(
        clip={"x": at["x"], "y": at["y"], "width": at["width"], "height": at["height"]}, animations="disabled"
    )
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))


def greenness(pixels: NDArray[np.uint8]) -> float:
    """The share of pixels that only the fake camera has."""
    red, green, blue = (pixels[..., channel].astype(int) for channel in range(3))
    return float(np.mean(green - np.maximum(red, blue) > GREEN))


def settled(page: Page, holds: Callable[[], bool]) -> bool:
    """Whether it holds soon: a tap changes what is said at once, and the picture with the next frame."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while not (held := holds()) and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    return held


def own_item(page: Page) -> Locator:
    return page.locator(".tiles li:has(> .own-picture)")


def places(page: Page, case: Case) -> list[tuple[str, tuple[float, float, float, float]]]:
    """Where each tile of a case must lie in the window."""
    frame = box(page.locator(".frame"))
    scale = frame["width"] / case.size[0]
    names = {member.participant: member.name for member in members(case.people)}
    return [
        (
            names[tile.participant],
            (frame["x"] + tile.x * scale, frame["y"] + tile.y * scale, tile.width * scale, tile.height * scale),
        )
        for tile in tiles_of(case)
        if tile.participant is not None
    ]


def misplaced(page: Page, case: Case) -> list[int]:
    """The tiles that are more than a pixel from where they must lie."""
    items, expected = page.locator(".tiles li"), places(page, case)
    boxes = [box(items.nth(index)) for index in range(len(expected))]
    lying = [(at["x"], at["y"], at["width"], at["height"]) for at in boxes]
    return [index for index, (_, place) in enumerate(expected) if not np.allclose(lying[index], place, atol=1.0)]


def well_placed(page: Page, case: Case) -> bool:
    return not misplaced(page, case)


@pytest.mark.parametrize(
    "window",
    [pytest.param(size, id=name, marks=[pytest.mark.long] if name in LATER else []) for name, size in WINDOWS.items()],
)
def test_every_tile_has_its_text_at_its_place(page: Page, conference: FakeConference, window: tuple[int, int]) -> None:
    enter_scene(page, conference, SCENES["grid-24"])
    page.set_viewport_size({"width": window[0], "height": window[1]})
    for case in SCENES.values():
        show(page, conference, case)
        items = page.locator(".tiles li")
        expect(items).to_have_count(len(places(page, case)))
        # the frame makes room for what stands beside it, and glides there
        assert settled(page, partial(well_placed, page, case)), (case.name, misplaced(page, case))
        for index, (name, _) in enumerate(places(page, case)):
            assert items.nth(index).locator(".plate-name").text_content() == name


def test_the_own_camera_fills_the_own_tile_and_nothing_else(page: Page, conference: FakeConference) -> None:
    enter_scene(page, conference, SCENES["grid-24"])
    for case in SCENES.values():
        show(page, conference, case)
        tile = next((tile for tile in tiles_of(case) if tile.participant == OWN and not tile.content), None)
        if tile is None:
            expect(page.locator(".own-picture")).to_have_count(0)
            continue
        expect(page.locator(".own-picture")).to_be_visible()
        assert settled(page, partial(alone_in_its_tile, page, case)), (case.name, *own_camera(page))


def alone_in_its_tile(page: Page, case: Case) -> bool:
    inside, outside = own_camera(page)
    return inside > 0.6 * free_share(case) and outside < 0.002


def own_camera(page: Page) -> tuple[float, float]:
    """(Share of the own tile, share of the whole frame outside it) that shows the camera, in one moment: it moves."""
    frame, own = box(page.locator(".frame")), box(own_item(page))
    pixels = seen(page, frame)
    left, top = round(own["x"] - frame["x"]), round(own["y"] - frame["y"])
    tile = pixels[top : top + round(own["height"]), left : left + round(own["width"])]
    inside = greenness(tile)
    return inside, greenness(pixels) - inside * tile.size / pixels.size


def free_share(case: Case) -> float:
    """How much of the own tile no other tile lies over."""
    width, height = case.size
    owner = np.zeros((height, width), int)
    tiles = tiles_of(case)
    for number, tile in enumerate(tiles, 1):
        owner[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width] = number
    own = next(number for number, tile in enumerate(tiles, 1) if tile.participant == OWN and not tile.content)
    return float(np.sum(owner == own)) / (tiles[own - 1].width * tiles[own - 1].height)


def test_tiles_that_lie_over_the_own_stay_in_sight(page: Page, conference: FakeConference) -> None:
    case = SCENES["custom"]
    enter_scene(page, conference, case)
    expect(page.locator(".own-picture")).to_be_visible()
    for index in (1, 2):
        assert greenness(seen(page, box(page.locator(".tiles li").nth(index)))) == 0


def test_the_plate_over_the_own_camera_is_where_the_server_draws_it(page: Page, conference: FakeConference) -> None:
    for case in (SCENES["grid-4"], SCENES["speaker-own"]):
        enter_scene(page, conference, case)
        (tile,) = (tile for tile in tiles_of(case) if tile.participant == OWN)
        own = members(case.people)[0]
        drawn = label_of(own.name, own.office, muted=False, width=tile.width, height=tile.height)
        assert drawn is not None
        sprite, x, y = drawn
        frame, item = box(page.locator(".frame")), box(own_item(page))
        scale = frame["width"] / case.size[0]
        plate = box(own_item(page).locator(".plate"))
        assert abs(plate["x"] - item["x"] - x * scale) < 2.5
        assert abs(plate["y"] - item["y"] - y * scale) < 2.5
        assert abs(plate["height"] - sprite.height * scale) < 2.5
        assert abs(plate["width"] / (sprite.width * scale) - 1) < 0.15  # another font
        page.get_by_role("button", name="나가기").click()


def test_the_own_camera_is_a_mirror_goes_with_the_switch_and_is_remembered(
    page: Page, conference: FakeConference
) -> None:
    enter_scene(page, conference, SCENES["grid-4"])
    expect(page.locator(".own-picture video")).to_have_class("mirrored")
    page.get_by_role("button", name="카메라 끄기").click()
    expect(page.locator(".own-picture")).to_be_hidden()
    page.get_by_role("button", name="카메라 켜기").click()
    expect(page.locator(".own-picture")).to_be_visible()
    press(page, "settings")
    page.get_by_role("switch", name="내 화면을 바로 보기").click()
    page.keyboard.press("Escape")
    expect(page.locator(".own-picture")).to_be_hidden()
    page.reload()
    expect(page.get_by_role("toolbar")).to_be_visible()
    show(page, conference, SCENES["grid-4"])
    expect(page.locator(".tiles li")).to_have_count(4)
    expect(page.locator(".own-picture")).to_be_hidden()


def test_a_plate_never_takes_more_than_a_quarter_of_a_face(page: Page, conference: FakeConference) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    enter_scene(page, conference, SCENES["grid-12-360p"])
    shares = page.locator(".tiles li:not(.speaking)").evaluate_all(
        """items => items.map((item) => {
             const plate = item.querySelector(".plate");
             if (getComputedStyle(plate).clipPath !== "none") return 0;
             const [whole, part] = [item.getBoundingClientRect(), plate.getBoundingClientRect()];
             return part.width * part.height / (whole.width * whole.height);
           })"""
    )
    assert len(shares) == 11
    assert max(shares) < 0.1
    speaking = page.locator(".tiles li.speaking .plate-name")
    expect(speaking).to_have_text("Alexandra Montgomery")
    assert speaking.evaluate("node => parseFloat(getComputedStyle(node).fontSize)") >= 10


@pytest.mark.parametrize("people", [9, 24])
def test_no_part_of_a_drawn_plate_sticks_out_and_a_mark_leaves_the_drawn_name_free(
    browser: Browser, people: int
) -> None:
    muted = {f"p{number}": {"muted": True} for number in range(2, people)}
    with scene(browser, Setting(people=people, changes=muted), size=(390, 844), touch=True) as shown:
        shown.join()
        assert shown.conference.tiles is not None
        shown.tell(protocol.Speaker(speaker="p1", speaking=("p1",)))
        items = shown.page.locator(".tiles li")
        expect(items).to_have_count(people)
        scale = box(shown.page.locator(".frame"))["width"] / shown.conference.tiles.width
        assert shown.conference.still is not None
        composite = np.asarray(Image.open(io.BytesIO(shown.conference.still)).convert("RGB"))
        everybody = {who.participant: who for who in shown.conference.others}
        for index, tile in enumerate(shown.conference.tiles.tiles):
            who = everybody.get(tile.participant)
            if who is None:
                continue  # oneself: the own camera lies over the drawn plate
            drawn = label_of(who.name, who.office, muted=who.muted, width=tile.width, height=tile.height)
            assert drawn is not None
            sprite, x, y = drawn
            item, plate = box(items.nth(index)), box(items.nth(index).locator(".plate"))
            right = (plate["x"] + plate["width"] - item["x"]) / scale
            if who.muted:
                top, left = tile.y + y, tile.x + x
                words = composite[top : top + sprite.height, left : left + sprite.width]
                assert x < right <= x + name_begins(words)
            else:
                expect(items.nth(index)).to_have_class(re.compile("speaking"))
                assert right >= x + sprite.width
                assert (plate["y"] - item["y"]) / scale <= y


def name_begins(plate: NDArray[np.uint8]) -> int:
    """The first column of a drawn plate with white in it: the mark is red, what is beside the corners may be light."""
    quarter = len(plate) // 4
    return int(np.argwhere((plate[quarter:-quarter].min(axis=2) > WHITE).any(axis=0))[0, 0])


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(
        locale="ko-KR",
        permissions=["camera", "microphone"],
        viewport={"width": 390, "height": 844},
        has_touch=True,
        is_mobile=True,
        reduced_motion="reduce",
    )
    yield context.new_page()
    context.close()


def within(inner: FloatRect, outer: FloatRect) -> bool:
    right, bottom = outer["x"] + outer["width"], outer["y"] + outer["height"]
    return (
        outer["x"] - 1 <= inner["x"]
        and inner["x"] + inner["width"] <= right + 1
        and outer["y"] - 1 <= inner["y"]
        and inner["y"] + inner["height"] <= bottom + 1
    )


def test_a_tap_enlarges_a_tile_and_another_gives_the_whole_back(phone: Page, conference: FakeConference) -> None:
    enter_scene(phone, conference, SCENES["grid-24"])
    item, stage = phone.locator(".tiles li").nth(8), box(phone.locator(".stage"))
    item.get_by_role("button").tap()
    expect(item.get_by_role("button")).to_have_attribute("aria-pressed", "true")
    assert settled(phone, lambda: abs(box(item)["width"] - stage["width"]) < 2)
    assert within(box(item), stage)
    expect(item.locator(".plate-name")).to_be_visible()
    item.get_by_role("button").tap()
    expect(item.get_by_role("button")).to_have_attribute("aria-pressed", "false")
    assert settled(phone, lambda: box(item)["width"] < stage["width"] / 4)
    item.get_by_role("button").tap()
    phone.get_by_role("button", name="전체 보기").tap()
    assert settled(phone, lambda: box(item)["width"] < stage["width"] / 4)


def test_an_enlarged_tile_is_followed_and_let_go_when_it_leaves(phone: Page, conference: FakeConference) -> None:
    enter_scene(phone, conference, SCENES["grid-4"])
    item, stage = phone.locator(".tiles li", has_text="용산구청장"), box(phone.locator(".stage"))
    item.get_by_role("button").tap()
    assert settled(phone, lambda: abs(box(item)["width"] - stage["width"]) < 2)
    show(phone, conference, SCENES["single-content"])  # nobody but the content
    expect(phone.get_by_role("button", name="전체 보기")).to_be_hidden()
    assert settled(phone, lambda: abs(box(phone.locator(".frame"))["width"] - stage["width"]) < 2)


def test_two_fingers_enlarge_and_one_moves(phone: Page, conference: FakeConference) -> None:
    enter_scene(phone, conference, SCENES["grid-24"])
    before = box(phone.locator(".frame"))
    fingers = phone.context.new_cdp_session(phone)
    x, y = before["x"] + 100, before["y"] + 100

    def touch(kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": left, "y": top, "id": number} for number, (left, top) in enumerate(points)]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    touch("touchStart", (x - 20, y), (x + 20, y))
    touch("touchMove", (x - 40, y), (x + 40, y))
    touch("touchMove", (x - 60, y), (x + 60, y))
    touch("touchEnd")
    assert settled(phone, lambda: abs(box(phone.locator(".frame"))["width"] / before["width"] - 3) < 0.2)
    large = box(phone.locator(".frame"))
    touch("touchStart", (x, y))
    touch("touchMove", (x - 30, y))
    touch("touchMove", (x - 60, y))
    touch("touchEnd")
    assert settled(phone, lambda: abs(box(phone.locator(".frame"))["x"] - large["x"] + 60) < 3)
    assert phone.locator('.tiles [aria-pressed="true"]').count() == 0  # a move is no tap


def test_tiles_are_walked_and_enlarged_with_the_keyboard(page: Page, conference: FakeConference) -> None:
    enter_scene(page, conference, SCENES["grid-4"])
    buttons = page.locator(".tiles li button")
    assert buttons.evaluate_all("nodes => nodes.filter((node) => node.tabIndex === 0).length") == 1
    buttons.nth(0).focus()
    page.keyboard.press("ArrowRight")
    expect(buttons.nth(1)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(buttons.nth(3)).to_be_focused()
    page.keyboard.press("Enter")
    expect(buttons.nth(3)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(buttons.nth(3)).to_have_attribute("aria-pressed", "false")
    expect(buttons.nth(3)).to_be_focused()


def test_no_stroke_of_a_border_stays_behind_when_the_picture_moves(page: Page, conference: FakeConference) -> None:
    case = SCENES["grid-4"]
    enter_scene(page, conference, case)
    everybody = tuple(tile.participant for tile in tiles_of(case) if tile.participant is not None)
    page.set_viewport_size({"width": 1366, "height": 768})
    for who in conference.others:
        conference.tell(protocol.ParticipantChanged(participant=msgspec.structs.replace(who, muted=False)))
    conference.tell(protocol.Speaker(speaker=everybody[0], speaking=everybody))
    expect(page.locator(".tiles .speaking")).to_have_count(len(conference.others))
    for _ in range(OPENINGS):
        press(page, "people")
        settled(page, partial(well_placed, page, case))
        page.wait_for_timeout(GLIDE_MS)
        stage = seen(page, box(page.locator(".stage"))).astype(int)
        for at in (box(page.locator(".tiles li").nth(index)) for index in range(len(everybody))):
            top, left = int(at["y"]) - 2, int(at["x"]) - 2
            stage[max(0, top) : top + int(at["height"]) + 6, max(0, left) : left + int(at["width"]) + 6] = 0
        red, green, blue = np.moveaxis(stage, -1, 0)
        assert np.argwhere(green - np.maximum(red, blue) > BORDER_GREEN).tolist() == []
