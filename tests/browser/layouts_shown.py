"""Composites as the server paints them, shown in a page without a media connection: every layout, at once and still."""

from __future__ import annotations

import base64
import io

import msgspec
from playwright.sync_api import Page, expect

from mcu.control import LayoutChoice
from mcu.mixer.layout import Tile, arrange
from mcu.signaling import protocol
from tests.browser.client_page import enter
from tests.fakes.conference_server import FakeConference, person
from tests.golden.composites import CASES, Case, members, paint

OWN = "p0"  # the golden composites' first person is the one before the page
MORE = (
    Case("grid-1", 1, LayoutChoice()),
    Case("grid-4", 4, LayoutChoice(), speaker="p1"),
    Case("single", 3, LayoutChoice(name="single"), speaker="p0"),
    Case("single-content", 3, LayoutChoice(name="single"), content="p0"),
    Case("speaker-own", 6, LayoutChoice(name="speaker", strip=7), speaker="p0"),
)
SCENES = {case.name: case for case in (*CASES, *MORE)}

_SHOW = """async (png) => {
  const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
  const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [picture.width, picture.height];
  const pen = canvas.getContext("2d");
  const draw = () => pen.drawImage(picture, 0, 0);
  draw();
  clearInterval(window.scene);
  window.scene = setInterval(draw, 100); // a stream of a canvas has a frame only when something is drawn
  const video = document.querySelector("video.composite");
  video.srcObject = canvas.captureStream();
  await video.play();
}"""


def tiles_of(case: Case) -> tuple[Tile, ...]:
    """Those of the composite of a case, as the server computes them."""
    width, height = case.size
    people = members(case.people)
    return arrange(case.choice, members=people, speaker=case.speaker, content=case.content, width=width, height=height)


def enter_scene(page: Page, conference: FakeConference, case: Case, *, chair_key: str = "") -> None:
    """Into a meeting of the people of `case`, and before its composite."""
    own, *others = members(case.people)
    conference.others = [
        person(m.name, m.office, number, participant=m.participant, muted=m.muted, camera_off=m.camera_off)
        for number, m in enumerate(others, 1)
    ]
    conference.tiles = message_of(case)
    conference.layout = msgspec.convert(case.choice, protocol.LayoutChoice, from_attributes=True)
    enter(page, conference, name=own.name, office=own.office, chair_key=chair_key)
    show(page, conference, case)


def show(page: Page, conference: FakeConference, case: Case) -> None:
    """Another layout of the same people."""
    speaker = _named(case.speaker)
    conference.tell(
        protocol.LayoutChanged(choice=msgspec.convert(case.choice, protocol.LayoutChoice, from_attributes=True)),
        protocol.Speaker(speaker=speaker, speaking=(speaker,) if speaker else ()),
        protocol.ContentChanged(participant=_named(case.content)),
        message_of(case),
    )
    memory = io.BytesIO()
    paint(case).save(memory, "png", compress_level=1)
    page.locator("video.composite").first.wait_for(state="attached")
    page.evaluate(_SHOW, base64.b64encode(memory.getvalue()).decode())
    expect(page.locator(".frame")).to_have_class("frame live")


def message_of(case: Case) -> protocol.Tiles:
    """The server's message about the composite."""
    width, height = case.size
    shown = tuple(
        protocol.Tile(
            participant=_named(tile.participant) or "",
            x=tile.x,
            y=tile.y,
            width=tile.width,
            height=tile.height,
            content=tile.content,
        )
        for tile in tiles_of(case)
        if tile.participant is not None
    )
    return protocol.Tiles(revision=2, layout=case.choice.name, width=width, height=height, tiles=shown)


def _named(participant: str | None) -> str | None:
    return "you" if participant == OWN else participant
