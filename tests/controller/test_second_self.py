"""A browser that was killed and comes back without its secret does not stand in the picture twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mcu import control
from mcu.conference import events as e
from mcu.conference.participant import Departure, Role
from mcu.config import Config
from mcu.controller.doors import ByLink, Created, Person
from mcu.controller.member import Admitted
from mcu.controller.registry import Registry
from mcu.errors import RefusedError
from mcu.store.database import open_store
from tests.fakes.pool import FakeMember, FakePool


class Meeting:
    """Kim, chair, with media that flows; and a witness."""

    def __init__(self, registry: Registry, pool: FakePool, created: Created) -> None:
        self.registry = registry
        self.pool = pool
        self.created = created
        self.witness = FakeMember()
        self.old = FakeMember()
        self.kim = ""

    async def begin(self) -> None:
        self.kim = await self.enter(self.old, chair_key=self.created.chair_key)
        await self.enter(self.witness, name="이둘", office="중구청장")
        await self.registry.connect(self.created.conference, self.kim, self.old, offer="v=0")
        self.media("connected")

    async def enter(
        self, member: FakeMember, *, name: str = "김하나", office: str = "종로구청장", chair_key: str | None = None
    ) -> str:
        person = Person(name=name, office=office, chair_key=chair_key)
        return (await self.registry.enter(ByLink(self.created.link), person, member))[1]

    def media(self, state: str) -> None:
        leg = self.pool.of(control.AddLeg)[0].leg  # type: ignore[union-attr]
        self.registry.notice(control.LegState(leg=leg, state=state))

    async def cut(self) -> None:
        """Kim's WebSocket is gone."""
        await self.registry.detach(self.created.conference, self.kim, self.old)

    async def resume(self) -> Admitted:
        member = FakeMember()
        secret = self.old.last(Admitted).secret  # type: ignore[union-attr]
        await self.registry.resume(self.created.conference, self.kim, secret, member)
        admitted = member.news[0]
        assert isinstance(admitted, Admitted)
        return admitted

    async def roster(self) -> list[str]:
        for _ in range(5):
            await asyncio.sleep(0)  # work in the background begins
        return [who.id for who in (await self.registry.snapshot(self.created.conference)).roster]

    async def kim_is_gone(self) -> None:
        """The test's own time limit bounds this."""
        while self.kim in await self.roster():
            await self.registry.store.count_conferences()


@pytest.fixture
async def meeting(tmp_path: Path) -> AsyncIterator[Meeting]:
    async with open_store(f"sqlite+aiosqlite:///{tmp_path / 'mcu.sqlite3'}") as store:
        pool = FakePool()
        registry = Registry(store=store, pool=pool, config=Config(), clock=lambda: 1_000.0)
        task = asyncio.ensure_future(registry.run())
        made = Meeting(registry, pool, await registry.create_conference(title="회의"))
        await made.begin()
        yield made
        await registry.close()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("state", ["disconnected", "closed"])
async def test_with_dead_media_the_old_one_goes_as_the_new_one_comes(meeting: Meeting, state: str) -> None:
    await meeting.cut()
    meeting.media(state)
    member = FakeMember()
    new = await meeting.enter(member)
    admitted = member.last(Admitted)
    assert admitted.snapshot.roster[0].id == new  # type: ignore[union-attr]
    assert admitted.participant.role is Role.ATTENDEE  # type: ignore[union-attr]
    assert meeting.witness.news[-2:] == [
        e.ParticipantLeft(meeting.kim, Departure.LOST),
        e.ParticipantJoined(admitted.participant),  # type: ignore[union-attr]
    ]


async def test_on_a_strained_machine_who_comes_back_is_let_in_and_who_is_new_is_not(meeting: Meeting) -> None:
    await meeting.cut()
    meeting.media("closed")
    meeting.pool.strained = True
    with pytest.raises(RefusedError, match="busy"):
        await meeting.enter(FakeMember(), name="박셋", office="용산구청장")
    new = await meeting.enter(FakeMember())
    assert new in await meeting.roster()
    with pytest.raises(RefusedError, match="busy"):  # nobody of this name is away any more
        await meeting.enter(FakeMember())


async def test_while_packets_come_the_old_one_stays_until_they_end(meeting: Meeting) -> None:
    await meeting.cut()
    new = await meeting.enter(FakeMember())
    assert meeting.kim in await meeting.roster()
    meeting.media("disconnected")
    await meeting.kim_is_gone()
    assert new in await meeting.roster()


async def test_who_resumes_in_time_stays(meeting: Meeting) -> None:
    await meeting.cut()
    await meeting.enter(FakeMember())
    await meeting.resume()
    meeting.media("disconnected")
    assert meeting.kim in await meeting.roster()


async def test_silence_that_passed_is_no_death(meeting: Meeting) -> None:
    meeting.media("disconnected")
    meeting.media("connected")
    await meeting.cut()
    await meeting.enter(FakeMember())
    assert meeting.kim in await meeting.roster()


async def test_dead_media_alone_takes_nobody_out(meeting: Meeting) -> None:
    meeting.media("disconnected")
    await meeting.enter(FakeMember())
    assert meeting.kim in await meeting.roster()


async def test_an_impostor_gains_no_role_and_the_real_one_comes_back_with_theirs(meeting: Meeting) -> None:
    await meeting.cut()
    meeting.media("closed")
    impostor = await meeting.enter(FakeMember())
    admitted = await meeting.resume()
    roles = {who.id: who.role for who in admitted.snapshot.roster}
    assert (roles[impostor], roles[meeting.kim]) == (Role.ATTENDEE, Role.CHAIR)
