"""`mcu h323 answer`: a meeting room made of code that takes calls, to try calling out without hardware."""

from __future__ import annotations

import asyncio
import math
import secrets

import numpy as np
from rich.console import Console

from mcu.cli import logs, words
from mcu.cli.h323_calls import QUIETLY, moving_picture, tone
from mcu.cli.h323_conversation import TELL_SECONDS, follow
from mcu.errors import ConfigurationError, ProtocolError
from mcu.h323.address import Address, parse
from mcu.h323.events import IncomingCall
from mcu.media.types import BLOCK_SECONDS, AudioBlock
from mcu.synthetic.room import RoomSettings, SyntheticRoom

PORT = 1721  # beside a server on 1720
FIRST_MEDIA_PORT = 44_000  # beside those of `mcu h323 call`
BEEP_SECONDS, EVERY_SECONDS = 0.2, 3.0  # a tone without end is hard to bear in a meeting


def answer(where: str, *, name: str, console: Console) -> int:
    """Take calls one after the other until Ctrl-C; the exit code. Raises ConfigurationError."""
    logs.configure(QUIETLY)
    try:
        address = parse(where, PORT)
    except ProtocolError as error:
        raise ConfigurationError(f"{where} is no address of this machine: write it like 127.0.0.1:{PORT}.") from error
    if not address.is_usable:
        raise ConfigurationError(f"{where}: the room tells callers this address, so it has to be one of this machine.")
    try:
        asyncio.run(_answer(address, name, console, calls=None))
    except KeyboardInterrupt:
        console.print("Closed.")
    return 0


async def _answer(address: Address, name: str, console: Console, *, calls: int | None) -> None:
    """So many calls, or without end."""
    number = 0
    while calls is None or number < calls:
        number += 1
        settings = RoomSettings(
            name=name,
            host=address.ip,
            first_port=FIRST_MEDIA_PORT,
            product="mcu h323",
            seed=secrets.randbits(64),
        )
        room = SyntheticRoom(settings, voice=beep, picture=moving_picture)
        try:
            await _one_call(room, address, console, announce=number == 1)
        finally:
            await room.close()


async def _one_call(room: SyntheticRoom, address: Address, console: Console, *, announce: bool) -> None:
    try:
        here = await room.listen(address.port)
    except OSError as error:
        raise ConfigurationError(f"{address} cannot be listened at: {error.strerror or error}.") from error
    if announce:
        console.print(f"{room.settings.name}: call {here}. Ctrl-C ends it.", markup=False, soft_wrap=True)
    while not room.answered:
        await room.changed(seconds=TELL_SECONDS)
    caller = next((event.party for event in room.events if isinstance(event, IncomingCall)), None)
    assert caller is not None
    who = " ".join(part for part in (caller.display or ", ".join(caller.aliases), caller.product) if part)
    console.print(f"Called by {who or 'somebody without a name'}; answered.", markup=False, soft_wrap=True)
    await follow(room, until=math.inf, keys="", console=console)
    if room.ended is not None:
        console.print(f"Over: {words.end_of_call(room.ended)}", markup=False, soft_wrap=True)


def beep(beat: int) -> AudioBlock:
    """A short tone every few seconds."""
    on = beat * BLOCK_SECONDS % EVERY_SECONDS < BEEP_SECONDS
    return tone(beat) if on else np.zeros_like(tone(beat))
