"""`mcu h323 call` and `probe`: a call from the command line, as a room with a tone and a test picture would make it."""

from __future__ import annotations

import asyncio
import secrets
import time
from pathlib import Path

import numpy as np
from av import VideoFrame
from rich.console import Console
from rich.table import Table

from mcu.cli import logs, words
from mcu.cli.h323_conversation import TELL_SECONDS, follow
from mcu.cli.h323_recording import Recording
from mcu.config import Log
from mcu.errors import RefusedError
from mcu.gateway.departure import resolved
from mcu.gateway.dialing import destination
from mcu.gateway.tcp import local_address_towards
from mcu.h323 import vendors
from mcu.h323.call_options import CallOptions
from mcu.h323.capabilities import CapabilitySet
from mcu.h323.channels import Direction
from mcu.h323.events import Alerting, CallEnded, ChannelOpened, EndReason
from mcu.media.types import BLOCK_SAMPLES, SAMPLE_RATE, AudioBlock, StreamKind
from mcu.synthetic import picture_code
from mcu.synthetic.room import RoomSettings, SyntheticRoom

TONE = 440.0  # Hz
LEVEL = 0.2  # of full scale: loud, not painful
ANSWER_SECONDS = 60.0  # that it may ring
PROBE_SECONDS = 10.0  # from the answer to the peer's capabilities

EXIT_FAILED = 1
CHECK_PIN = " 회의라면 번호와 비밀번호를 확인하십시오. · If it is a conference, check number and PIN."
QUIETLY = Log(level="error")  # what matters of the rest is printed


def call(
    dialled: str,
    *,
    seconds: float,
    fast_start: bool,
    tunnelling: bool,
    keys: str,
    console: Console,
    save: Path | None = None,
) -> int:
    """Call, say what comes every second, hang up; the exit code. Raises RefusedError, ConfigurationError."""
    logs.configure(QUIETLY)
    recording = Recording(save) if save is not None else None
    options = CallOptions(fast_start=fast_start, tunnelling=tunnelling)
    return asyncio.run(_call(dialled, seconds, options, keys, console, recording))


def probe(dialled: str, *, console: Console) -> int:
    """Call, print what the other end is and can do, and hang up as soon as it has said so; the exit code."""
    logs.configure(QUIETLY)
    return asyncio.run(_probe(dialled, console))


async def _begin(dialled: str, options: CallOptions, console: Console) -> tuple[SyntheticRoom, bool]:
    """A room in a call; whether it was answered."""
    to = destination(dialled)
    if not to.host:
        raise RefusedError("no-gatekeeper", f"{dialled}: only a running server is registered with one")
    address = await resolved(to)
    try:
        host = local_address_towards(address.ip)
    except OSError as error:
        raise RefusedError("address-unreachable", f"{address.ip}: {error.strerror}") from error
    settings = RoomSettings(
        name="mcu h323 call", product="mcu h323", host=host, options=options, seed=secrets.randbits(64)
    )
    room = SyntheticRoom(settings, voice=tone, picture=moving_picture)
    console.print(f"Calling {address}" + (f" for {to.alias}" if to.alias else "") + " …")
    await room.call(address, *([to.alias] if to.alias else []))
    rang = False
    deadline = time.monotonic() + ANSWER_SECONDS
    while not room.answered and room.ended is None and time.monotonic() < deadline:
        if not rang and any(isinstance(event, Alerting) for event in room.events):
            rang = True
            console.print("It rings.")
        await room.changed(seconds=TELL_SECONDS)
    if room.answered:
        console.print("Answered.")
        return room, True
    ended = room.ended or CallEnded(EndReason.NO_ANSWER)
    why = words.end_of_call(ended) + (CHECK_PIN if ended.reason is EndReason.NOT_ALLOWED and to.alias else "")
    console.print(f"통화하지 못했습니다 · No call: {why}", markup=False, soft_wrap=True, style="bold red")
    await room.close()
    return room, False


