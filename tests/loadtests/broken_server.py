"""`mcu serve` with one fault in its media processors, to see whether load tests find and name it.

    python -m tests.loadtests.broken_server FAULT [NAME...]

NAMEs are those in the roster, of the people whom the fault is about; `FAULTS` has what each one needs.

Rules:
1. Media processors are Pythons of their own. They are broken by `breaking/sitecustomize.py`, which PYTHONPATH lets them
   read, before anything of theirs runs; nothing in `mcu/` knows of it.
2. Each fault replaces one function, and does what a real mistake in it would do.
"""

from __future__ import annotations

import json
import os
import sys
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

ADDED_SECONDS: Final = 0.2  # by the faults that are late
BLOCKS = 10  # of sound in so many seconds
VARIABLE = "BROKEN_SERVER"  # of the environment: the fault and its people, as JSON
ROOT = Path(__file__).resolve().parents[2]
BREAKING = Path(__file__).parent / "breaking"
BLACK, GREY = 16, 128  # luma and chroma of black

Key = tuple[str, bool]  # participant, whether content


def swap_tiles(one: str, other: str) -> None:
    """Each of two people is shown in the tile of the other."""
    _change_pictures((one, other), lambda found, a, b: {**found, a: found[b], b: found[a]})


def freeze_tile(name: str) -> None:
    """Somebody's first picture stays."""
    first: dict[Key, Any] = {}
    _change_pictures((name,), lambda found, key: {**found, key: first.setdefault(key, found[key])})


def blacken_tile(name: str) -> None:
    """Somebody's pictures are black."""
    from mcu.media.types import Picture

    def black(picture: Picture) -> Picture:
        import numpy as np

        planes = ((picture.y, BLACK), (picture.u, GREY), (picture.v, GREY))
        return Picture(*(np.full(plane.shape, value, np.uint8) for plane, value in planes))

    kept: dict[Key, Any] = {}
    _change_pictures((name,), lambda found, key: {**found, key: kept.setdefault(key, black(found[key]))})


def let_muted_be_heard(name: str) -> None:
    """A mute of somebody reaches the roster, and not the mixer."""
    from mcu.processor.member import Member

    take_state = Member.take_state

    def heard(self: Member, state: Any) -> None:
        take_state(self, state)
        self.audible = self.audible or (state is not None and state.name == name)

    Member.take_state = heard


def leave_own_voice_in() -> None:
    """Whoever is mixed in hears the same as all others."""
    from mcu.mixer.audio_mixer import Mix

    Mix.minus = lambda self, participant: self.common


def delay_pictures() -> None:
    """Composites are sent later."""
    from mcu.processor.showing import Showing

    send = Showing.send
    Showing.send = lambda self, frame: self._call_later(ADDED_SECONDS, send, self, frame)


def delay_sound() -> None:
    """Voices are mixed later."""
    from mcu.mixer.audio_mixer import AudioMixer, Mix

    mix = AudioMixer.mix
    waiting: dict[int, deque[Mapping[str, Any]]] = {}

    def later(self: AudioMixer, blocks: Mapping[str, Any], **more: Any) -> Mix:
        queue = waiting.setdefault(id(self), deque([{}] * BLOCKS))
        queue.append({name: block.copy() for name, block in blocks.items()})
        return mix(self, queue.popleft(), **more)

    AudioMixer.mix = later


def delay_both() -> None:
    """Composites and voices alike."""
    delay_pictures()
    delay_sound()


FAULTS: Mapping[str, Callable[..., None]] = {
    "swapped tiles": swap_tiles,  # two names
    "frozen tile": freeze_tile,  # one
    "black tile": blacken_tile,  # one
    "muted heard": let_muted_be_heard,  # one
    "own voice": leave_own_voice_in,
    "late pictures": delay_pictures,
    "late sound": delay_sound,
    "all late": delay_both,
}


def environment(fault: str, *names: str) -> dict[str, str]:
    """Variables by which a server that is started with them has the fault."""
    assert fault in FAULTS
    path = os.pathsep.join((str(BREAKING), str(ROOT)))
    return {"PYTHONPATH": path, VARIABLE: json.dumps([fault, *names])}


def break_this_process() -> None:
    """As VARIABLE says."""
    fault, *names = json.loads(os.environ[VARIABLE])
    FAULTS[fault](*names)


def _change_pictures(names: tuple[str, ...], change: Callable[..., dict[Key, Any]]) -> None:
    """`change` is given the pictures of a tick and the keys of these people, once they all have one."""
    from mcu.processor.bridge import Bridge

    pictures = Bridge._pictures

    def changed(self: Bridge, scene: Any) -> Mapping[Key, Any]:
        found = pictures(self, scene)
        present = {each.name: each.participant for each in self._state.participants}
        keys = [(present[name], False) for name in names if name in present]
        complete = len(keys) == len(names) and all(key in found for key in keys)
        return partial(change, found)(*keys) if complete else found

    Bridge._pictures = changed


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in FAULTS:
        sys.exit(f"usage: python -m tests.loadtests.broken_server FAULT [NAME...]; faults: {', '.join(FAULTS)}")
    os.execve(sys.executable, [sys.executable, "-m", "mcu", "serve"], os.environ | environment(*sys.argv[1:]))
