"""A running call of the command line, told line by line: channels, keys, loudness and pictures of every second."""

from __future__ import annotations

import math
import time

import numpy as np
from rich.console import Console

from mcu.h323.events import ChannelOpened, ControlReady, DigitsReceived
from mcu.media.types import SAMPLE_RATE, StreamKind
from mcu.synthetic.room import SyntheticRoom

TELL_SECONDS = 1.0  # between two lines
QUIET = -90.0  # dB of full scale, and less


async def follow(room: SyntheticRoom, *, until: float, keys: str, console: Console) -> None:
    """Until the call ends or the monotonic second `until`. `keys` are pressed when H.245 is ready."""
    told, frames, known = time.monotonic(), 0, 0
    pressed = not keys
    while room.ended is None and (now := time.monotonic()) < until:
        await room.changed(seconds=min(TELL_SECONDS, until - now))
        for event in room.events[known:]:
            match event:
                case ChannelOpened(channel):
                    media = channel.media
                    size = f" {media.width}×{media.height}" if media.width else ""
                    console.print(f"{channel.direction.value}: {channel.kind.value} {media.codec}{size}")
                case DigitsReceived(digits):
                    console.print(f"keys: {digits}", markup=False)
        known = len(room.events)
        if not pressed and any(isinstance(event, ControlReady) for event in room.events):
            pressed = True
            room.press(keys)
            console.print(f"Pressed {keys}", markup=False)
        if (now := time.monotonic()) - told >= TELL_SECONDS:
            count = room.frames[StreamKind.MAIN]
            rate = (count - frames) / (now - told)
            told, frames = now, count
            console.print(f"hears {level(room):5.0f} dB   sees {rate:4.1f} pictures a second")


def level(room: SyntheticRoom) -> float:
    """dB of full scale of the last second."""
    tail = room.heard[-SAMPLE_RATE:]
    power = float(np.mean(tail**2)) if len(tail) else 0.0
    return max(QUIET, 10 * math.log10(power)) if power > 0 else QUIET
