"""Rooms of H.323 and a browser's like in one meeting on a real server: who hears and sees whom, in and out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import numpy as np
import pytest
from av import VideoFrame
from numpy.typing import NDArray
from PIL import Image

from mcu.h323.address import Address
from mcu.h323.call_options import CallOptions
from mcu.h323.capabilities import Offer
from mcu.h323.channels import Direction
from mcu.media.types import BLOCK_SAMPLES, SAMPLE_RATE, AudioBlock, EncodedFrame, StreamKind
from mcu.media.video_codecs import VideoDecoder
from mcu.synthetic.picture_code import Code, paint, read
from mcu.synthetic.room import RoomSettings, SyntheticRoom
from mcu.synthetic.room_media import Picture, Voice
from tests.support.attendees import Meeting, meeting, tone_reels, until
from tests.support.media import TONES
from tests.support.observe import people_in_tiles
from tests.support.server import Server, free_port, running_server

HEARD, REMOVED = 25.0, 20.0  # dB of a tone over the median of the spectrum; below those that are heard
MEDIA_SECONDS = 2.0  # from answering to the first sound and picture
KEYFRAME_SECONDS = 1.0

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"MCU_H323_HOST": "127.0.0.1", "MCU_H323_PORT": str(free_port()), "MCU_H323_H245_PORT": "0"}
    with running_server(tmp_path_factory.mktemp("server"), settings) as running:
        yield running


def tone(person: int) -> Voice:
    def block(beat: int) -> AudioBlock:
        times = (np.arange(BLOCK_SAMPLES) + beat * BLOCK_SAMPLES) / SAMPLE_RATE
        return (0.2 * np.sin(2 * np.pi * TONES[person] * times)).astype(np.float32)

    return block


def camera(person: int) -> Picture:
    def frame(beat: int, width: int, height: int) -> VideoFrame:
        picture = np.full((height, width, 3), 60 + 30 * person, np.uint8)
        left = beat * 4 % (width - 16)
        picture[height * 2 // 3 :, left : left + 16] = 200
        paint(picture, Code(person, beat))
        return VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")

    return frame


class Room(SyntheticRoom):
    """Looks at what it is sent; `silent`: has neither voice nor camera."""

    def __init__(self, person: int, *, silent: bool = False, **settings: object) -> None:
        super().__init__(
            RoomSettings(name=f"회의실 {person}", seed=person, **settings),  # type: ignore[arg-type]
            voice=None if silent else tone(person),
            picture=None if silent else camera(person),
        )
        self.picture: NDArray[np.uint8] | None = None
        self.keyframes = 0
        self._decoder: VideoDecoder | None = None
        self.watch(self._look)

    def _look(self, kind: StreamKind, frame: EncodedFrame) -> None:
        if kind is StreamKind.MAIN:
            self._decoder = self._decoder or VideoDecoder(frame.codec)
            self.keyframes += frame.keyframe
            picture = self._decoder.decode(frame)
            if picture is not None:
                self.picture = picture.y

    def tones(self, seconds: float = 0.5) -> dict[int, float]:
        """dB of each person's tone over the median of the spectrum."""
        tail = self.heard[-round(seconds * SAMPLE_RATE) :]
        if len(tail) < seconds * SAMPLE_RATE:
            return {}
        spectrum = 20 * np.log10(np.abs(np.fft.rfft(tail * np.hanning(len(tail)))) + 1e-9)
        bins = {person: round(frequency * seconds) for person, frequency in TONES.items()}
        floor = float(np.median(spectrum))
        return {person: float(spectrum[b - 2 : b + 3].max()) - floor for person, b in bins.items()}

    def hears(self, *people: int) -> bool:
        """These and nobody else."""
        tones = self.tones()
        if not tones or not all(tones[person] > HEARD for person in people):
            return False
        loudest = min(tones[person] for person in people)
        return all(level < loudest - REMOVED for person, level in tones.items() if person not in people)


class Place:
    """A conference on the server, with its number and PIN."""

    def __init__(self, server: Server, people: Meeting, created: dict[str, str]) -> None:
        self.server, self.people, self.created = server, people, created
        self.rooms: list[Room] = []

    @property
    def gateway(self) -> Address:
        return Address("127.0.0.1", int(self.server.settings["MCU_H323_PORT"]))

    @property
    def direct(self) -> str:
        return f"{self.created['number']}##{self.created['pin']}"

    def room(self, person: int, **settings: object) -> Room:
        made = Room(person, **settings)
        self.rooms.append(made)
        return made

    async def called_in(self, person: int, **settings: object) -> Room:
        room = self.room(person, **settings)
        await room.call(self.gateway, self.direct)
        await room.until(lambda: room.answered)
        return room

    def shown(self, picture: NDArray[np.uint8] | None) -> list[int | None]:
        """The people in the tiles of a picture, by the places that a browser was told."""
        tiles = self.people.attendees[0].tiles
        if picture is None or tiles is None:
            return []
        return people_in_tiles(picture, self.people.attendees[0].places(), tiles.width)


