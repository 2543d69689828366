"""How a tile looks besides its picture: the words and marks that lie over it."""

from __future__ import annotations

from dataclasses import dataclass

from mcu.control import ParticipantState


@dataclass(frozen=True, slots=True)
class TileStyle:
    """What stands over one participant's tile. `label` is the name, `office` follows it where there is room.

    `notice` are lines that stand large in the middle of the card instead of both.
    """

    label: str = ""
    muted: bool = False
    speaking: bool = False
    camera_off: bool = False
    office: str = ""
    notice: tuple[str, ...] = ()


def style_of(state: ParticipantState, *, speaking: bool) -> TileStyle:
    """The style of a participant. Somebody who is muted is never shown as speaking."""
    return TileStyle(
        label=state.name,
        muted=state.muted,
        speaking=speaking and not state.muted,
        camera_off=state.camera_off,
        office=state.office,
        notice=state.notice,
    )
