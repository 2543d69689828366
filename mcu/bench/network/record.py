"""What the people of one process sent and received, as values and as JSON. All times are monotonic seconds.

The clock is the same in all processes and namespaces of a machine, so that what was sent here is found there.
"""

from __future__ import annotations

import msgspec


class Frame(msgspec.Struct, frozen=True, array_like=True):
    """One frame that could be decoded."""

    arrived: float  # when it was complete
    timestamp: int  # RTP, 90 kHz
    size: int  # bytes
    keyframe: bool
    shown: tuple[int, ...]  # number of the picture of each watched person, -1 where none could be read


class Sound(msgspec.Struct, frozen=True, array_like=True):
    """Counters of the audio receiver at one time. Packets, samples at 48 kHz, seconds."""

    at: float
    lost: int  # not there when due
    restored: int  # of those, from the copy in their successor
    decoded: int
    concealed: int  # samples made up
    played: int  # samples given out
    delay: float  # seconds that its receiver waits beyond the quickest packets
    octets: int  # of everything received until now, SRTP included


class Observation(msgspec.Struct, frozen=True):
    """What one person received."""

    frames: tuple[Frame, ...]
    sounds: tuple[Sound, ...]  # one each SOUND_SECONDS
    loud: tuple[tuple[float, float], ...]  # (when it was heard, rms) of each 10 ms
    asked: tuple[float, ...]  # when a keyframe was asked for
    media_connects: int
    reconnects: int  # of signaling


class Record(msgspec.Struct, frozen=True):
    """One process."""

    sent: dict[int, tuple[tuple[int, float], ...]]  # person: (number of the picture, when it was sent)
    seen: dict[int, Observation]  # of those who look and listen, by person
    late: float  # seconds: the most that this process woke up too late; what it measured is no better than that


class Refusal(msgspec.Struct, frozen=True):
    """What the server said to somebody whom it did not let in."""

    code: str
    at: float
    waited: float  # seconds, since this person came to the door


class Arrival(msgspec.Struct, frozen=True):
    """What became of those who wanted to come in, each until it was told or ran out of patience."""

    joined: tuple[int, ...]
    refused: dict[int, Refusal]  # by person
    unanswered: tuple[int, ...] = ()  # neither let in nor refused
    without_media: tuple[int, ...] = ()  # let in, but no media came

    @property
    def absent(self) -> dict[int, str]:
        """Why whoever is not there is not, by person."""
        return (
            {who: refusal.code for who, refusal in self.refused.items()}
            | dict.fromkeys(self.unanswered, "no answer")
            | dict.fromkeys(self.without_media, "no media")
        )


class Member(msgspec.Struct, frozen=True):
    """One person of a process."""

    person: int
    speaks: bool = False
    looks: bool = False  # decodes and listens; the others count packets


class Task(msgspec.Struct, frozen=True):
    """What a process of people is started with."""

    server: str
    conference: str
    members: tuple[Member, ...]
    watched: tuple[int, ...]  # people whose pictures are looked for in the composite
    cache: str
    patience: float  # seconds for each to come in
    spacing: float  # seconds between two at the door
