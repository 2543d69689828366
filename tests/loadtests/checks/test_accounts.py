"""States that are known, as spans, in the roster's place, and as reasons for new tiles."""

from __future__ import annotations

import msgspec

from loadtests.checks.accounts import accounts, changes, muted, runs, seen
from loadtests.recording import Known, Present
from tests.loadtests.checks.test_roster import RECORDING, here


def own(since: float, person: int = 1, **fields: bool | None) -> Known:
    return Known(since, person, **({"here": True, "muted": False, "camera_off": False} | fields))  # type: ignore[arg-type]


KNOWN = (own(5.0), own(11.0, muted=None), own(11.2, muted=True), own(12.0, muted=True, camera_off=True), own(7.0, 2))
RECORDED = msgspec.structs.replace(RECORDING, known=KNOWN, present=(here(9.0, 1, gone=True), here(9.0, 3)))


def test_how_long_something_was_so() -> None:
    states = accounts(RECORDED)[1]
    assert list(runs(states, lambda state: state.muted, 13.0)) == [(5.0, 11.0, False), (11.2, 13.0, True)]
    assert list(runs(states, lambda state: state.camera_off, 13.0)) == [(5.0, 12.0, False), (12.0, 13.0, True)]
    assert list(runs(states, lambda state: None, 13.0)) == []


def test_whoever_is_known_is_seen_as_known_and_others_as_told() -> None:
    found = seen(RECORDED)
    assert [(state.since, state.person, state.camera_off, state.here) for state in found] == [
        (9.0, 3, False, True),
        (5.0, 1, False, True),
        (11.0, 1, False, True),
        (11.2, 1, False, True),
        (12.0, 1, True, True),
        (7.0, 2, False, True),
    ]


def test_whose_mute_is_not_sure_is_not_to_be_heard_or_not_heard() -> None:
    assert [(state.muted, state.here) for state in muted(accounts(RECORDED)[1])] == [
        (False, True),
        (False, False),
        (True, True),
        (True, True),
    ]


def test_reasons_for_new_tiles_are_who_came_and_who_left() -> None:
    present = (
        here(9.0, 1),
        here(10.0, 1, muted=True),
        here(11.0, 2),
        Present(12.0, 1, muted=True, camera_off=False, hidden=True),
        here(12.5, -1),
        here(12.7, -1),
    )
    known = (own(5.0, 1), own(11.1, 2), own(11.5, 2, muted=True))
    assert changes(msgspec.structs.replace(RECORDING, present=present, known=known)) == [11.0, 11.1, 12.0, 12.5, 12.7]
