"""All participants of an agent: each command goes to the one that it is for, and is answered by exactly one reply.

Rules:
1. Nothing that a participant does, bugs included, costs anybody else more than the time that it took.
2. Who failed to enter, left, vanished or was put out is gone: further commands fail with "gone", and the number may
   enter again.
3. Commands for one participant may overlap (a check lasts seconds); the participant says "busy" where it cannot.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import structlog

from loadtests.agent.kinds import KINDS
from loadtests.agent.media import Wardrobe
from loadtests.agent.member import Company, Failed, Judge, Member
from loadtests.agent.meter import Meter
from loadtests.wire import Act, AnyCommand, Check, Count, Enter, Happened, Kind, Leave, Reply, Vanish
from mcu.synthetic.library import GivenUp
from mcu.synthetic.stage import Stage
from mcu.webrtc.dtls import Certificate

CLOSE_SECONDS = 6.0  # for all to leave at the end
MAX_GONE = 1_024  # numbers remembered as gone: all that there are

Makers = Mapping[Kind, Callable[[Enter, Company], Member]]

log = structlog.get_logger()


class Crew:
    """`perform` any number of commands at once; `close` at the end."""

    def __init__(
        self,
        group: asyncio.TaskGroup,
        *,
        wardrobe: Wardrobe,
        judge: Judge,
        tell: Callable[[Happened], None],
        kinds: Makers = KINDS,
    ) -> None:
        """Participants live in `group`; what happens unasked goes to `tell`."""
        stage = Stage()
        self._tell = tell
        self._kinds = kinds
        self._meter = Meter(stage)
        self._gone: dict[int, None] = {}
        self._company = Company(
            stage=stage,
            certificate=Certificate(),
            wardrobe=wardrobe,
            judge=judge,
            start=lambda life: group.create_task(life),
            tell=self._happened,
            dismiss=self._dismiss,
        )

    @property
    def members(self) -> Mapping[int, Member]:
        """By number."""
        return self._company.members

    async def perform(self, command: AnyCommand) -> Reply:
        """Never raises but when it is cancelled."""
        try:
            return await self._perform(command)
        except Failed as failure:
            return Reply(number=command.number, failed=failure.kind, detail=failure.detail, figures=failure.figures)
        except GivenUp:
            return Reply(number=command.number, failed="gone", detail="the agent ends")
        except Exception as error:  # a bug fails this command, and the agent has others to perform
            log.exception("command failed", who=command.who, command=type(command).__name__)
            return Reply(number=command.number, failed="bug", detail=type(error).__name__)

    async def close(self) -> None:
        """Everybody leaves."""
        leaving = [self._take_leave(member) for member in tuple(self.members.values())]
        if leaving:
            try:
                async with asyncio.timeout(CLOSE_SECONDS):
                    await asyncio.gather(*leaving)
            except TimeoutError:
                log.warning("not everybody left in time", seconds=CLOSE_SECONDS)
        self._company.wardrobe.close()
        self._company.stage.close()

    # --- inside -----------------------------------------------------------------------------------------

    async def _perform(self, command: AnyCommand) -> Reply:
        number = command.number
        match command:
            case Enter():
                return await self._enter(command)
            case Count():
                return Reply(number=number, counts=self._meter.read(self.members.values()))
        member = self._member(command.who)
        match command:
            case Act():
                return Reply(number=number, figures=dict(await member.act(command)))
            case Check(seconds=seconds):
                return Reply(number=number, inspection=await member.check(seconds))
            case Leave():
                return Reply(number=number, figures=dict(await self._let_go(member, member.leave())))
            case Vanish():
                await self._let_go(member, member.vanish())
                return Reply(number=number)

    async def _enter(self, order: Enter) -> Reply:
        maker = self._kinds.get(order.kind)
        if maker is None:
            raise Failed("unknown", f"this agent has no participants of the kind {order.kind}")
        if order.who in self.members:
            raise Failed("busy", f"number {order.who} is here already")
        member = self._company.members[order.who] = maker(order, self._company)
        self._gone.pop(order.who, None)
        self._company.ledger.enter(order)
        try:
            figures = await member.enter()
        except BaseException:  # cancelled, too: nobody stays half inside
            if self.members.get(order.who) is member:
                await self._let_go(member, member.leave())
            raise
        return Reply(number=order.number, figures=dict(figures), detail=member.address)

    def _member(self, who: int) -> Member:
        member = self.members.get(who)
        if member is None:
            raise Failed("gone" if who in self._gone else "unknown", f"nobody here has the number {who}")
        return member

    async def _take_leave(self, member: Member) -> None:
        """At the end, when nobody is told any more how it went."""
        try:
            await self._let_go(member, member.leave())
        except (Failed, GivenUp) as failure:
            log.info("left without a goodbye", who=member.who, why=str(failure))
        except Exception:  # a bug costs this goodbye: all others leave as well
            log.exception("leaving failed", who=member.who)

    async def _let_go(self, member: Member, leaving: Coroutine[Any, Any, Any]) -> Any:
        """It goes, however that ends."""
        try:
            return await leaving
        finally:
            self._dismiss(member)

    def _dismiss(self, member: Member) -> None:
        if self.members.get(member.who) is not member:
            return  # gone already
        self._meter.forget(member)
        self._company.ledger.gone(member.who, self._company.stage.now())
        del self._company.members[member.who]
        self._gone.pop(member.who, None)
        self._gone[member.who] = None
        while len(self._gone) > MAX_GONE:
            del self._gone[next(iter(self._gone))]

    def _happened(self, happened: Happened) -> None:
        self._meter.reconnects += happened.what == "reconnect" and not happened.failed
        self._tell(happened)
