"""Stories of people, conferences and media processors, with a fake pool, a real store and fake time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from mcu import control
from mcu.conference import commands as c
from mcu.conference import events as e
from mcu.conference.participant import Departure, Reaction, Role
from mcu.controller import tokens
from mcu.controller.doors import ByLink, ByNumber, Person
from mcu.controller.member import (
    Admitted,
    EndReason,
    MediaChanged,
    MediaCondition,
    MembershipEnded,
)
from mcu.errors import RefusedError
from mcu.store.database import open_store
from tests.fakes.pool import ANSWER, FakeMember
from tests.fakes.world import GRACE, World


async def settle() -> None:
    """Let the tasks run that wait for nothing but each other."""
    for _ in range(20):
        await asyncio.sleep(0)


def superseded(members: list[FakeMember]) -> list[bool]:
    """Of each, whether another connection took its place."""
    return [member.news[-1] == MembershipEnded(EndReason.SUPERSEDED) for member in members]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_store(f"sqlite+aiosqlite:///{tmp_path / 'mcu.sqlite3'}") as store:
        opened = World(store)
        yield opened
        await opened.registry.close()


@pytest.fixture
async def running(world: World) -> AsyncIterator[World]:
    task = asyncio.ensure_future(world.registry.run())
    await settle()
    yield world
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


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


async def test_what_a_sender_is_asked_for_concerns_nobody_else_and_outlives_its_connection(world: World) -> None:
    created = await world.registry.create_conference(title="회의")
    one, first = await world.enter(created, "가")
    two, second = await world.enter(created, "나")
    for participant, member in ((one, first), (two, second)):
        await world.registry.connect(created.conference, participant, member, offer="v=0\r\n")
    legs = {body.participant: body.leg for body in world.pool.of(control.AddLeg)}  # type: ignore[union-attr]
    for size in (None, control.NeededPicture(256, 144, 25, 180_000)):
        world.registry.notice(control.PictureNeeded(legs[one], size))
    asked = control.PictureNeeded(legs[one], control.NeededPicture(256, 144, 25, 180_000))
    assert first.news[-1] == asked
    assert not any(isinstance(news, control.PictureNeeded) for news in second.news)
    world.registry.notice(control.PictureNeeded("nobody's", None))

    await world.registry.detach(created.conference, one, first)
    back = FakeMember()
    await world.registry.resume(created.conference, one, first.last(Admitted).secret, back)  # type: ignore[union-attr]
    assert asked in back.news

    world.registry.notice(control.LegState(legs[one], "closed", "silent"))
    again = FakeMember()
    await world.registry.resume(created.conference, one, first.last(Admitted).secret, again)  # type: ignore[union-attr]
    assert not any(isinstance(news, control.PictureNeeded) for news in again.news)


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
    await world.registry.close()
    world.restart()
    await world.registry.restore()
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


async def test_only_a_running_leg_outlives_a_broken_connection(running: World) -> None:
    created = await running.registry.create_conference(title="회의")
    one, member = await running.enter(created, "가")
    secret = member.last(Admitted).secret
    await running.registry.connect(created.conference, one, member, offer="v=0")
    leg = running.pool.of(control.AddLeg)[0].leg  # type: ignore[union-attr]
    told = []
    for _ in range(2):  # the answer may have been lost with the connection; later the leg is connected
        again = FakeMember()
        await running.registry.resume(created.conference, one, secret, again)
        told.append([news for news in again.news if isinstance(news, MediaChanged)])
        running.registry.notice(control.LegState(leg=leg, state="connected"))
    assert told == [[MediaChanged(MediaCondition.CLOSED, "media-lost")], []]


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


async def test_bridge_knows_the_conference_before_the_first_leg(running: World) -> None:
    created = await running.registry.create_conference(title="회의")
    one, member = await running.enter(created, "가", office="종로구청장")
    assert await running.registry.connect(created.conference, one, member, offer="v=0") == ANSWER
    kinds = [type(body) for _, body in running.pool.requests]
    assert kinds == [control.UpdateConference, control.AddLeg]
    update = running.pool.of(control.UpdateConference)[0]
    assert update.participants == (  # type: ignore[union-attr]
        control.ParticipantState(participant=one, name="가", office="종로구청장", seat=1),
    )
    assert update.layout == control.LayoutChoice()  # type: ignore[union-attr]


async def test_sound_of_content_is_let_through_a_mute_but_not_the_chairs(running: World) -> None:
    created = await running.registry.create_conference(title="회의")
    one, member = await running.enter(created, "가")

    async def sounding(*commands: c.Command) -> list[tuple[bool, bool]]:
        for command in commands:
            await running.registry.execute_as(created.conference, one, member, command)
        await settle()
        update = running.pool.of(control.UpdateConference)[-1]
        assert isinstance(update, control.UpdateConference)
        return [(state.muted, state.sounding) for state in update.participants]

    shows = c.ShowContent(one, True, sound=True)
    assert await sounding(c.SetSelf(actor=one, muted=True), shows) == [(True, True)]
    await running.registry.execute(created.conference, c.Mute(None, one, True))
    assert await sounding() == [(True, False)]
    await running.registry.execute(created.conference, c.Mute(None, one, False))
    assert await sounding(c.ShowContent(one, True)) == [(True, False)]
    assert await sounding(shows, c.ShowContent(one, False)) == [(True, False)]


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


async def test_a_viewer_is_only_sent_to_whatever_it_offers(running: World) -> None:
    created = await running.registry.create_conference(title="회의")
    for name, role, direction in (("가", Role.ATTENDEE, "both"), ("나", Role.VIEWER, "send")):
        one, member = await running.enter(created, name, role=role)
        await running.registry.connect(created.conference, one, member, offer="v=0")
        assert running.pool.of(control.AddLeg)[-1].direction == direction  # type: ignore[union-attr]


async def test_new_offer_replaces_the_leg(running: World) -> None:
    created = await running.registry.create_conference(title="회의")
    one, member = await running.enter(created, "가")
    for _ in range(2):
        await running.registry.connect(created.conference, one, member, offer="v=0")
    legs = [body.leg for body in running.pool.of(control.AddLeg)]  # type: ignore[union-attr]
    assert running.pool.of(control.RemoveLeg) == [control.RemoveLeg(legs[0])]
    await running.registry.add_candidate(created.conference, one, member, candidate="candidate:1")
    assert running.pool.of(control.AddCandidate) == [control.AddCandidate(legs[1], "candidate:1")]


async def test_candidate_without_leg_is_refused(world: World) -> None:
    created = await world.registry.create_conference(title="회의")
    one, member = await world.enter(created, "가")
    with pytest.raises(RefusedError, match="no-such-leg"):
        await world.registry.add_candidate(created.conference, one, member, candidate="")


async def test_lost_processor_is_replaced_and_everybody_told(running: World) -> None:
    created = await running.registry.create_conference(title="회의")
    one, member = await running.enter(created, "가")
    await running.registry.connect(created.conference, one, member, offer="v=0")
    await settle()
    running.pool.requests.clear()
    running.registry.processor_lost((created.conference,))
    await settle()
    assert member.news[-1] == MediaChanged(MediaCondition.CLOSED, "media-lost")
    assert [type(body) for _, body in running.pool.requests] == [control.UpdateConference]
    await running.registry.connect(created.conference, one, member, offer="v=0")


async def test_state_that_could_not_be_told_is_told_when_a_processor_is_ready(running: World) -> None:
    created = await running.registry.create_conference(title="회의")
    running.pool.refuse = RefusedError("media-unavailable")
    await running.enter(created, "가")
    await settle()
    assert running.pool.requests == []
    running.pool.refuse = None
    running.registry.notice(control.Ready(version=1, pid=1, port=10443, addresses=()))
    await settle()
    assert len(running.pool.of(control.UpdateConference)) == 1


async def test_closed_leg_tells_its_owner_only(running: World) -> None:
    created = await running.registry.create_conference(title="회의")
    one, member = await running.enter(created, "가")
    _, other = await running.enter(created, "나")
    await running.registry.connect(created.conference, one, member, offer="v=0")
    leg = running.pool.of(control.AddLeg)[0].leg  # type: ignore[union-attr]
    running.registry.notice(control.LegState(leg=leg, state="closed", reason="ice-timeout"))
    running.registry.notice(control.LegState(leg=leg, state="closed", reason="ice-timeout"))
    assert [n for n in member.news if isinstance(n, MediaChanged)] == [
        MediaChanged(MediaCondition.CLOSED, "ice-timeout")
    ]
    assert not any(isinstance(n, MediaChanged) for n in other.news)


async def test_newcomer_learns_tiles_and_speaker(world: World) -> None:
    created = await world.registry.create_conference(title="회의")
    await world.enter(created, "가")
    tiles = control.TilesChanged(
        conference=created.conference, revision=1, layout="grid", width=1280, height=720, tiles=()
    )
    world.registry.notice(tiles)
    _, member = await world.enter(created, "나")
    assert member.news[-1] == tiles


async def test_empty_conference_closes_its_bridge_and_can_be_entered_again(running: World) -> None:
    created = await running.registry.create_conference(title="회의")
    one, member = await running.enter(created, "가", office="종로구청장")
    await running.registry.execute(created.conference, c.Depart(one, Departure.LEFT))
    await settle()
    assert member.news[-1] == MembershipEnded(EndReason.LEFT)
    assert running.pool.of(control.CloseBridge) == [control.CloseBridge(created.conference)]
    assert running.registry.live_conferences == 0
    _, again = await running.enter(created, "나", office="종로구청장")
    assert again.last(Admitted).participant.seat == 1


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


async def test_where_the_processor_is_at_its_limit_nobody_new_comes_in_and_nobody_has_to_go(world: World) -> None:
    created = await world.registry.create_conference(title="회의")
    participant, member = await world.enter(created, "먼저")
    secret = member.last(Admitted).secret  # type: ignore[union-attr]
    _, record = await tokens.mint(
        world.registry, created.conference, kind="whip", name="카메라", office="", lifetime=timedelta(hours=1)
    )
    await world.registry.enter_by_token(record, FakeMember())
    world.pool.strained = True
    with pytest.raises(RefusedError) as refused:
        await world.enter(created, "나중")
    assert refused.value.code == "busy"
    await world.registry.resume(created.conference, participant, secret, FakeMember())
    await world.registry.enter_by_token(record, FakeMember())  # the same camera again
    assert world.registry.present(created.conference) == 2
