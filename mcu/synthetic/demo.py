"""A conference filled with synthetic office holders: faces that move, people who speak in turns, a few cameras off."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import structlog

from mcu.errors import ConfigurationError
from mcu.synthetic import earlier_demos, rest
from mcu.synthetic.client import Attention
from mcu.synthetic.clips import MediaSettings, Performance
from mcu.synthetic.library import Library
from mcu.synthetic.participant import Entry, Participant
from mcu.synthetic.people import Person, people
from mcu.synthetic.player import load_reels
from mcu.synthetic.rest import Created
from mcu.synthetic.stage import Stage
from mcu.synthetic.turns import Turn, Turns
from mcu.webrtc.dtls import Certificate

TITLE = "서울특별시 구청장 회의"
CACHE = Path("var/cache/synthetic")
NOTES = "demos"  # folder beside it, for what a killed demo leaves behind
ENTER_SPACING = 0.04  # seconds between two people at the door: 24 are in within a second
CAMERA_OFF_EACH = 12  # every so many people have the camera off
MUTED_EACH = 4  # every so many people stay muted and only listen
GREETINGS = ("안녕하세요, 잘 보이고 잘 들립니다.", "네, 저도 잘 들립니다.", "오늘 회의 자료는 공유 폴더에 있습니다.")
GREETING_SPACING = 4.0  # seconds
OPEN_SECONDS = 10.0  # for everybody to come in, before the address is told all the same
END_SECONDS = 2.0  # for the server to end the conference

log = structlog.get_logger()


async def run_demo(
    server_url: str,
    *,
    count: int = 24,
    media_folder: Path | None = None,
    conference: str = "",
    api_key: str = "",
    settings: MediaSettings | None = None,
    cache: Path = CACHE,
    opened: Callable[[Created, int], None],
    nobody: Callable[[str], None],
) -> None:
    """Fill `conference` (the id in its link; a new one when "") and hold the meeting until it ends or is cancelled.

    Calls `opened` with how many are in, when that is everybody or after some seconds; `nobody` with the code of the
    refusal, or "", each time that nobody is in by then. A conference made here ends with the demo. Raises
    ConfigurationError when the server cannot be used, Refused (in a group) when it does not let people in.
    """
    chosen = settings or MediaSettings()
    async with _conference(server_url, conference, api_key, cache.parent / NOTES) as created:
        performances = await _performances(Library(cache), count, chosen, media_folder)
        stage, certificate = Stage(), Certificate()
        try:
            participants = [
                Participant(
                    _entry(person, server_url, created.link),
                    load_reels(performances[person.number]),
                    stage=stage,
                    certificate=certificate,
                    order=person.number,
                    codec=chosen.codec,
                    attention=Attention.COUNTED,
                )
                for person in people(count)
            ]
            await _attend(participants, stage, partial(opened, created), nobody)
        finally:
            stage.close()


@asynccontextmanager
async def _conference(server: str, link: str, api_key: str, notes: Path) -> AsyncIterator[Created]:
    """The one with this link, or one that lasts as long as the context; those of demos that were killed are ended."""
    if link:
        yield Created(id="", link=link, number="", pin="", chair_key="")
        return
    created = await rest.create_conference(server, title=TITLE, api_key=api_key)
    for conference in earlier_demos.left_behind(notes, server=server):
        await _end(server, conference, api_key)
    with earlier_demos.note(notes, server=server, conference=created.id) as trace:
        try:
            yield created
        finally:
            if await _end(server, created.id, api_key):
                trace.erase()


async def _end(server: str, conference: str, api_key: str) -> bool:
    """Whether the server ended it; it may be gone, or somebody may have ended it."""
    try:
        async with asyncio.timeout(END_SECONDS):
            await rest.end_conference(server, conference, api_key=api_key)
    except (ConfigurationError, TimeoutError) as error:
        log.info("demo conference not ended", error=str(error))
        return False
    return True


async def _performances(
    library: Library, count: int, settings: MediaSettings, media_folder: Path | None
) -> dict[int, Performance]:
    """Made in a thread, which stops early when this is cancelled."""
    given_up = threading.Event()
    work = partial(library.performances, settings=settings, media_folder=media_folder, given_up=given_up)
    try:
        return await asyncio.to_thread(work, range(count))
    finally:
        given_up.set()


async def _attend(
    participants: Sequence[Participant], stage: Stage, opened: Callable[[int], None], nobody: Callable[[str], None]
) -> None:
    """Let everybody in, and the meeting go on, until all have left."""
    async with asyncio.TaskGroup() as group:
        attending = []
        running = [
            group.create_task(_open(participants, opened, nobody)),
            group.create_task(hold_meeting(participants, stage=stage)),
            group.create_task(_greet(participants)),
        ]
        for participant in participants:
            attending.append(group.create_task(participant.run()))
            await asyncio.sleep(ENTER_SPACING)
        await asyncio.wait(attending)
        for task in running:
            task.cancel()


async def _open(
    participants: Sequence[Participant], opened: Callable[[int], None], nobody: Callable[[str], None]
) -> None:
    """Say so when everybody is in, or when waiting for the last ones is no use. An empty meeting is not announced."""
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(OPEN_SECONDS):
                for participant in participants:
                    await participant.ready.wait()
        present = sum(participant.ready.is_set() for participant in participants)
        if present:
            opened(present)
            return
        nobody(next((participant.refusal for participant in participants if participant.refusal), ""))


async def hold_meeting(participants: Sequence[Participant], *, stage: Stage) -> None:
    """Let those who are not muted speak in turns until cancelled; everybody when nobody else would."""
    speakers = [index for index, who in enumerate(participants) if not who.entry.muted] or list(
        range(len(participants))
    )
    turns = Turns(speakers, seed=TITLE)
    await participants[speakers[0]].ready.wait()
    opened = stage.now()
    async with asyncio.TaskGroup() as group:
        while True:
            turn = turns.next()
            await asyncio.sleep(max(0.0, opened + turn.begin - stage.now()))
            group.create_task(_speak(participants[turn.speaker], turn))


def is_muted(person: Person) -> bool:
    """Somebody who only listens."""
    return person.number % MUTED_EACH == MUTED_EACH - 1


def is_camera_off(person: Person) -> bool:
    """Somebody whose camera is off."""
    return person.number % CAMERA_OFF_EACH == CAMERA_OFF_EACH - 1


def _entry(person: Person, server: str, conference: str) -> Entry:
    return Entry(
        server=server,
        conference=conference,
        name=person.name,
        office=person.office,
        muted=is_muted(person),
        camera_off=is_camera_off(person),
    )


async def _speak(participant: Participant, turn: Turn) -> None:
    participant.set_speaking(True)
    await asyncio.sleep(turn.end - turn.begin)
    participant.set_speaking(False)


async def _greet(participants: Sequence[Participant]) -> None:
    for participant, text in zip(participants, GREETINGS, strict=False):
        await participant.ready.wait()
        await participant.say(text)
        await asyncio.sleep(GREETING_SPACING)
