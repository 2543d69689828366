"""`python -m mcu.bench.network.people TASK`: a process of synthetic participants, some of whom look and listen.

Prints an `Arrival` when all are in or refused, stays until its standard input is closed, then decodes what was received
and prints a `Record`. Decoding waits until then, so that it disturbs no measurement.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path

import msgspec
import numpy as np
import structlog
from numpy.typing import NDArray

from mcu.bench.network import voices
from mcu.bench.network.record import Arrival, Frame, Observation, Record, Refusal, Sound, Task
from mcu.lifetime import die_with_parent
from mcu.media.types import BLOCK_SECONDS, EncodedFrame, StreamKind
from mcu.media.video_codecs import VideoDecoder
from mcu.signaling import protocol
from mcu.synthetic import picture_code
from mcu.synthetic.client import Attention, Client
from mcu.synthetic.entry import Entry
from mcu.synthetic.participant import Participant
from mcu.synthetic.player import load_reels
from mcu.synthetic.stage import Stage
from mcu.webrtc.dtls import Certificate

SOUND_BLOCKS = 5  # blocks of 20 ms between two looks at the counters
MAX_FRAMES = 6_000  # four minutes at 25 fps
MAX_BLOCKS = 12_000  # likewise
COLLECT_SECONDS = 5.0  # between two looks at what was sent: a player remembers half a minute
SILENCE = np.zeros(2, np.float64)


class Guest(Participant):
    """Remembers when it was turned away first, and why."""

    turned_away: Refusal | None = None

    def come(self) -> asyncio.Task[None]:
        """Go to the door; `told` is set when the server lets nobody in."""
        self.came, self.told = time.monotonic(), asyncio.Event()
        return asyncio.create_task(self.run())

    def _refused(self, error: protocol.Error) -> None:
        if self.entered is None and self.turned_away is None:
            now = time.monotonic()
            self.turned_away = Refusal(error.code, now, now - self.came)
            self.told.set()
        super()._refused(error)


class Observer(Guest):
    """Keeps what it receives, with the time."""

    frames: deque[EncodedFrame]

    def begin(self, stage: Stage) -> None:
        """Before `run`."""
        self.stage = stage
        self.frames = deque(maxlen=MAX_FRAMES)
        self.layouts: deque[tuple[float, dict[int, picture_code.Window]]] = deque(
            maxlen=MAX_FRAMES
        )  # windows in widths of the composite, whatever the rung
        self.sounds: deque[Sound] = deque(maxlen=MAX_BLOCKS)
        self.loud: deque[tuple[float, float]] = deque(maxlen=2 * MAX_BLOCKS)
        self.asked: deque[float] = deque(maxlen=MAX_FRAMES)
        self._asked_until_now = 0
        self._blocks = 0

    def _receive(self, message: protocol.AnyServerMessage) -> None:
        super()._receive(message)
        if self.tiles is not None:
            names = {who: number_of(line.name) for who, line in self.roster.items()}
            windows = {
                names.get(tile.participant, -1): picture_code.covering(tile.x, tile.y, tile.width, tile.height).scaled(
                    1 / self.tiles.width
                )
                for tile in self.tiles.tiles
            }
            self.layouts.append((self.stage.now(), windows))

    def frame_received(self, client: Client, kind: StreamKind, frame: EncodedFrame) -> None:
        if kind is StreamKind.MAIN:
            self.frames.append(frame)

    def hear(self, now: float) -> None:
        """One block of 20 ms."""
        session = self.client.session if self.client is not None else None
        if session is None or session.audio is None:
            return
        block = session.audio.pull(now)
        halves = SILENCE if block is None else np.sqrt(np.mean(block.reshape(2, -1).astype(np.float64) ** 2, axis=1))
        self.loud.extend((now + half * BLOCK_SECONDS / 2, float(level)) for half, level in enumerate(halves))
        self._blocks += 1
        if self._blocks % SOUND_BLOCKS == 0:
            heard = session.audio.counters
            self.sounds.append(
                Sound(
                    now,
                    heard.lost,
                    heard.fec,
                    heard.decoded,
                    heard.concealed_samples,
                    heard.played_samples,
                    session.audio.target_delay,
                    self.client.counters.get("srtp_received_octets", 0) if self.client else 0,
                )
            )

    def notice(self, now: float) -> None:
        """Whether a keyframe was asked for; called every few milliseconds."""
        session = self.client.session if self.client is not None else None
        video = session.video(StreamKind.MAIN) if session is not None else None
        sent = video.keyframe_requests.sent if video is not None else 0
        if sent > self._asked_until_now:
            self.asked.append(now)
        self._asked_until_now = sent

    def observation(self, watched: tuple[int, ...]) -> Observation:
        """Decode and look; takes a while."""
        return Observation(
            frames=tuple(self._look(watched)),
            sounds=tuple(self.sounds),
            loud=tuple(self.loud),
            asked=tuple(self.asked),
            media_connects=self.media_connects,
            reconnects=self.reconnects,
        )

    def _look(self, watched: tuple[int, ...]) -> list[Frame]:
        decoder = VideoDecoder("VP8")
        looked: list[Frame] = []
        windows: dict[int, picture_code.Window] = {}
        luma: NDArray[np.uint8] | None = None
        for frame in self.frames:
            while self.layouts and self.layouts[0][0] <= frame.arrived:
                windows = self.layouts.popleft()[1]
            picture = decoder.decode(frame)
            luma = None if picture is None else picture.y
            if luma is None:
                continue
            shown = tuple(_number(luma, windows.get(who)) for who in watched)
            looked.append(Frame(frame.arrived, frame.timestamp, len(frame.data), frame.keyframe, shown))
        return looked


class Ear:
    """Pulls sound every 20 ms, and looks for requests at each turn of the loop's 5 ms."""

    def __init__(self, observers: list[Observer], stage: Stage) -> None:
        self._observers = observers
        self._stage = stage
        self._due = stage.now()

    def play(self, now: float) -> None:
        for observer in self._observers:
            observer.notice(now)
        while self._due <= now:
            for observer in self._observers:
                observer.hear(max(self._due, now - BLOCK_SECONDS))
            self._due += BLOCK_SECONDS

    def next_due(self) -> float:
        return min(self._due, self._stage.now() + BLOCK_SECONDS / 4)


