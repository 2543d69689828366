"""What was measured in one phase of a scenario, and a figure with its limit. Values; reads no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mcu.bench.network.figures import Figures
from mcu.bench.network.record import Arrival


@dataclass(frozen=True, slots=True)
class LineSample:
    """The line at one time."""

    at: float
    queue_delay: float  # seconds, at the bottleneck towards the receiver
    dropped: float  # packets in front of it, since the beginning


@dataclass(frozen=True, slots=True)
class ServerSample:
    """What the server said of itself at one time; all but `refused` is from its last report, of every two seconds."""

    at: float
    strain: float  # of its busiest thread, 0 to 1: what newcomers are judged by
    shed: float  # level of what it leaves out, see docs/decisions/0017
    ticks: float  # of sound and picture, since it began
    missed: float  # of those
    made_up: float  # likewise: late, and nothing lost
    refused: float  # people, because it was busy


@dataclass(frozen=True, slots=True)
class Measured:
    """A phase as it was."""

    observed: Figures  # at the far end of the line
    witness: Figures  # at the near end, next to the server; in a squeeze with the delay of who moves most
    seen: Figures  # what the witness sees of the one behind the line
    speakers: Sequence[Figures]  # what the witness sees of each who speaks all the time
    samples: Sequence[LineSample]
    begin: float
    line_loss: float  # share of the packets towards the receiver that the line lost or dropped
    ticks_missed: float  # share of the server's ticks, sound and picture, that nobody heard or saw anything of
    ticks_made_up: float  # likewise, of those that came late and lost nothing (docs/decisions/0027)
    late: float  # seconds: the most that a measuring process, or the line, was late
    connects: int  # media connections that the observed one needed, from the beginning
    server: Sequence[ServerSample] = ()  # from the beginning of a squeeze on
    arrival: Arrival | None = None  # of those who wanted to come in meanwhile


@dataclass(frozen=True, slots=True)
class Check:
    """One figure with its limit; one without a limit is shown and not judged."""

    name: str
    value: float
    limit: float | None
    unit: str  # "%", "ms", "s", "fps", "" ...
    least: bool = False  # the limit is the least, not the most

    @property
    def ok(self) -> bool:
        """False for what is judged and could not be told."""
        if self.limit is None:
            return True
        return self.value >= self.limit if self.least else self.value <= self.limit


def shown(name: str, value: float, unit: str = "") -> Check:
    """A figure that is not judged."""
    return Check(name, value, None, unit)
