"""What may be asked of a conference. `actor` is the participant who asks; None is the operator, who may do anything."""

from __future__ import annotations

from dataclasses import dataclass

from mcu.conference.layout import Layout
from mcu.conference.participant import Departure, Kind, Participant, Reaction, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Enter:
    """A new participant; whoever asks has already shown that they may (link, PIN, chair's key).

    `invited`: a chair has called them, so that a lock does not matter.
    `unheard` are participants from whom no media comes. One of them with this name and office, whose connection broke
    too, is the same person before a new start of the browser: lost at once, so that nobody stands in the picture twice.
    """

    participant: str
    name: str
    office: str = ""
    role: Role = Role.ATTENDEE
    muted: bool = False
    camera_off: bool = False
    kind: Kind = Kind.PERSON
    invited: bool = False
    unheard: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Return:
    """A participant who was lost comes back as they were; lock and roster order do not matter, capacity does."""

    participant: Participant


@dataclass(frozen=True, slots=True)
class Disconnect:
    """The connection broke at `now` (monotonic seconds)."""

    participant: str
    now: float


@dataclass(frozen=True, slots=True)
class Reconnect:
    participant: str


@dataclass(frozen=True, slots=True)
class Depart:
    """The participant goes, of their own will or because the connection is gone for good."""

    participant: str
    reason: Departure


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSelf:
    """None leaves a switch as it is."""

    actor: str
    muted: bool | None = None
    camera_off: bool | None = None
    hand: bool | None = None


@dataclass(frozen=True, slots=True)
class Mute:
    """The chair's mute of another; lifting it never opens a microphone that its owner closed."""

    actor: str | None
    participant: str
    muted: bool


@dataclass(frozen=True, slots=True)
class LowerHand:
    actor: str | None
    participant: str


@dataclass(frozen=True, slots=True)
class Remove:
    actor: str | None
    participant: str


@dataclass(frozen=True, slots=True)
class Appoint:
    """Let a participant write captions, or no longer."""

    actor: str | None
    participant: str
    captioner: bool


@dataclass(frozen=True, slots=True)
class SetLabels:
    """What is behind a bridge now; names are clean already."""

    participant: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShowContent:
    """Begin or stop showing the actor's content. Who begins takes over; a chair's stop ends anybody's.

    `sound`: the content has sound of its own, which is heard whether or not the actor's microphone is on.
    """

    actor: str
    active: bool
    sound: bool = False


@dataclass(frozen=True, slots=True)
class StopContent:
    """End what a participant shares, and nothing if meanwhile somebody else does."""

    actor: str | None
    participant: str


@dataclass(frozen=True, slots=True)
class ChooseLayout:
    actor: str | None
    layout: Layout


@dataclass(frozen=True, slots=True)
class SetLock:
    actor: str | None
    locked: bool


@dataclass(frozen=True, slots=True)
class Say:
    """A line of chat. `at` is UTC, ISO 8601."""

    actor: str
    text: str
    at: str


@dataclass(frozen=True, slots=True)
class React:
    actor: str
    reaction: Reaction


@dataclass(frozen=True, slots=True)
class Caption:
    """What is being said, as a captioner types it; `final` when the line will not change any more."""

    actor: str
    text: str
    final: bool


@dataclass(frozen=True, slots=True)
class End:
    actor: str | None


Command = (
    Enter
    | Return
    | Disconnect
    | Reconnect
    | Depart
    | SetSelf
    | Mute
    | LowerHand
    | Remove
    | Appoint
    | SetLabels
    | ShowContent
    | StopContent
    | ChooseLayout
    | SetLock
    | Say
    | React
    | Caption
    | End
)