def number_of(name: str) -> int:
    """The person behind a name given by `name_of`; -1 for others."""
    digits = name.rpartition(" ")[2]
    return int(digits) if digits.isdecimal() else -1


def name_of(person: int) -> str:
    return f"사람 {person}"


def _number(luma: NDArray[np.uint8], window: picture_code.Window | None) -> int:
    code = picture_code.read(luma, window.scaled(luma.shape[1])) if window is not None else None
    return code.frame if code is not None else -1


async def run(task: Task) -> None:
    """All of it."""
    made = voices.performances([member.person for member in task.members], cache=Path(task.cache))
    stage, certificate = Stage(), Certificate()
    people: dict[int, Guest] = {}
    for order, member in enumerate(task.members):
        performance = made[member.person]
        reels = load_reels(voices.without_pauses(performance) if member.speaks else performance)
        entry = Entry(task.server, task.conference, name_of(member.person), f"자리 {member.person}")
        kind = Observer if member.looks else Guest
        attention = Attention.WHOLE if member.looks else Attention.COUNTED
        person = kind(entry, reels, stage=stage, certificate=certificate, order=order, attention=attention)
        if isinstance(person, Observer):
            person.begin(stage)
        person.set_speaking(member.speaks)
        people[member.person] = person
    observers = {who: person for who, person in people.items() if isinstance(person, Observer)}
    stage.enter(Ear(list(observers.values()), stage))
    tasks: dict[int, asyncio.Task[None]] = {}
    for member in task.members:
        tasks[member.person] = people[member.person].come()
        await asyncio.sleep(task.spacing)
    _say(msgspec.json.encode(await _arrival(people, tasks, task.patience)))
    stage.late = 0.0
    sent = await _stay(people, task)
    late = stage.late
    for person in people.values():
        await person.leave()
    stage.close()
    for each in tasks.values():
        each.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)
    seen = {who: person.observation(task.watched) for who, person in observers.items()}
    _say(msgspec.json.encode(Record({who: tuple(pairs) for who, pairs in sent.items()}, seen, late)))


async def _arrival(people: Mapping[int, Guest], tasks: Mapping[int, asyncio.Task[None]], patience: float) -> Arrival:
    """Wait until each is in, or was refused, or has waited for `patience` seconds."""

    async def settled(who: int) -> None:
        guest = people[who]
        waits = [asyncio.create_task(event.wait()) for event in (guest.ready, guest.told)]
        left = max(0.0, guest.came + patience - time.monotonic())
        await asyncio.wait((*waits, tasks[who]), timeout=left, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    await asyncio.gather(*map(settled, people))
    joined = tuple(who for who, guest in people.items() if guest.ready.is_set() and not tasks[who].done())
    refused = {
        who: guest.turned_away for who, guest in people.items() if guest.turned_away is not None and who not in joined
    }
    others = {who: guest for who, guest in people.items() if who not in joined and who not in refused}
    return Arrival(
        joined=joined,
        refused=refused,
        unanswered=tuple(who for who, guest in others.items() if guest.entered is None),
        without_media=tuple(who for who, guest in others.items() if guest.entered is not None),
    )


async def _stay(people: dict[int, Guest], task: Task) -> dict[int, list[tuple[int, float]]]:
    """Until nobody needs us any more; (number, when) of the watched people's pictures."""
    sent: dict[int, list[tuple[int, float]]] = {who: [] for who in task.watched if who in people}
    over = asyncio.create_task(asyncio.to_thread(sys.stdin.buffer.read))
    while not over.done():
        await asyncio.wait((over,), timeout=COLLECT_SECONDS)
        for who, pairs in sent.items():
            client = people[who].client
            known = pairs[-1][1] if pairs else 0.0
            if client is not None and client.player is not None:
                pairs.extend(pair for pair in client.player.sent if pair[1] > known)
    return sent


def _say(line: bytes) -> None:
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


def main(text: str) -> None:
    """Standard output is the starter's; the log goes to standard error, and only what is wrong."""
    die_with_parent()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(30), logger_factory=structlog.PrintLoggerFactory(sys.stderr)
    )
    asyncio.run(run(msgspec.json.decode(text, type=Task)))


if __name__ == "__main__":
    main(sys.argv[1])
