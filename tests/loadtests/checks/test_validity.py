"""What is no recording is refused before anybody looks into it."""

from __future__ import annotations

import math

import msgspec
import pytest

from loadtests.checks.validity import RecordingError, check
from loadtests.recording import Frame, Known, Layout, Place, Present, Recording, Sent
from tests.loadtests.checks.test_told import EMPTY

SENT = Sent(person=1, pictures=((0, 10.0),), spoken=((0, 10.0),), speaking=((10.0, 11.0),))
WHOLE = msgspec.structs.replace(
    EMPTY,
    frames=(Frame(10.0, 0, True, b"x"),),
    layouts=(Layout(0.0, 1280, 720, (Place(1, False, 0, 0, 1280, 720),), "single"),),
    present=(Present(0.0, 1, False, False),),
    sent=(SENT,),
)


def test_what_can_be_judged() -> None:
    check(EMPTY)
    check(WHOLE)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"begin": math.nan}, "no number of seconds"),
        ({"late": math.inf}, "no number of seconds"),
        ({"end": 1e300}, "no number of seconds"),
        ({"frames": (Frame(math.nan, 0, True, b""),)}, "no number of seconds"),
        ({"present": (Present(-math.inf, 1, False, False),)}, "no number of seconds"),
        ({"sent": (msgspec.structs.replace(SENT, pictures=((0, math.nan),)),)}, "no number of seconds"),
        ({"sent": (msgspec.structs.replace(SENT, spoken=((0, math.nan),)),)}, "no number of seconds"),
        ({"sent": (msgspec.structs.replace(SENT, speaking=((0.0, math.inf),)),)}, "no number of seconds"),
        ({"known": (Known(math.nan, 1, True, None, None),)}, "no number of seconds"),
        ({"end": 9.0}, "a check of -1.0 s"),
        ({"end": 1000.0}, "a check of 990.0 s"),
        ({"sender_aspect": 0.0}, "aspect"),
        ({"sender_aspect": math.nan}, "aspect"),
        ({"layouts": (Layout(0.0, 0, 720, (), ""),)}, "no size"),
        ({"layouts": (Layout(0.0, 1280, 1 << 40, (), ""),)}, "too much"),
        ({"layouts": (Layout(0.0, 1280, 720, (Place(1, False, 1 << 70, 0, 2, 2),), ""),)}, "far outside"),
    ],
    ids=str,
)
def test_what_is_no_recording(changes: dict[str, object], reason: str) -> None:
    broken: Recording = msgspec.structs.replace(WHOLE, **changes)
    with pytest.raises(RecordingError, match=reason):
        check(broken)
