"""Who may do what: one table.

The operator (actor None) may do everything; commands that are not here are not asked by participants but by the
server on their behalf.
"""

from __future__ import annotations

from mcu.conference import commands
from mcu.conference.participant import Role

EVERYBODY = frozenset(Role)
SEATED = frozenset({Role.CHAIR, Role.ATTENDEE})
CHAIR = frozenset({Role.CHAIR})

PERMITTED: dict[type[commands.Command], frozenset[Role]] = {
    commands.SetSelf: EVERYBODY,
    commands.Say: EVERYBODY,
    commands.React: EVERYBODY,
    commands.Caption: EVERYBODY,  # of these only whom a chair has appointed
    commands.ShowContent: SEATED,
    commands.ChooseLayout: CHAIR,  # SEATED where the installation says open_layout
    commands.SetLock: CHAIR,
    commands.Mute: CHAIR,
    commands.LowerHand: CHAIR,
    commands.StopContent: CHAIR,
    commands.Remove: CHAIR,
    commands.Appoint: CHAIR,
    commands.End: CHAIR,
}


def permits(command: type[commands.Command], role: Role, *, open_layout: bool) -> bool:
    """Whether `role` may ask for `command`."""
    if open_layout and command is commands.ChooseLayout:
        return role in SEATED
    return role in PERMITTED[command]