async def _call(
    dialled: str,
    seconds: float,
    options: CallOptions,
    keys: str,
    console: Console,
    recording: Recording | None = None,
) -> int:
    room, answered = await _begin(dialled, options, console)
    if not answered:
        return EXIT_FAILED
    if recording is not None:
        recording.watch(room)
    await follow(room, until=time.monotonic() + seconds, keys=keys, console=console)
    ended = room.ended
    await room.close()
    over = words.end_of_call(ended) if ended is not None else "여기서 끊었습니다. · Hung up here."
    console.print(f"Over: {over}", markup=False, soft_wrap=True)
    for path in recording.write(room.heard) if recording is not None else ():
        console.print(f"Saved {path}", markup=False, soft_wrap=True)
    return 0


async def _probe(dialled: str, console: Console) -> int:
    room, answered = await _begin(dialled, CallOptions(), console)
    if not answered:
        return EXIT_FAILED
    driver = room.driver
    assert driver is not None
    h245 = driver.call.h245
    deadline = time.monotonic() + PROBE_SECONDS
    while room.ended is None and time.monotonic() < deadline and not (h245 is not None and _settled(room)):
        await room.changed(seconds=TELL_SECONDS)
        h245 = driver.call.h245
    theirs = h245.peer_capabilities if h245 is not None else None
    _print_peer(room, theirs, console)
    await room.close()
    return 0 if theirs is not None else EXIT_FAILED


def _settled(room: SyntheticRoom) -> bool:
    """Whether all that will be agreed on has been, as far as one can tell."""
    return sum(isinstance(event, ChannelOpened) for event in room.events) >= 4


def _print_peer(room: SyntheticRoom, theirs: CapabilitySet | None, console: Console) -> None:
    assert room.driver is not None
    party = room.driver.call.party
    table = Table(show_header=False, box=None)
    vendor = vendors.find(party.vendor, party.product)
    table.add_row("Name", party.display or ", ".join(party.aliases) or "—")
    table.add_row("Product", f"{party.product} {party.version}".strip() or "—")
    table.add_row("Vendor", f"T.35 {party.vendor}" + (f", known as {vendor.name}" if vendor is not None else ""))
    table.add_row("Kind", "bridge (MCU)" if party.is_mcu else "terminal or gateway")
    if theirs is None:
        table.add_row("Capabilities", "none were told")
    else:
        for kind in StreamKind:
            said = [ability for ability in theirs.abilities.values() if ability.kind is kind]
            words = [f"{a.codec}{f' {a.bitrate // 1000} kbit/s' if a.bitrate else ''}" for a in said]
            table.add_row(f"Takes, {kind.value}", ", ".join(dict.fromkeys(words)) or "—")
        table.add_row("H.239", "yes" if theirs.h239 else "no")
    agreed = [event.channel for event in room.events if isinstance(event, ChannelOpened)]
    for channel in agreed:
        way = "We send" if channel.direction is Direction.SENT else "It sends"
        media = channel.media
        size = f" {media.width}×{media.height} at {media.fps}" if media.width else ""
        table.add_row(f"{way}, {channel.kind.value}", f"{media.codec}{size}, payload type {media.payload_type}")
    console.print(table)


def tone(beat: int) -> AudioBlock:
    times = (np.arange(BLOCK_SAMPLES) + beat * BLOCK_SAMPLES) / SAMPLE_RATE
    return (LEVEL * np.sin(2 * np.pi * TONE * times)).astype(np.float32)


def moving_picture(beat: int, width: int, height: int) -> VideoFrame:
    """Grey with a bar that moves, and the code by which our own tests know it."""
    picture = np.full((height, width, 3), 96, np.uint8)
    left = beat * 4 % max(1, width - 16)
    picture[height * 2 // 3 :, left : left + 16] = 200
    picture_code.paint(picture, picture_code.Code(0, beat % (picture_code.MAX_FRAME + 1)))
    return VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
