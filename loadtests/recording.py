"""What one participant received in one check, and what it takes to judge it. A value that goes to another process.

Times are monotonic seconds of this machine. People are told by their number in the run (`wire.Command.who`).
"""

from __future__ import annotations

import msgspec


class Place(msgspec.Struct, frozen=True, array_like=True):
    """One tile as the server told it, in pixels of the whole composite. `person` is -1 for who is not of this run."""

    person: int
    content: bool
    x: int
    y: int
    width: int
    height: int


class Layout(msgspec.Struct, frozen=True, array_like=True):
    """The tiles from a time on."""

    since: float
    width: int  # of the whole composite; a receiver on a weak line is sent a smaller one with the same places
    height: int
    places: tuple[Place, ...]  # from bottom to top
    name: str  # as the server calls it: in "grid" everybody has a tile, in others people wait for one
    choice: str = ""  # the layout that the chair chose, as the server tells it apart from the tiles; "" for nobody's
    strip: int = 5  # how many small tiles that choice has at most beside the large one


class Frame(msgspec.Struct, frozen=True, array_like=True):
    """One coded composite, as it arrived."""

    arrived: float
    timestamp: int  # RTP, 90 kHz
    keyframe: bool
    data: bytes


class Present(msgspec.Struct, frozen=True, array_like=True):
    """Somebody of the conference from a time on, by the roster."""

    since: float
    person: int  # -1 for who is not of this run
    muted: bool
    camera_off: bool
    here: bool = True  # False: left then
    hidden: bool = False  # has no seat in the picture: a viewer


class Known(msgspec.Struct, frozen=True, array_like=True):
    """What the agent knows of one of its own people from a time on, without the roster. None: not for sure."""

    since: float
    person: int
    here: bool  # in, with signaling and media; False: out, or on the way
    muted: bool | None  # by itself or by a chair
    camera_off: bool | None  # None also for who has no seat in the picture


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What one person of the same agent sent, a little before the check and during it."""

    person: int
    pictures: tuple[tuple[int, float], ...]  # (number painted, when it left)
    spoken: tuple[tuple[int, float], ...]  # (place of the packet in the loop of speaking, when it left)
    speaking: tuple[tuple[float, float], ...]  # from when to when it spoke aloud, while neither muted nor silenced
    screens: tuple[tuple[int, float], ...] = ()  # as `pictures`, of the screen that it shares


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """Everything for the judges."""

    who: int
    codec: str  # of the composite
    begin: float
    end: float
    frames: tuple[Frame, ...]  # from a keyframe on
    layouts: tuple[Layout, ...]  # the one at the beginning first
    present: tuple[Present, ...]  # likewise, everybody at the beginning first
    sound: bytes  # float32, mono, 48 kHz, as the jitter buffer played it, from `sound_begin` on; silence is zeros
    sound_begin: float
    concealed_samples: int
    played_samples: int
    sent: tuple[Sent, ...]
    fps: int  # of the composite, as the server has it
    known: tuple[Known, ...] = ()  # the states from some seconds before the check on; those before that first
    sender_aspect: float = 16 / 9  # of cameras
    strained: bool = False  # the server said meanwhile that it does less for pictures: some stand still on purpose
    late: float = 0.0  # the most that the agent itself woke too late meanwhile: no figure is better than that
    held: float = 0.0  # likewise, or shortly before: jitter buffers still hold sound back for it
