"""Stories of conferences and their media processors, with a fake pool, a real store and fake time."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from mcu import control
from mcu.conference import commands as c
from mcu.conference.participant import Departure, Role
from mcu.controller import tokens
from mcu.controller.member import Admitted, EndReason, MediaChanged, MediaCondition, MembershipEnded
from mcu.errors import RefusedError
from tests.fakes.pool import ANSWER, FakeMember
from tests.fakes.world import World, settle


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


async def test_a_bridge_that_is_slow_to_close_holds_up_no_other_conference(
    running: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = await running.registry.create_conference(title="회의")
    other = await running.registry.create_conference(title="다른 회의")
    closed = asyncio.Event()
    ask = running.pool.request

    async def request(conference_id: str, body: control.Command) -> control.Answer:
        if body == control.CloseBridge(slow.conference):
            await closed.wait()
        return await ask(conference_id, body)

    monkeypatch.setattr(running.pool, "request", request)
    one, _ = await running.enter(slow, "가")
    await running.registry.execute(slow.conference, c.Depart(one, Departure.LEFT))
    again = asyncio.ensure_future(running.registry.execute(slow.conference, c.SetLock(None, True)))
    await settle()
    async with asyncio.timeout(5):
        await running.registry.execute(other.conference, c.SetLock(None, True))
    assert not again.done()
    closed.set()
    await again


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
