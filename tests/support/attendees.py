"""Synthetic participants on a real server, a little cheaper than browsers, with everything they receive at hand."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mcu.media.types import BLOCK_SAMPLES, BLOCK_SECONDS, SAMPLE_RATE, EncodedFrame, StreamKind
from mcu.media.video_codecs import VideoDecoder
from mcu.signaling import protocol
from mcu.synthetic import voice
from mcu.synthetic.client import Client
from mcu.synthetic.clips import MediaSettings, Performance
from mcu.synthetic.encoding import Rgb, encode_loop
from mcu.synthetic.participant import Entry, Participant
from mcu.synthetic.picture_code import Code, paint
from mcu.synthetic.player import Reels, load_reels
from mcu.synthetic.stage import Stage
from mcu.webrtc.dtls import Certificate
from tests.support.media import TONES
from tests.support.network import through
from tests.support.observe import people_in_tiles

PATIENCE = 20.0  # seconds until a test gives up: a generous bound for a busy machine
QUIET = -20.0  # dB of a line of the spectrum; a tone of -80 dBFS has -4: what a decoder does in silence is less
KEPT_FRAMES = 2_000  # of each attendee
KEPT_BLOCKS = 3_000  # a minute of sound
SETTINGS = MediaSettings(listen_seconds=1.0, speak_seconds=6.0)
SMALL = MediaSettings(width=160, height=90, fps=5, bitrate=60_000, listen_seconds=1.0)


def coded_pictures(person: int, count: int, settings: MediaSettings) -> Iterator[Rgb]:
    """A plain room with the code of `person`, who moves a little."""
    for index in range(count):
        picture = np.full((settings.height, settings.width, 3), 60 + 30 * (person % 5), np.uint8)
        left = index * 8 % (settings.width - 16)
        picture[settings.height * 2 // 3 :, left : left + 16] = 200
        paint(picture, Code(person, index))
        yield picture


def reels(person: int, sound: voice.Sound, settings: MediaSettings = SETTINGS) -> Reels:
    """One loop of `sound` under pictures with the code of `person`, whether "speaking" or not."""
    count = round(len(sound) / SAMPLE_RATE * settings.fps)
    clip = encode_loop(coded_pictures(person, count, settings), sound, settings, first_frame=0)
    return load_reels(Performance(person=person, listening=clip, speaking=clip))


def tone_reels(person: int, settings: MediaSettings = SETTINGS) -> Reels:
    """The tone of `person` as in tests.support.media."""
    return reels(person, voice.tone(TONES[person], seconds=2.0), settings)


def quiet_reels(person: int, settings: MediaSettings = SETTINGS) -> Reels:
    """The quiet of a room."""
    return reels(person, voice.room(seconds=1.0, seed=f"quiet {person}"), settings)


@dataclass
class Hearing:
    """What an attendee hears: one block for each 20 ms, None where the receiver says silence."""

    blocks: list[NDArray[np.float32] | None] = field(default_factory=list)

    @property
    def samples(self) -> NDArray[np.float32]:
        silence = np.zeros(BLOCK_SAMPLES, np.float32)
        found = [silence if block is None else block for block in self.blocks]
        return np.concatenate(found) if found else silence[:0]

    def tones(self, seconds: float = 0.5) -> dict[int, float]:
        """Each person's tone at the end: dB over the median of the spectrum, or over QUIET where that is higher."""
        tail = self.samples[-round(seconds * SAMPLE_RATE) :]
        if len(tail) < seconds * SAMPLE_RATE:
            return {}
        spectrum = 20 * np.log10(np.abs(np.fft.rfft(tail * np.hanning(len(tail)))) + 1e-9)
        floor = max(float(np.median(spectrum)), QUIET)
        bins = {person: round(frequency * seconds) for person, frequency in TONES.items()}
        return {person: float(spectrum[b - 2 : b + 3].max()) - floor for person, b in bins.items()}


