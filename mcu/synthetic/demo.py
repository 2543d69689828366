"""A conference filled with synthetic office holders: faces that move, people who speak in turns, a few cameras off."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from mcu.synthetic import rest
from mcu.synthetic.clips import MediaSettings
from mcu.synthetic.library import Library
from mcu.synthetic.participant import Entry, Participant
from mcu.synthetic.people import Person, people
from mcu.synthetic.player import load_reels
from mcu.synthetic.stage import Stage
from mcu.synthetic.turns import Turn, Turns
from mcu.webrtc.dtls import Certificate

TITLE = "서울특별시 구청장 회의"
CACHE = Path("var/cache/synthetic")
ENTER_SPACING = 0.04  # seconds between two people at the door: 24 are in within a second
CAMERA_OFF_EACH = 12  # every so many people have the camera off
MUTED_EACH = 4  # every so many people stay muted and only listen
GREETINGS = ("안녕하세요, 잘 보이고 잘 들립니다.", "네, 저도 잘 들립니다.", "오늘 회의 자료는 공유 폴더에 있습니다.")
GREETING_SPACING = 4.0  # seconds


async def run_demo(
    server_url: str,
    *,
    count: int = 24,
    media_folder: Path | None = None,
    conference: str | None = None,
    api_key: str = "",
    settings: MediaSettings | None = None,
    cache: Path = CACHE,
    console: Console | None = None,
) -> None:
    """Fill `conference` (the id in its link; a new one when None) and hold the meeting until cancelled.

    Raises ConfigurationError when the server cannot be used, Refused (in a group) when it does not let people in.
    """
    out = console or Console()
    chosen = settings or MediaSettings()
    who = people(count)
    performances = await asyncio.to_thread(
        Library(cache).performances, [person.number for person in who], settings=chosen, media_folder=media_folder
    )
    if conference is None:
        conference = (await rest.create_conference(server_url, title=TITLE, api_key=api_key)).link
    stage, certificate = Stage(), Certificate()
    participants = [
        Participant(
            _entry(person, server_url, conference),
            load_reels(performances[person.number]),
            stage=stage,
            certificate=certificate,
            order=person.number,
            codec=chosen.codec,
        )
        for person in who
    ]
    try:
        async with asyncio.TaskGroup() as group:
            for participant in participants:
                group.create_task(participant.run())
                await asyncio.sleep(ENTER_SPACING)
            group.create_task(_announce(participants, f"{server_url.rstrip('/')}/c/{conference}", out))
            group.create_task(hold_meeting(participants, _speakers(who), stage=stage))
            group.create_task(_greet(participants))
    finally:
        stage.close()


async def hold_meeting(participants: Sequence[Participant], speakers: Sequence[int], *, stage: Stage) -> None:
    """Let `speakers` (indices of participants) speak in turns until cancelled."""
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


def _speakers(who: Sequence[Person]) -> list[int]:
    """Indices of those who speak; everybody when nobody else would."""
    unmuted = [index for index, person in enumerate(who) if not is_muted(person)]
    return unmuted or list(range(len(who)))


async def _speak(participant: Participant, turn: Turn) -> None:
    participant.set_speaking(True)
    await asyncio.sleep(turn.end - turn.begin)
    participant.set_speaking(False)


async def _greet(participants: Sequence[Participant]) -> None:
    for participant, text in zip(participants, GREETINGS, strict=False):
        await participant.ready.wait()
        await participant.say(text)
        await asyncio.sleep(GREETING_SPACING)


async def _announce(participants: Sequence[Participant], address: str, out: Console) -> None:
    for participant in participants:
        await participant.ready.wait()
    out.print(f"{len(participants)} participants are in. Open [bold]{address}[/] and join.", soft_wrap=True)