@pytest.fixture
async def place(server: Server) -> AsyncIterator[Place]:
    created = server.post("/api/v1/conferences", {"title": "회의실"})
    async with meeting(server.url, created["link"]) as people:
        made = Place(server, people, created)
        yield made
        for room in made.rooms:
            await room.close()


async def test_two_rooms_and_a_browser_hear_and_see_each_other(place: Place) -> None:
    browser = await place.people.join(1, tone_reels(1))
    first = await place.called_in(2)
    second = await place.called_in(3, options=CallOptions(fast_start=True, tunnelling=False))
    await until(lambda: first.hears(1, 3), what="the first room hears the browser and the other room")
    await until(lambda: second.hears(1, 2), what="the second room hears the browser and the other room")
    await until(
        lambda: all(browser.hearing.tones().get(person, 0) > HEARD for person in (2, 3)), what="the browser hears both"
    )
    everybody = {1, 2, 3}
    await until(lambda: set(browser.people()) >= everybody, what="the browser sees all")
    for room in (first, second):
        await until(lambda room=room: set(place.shown(room.picture)) >= everybody, what="a room sees all")  # type: ignore[misc]
    assert first.picture is not None
    assert first.picture.shape == (720, 1280)


async def test_media_is_there_soon_after_the_answer_and_keyframes_when_asked_for(place: Place) -> None:
    await place.people.join(1, tone_reels(1))
    room = await place.called_in(2)
    await until(lambda: room.picture is not None and room.hears(1), MEDIA_SECONDS + 3, what="sound and picture")
    before = room.keyframes
    driver = room.driver
    assert driver is not None
    await asyncio.sleep(0.5)  # the pause between two keyframes
    driver.do(lambda now: driver.call.request_keyframe(StreamKind.MAIN, now))
    await until(lambda: room.keyframes > before, KEYFRAME_SECONDS + 2, what="a keyframe")


async def test_a_room_that_dials_nothing_is_asked_by_voice_and_card(place: Place) -> None:
    browser = await place.people.join(1, tone_reels(1))
    room = place.room(2)
    await room.call(place.gateway)
    await until(lambda: float(np.abs(room.heard).max(initial=0.0)) > 0.1, what="a voice")
    await until(lambda: room.picture is not None and float(room.picture.std()) > 5, what="a card with writing")
    room.press(f"{place.created['number']}#")
    room.press(f"{place.created['pin']}#")
    await until(lambda: room.hears(1), what="the conference is heard")
    await until(lambda: 2 in browser.people(), what="the room is seen")
    await until(lambda: set(place.shown(room.picture)) >= {1, 2}, what="the room sees all")


async def test_a_room_is_called_heard_and_hung_up(place: Place, server: Server) -> None:
    browser = await place.people.join(1, tone_reels(1))
    room = place.room(4)
    address = await room.listen()
    rooms = f"/api/v1/conferences/{place.created['id']}/rooms"
    server.post(rooms, {"address": str(address), "name": "강남 회의실", "office": "강남구청장"})
    await until(lambda: room.hears(1), what="the room hears the browser")
    await until(lambda: 4 in browser.people(), what="the browser sees the room")
    (listed,) = server.get(rooms)["rooms"]
    assert listed["state"] == "connected"
    roster = server.get(f"/api/v1/conferences/{place.created['id']}/participants")["participants"]
    assert {"강남 회의실"} == {line["name"] for line in roster} - {"사람 1"}
    server.post(f"{rooms}/{listed['room']}/hang-up", {})
    await until(lambda: room.ended is not None, what="the end")
    await until(lambda: 4 not in browser.people(), what="the room's tile is gone", every=0.1)


@pytest.mark.parametrize(("codec", "size"), [("H261", (288, 352)), ("H263", (288, 352))])
async def test_rooms_with_old_codecs_take_part(place: Place, server: Server, codec: str, size: tuple[int, int]) -> None:
    server.patch(f"/api/v1/conferences/{place.created['id']}", {"layout": {"name": "grid", "fit": "contain"}})
    browser = await place.people.join(1, tone_reels(1))
    room = await place.called_in(2, offer=Offer(audio=("PCMU",), audio_received=(), video=(codec,), content=()))
    await until(lambda: room.hears(1), what="the room hears the browser")
    await until(lambda: room.picture is not None and room.picture.shape == size, what="a picture of its kind")

    def seen() -> bool:
        """Its whole picture stands in the middle of its tile, in the shape of 4:3 that CIF is shown in."""
        luma, tiles = browser.look(), browser.tiles
        if luma is None or tiles is None or len(tiles.tiles) < 2:
            return False
        tile = browser.places()[1]
        width = tile["height"] * 4 / 3
        left = tile["x"] + (tile["width"] - width) / 2
        box = (left, tile["y"], left + width, tile["y"] + tile["height"])
        code = read(np.asarray(Image.fromarray(luma).resize((352, 288), box=box)))
        return code is not None and code.person == 2

    await until(seen, what="the browser sees the room")
    driver = room.driver
    assert driver is not None
    assert driver.call.h245 is not None
    sent = [c for c in driver.call.h245.channels if c.kind is StreamKind.MAIN and c.direction is Direction.SENT]
    assert [channel.media.codec for channel in sent] == [codec]