class Attendee(Participant):
    """A participant that keeps the frames it is sent, hears on a clock of its own, and may go through a relay."""

    def __init__(
        self,
        entry: Entry,
        media: Reels | None,
        *,
        stage: Stage,
        certificate: Certificate,
        order: int,
        takes_content: bool = False,
        **ways: int,
    ) -> None:
        """`server_port` and `relay_port` in `ways`: media goes to the relay instead."""
        super().__init__(entry, media, stage=stage, certificate=certificate, order=order, takes_content=takes_content)
        self.frames: list[EncodedFrame] = []
        self.screens: list[EncodedFrame] = []  # of what others share, as a stream of its own
        self.hearing = Hearing()
        self._ways = ways
        self._decoder = VideoDecoder("VP8")
        self._decoded = 0
        self.picture: NDArray[np.uint8] | None = None  # luma, of the last frame that `look` decoded

    def _receive(self, message: protocol.AnyServerMessage) -> None:
        if self._ways and isinstance(message, protocol.Answer):
            message = protocol.Answer(sdp=through(message.sdp, **self._ways))
        super()._receive(message)

    def frame_received(self, client: Client, kind: StreamKind, frame: EncodedFrame) -> None:
        kept = self.screens if kind is StreamKind.CONTENT else self.frames
        if len(kept) < KEPT_FRAMES:
            kept.append(frame)

    def hear(self, now: float) -> None:
        """One block of what the server sends."""
        session = self.client.session if self.client is not None else None
        if session is not None and session.audio is not None and len(self.hearing.blocks) < KEPT_BLOCKS:
            self.hearing.blocks.append(session.audio.pull(now))

    def look(self, *, upto: int | None = None) -> NDArray[np.uint8] | None:
        """The luma of the newest frame (or of frames[upto]); decodes what came since the last look."""
        end = len(self.frames) if upto is None else upto + 1
        while self._decoded < end:
            picture = self._decoder.decode(self.frames[self._decoded])
            self._decoded += 1
            if picture is not None:
                self.picture = picture.y
        return self.picture

    def people(self) -> list[int | None]:
        """The person code in each tile of the newest picture."""
        luma = self.look()
        if luma is None or self.tiles is None:
            return []
        return people_in_tiles(luma, self.places(), self.tiles.width)

    def places(self) -> list[dict[str, int]]:
        """The rectangles of the tiles."""
        assert self.tiles is not None
        return [{key: getattr(tile, key) for key in ("x", "y", "width", "height")} for tile in self.tiles.tiles]

    def missing_pictures(self, *, since: int = 0) -> int:
        """Pictures of the server's beat (25 per second) that did not come, from frames[since] on."""
        stamps = [frame.timestamp for frame in self.frames[since:]]
        steps = [(later - earlier) % (1 << 32) / 3_600 for earlier, later in itertools.pairwise(stamps)]
        return sum(round(step) - 1 for step in steps)


class Meeting:
    """Attendees of one conference, all in this process."""

    def __init__(self, server: str, conference: str) -> None:
        self.stage = Stage()
        self.attendees: list[Attendee] = []
        self._server = server
        self._conference = conference
        self._certificate = Certificate()
        self._tasks: dict[Attendee, asyncio.Task[None]] = {}
        self._hearing: asyncio.TimerHandle | None = None
        self._begin = time.monotonic()
        self._ticks = 0

    async def join(
        self, person: int, media: Reels | None, *, role: str = "attendee", chair_key: str = "", **ways: int
    ) -> Attendee:
        """Somebody new, once media flows."""
        entry = Entry(
            self._server, self._conference, f"사람 {person}", f"자리 {person}", role=role, chair_key=chair_key
        )
        attendee = Attendee(
            entry, media, stage=self.stage, certificate=self._certificate, order=len(self.attendees), **ways
        )
        self.attendees.append(attendee)
        self._tasks[attendee] = asyncio.create_task(attendee.run())
        ready = asyncio.create_task(attendee.ready.wait())
        await asyncio.wait((ready, self._tasks[attendee]), timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if not attendee.ready.is_set():
            ready.cancel()
            task = self._tasks.pop(attendee)
            raise TimeoutError(f"{entry.name} is not in: {task.exception() if task.done() else 'no media'!r}")
        return attendee

    async def leave(self, attendee: Attendee) -> None:
        """Properly."""
        await attendee.leave()
        async with asyncio.timeout(PATIENCE):
            await self._tasks.pop(attendee)
        self.attendees.remove(attendee)

    async def close(self) -> None:
        if self._hearing is not None:
            self._hearing.cancel()
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self.stage.close()

    def listen(self) -> None:
        """Let everybody hear, 20 ms after 20 ms, late blocks caught up."""
        now = time.monotonic()
        while self._begin + self._ticks * BLOCK_SECONDS <= now:
            at = self._begin + self._ticks * BLOCK_SECONDS
            for attendee in self.attendees:
                attendee.hear(max(at, now - BLOCK_SECONDS))
            self._ticks += 1
        due = self._begin + self._ticks * BLOCK_SECONDS
        self._hearing = asyncio.get_running_loop().call_later(max(0.0, due - now), self.listen)


@asynccontextmanager
async def meeting(server: str, conference: str) -> AsyncIterator[Meeting]:
    """A meeting whose attendees leave at the end."""
    made = Meeting(server, conference)
    made.listen()
    try:
        yield made
    finally:
        await made.close()


async def until(condition: Callable[[], bool], seconds: float = PATIENCE, *, what: str, every: float = 0.02) -> float:
    """Poll until it holds; seconds that took. Raises TimeoutError, saying what.

    What asks the server by REST wants `every` of 0.1 s: it answers 20 requests a second from one address.
    """
    begin = time.monotonic()
    while not condition():
        if time.monotonic() > begin + seconds:
            raise TimeoutError(f"not within {seconds} s: {what}")
        await asyncio.sleep(every)
    return time.monotonic() - begin


async def heard_blocks(attendee: Attendee, count: int) -> None:
    """Until the attendee heard so many more blocks of 20 ms."""
    end = len(attendee.hearing.blocks) + count
    await until(lambda: len(attendee.hearing.blocks) >= end, count * BLOCK_SECONDS * 3 + 5, what=f"{count} blocks")
