"""Stories of people who come, go and come back, with a fake pool, a real store and fake time."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from mcu.conference import commands as c
from mcu.conference import events as e
from mcu.conference.participant import Departure, Reaction, Role
from mcu.controller import tokens
from mcu.controller.doors import ByLink, ByNumber, Person
from mcu.controller.member import Admitted, EndReason, MediaChanged, MediaCondition, MembershipEnded
from mcu.errors import RefusedError
from tests.fakes.pool import FakeMember
from tests.fakes.world import GRACE, World


def superseded(members: list[FakeMember]) -> list[bool]:
    """Of each, whether another connection took its place."""
    return [member.news[-1] == MembershipEnded(EndReason.SUPERSEDED) for member in members]


async def test_link_number_and_pin_lead_to_the_same_conference(world: World) -> None:
    created = await world.registry.create_conference(title="회의")
    by_link, _ = await world.registry.enter(ByLink(created.link), Person(name="가"), FakeMember())
    by_number, _ = await world.registry.enter(ByNumber(created.number, created.pin), Person(name="나"), FakeMember())
    assert by_link == by_number == created.conference


async def test_wrong_pin_unknown_number_and_unknown_link_are_refused(world: World) -> None:
    created = await world.registry.create_conference(title="회의")
    wrong = f"{(int(created.pin) + 1) % 1_000_000:06}"
    for door, code in [
        (ByNumber(created.number, wrong), "number-or-pin-wrong"),
        (ByNumber("000000000", created.pin), "number-or-pin-wrong"),
        (ByLink("x" * 22), "no-such-conference"),
    ]:
        with pytest.raises(RefusedError) as refused:
            await world.registry.enter(door, Person(name="가"), FakeMember())
        assert refused.value.code == code


async def test_being_first_gives_no_right_and_the_key_does(world: World) -> None:
    created = await world.registry.create_conference(title="회의")
    _, first = await world.enter(created, "먼저")
    _, chair = await world.enter(created, "의장", chair_key=created.chair_key)
    roles = [member.last(Admitted).participant.role for member in (first, chair)]  # type: ignore[union-attr]
    assert roles == [Role.ATTENDEE, Role.CHAIR]
    with pytest.raises(RefusedError, match="chair-key-wrong"):
        await world.enter(created, "아무개", chair_key="x" * 22)


async def test_everybody_is_told_and_the_newcomer_sees_all(world: World) -> None:
    created = await world.registry.create_conference(title="회의")
    one, first = await world.enter(created, "가", office="종로구청장")
    two, second = await world.enter(created, "나")
    admitted = second.last(Admitted)
    assert [p.id for p in admitted.snapshot.roster] == [one, two]
    assert first.news[-1] == e.ParticipantJoined(admitted.participant)


async def test_full_conference_refuses_the_next(world: World) -> None:
    created = await world.registry.create_conference(title="회의", capacity=99)
    for name in "가나다":
        await world.enter(created, name)
    with pytest.raises(RefusedError, match="conference-full"):
        await world.enter(created, "라")


async def test_after_a_restart_people_are_as_they_were(world: World) -> None:
    created = await world.registry.create_conference(title="회의")
    one, first = await world.enter(created, "가", office="종로구청장", chair_key=created.chair_key)
    secret = first.last(Admitted).secret
    await world.registry.execute(created.conference, c.SetSelf(actor=one, muted=True))
    before = (await world.registry.snapshot(created.conference)).roster
    await world.registry.create_conference(title="nobody was in this one")
    await world.registry.close()
    world.restart()
    with capture_logs() as logs:
        await world.registry.restore()
    assert [(line["event"], line["count"]) for line in logs] == [("conferences with people restored", 1)]
    member = FakeMember()
    await world.registry.resume(created.conference, one, secret, member)
    admitted = member.news[0]
    assert isinstance(admitted, Admitted)
    assert (admitted.resumed, admitted.snapshot.roster, admitted.secret) == (True, before, secret)
    assert member.news[1] == MediaChanged(MediaCondition.CLOSED, "media-lost")


async def test_wrong_secret_does_not_resume(world: World) -> None:
    created = await world.registry.create_conference(title="회의")
    one, first = await world.enter(created, "가")
    for participant, secret in [(one, "x" * 22), ("nobody", first.last(Admitted).secret)]:
        with pytest.raises(RefusedError, match="resume-unknown"):
            await world.registry.resume(created.conference, participant, secret, FakeMember())


async def test_second_connection_supersedes_the_first(world: World) -> None:
    created = await world.registry.create_conference(title="회의")
    one, first = await world.enter(created, "가")
    second = FakeMember()
    await world.registry.resume(created.conference, one, first.last(Admitted).secret, second)
    assert first.news[-1] == MembershipEnded(EndReason.SUPERSEDED)
    with pytest.raises(RefusedError, match="superseded"):
        await world.registry.connect(created.conference, one, first, offer="v=0")
    await world.registry.detach(created.conference, one, first)
    assert (await world.registry.snapshot(created.conference)).roster[0].connected


@pytest.mark.parametrize("lost", [False, True])
async def test_those_who_resume_at_once_supersede_one_another(world: World, lost: bool) -> None:
    created = await world.registry.create_conference(title="회의")
    one, first = await world.enter(created, "가")
    await world.enter(created, "나")
    secret = first.last(Admitted).secret
    if lost:
        await world.registry.detach(created.conference, one, first)
        await world.registry.handle_timer(world.now + GRACE)
    members = [FakeMember() for _ in range(3)]
    await asyncio.gather(*(world.registry.resume(created.conference, one, secret, member) for member in members))
    assert sorted(superseded(members)) == [False, True, True]


async def test_token_used_twice_at_once_supersedes_itself(world: World) -> None:
    created = await world.registry.create_conference(title="회의")
    _, token = await tokens.mint(
        world.registry, created.conference, kind="whip", name="OBS", office="", lifetime=timedelta(hours=1)
    )
    members = [FakeMember() for _ in range(3)]
    await asyncio.gather(*(world.registry.enter_by_token(token, member) for member in members))
    assert sorted(superseded(members)) == [False, True, True]


async def test_broken_connection_keeps_the_place_for_the_grace_time(world: World) -> None:
    created = await world.registry.create_conference(title="회의")
    one, first = await world.enter(created, "가")
    _, second = await world.enter(created, "나")
    await world.registry.detach(created.conference, one, first)
    changed = second.last(e.ParticipantChanged)
    assert (changed.participant.id, changed.participant.connected) == (one, False)
    await world.registry.handle_timer(world.now + GRACE - 1)
    assert isinstance(second.news[-1], e.ParticipantChanged)
    await world.registry.handle_timer(world.now + GRACE)
    assert second.news[-1] == e.ParticipantLeft(one, Departure.LOST)


async def test_lost_participant_comes_back_in_the_same_seat(world: World) -> None:
    created = await world.registry.create_conference(title="회의")
    one, first = await world.enter(created, "가", chair_key=created.chair_key)
    await world.enter(created, "나")
    await world.registry.detach(created.conference, one, first)
    await world.registry.handle_timer(world.now + GRACE)
    member = FakeMember()
    await world.registry.resume(created.conference, one, first.last(Admitted).secret, member)
    back = member.news[0].participant  # type: ignore[union-attr]
    assert (back.role, back.seat, back.connected) == (Role.CHAIR, 1, True)


async def test_who_left_or_was_removed_does_not_resume(world: World) -> None:
    created = await world.registry.create_conference(title="회의")
    chair, _ = await world.enter(created, "의장", chair_key=created.chair_key)
    one, first = await world.enter(created, "가")
    await world.registry.execute(created.conference, c.Remove(chair, one))
    assert first.news[-1] == MembershipEnded(EndReason.REMOVED)
    with pytest.raises(RefusedError, match="resume-over"):
        await world.registry.resume(created.conference, one, first.last(Admitted).secret, FakeMember())


async def test_what_passes_is_told_and_not_stored(running: World, monkeypatch: pytest.MonkeyPatch) -> None:
    created = await running.registry.create_conference(title="회의")
    one, member = await running.enter(created, "가")
    await running.registry.execute(created.conference, c.Appoint(None, one, True))

    async def store(*_: object, **__: object) -> None:
        raise AssertionError("stored")

    monkeypatch.setattr(running.registry.store, "record", store)
    for command in (c.React(one, Reaction.GOOD), c.Caption(one, "안녕하십니까", final=True)):
        await running.registry.execute_as(created.conference, one, member, command)
    assert member.news[-2:] == [e.Reacted(one, Reaction.GOOD), e.Captioned(one, "안녕하십니까", final=True)]


async def test_end_tells_everybody_and_closes_the_door(running: World) -> None:
    created = await running.registry.create_conference(title="회의")
    chair, member = await running.enter(created, "의장", chair_key=created.chair_key)
    await running.registry.execute_as(created.conference, chair, member, c.End(chair))
    assert member.news[-1] == MembershipEnded(EndReason.CONFERENCE_ENDED)
    assert not await running.registry.exists(created.link)
    with pytest.raises(RefusedError, match="conference-ended"):
        await running.enter(created, "가")


async def test_token_names_one_participant(world: World) -> None:
    created = await world.registry.create_conference(title="회의")
    token, _ = await tokens.mint(
        world.registry, created.conference, kind="whip", name="카메라", office="", lifetime=timedelta(hours=1)
    )
    record = await tokens.check(world.registry, token, conference_id=created.conference, kind="whip")
    first, second = FakeMember(), FakeMember()
    await world.registry.enter_by_token(record, first)
    await world.registry.enter_by_token(record, second)
    assert first.news[-1] == MembershipEnded(EndReason.SUPERSEDED)
    assert len(second.last(Admitted).snapshot.roster) == 1
    for wrong in [{"kind": "whep", "conference_id": created.conference}, {"kind": "whip", "conference_id": "other"}]:
        with pytest.raises(RefusedError, match="token-elsewhere"):
            await tokens.check(world.registry, token, **wrong)
    with pytest.raises(RefusedError, match="token-invalid"):
        await tokens.check(world.registry, "guess", conference_id=created.conference, kind="whip")


async def test_a_server_that_stops_keeps_nobody_waiting(running: World) -> None:
    created = await running.registry.create_conference(title="회의")
    participant, _ = await running.enter(created, "가")
    await running.registry.close()
    await running.registry.execute(created.conference, c.Depart(participant, Departure.LEFT))  # the last one
    with pytest.raises(RefusedError, match="server-stopping"):
        async with asyncio.timeout(5):
            await running.registry.execute(created.conference, c.SetLock(None, True))
