"""Every command has one reply, whatever its participant does."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from loadtests.agent.awaiting import News
from loadtests.agent.crew import Crew
from loadtests.agent.media import Wardrobe
from loadtests.agent.member import Company, Failed, Member
from loadtests.agent.proceedings import Proceedings
from loadtests.findings import Figures, Inspection
from loadtests.recording import Recording, Sent
from loadtests.wire import Act, AnyCommand, Check, Count, Enter, Happened, Leave, Reply, Vanish
from mcu.synthetic.clips import Clip

Step = Callable[["Fake", object], object]


class Fake:
    """A participant that does what a test says, by the name of the method."""

    def __init__(self, order: Enter, company: Company) -> None:
        self.who, self.company = order.who, company
        self.address = "192.0.2.1:1720" if order.kind == "room" else ""
        self.connected = True
        self.proceedings: Proceedings | None = None
        self.speech: Clip | None = None
        self.done: list[str] = []
        self.news = News()
        self.counters: Counter[str] = Counter(received=10, sent=20, skipped=1)
        self.steps: dict[str, Step] = {}
        self.gate = asyncio.Event()

    async def _do(self, name: str, argument: object = None) -> object:
        self.done.append(name)
        step = self.steps.get(name) or STEPS.get((self.who, name))
        found = step(self, argument) if step is not None else None
        return await found if asyncio.iscoroutine(found) else found

    async def enter(self) -> Mapping[str, float]:
        await self._do("enter")
        return {"join": 0.5}

    async def act(self, act: Act) -> Mapping[str, float]:
        await self._do("act", act)
        return {"mute": 0.1} if act.mute is not None else {}

    async def check(self, seconds: float) -> Inspection:
        await self._do("check", seconds)
        return Inspection(who=self.who, began=0.0, figures=Figures(seconds=seconds))

    async def leave(self) -> Mapping[str, float]:
        self.news.close(Failed("gone", "it has left"))
        await self._do("leave")
        return {"leave": 0.2}

    async def vanish(self) -> None:
        await self._do("vanish")

    def sent(self, begin: float, end: float) -> Sent:
        return Sent(person=self.who, pictures=(), spoken=(), speaking=())

    def note_aloud(self) -> None:
        self.done.append("note aloud")


STEPS: dict[tuple[int, str], Step] = {}  # of participants before they are made


class NoJudge:
    """Nothing is recorded here."""

    async def inspect(self, recording: Recording, loops: Mapping[int, Clip]) -> Inspection:
        raise AssertionError(recording)


class Bench:
    """A crew of fakes."""

    def __init__(self, group: asyncio.TaskGroup, folder: Path) -> None:
        self.happened: list[Happened] = []
        self.numbers = iter(range(1, 1000))
        kinds = {"attendee": Fake, "room": Fake}
        self.crew = Crew(
            group,
            wardrobe=Wardrobe(folder),
            judge=NoJudge(),
            tell=self.happened.append,
            kinds=kinds,  # type: ignore[arg-type]
        )

    def fake(self, who: int) -> Fake:
        member: Member = self.crew.members[who]
        assert isinstance(member, Fake)
        return member

    async def enter(self, who: int, **fields: str) -> Reply:
        return await self.do(Enter(number=0, who=who, server="https://x", **fields))  # type: ignore[arg-type]

    async def do(self, command: AnyCommand) -> Reply:
        return await self.crew.perform(command)


@asynccontextmanager
async def bench_in(folder: Path) -> AsyncIterator[Bench]:
    async with asyncio.TaskGroup() as group:
        made = Bench(group, folder)
        yield made
        await made.crew.close()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    STEPS.clear()
    async with bench_in(tmp_path) as made:
        yield made


async def test_commands_go_to_whom_they_are_for(bench: Bench) -> None:
    entered = await bench.do(Enter(number=7, who=3, server="https://x"))
    assert entered == Reply(number=7, figures={"join": 0.5})
    await bench.enter(4)
    assert await bench.do(Act(number=8, who=3, mute=4)) == Reply(number=8, figures={"mute": 0.1})
    checked = await bench.do(Check(number=9, who=4, seconds=2.0))
    assert checked.inspection is not None
    assert (checked.number, checked.inspection.who, checked.inspection.figures.seconds) == (9, 4, 2.0)
    assert bench.fake(3).done == ["enter", "act"]
    assert bench.fake(4).done == ["enter", "check"]


async def test_the_reply_to_a_room_that_waits_says_where(bench: Bench) -> None:
    assert (await bench.enter(5, kind="room")).detail == "192.0.2.1:1720"


async def test_who_is_not_here_cannot_be_told_anything(bench: Bench) -> None:
    assert (await bench.do(Leave(number=1, who=3))).failed == "unknown"
    await bench.enter(3)
    assert (await bench.enter(3)).failed == "busy"
    assert await bench.do(Leave(number=2, who=3)) == Reply(number=2, figures={"leave": 0.2})
    assert (await bench.do(Act(number=3, who=3, speaking=True))).failed == "gone"
    assert not (await bench.enter(3)).failed
    assert not (await bench.do(Vanish(number=4, who=3))).failed
    assert (await bench.do(Check(number=5, who=3))).failed == "gone"
    assert (await bench.enter(4, kind="whip")).failed == "unknown"


async def test_a_bug_costs_one_command_of_one_participant(bench: Bench) -> None:
    await bench.enter(3)
    await bench.enter(4)

    def stumble(_: Fake, __: object) -> None:
        raise ZeroDivisionError("a bug")

    bench.fake(3).steps = {"act": stumble}
    reply = await bench.do(Act(number=6, who=3, speaking=True))
    assert reply == Reply(number=6, failed="bug", detail="ZeroDivisionError")
    assert not (await bench.do(Check(number=7, who=3))).failed
    assert not (await bench.do(Act(number=8, who=4, speaking=True))).failed


async def test_who_cannot_enter_is_not_here_and_may_try_again(bench: Bench) -> None:
    def refuse(_: Fake, __: object) -> None:
        raise Failed("refused", "conference-full: It is full.", {"join": 1.0})

    STEPS[3, "enter"] = refuse
    reply = await bench.enter(3)
    assert (reply.failed, reply.detail, reply.figures) == ("refused", "conference-full: It is full.", {"join": 1.0})
    assert not bench.crew.members
    STEPS.clear()
    assert not (await bench.enter(3)).failed


async def test_who_leaves_while_entering_ends_both(bench: Bench) -> None:
    async def never(fake: Fake, _: object = None) -> None:
        await fake.news.until(lambda: False, 60.0, "anything")

    STEPS[3, "enter"] = never
    entering = asyncio.create_task(bench.enter(3))
    while not bench.crew.members:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not (await bench.do(Leave(number=2, who=3))).failed
    assert (await entering).failed == "gone"
    assert not bench.crew.members


async def test_who_is_put_out_is_gone_and_said_to_be(bench: Bench) -> None:
    await bench.enter(3)
    fake = bench.fake(3)
    fake.company.tell(Happened(who=3, what="ended", failed="removed"))
    fake.company.dismiss(fake)
    fake.company.dismiss(fake)  # a second time changes nothing
    assert [each.failed for each in bench.happened] == ["removed"]
    assert (await bench.do(Act(number=3, who=3, speaking=True))).failed == "gone"


async def test_counts_are_of_all_since_the_last_time_also_of_those_who_left(bench: Bench) -> None:
    await bench.enter(3)
    await bench.enter(4)
    counts = (await bench.do(Count(number=1, who=-1))).counts
    assert counts is not None
    assert (counts.connected, counts.packets_received, counts.packets_sent, counts.skipped) == (2, 20, 40, 2)
    bench.fake(3).counters["received"] = 15
    bench.fake(4).counters["received"] = 11
    bench.fake(3).company.tell(Happened(who=3, what="reconnect", seconds=1.0))
    await bench.do(Leave(number=2, who=3))
    counts = (await bench.do(Count(number=3, who=-1))).counts
    assert counts is not None
    assert (counts.connected, counts.packets_received, counts.packets_sent, counts.reconnects) == (1, 6, 0, 1)
    await bench.enter(3)
    counts = (await bench.do(Count(number=4, who=-1))).counts
    assert counts is not None
    assert (counts.packets_received, counts.reconnects) == (10, 0)


async def test_the_end_takes_leave_of_everybody(tmp_path: Path) -> None:
    STEPS.clear()

    def stumble(_: Fake, __: object) -> None:
        raise ZeroDivisionError("a bug")

    with capture_logs() as logs:
        async with bench_in(tmp_path) as bench:
            for who in (1, 2, 3):
                await bench.enter(who)
            fakes = [bench.fake(who) for who in (1, 2, 3)]
            fakes[1].steps = {"leave": stumble}
    assert [(each["event"], each["who"]) for each in logs] == [("leaving failed", 2)]
    assert [fake.done[-1] for fake in fakes] == ["leave"] * 3
    assert not bench.crew.members
