"""`mcu serve` with one fault in it, to see whether load tests find and name it.

    python -m tests.loadtests.broken_server FAULT [NAME...]

NAMEs are those in the roster, of the people whom the fault is about; `FAULTS` has what each one needs.

Rules:
1. The MC and its media processors are Pythons of their own. They are broken by `breaking/sitecustomize.py`, which
   PYTHONPATH lets them read, before anything of theirs runs; nothing in `mcu/` knows of it.
2. Each fault replaces one function, or one in either process, and does what a real mistake in it would do.
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

from msgspec import structs

ADDED_SECONDS: Final = 0.2  # by the faults that are late
BLOCKS = 10  # of sound in so many seconds
RETOLD_TICKS = 20  # of the sound: 0.4 s
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


def tell_no_tiles() -> None:
    """Tiles are told, and none is among them."""
    _change_notices(lambda tiles: ())


def tell_tiles_wrong() -> None:
    """Tiles are told anew twenty ticks of the sound apart, each time with other people in them than there are."""
    from mcu.processor.bridge import Bridge

    counts: dict[int, int] = {}

    def turned(tiles: tuple[Any, ...]) -> tuple[Any, ...]:
        if len(tiles) < 2:
            return tiles
        count = counts[0] = counts.get(0, 0) + 1
        by = 1 + count % (len(tiles) - 1)
        people = [tile.participant for tile in tiles]
        return tuple(
            structs.replace(tile, participant=who) for tile, who in zip(tiles, people[by:] + people[:by], strict=True)
        )

    _change_notices(turned)
    tick = Bridge.audio_tick

    def ticked(self: Bridge, index: int, due: float, now: float) -> None:
        tick(self, index, due, now)
        if index % RETOLD_TICKS == 0:
            self._notify(self._tiles_notice())

    Bridge.audio_tick = ticked


def forget_seat(name: str) -> None:
    """Somebody has no tile, and the tiles are told as of a layout in which there is but one."""
    from mcu.processor.bridge import Bridge

    update, notice = Bridge.update, Bridge._tiles_notice

    def updated(self: Bridge, state: Any) -> None:
        people = (structs.replace(each, seen=each.seen and each.name != name) for each in state.participants)
        update(self, structs.replace(state, participants=tuple(people)))

    Bridge.update = updated
    Bridge._tiles_notice = lambda self: structs.replace(notice(self), layout="single")


def claim_strain(name: str) -> None:
    """Somebody's picture stands, and the server says that it has too little CPU."""
    from mcu.processor.lines import Lines

    tick = Lines.tick
    Lines.tick = lambda self, members, **more: tick(self, members, **{**more, "sheds": True})
    freeze_tile(name)


def compose_seldom() -> None:
    """Every fifth composite is made, and nothing is said of it."""
    from mcu.processor.pace import MOST, Pace

    Pace.divisor = property(lambda self: MOST)  # type: ignore[assignment]


def show_camera_off(name: str) -> None:
    """Somebody's camera counts as on for the picture, whatever they have chosen."""
    from mcu.processor.bridge import Bridge

    update, pictures = Bridge.update, Bridge._pictures
    last: dict[Key, Any] = {}

    def updated(self: Bridge, state: Any) -> None:
        people = (
            structs.replace(each, camera_off=each.camera_off and each.name != name) for each in state.participants
        )
        update(self, structs.replace(state, participants=tuple(people)))

    def kept(self: Bridge, scene: Any) -> Mapping[Key, Any]:
        found = pictures(self, scene)
        for each in self._state.participants:
            key = each.participant, False
            if each.name == name and key in found:
                last[key] = found[key]
        return {**last, **found}

    Bridge.update, Bridge._pictures = updated, kept


def blacken_screen() -> None:
    """A shared screen has its place, and nothing is painted there."""
    from mcu.processor.bridge import Bridge

    pictures = Bridge._pictures
    Bridge._pictures = lambda self, scene: {key: value for key, value in pictures(self, scene).items() if not key[1]}


def leave_out(name: str) -> None:
    """Somebody is in no roster."""
    from mcu.conference import events
    from mcu.signaling import views

    entered, message = views.entered, views.message

    def without(news: Any, **more: Any) -> Any:
        made = entered(news, **more)
        left = tuple(line for line in made.participants if line.name != name)
        return structs.replace(made, participants=left)

    def silent(news: Any) -> Any:
        told = isinstance(news, events.ParticipantJoined | events.ParticipantChanged)
        return None if told and news.participant.name == name else message(news)

    views.entered, views.message = without, silent


def mix_not(name: str) -> None:
    """Somebody is not heard."""
    from mcu.processor.member import Member

    take_state = Member.take_state

    def deaf(self: Member, state: Any) -> None:
        take_state(self, state)
        self.audible = self.audible and (state is None or state.name != name)

    Member.take_state = deaf


def call_camera_off(name: str) -> None:
    """The roster has somebody without a camera."""
    from mcu.signaling import views

    line = views.participant

    def wrong(value: Any) -> Any:
        made = line(value)
        return structs.replace(made, camera_off=made.camera_off or made.name == name)

    views.participant = wrong


# By process: the MC, and a media processor. Names beside each are those of people.
FAULTS: Mapping[str, Callable[..., None]] = {
    "swapped tiles": swap_tiles,  # two names
    "frozen tile": freeze_tile,  # one
    "black tile": blacken_tile,  # one
    "muted heard": let_muted_be_heard,  # one
    "own voice": leave_own_voice_in,
    "late pictures": delay_pictures,
    "late sound": delay_sound,
    "all late": delay_both,
    "no tiles told": tell_no_tiles,
    "tiles retold wrong": tell_tiles_wrong,
    "no seat": forget_seat,  # one
    "strain claimed": claim_strain,  # one
    "few composites": compose_seldom,
    "camera off shown": show_camera_off,  # one
    "black screen": blacken_screen,
    "left out and unheard": mix_not,  # one
}
ROSTER_FAULTS: Mapping[str, Callable[..., None]] = {
    "left out and unheard": leave_out,  # one
    "camera called off": call_camera_off,  # one
}


def environment(fault: str, *names: str) -> dict[str, str]:
    """Variables by which a server that is started with them has the fault."""
    assert fault in {*FAULTS, *ROSTER_FAULTS}
    path = os.pathsep.join((str(BREAKING), str(ROOT)))
    return {"PYTHONPATH": path, VARIABLE: json.dumps([fault, *names])}


def break_this_process(kind: str) -> None:
    """As VARIABLE says; `kind` is "serve" or "processor"."""
    fault, *names = json.loads(os.environ[VARIABLE])
    found = (FAULTS if kind == "processor" else ROSTER_FAULTS).get(fault)
    if found is not None:
        found(*names)


def _change_notices(change: Callable[[tuple[Any, ...]], tuple[Any, ...]]) -> None:
    """`change` is given the tiles of each word about them."""
    from mcu.processor.bridge import Bridge

    notice = Bridge._tiles_notice

    def changed(self: Bridge) -> Any:
        made = notice(self)
        return structs.replace(made, tiles=change(made.tiles))

    Bridge._tiles_notice = changed


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
    every = ", ".join({**FAULTS, **ROSTER_FAULTS})
    if len(sys.argv) < 2 or sys.argv[1] not in {*FAULTS, *ROSTER_FAULTS}:
        sys.exit(f"usage: python -m tests.loadtests.broken_server FAULT [NAME...]; faults: {every}")
    os.execve(sys.executable, [sys.executable, "-m", "mcu", "serve"], os.environ | environment(*sys.argv[1:]))
