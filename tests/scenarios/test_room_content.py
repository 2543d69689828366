"""Content between rooms of H.323 and browsers' like on a real server (H.239): both ways, taken over, stopped."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from mcu.h323.capabilities import Offer
from mcu.h323.channels import Direction
from mcu.media.types import StreamKind
from mcu.media.video_codecs import VideoDecoder
from mcu.signaling import protocol
from mcu.synthetic import picture_code, voice
from mcu.synthetic.clips import MediaSettings
from mcu.synthetic.player import Reel
from tests.support.attendees import Attendee, meeting, quiet_reels, reels, tone_reels, until
from tests.support.observe import people_in_tiles
from tests.support.room_scene import Place, Room, camera
from tests.support.server import Server, free_port, running_server

DOCUMENT, DRAWING = 9, 11  # what the mark in shared pictures says: a browser's, a room's
CONTENT = MediaSettings(width=960, height=540, fps=5, bitrate=600_000)
LARGE = 0.5  # of the width of the composite: what is shared takes at least this

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"MCU_H323_HOST": "127.0.0.1", "MCU_H323_PORT": str(free_port()), "MCU_H323_H245_PORT": "0"}
    with running_server(tmp_path_factory.mktemp("server"), settings) as running:
        yield running


@pytest.fixture
async def place(server: Server) -> AsyncIterator[Place]:
    created = server.post("/api/v1/conferences", {"title": "자료 공유"})
    async with meeting(server.url, created["link"]) as people:
        made = Place(server, people, created)
        yield made
        for room in made.rooms:
            await room.close()


@pytest.fixture(scope="module")
def document() -> Reel:
    return reels(DOCUMENT, voice.room(seconds=2.0, seed="shared"), CONTENT).listening


def channel_open(room: Room, direction: Direction) -> bool:
    """Whether the room has a channel of content open, in its own direction."""
    h245 = room.driver.call.h245 if room.driver is not None else None
    ways = h245.channels if h245 is not None else ()
    return any(each.kind is StreamKind.CONTENT and each.direction is direction for each in ways)


def stands_large(place: Place, person: int, *, room: Room | None = None) -> bool:
    """Whether the content with this code is in its tile of the composite, of the first attendee or of a room."""
    attendee = place.people.attendees[0]
    luma, tiles = room.picture if room is not None else attendee.look(), attendee.tiles
    large = next((tile for tile in tiles.tiles if tile.content), None) if tiles is not None else None
    if luma is None or tiles is None or large is None or large.width < LARGE * tiles.width:
        return False
    height = large.width * 9 // 16
    inside = {"x": large.x, "y": large.y + (large.height - height) // 2, "width": large.width, "height": height}
    return people_in_tiles(luma, [inside], tiles.width) == [person]


def nothing_stands(place: Place) -> bool:
    tiles = place.people.attendees[0].tiles
    return tiles is not None and not any(tile.content for tile in tiles.tiles)


def screens(attendee: Attendee) -> Callable[[int], bool]:
    """Whether the newest picture of content that an attendee was sent has a code."""
    decoder, seen, found = VideoDecoder("VP8"), 0, [None]

    def look(person: int) -> bool:
        nonlocal seen
        for frame in attendee.screens[seen:]:
            seen += 1
            picture = decoder.decode(frame)
            code = picture_code.read(picture.y) if picture is not None else None
            found[0] = code.person if code is not None else found[0]  # type: ignore[call-overload]
        return found[0] == person

    return look


async def test_what_a_browser_shares_reaches_rooms_as_a_second_stream(place: Place, document: Reel) -> None:
    presenter = await place.people.join(1, tone_reels(1))
    first, second = await place.called_in(2), await place.called_in(3)
    await until(lambda: set(place.shown(first.picture)) >= {1, 2, 3}, what="a room sees all")
    await presenter.share(document)
    for room in (first, second):
        await until(lambda room=room: room.presented() == DOCUMENT, what="the document")  # type: ignore[misc]
        before = room.frames[StreamKind.MAIN]
        await until(lambda room=room, before=before: room.frames[StreamKind.MAIN] > before + 25, what="the composite")  # type: ignore[misc]
        await until(lambda room=room: stands_large(place, DOCUMENT, room=room), what="the composite with it")  # type: ignore[misc]
    await until(lambda: first.hears(1, 3), what="sound, which goes on")
    await presenter.share(None)
    for room in (first, second):
        await until(lambda room=room: not channel_open(room, Direction.RECEIVED), what="its end")  # type: ignore[misc]
    await presenter.share(document)
    for room in (first, second):
        room.screen = None
        await until(lambda room=room: room.presented() == DOCUMENT, what="the document again")  # type: ignore[misc]


async def test_what_a_room_presents_reaches_browsers_and_rooms(place: Place) -> None:
    older = await place.people.join(1, tone_reels(1))
    taking = await place.people.join(4, quiet_reels(4), takes_content=True)
    first, second = await place.called_in(2), await place.called_in(3)
    look = screens(taking)
    await until(lambda: {2, 3} <= set(older.people()), what="both rooms")
    first.present(camera(DRAWING))
    await until(lambda: look(DRAWING), what="the drawing as a stream of its own")
    await until(lambda: stands_large(place, DRAWING), what="the drawing in the composite")
    await until(lambda: second.presented() == DRAWING, what="the drawing in the other room")
    assert 2 in older.people()  # its main picture goes on
    assert not first.frames[StreamKind.CONTENT]
    assert not older.screens
    first.stop_presenting()
    await until(lambda: nothing_stands(place), what="the end")
    await until(lambda: not channel_open(second, Direction.RECEIVED), what="the end in the other room")
    first.present(camera(DRAWING))
    await until(lambda: stands_large(place, DRAWING), what="the drawing again")


async def test_who_presents_last_is_shown(place: Place, document: Reel) -> None:
    browser = await place.people.join(1, tone_reels(1))
    first, second = await place.called_in(2), await place.called_in(3)
    await until(lambda: {2, 3} <= set(browser.people()), what="both rooms")
    await browser.share(document)
    await until(lambda: first.presented() == DOCUMENT, what="the document in a room")
    first.present(camera(DRAWING))
    await until(lambda: stands_large(place, DRAWING), what="the room's instead")
    await until(lambda: second.presented() == DRAWING, what="in the other room")
    assert first.holds_token
    second.present(camera(DRAWING + 1))
    await until(lambda: stands_large(place, DRAWING + 1), what="the other room's")
    await until(lambda: first.presented() == DRAWING + 1, what="in the first room")
    assert not first.holds_token
    assert not channel_open(first, Direction.SENT)
    await browser.share(None)
    await browser.share(document)
    await until(lambda: stands_large(place, DOCUMENT), what="the browser's")
    for room in (first, second):
        await until(lambda room=room: room.presented() == DOCUMENT, what="in both rooms")  # type: ignore[misc]
    assert not second.holds_token


async def test_a_chair_stops_a_room_that_presents(place: Place) -> None:
    chair = await place.people.join(1, tone_reels(1), chair_key=place.created["chair_key"])
    room = await place.called_in(2)
    await until(lambda: 2 in chair.people(), what="the room")
    for _ in range(2):
        room.present(camera(DRAWING))
        await until(lambda: stands_large(place, DRAWING), what="the drawing")
        (who,) = chair.roster.keys() - {chair.id}
        await chair.send(protocol.Moderate(participant=who, action="stop_content"))
        await until(lambda: nothing_stands(place), what="the end")
        await until(lambda: not channel_open(room, Direction.SENT), what="the end of the room's channel")
        assert not room.holds_token
    await until(lambda: 2 in chair.people(), what="the room, still there")


async def test_a_room_that_hangs_up_presents_no_more(place: Place) -> None:
    browser = await place.people.join(1, tone_reels(1))
    room, other = await place.called_in(2), await place.called_in(3)
    await until(lambda: {2, 3} <= set(browser.people()), what="both rooms")
    room.present(camera(DRAWING))
    await until(lambda: stands_large(place, DRAWING), what="the drawing")
    await room.close()
    await until(lambda: nothing_stands(place), what="the end")
    await until(lambda: not channel_open(other, Direction.RECEIVED), what="the end in the other room")


async def test_who_comes_later_is_sent_what_is_shown_already(place: Place, document: Reel) -> None:
    presenter = await place.people.join(1, tone_reels(1))
    await presenter.share(document)
    await until(lambda: stands_large(place, DOCUMENT), what="the document")
    room = await place.called_in(2)
    await until(lambda: room.presented() == DOCUMENT, what="the document")


async def test_a_room_that_presses_number_and_pin_is_sent_it_too(place: Place, document: Reel) -> None:
    presenter = await place.people.join(1, tone_reels(1))
    await presenter.share(document)
    room = place.room(2)
    await room.call(place.gateway)
    await until(lambda: room.picture is not None, what="the card")
    room.press(f"{place.created['number']}#{place.created['pin']}#")
    await until(lambda: room.presented() == DOCUMENT, what="the document")
    room.present(camera(DRAWING))
    await until(lambda: stands_large(place, DRAWING), what="the room's own")


async def test_a_room_that_was_called_presents(place: Place, server: Server) -> None:
    browser = await place.people.join(1, tone_reels(1))
    room = place.room(4)
    address = await room.listen()
    server.post(f"/api/v1/conferences/{place.created['id']}/rooms", {"address": str(address), "name": "강남 회의실"})
    await until(lambda: 4 in browser.people(), what="the room")
    room.present(camera(DRAWING))
    await until(lambda: stands_large(place, DRAWING), what="the drawing")


async def test_a_room_without_h239_sees_content_in_its_one_picture(place: Place, document: Reel) -> None:
    presenter = await place.people.join(1, tone_reels(1))
    room = await place.called_in(2, offer=Offer(content=()))
    await presenter.share(document)
    await until(lambda: stands_large(place, DOCUMENT, room=room), what="the document in the composite")
    assert not room.frames[StreamKind.CONTENT]
