"""A composite as the server would paint it, of people who were drawn, and what the server says with it."""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence

import av
import numpy as np

from mcu.control import LayoutChoice, ParticipantState
from mcu.media.types import Picture
from mcu.mixer.compositor import Compositor
from mcu.mixer.layout import arrange
from mcu.mixer.style import style_of
from mcu.signaling import protocol
from mcu.synthetic.figure import Artist
from mcu.synthetic.look import look_of
from mcu.synthetic.motion import Motion
from mcu.synthetic.people import person

WIDTH, HEIGHT = 1280, 720
CAMERA = (640, 360)
VISITOR = 24  # whose face the visitor's camera shows in tests/support/demo.py


def painted(
    participants: Sequence[protocol.Participant],
    *,
    layout: str = "grid",
    speaker: str | None = None,
    content: str | None = None,
) -> tuple[bytes, protocol.Tiles]:
    """(PNG of the composite, the message that says who stands where)."""
    seen = [who for who in participants if who.role != "viewer"]
    members = [
        ParticipantState(who.participant, who.name, who.office, muted=who.muted, camera_off=who.camera_off)
        for who in seen
    ]
    choice = LayoutChoice(name=layout)
    tiles = arrange(choice, members=members, speaker=speaker, content=content, width=WIDTH, height=HEIGHT)
    pictures = {
        (who.participant, False): face(VISITOR if who.participant == "you" else i) for i, who in enumerate(seen)
    }
    if content is not None:
        pictures[content, True] = page_of_text()
    compositor = Compositor(WIDTH, HEIGHT)
    styles = {member.participant: style_of(member, speaking=member.participant == speaker) for member in members}
    compositor.compose(tiles, styles, pictures)
    file = io.BytesIO()
    compositor.frame.to_image().save(file, "PNG")
    told = tuple(
        protocol.Tile(
            participant=tile.participant,
            x=tile.x,
            y=tile.y,
            width=tile.width,
            height=tile.height,
            content=tile.content,
        )
        for tile in tiles
        if tile.participant is not None
    )
    return file.getvalue(), protocol.Tiles(revision=1, layout=layout, width=WIDTH, height=HEIGHT, tiles=told)


@functools.cache
def face(number: int) -> Picture:
    """Person `number` of the synthetic ones, at ease."""
    who = person(number)
    artist = Artist(look_of(number, woman=who.woman), *CAMERA)
    frame = av.VideoFrame.from_ndarray(artist.draw(Motion(str(number), seconds=3.0).pose(0)), format="rgb24")
    return _picture(frame)


@functools.cache
def page_of_text() -> Picture:
    """A page of fine lines, as a shared document has."""
    page = np.full((720, 1280, 3), 250, np.uint8)
    page[60:84, 120:700] = (28, 79, 156)
    for line, top in enumerate(range(130, 660, 26)):
        page[top : top + 8, 120 : 1160 - line * 173 % 400] = 70
    return _picture(av.VideoFrame.from_ndarray(page, format="rgb24"))


def _picture(frame: av.VideoFrame) -> Picture:
    yuv = frame.reformat(format="yuv420p")
    planes = [
        np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width].copy()
        for plane in yuv.planes
    ]
    return Picture(*planes)
