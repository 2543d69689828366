"""Where the server shows whom in a workload, and what it asks of cameras for that: known before there is a server."""

from __future__ import annotations

from collections.abc import Mapping

from mcu.bench.workload import Workload, speakers_at
from mcu.control import LayoutChoice, ParticipantState
from mcu.mixer.layout import Tile, arrange
from mcu.mixer.style import TileStyle, style_of
from mcu.processor.needs import picture_needed
from mcu.synthetic.people import person


class Tiling:
    """How the server would show a workload, without a server."""

    def __init__(self, workload: Workload) -> None:
        self._workload = workload
        self.members = tuple(
            ParticipantState(f"p{number}", person(number).name, person(number).office)
            for number in range(workload.participants)
        )

    def tiles(self) -> tuple[Tile, ...]:
        """With the first of those who speak at the beginning as the speaker."""
        workload = self._workload
        first = min(speakers_at(workload, 0.0), default=None)
        return arrange(
            LayoutChoice(name=workload.layout),
            members=self.members,
            speaker=None if first is None else f"p{first}",
            content="p0" if workload.content else None,
            width=workload.composite.width,
            height=workload.composite.height,
        )

    def styles(self, seconds: float) -> Mapping[str, TileStyle]:
        """Names, and borders around those who speak."""
        speaking = {f"p{number}" for number in speakers_at(self._workload, seconds)}
        return {who.participant: style_of(who, speaking=who.participant in speaking) for who in self.members}


def lines_asked(workload: Workload) -> dict[str, int]:
    """Of each camera that is shown, by participant, once everybody is in: those of a large and of a small tile."""
    found: dict[str, int] = {}
    for tile in () if workload.audio_only else Tiling(workload).tiles():
        if tile.participant is not None and not tile.content:
            need = picture_needed([tile], aspect=workload.width / workload.height, fps=workload.composite.fps)
            if need is not None:
                found[tile.participant] = need.exact.height
    return found
