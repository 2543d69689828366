"""What a contender has to carry: who sends what, who receives what, and who speaks when.

Rules:
1. A workload is a value. Every contender is given the same one, and makes the same streams of it (`media`).
2. Exactly `speakers` people speak at any time: whoever spoke longest hands over to the next in the row.
"""

from __future__ import annotations

import math

import msgspec

from mcu.errors import ConfigurationError, ProtocolError

TURN_SECONDS = 12.0  # that one person speaks; with three at a time somebody takes over every four seconds
MAX_PEOPLE = 200  # as many as the server lets into one conference at most
LAYOUTS = ("grid", "speaker", "single", "lecture", "presentation")


class Composite(msgspec.Struct, frozen=True):
    """The picture that everybody receives."""

    width: int = 1280
    height: int = 720
    fps: int = 25
    bitrate: int = 1_200_000  # bits per second


class Workload(msgspec.Struct, frozen=True):
    """One conference. The defaults are the reference load."""

    name: str = "reference"
    participants: int = 30  # each sends sound and a picture, and receives the composite and its mix-minus
    viewers: int = 0  # receive only
    speakers: int = 3  # at any time
    width: int = 320  # of the pictures sent
    height: int = 180
    fps: int = 15
    bitrate: int = 180_000  # bits per second of each picture sent
    codec_in: str = "VP8"  # one of mcu.synthetic.clips.CODECS
    codec_out: str = "VP8"
    composite: Composite = Composite()
    layout: str = "grid"
    audio_only: bool = False  # nobody sends or receives a picture
    content: bool = False  # participant 0 shares a screen as well
    obedient: bool = True  # senders send no more than the server asks for; not so WHIP clients, which cannot be told

    def __post_init__(self) -> None:
        """Raises ValueError for what cannot be carried."""
        if not 1 <= self.participants <= MAX_PEOPLE or not 0 <= self.viewers <= MAX_PEOPLE - self.participants:
            raise ValueError(f"between 1 and {MAX_PEOPLE} people, of whom one sends")
        if not 0 <= self.speakers <= self.participants:
            raise ValueError("as many speakers as participants at most")
        if self.layout not in LAYOUTS:
            raise ValueError(f"no layout {self.layout!r}")

    @property
    def people(self) -> int:
        """Everybody who receives."""
        return self.participants + self.viewers


# The variants by name. What all have in common is in `Workload`.
VARIANTS: dict[str, Workload] = {
    workload.name: workload
    for workload in (
        Workload(),
        Workload(name="25fps", fps=25, bitrate=250_000),
        Workload(name="360p", width=640, height=360, bitrate=500_000),
        Workload(name="h264", codec_in="H264", codec_out="H264"),
        Workload(name="audio", audio_only=True),
        Workload(name="100people", participants=100),
        Workload(name="100viewers", participants=1, speakers=1, viewers=100, width=1280, height=720, bitrate=1_200_000),
        Workload(name="content", content=True),
        Workload(name="untold", obedient=False),
    )
}


def variant(name: str) -> Workload:
    """Raises ConfigurationError with the names that there are."""
    try:
        return VARIANTS[name]
    except KeyError:
        raise ConfigurationError(f"no variant {name!r}; there are {', '.join(VARIANTS)}") from None


def to_json(workload: Workload) -> str:
    """The text that `from_json` reads."""
    return msgspec.json.encode(workload).decode()


def from_json(text: str | bytes) -> Workload:
    """Raises ProtocolError for anything but a workload."""
    try:
        return msgspec.json.decode(text, type=Workload)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise ProtocolError(f"workload: {error}") from error


def speakers_at(workload: Workload, seconds: float) -> frozenset[int]:
    """Who speaks `seconds` after the beginning."""
    if workload.speakers == 0:
        return frozenset()
    latest = math.floor(seconds / _step(workload) + 1e-9)
    return frozenset(turn % workload.participants for turn in range(latest - workload.speakers + 1, latest + 1))


def loop_begin(workload: Workload, participant: int, seconds: float) -> float:
    """When the loop that `participant` plays at `seconds` began: the last change between listening and speaking.

    May be before 0: whoever listens at the beginning does so since an earlier turn.
    """
    if workload.speakers == 0 or workload.speakers == workload.participants:
        return 0.0
    step = _step(workload)
    latest = math.floor(seconds / step + 1e-9)
    turn = latest - (latest - participant) % workload.participants  # the last one of this participant that has begun
    if latest - turn < workload.speakers:
        return turn * step
    return (turn + workload.speakers) * step


def _step(workload: Workload) -> float:
    """Seconds between two changes."""
    return TURN_SECONDS / workload.speakers
