"""Who is with whom in an agent, and whose voices are sought in a check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from loadtests.agent import member as module
from loadtests.agent.media import Wardrobe
from loadtests.agent.member import Company, Member
from loadtests.agent.proceedings import Proceedings
from loadtests.findings import Figures, Inspection
from loadtests.recording import Known, Recording, Sent
from loadtests.wire import Enter
from mcu.synthetic.clips import Clip
from mcu.synthetic.people import person
from mcu.synthetic.stage import Stage
from mcu.webrtc.dtls import Certificate
from tests.loadtests.agent.told import entered, line

CLIP = Clip("VP8", 320, 180, 15, (b"picture",), (0,), 0, (b"sound",), (127,))


class _Somebody:
    """As much of a member as is asked for here."""

    def __init__(self, who: int, proceedings: Proceedings | None, *, speech: bool = True, aloud: bool = False) -> None:
        self.who, self.proceedings = who, proceedings
        self.speech = CLIP if speech else None
        self._aloud = aloud

    def sent(self, begin: float, end: float) -> Sent:
        return Sent(person=self.who, pictures=(), spoken=(), speaking=((begin, end),) if self._aloud else ())


def somebody(who: int, proceedings: Proceedings | None, *, speech: bool = True, aloud: bool = False) -> Member:
    return cast(Member, _Somebody(who, proceedings, speech=speech, aloud=aloud))


class Judge:
    sought: tuple[int, ...] = ()

    async def inspect(self, recording: Recording, loops: Mapping[int, Clip]) -> Inspection:
        self.sought = tuple(loops)
        return Inspection(who=recording.who, began=recording.begin, figures=Figures(seconds=1.0))


def meeting(*people: int) -> Proceedings:
    told = Proceedings()
    told.take(entered(*(line(f"p{who}", person(who).name) for who in people)), 1.0)
    return told


def company(judge: Judge, *members: Member) -> Company:
    made = Company(
        stage=Stage(),
        certificate=Certificate(),
        wardrobe=Wardrobe(),
        judge=judge,
        start=None,  # type: ignore[arg-type]
        tell=lambda happened: None,
        dismiss=lambda member: None,
    )
    made.members.update({each.who: each for each in members})
    return made


def test_who_is_told_nothing_is_where_somebody_is_told_of_them() -> None:
    here, there = meeting(1, 2, 7), meeting(3, 8)
    one, two, three, room = somebody(1, here), somebody(2, here), somebody(3, there), somebody(7, None)
    lost = somebody(9, None)
    made = company(Judge(), one, two, three, room, lost)
    assert made.around(one) == [one, two, room]
    assert made.around(room) == [one, two, room]
    assert made.around(three) == [three]
    assert made.around(lost) == [lost]
    assert made.proceedings_of(room) is here
    assert made.proceedings_of(lost) is None


async def test_voices_are_sought_of_all_near_and_of_those_who_speak_elsewhere() -> None:
    here, there = meeting(1, 2), meeting(3, 4, 5)
    judge = Judge()
    far = [
        somebody(3, there, aloud=True),
        somebody(4, there),
        *(somebody(who, None, aloud=True) for who in range(20, 40)),
    ]
    one = somebody(1, here)
    made = company(judge, one, somebody(2, here, speech=False), *far)
    recording = Recording(
        who=1,
        codec="VP8",
        begin=1.0,
        end=2.0,
        frames=(),
        layouts=(),
        present=(),
        sound=b"",
        sound_begin=1.0,
        concealed_samples=0,
        played_samples=0,
        sent=(),
        fps=25,
    )
    await made.judged(one, recording)
    assert judge.sought == (1, 3, *range(20, 20 + module.MAX_STRANGERS - 1))


def test_who_came_by_the_same_link_is_there_whatever_the_roster_says() -> None:
    one, two, three = somebody(1, meeting(1)), somebody(2, meeting(2)), somebody(3, meeting(3))
    room = somebody(4, None)
    made = company(Judge(), one, two, three, room)
    for who, link in ((1, "here"), (2, "here"), (3, "there")):
        made.ledger.enter(Enter(number=0, who=who, server="x", conference=link))
    made.ledger.enter(Enter(number=0, who=4, kind="room", server="x", conference="123456789##1234"))
    made.ledger.identify(1, "p1", "123456789")
    assert made.around(one) == [one, two, room]
    assert made.around(three) == [three]
    assert made.proceedings_of(room) is one.proceedings


def test_known_is_what_was_so_while_somebody_was_told() -> None:
    one, two = somebody(1, meeting(1)), somebody(2, meeting(2))
    made = company(Judge(), one, two)
    states = [Known(float(5 * who), who, here=True, muted=False, camera_off=False) for who in (1, 2)]
    for who, state in zip((1, 2), states, strict=True):
        made.ledger.enter(Enter(number=0, who=who, server="x", conference="here"))
        made.ledger.note(state)
    assert made.known(one, 8.0, 11.0) == tuple(states)
    assert made.known(two, 8.0, 11.0) == ()  # not in at the beginning
    made.ledger.gone(1, 10.0)
    assert made.known(one, 8.0, 11.0) == ()
    assert made.known(somebody(9, None), 8.0, 11.0) == ()
