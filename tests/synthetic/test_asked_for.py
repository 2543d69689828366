"""Senders on a real server send what their tiles need: seen by how fine a pattern arrives in the composite."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from mcu.synthetic import voice
from mcu.synthetic.clips import MediaSettings, Performance
from mcu.synthetic.encoding import Rgb, encode_loop
from mcu.synthetic.picture_code import Code, paint
from mcu.synthetic.player import Reels, Size, load_reels
from tests.support.attendees import Attendee, Meeting, meeting, quiet_reels, until
from tests.support.server import Server, running_server

LARGE = MediaSettings(width=640, height=360, bitrate=800_000, listen_seconds=1.0)
PERIOD = 4  # pixels of the source between two stripes: gone in a picture of 256 pixels width
FINE, COARSE = 12.0, 6.0  # mean step between neighbours in the composite, in levels; stripes step by 100
STRIPES = slice(200, 320)  # of the source's lines

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("server")) as running:
        yield running


class Room:
    """A conference whose layout the test changes."""

    def __init__(self, server: Server, made: Meeting, conference: str) -> None:
        self.made = made
        self._server = server
        self._conference = conference

    def show(self, *slots: tuple[int, int, int, int, int]) -> None:
        """(seat, x, y, width, height) in pixels of the composite."""
        keys = ("seat", "x", "y", "width", "height")
        places = [dict(zip(keys, slot, strict=True)) | {"holds": "seat"} for slot in slots]
        layout = {"name": "custom", "canvas": [1280, 720], "slots": places}
        self._server.patch(f"/api/v1/conferences/{self._conference}", {"layout": layout})


@pytest.fixture
async def room(server: Server) -> AsyncIterator[Room]:
    created = server.post("/api/v1/conferences", {"title": "시험"})
    async with meeting(server.url, created["link"]) as made:
        yield Room(server, made, created["id"])


def striped(person: int) -> Reels:
    """Somebody whose picture has stripes that only a large one shows."""

    def pictures() -> Iterator[Rgb]:
        for index in range(round(LARGE.fps)):
            picture = np.full((LARGE.height, LARGE.width, 3), 90, np.uint8)
            stripe = np.arange(LARGE.width) % PERIOD < PERIOD // 2
            picture[STRIPES] = np.where(stripe, 70, 170)[:, None]
            paint(picture, Code(person, index))
            yield picture

    sound = voice.room(seconds=1.0, seed=f"striped {person}")
    clip = encode_loop(pictures(), sound, LARGE, first_frame=0)
    return load_reels(Performance(person=person, listening=clip, speaking=clip))


def asked(attendee: Attendee) -> tuple[int, int] | None:
    """The size that the server asked for last."""
    needed = attendee.needed
    return (needed.picture.width, needed.picture.height) if needed and needed.picture else None


def fineness(watcher: Attendee, who: Attendee) -> float:
    """Mean step between neighbours where the stripes are in the tile of `who`; 0 without a picture."""
    luma: NDArray[np.uint8] | None = watcher.look()
    tiles = watcher.tiles.tiles if watcher.tiles else ()
    place = next((tile for tile in tiles if tile.participant == who.id), None)
    if luma is None or place is None:
        return 0.0
    lines = [place.y + place.height * line // LARGE.height for line in (STRIPES.start + 20, STRIPES.stop - 60)]
    inside = luma[lines[0] : lines[1], place.x + place.width // 4 : place.x + place.width * 3 // 4].astype(int)
    return float(np.abs(np.diff(inside, axis=1)).mean())


async def test_a_tile_that_grows_is_sent_more_and_one_that_shrinks_less(room: Room) -> None:
    striped_one = await room.made.join(1, striped(1))
    watcher = await room.made.join(2, quiet_reels(2))
    room.show((1, 0, 0, 224, 126), (2, 640, 0, 224, 126))
    await until(lambda: asked(striped_one) == (224, 126), what="asked for less")
    assert striped_one.client is not None
    assert striped_one.client.player is not None
    assert striped_one.client.player.least == Size(224, 126)
    await until(lambda: watcher.people() == [1, 2], what="both in small tiles")

    room.show((1, 0, 0, 640, 360), (2, 640, 0, 224, 126))
    told = await until(lambda: asked(striped_one) == (640, 360), what="asked for more")
    shown = await until(lambda: fineness(watcher, striped_one) > FINE, what="stripes")
    print(f"asked for more after {told * 1000:.0f} ms, shown after {(told + shown) * 1000:.0f} ms")
    assert watcher.people() == [1, 2]

    room.show((1, 0, 0, 560, 314), (2, 640, 0, 224, 126))  # smaller, for a moment
    room.show((1, 0, 0, 226, 126), (2, 640, 0, 640, 360))
    await until(lambda: asked(striped_one) == (226, 128), what="asked for less again")
    room.show((1, 0, 0, 640, 360), (2, 640, 0, 640, 360))  # in the moment before more comes: small, blown up
    await until(lambda: fineness(watcher, striped_one) > FINE, what="stripes again")


async def test_who_is_shown_nowhere_sends_no_picture_and_is_there_at_once_when_called(room: Room) -> None:
    hidden = await room.made.join(1, striped(1))
    watcher = await room.made.join(2, quiet_reels(2))
    room.show((2, 0, 0, 640, 360))
    await until(lambda: hidden.needed is not None and hidden.needed.picture is None, what="asked for nothing")
    assert hidden.client is not None
    player = hidden.client.player
    assert player is not None
    sent = len(player.sent)
    before = len(watcher.frames)
    await until(lambda: watcher.look() is not None and len(watcher.frames) > before + 25, what="a second")
    assert len(player.sent) - sent <= 1

    room.show((1, 0, 0, 640, 360), (2, 640, 0, 640, 360))
    took = await until(lambda: watcher.people() == [1, 2], what="the one who was hidden")
    print(f"shown {took * 1000:.0f} ms after being called up")
    await until(lambda: fineness(watcher, hidden) > FINE, what="in full size")


async def test_a_resumed_connection_is_told_again(room: Room) -> None:
    someone = await room.made.join(1, quiet_reels(1))
    await until(lambda: asked(someone) == (1280, 720), what="alone: everything")
    someone.needed = None
    assert someone._socket is not None
    await someone._socket.close()
    await until(lambda: asked(someone) == (1280, 720), what="told after the resume")
    assert someone.media_connects == 1
