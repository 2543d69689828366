"""Rooms of H.323 in a conference of a real server: what they show, what they hear and see, and where."""

from __future__ import annotations

import numpy as np
from av import VideoFrame
from numpy.typing import NDArray

from mcu.h323.address import Address
from mcu.media.types import BLOCK_SAMPLES, SAMPLE_RATE, AudioBlock, EncodedFrame, StreamKind
from mcu.media.video_codecs import VideoDecoder
from mcu.synthetic.picture_code import MAX_FRAME, Code, paint, read
from mcu.synthetic.room import RoomSettings, SyntheticRoom
from mcu.synthetic.room_media import Picture, Voice
from tests.support.attendees import QUIET, Meeting
from tests.support.media import TONES
from tests.support.observe import people_in_tiles
from tests.support.server import Server

HEARD, REMOVED = 25.0, 20.0  # dB of a tone over the median of the spectrum; below those that are heard


def tone(person: int) -> Voice:
    def block(beat: int) -> AudioBlock:
        times = (np.arange(BLOCK_SAMPLES) + beat * BLOCK_SAMPLES) / SAMPLE_RATE
        return (0.2 * np.sin(2 * np.pi * TONES[person] * times)).astype(np.float32)

    return block


def camera(person: int) -> Picture:
    """For as long as one likes: the mark counts beats up to MAX_FRAME, and begins again."""

    def frame(beat: int, width: int, height: int) -> VideoFrame:
        picture = np.full((height, width, 3), 60 + 30 * (person % 5), np.uint8)
        left = beat * 4 % (width - 16)
        picture[height * 2 // 3 :, left : left + 16] = 200
        paint(picture, Code(person, beat % (MAX_FRAME + 1)))
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
        self.screen: NDArray[np.uint8] | None = None  # luma of the newest picture of content
        self._decoders: dict[StreamKind, VideoDecoder] = {}
        self.watch(self._look)

    def _look(self, kind: StreamKind, frame: EncodedFrame) -> None:
        decoder = self._decoders.setdefault(kind, VideoDecoder(frame.codec))
        picture = decoder.decode(frame)
        if kind is StreamKind.MAIN:
            self.keyframes += frame.keyframe
            self.picture = picture.y if picture is not None else self.picture
        elif picture is not None:
            self.screen = picture.y

    def presented(self) -> int | None:
        """The person whose code stands in the newest picture of content, which is forgotten then."""
        code = read(self.screen) if self.screen is not None else None
        self.screen = None
        return code.person if code is not None else None

    def tones(self, seconds: float = 0.5) -> dict[int, float]:
        """dB of each person's tone over the median of the spectrum, or over QUIET where that is higher."""
        tail = self.heard[-round(seconds * SAMPLE_RATE) :]
        if len(tail) < seconds * SAMPLE_RATE:
            return {}
        spectrum = 20 * np.log10(np.abs(np.fft.rfft(tail * np.hanning(len(tail)))) + 1e-9)
        bins = {person: round(frequency * seconds) for person, frequency in TONES.items()}
        floor = max(float(np.median(spectrum)), QUIET)
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
