"""What `whip` and `whep` have in common: participants by HTTP and WebRTC alone, as standard clients are.

Rules:
1. One POST makes a session, DELETE ends it. Media that is lost is made anew by another POST, until the server refuses.
2. Nothing is told by the server but by media. A server that hangs up and then does not know the way any more has ended
   the conference: that is no failure.
3. Figures of `Enter` are those of loadtests.agent.attendee, POST included. Of who only sends there is "join" alone, and
   it lasts until keys were agreed on: what follows is its own.
"""

from __future__ import annotations

import asyncio
import random
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from urllib.parse import urlsplit

import structlog

from loadtests.agent.awaiting import News
from loadtests.agent.flow import JOIN, Flow
from loadtests.agent.member import Company, Failed
from loadtests.agent.proceedings import Proceedings
from loadtests.agent.whip_resource import Refused, Resource, create
from loadtests.findings import Inspection
from loadtests.recording import Sent
from loadtests.wire import Act, Enter
from mcu.errors import ProtocolError
from mcu.gateway.tcp import local_address_towards
from mcu.media.types import EncodedFrame, StreamKind
from mcu.synthetic.client import Attention, Client, ConnectError
from mcu.synthetic.clips import Clip
from mcu.synthetic.participant import RETRY_FIRST, RETRY_MOST
from mcu.synthetic.player import Reels

GOODBYE = "dtls-closed"  # why media is lost when the server hangs up
NOT_THERE = frozenset((401, 403, 404, 410))  # of a POST after that: the conference is over
OVER = "conference-ended"  # in the server's place, which says nothing
LEAVE_SECONDS = 5.0  # for what is under way to end

log = structlog.get_logger()


class StandardClient(ABC):
    """A Member (loadtests.agent.member); a kind says what media it wants and what it does."""

    wanted: tuple[str, ...] = (JOIN,)  # figures without which nobody is in

    def __init__(self, order: Enter, company: Company) -> None:
        self.who = order.who
        self.address = ""
        self.speech: Clip | None = None
        self.flow = Flow(order.who, company.tell)
        self.client: Client | None = None  # the one that is connected
        self.news = News()
        self._order = order
        self._company = company
        self._reels: Reels | None = None
        self._resource: Resource | None = None
        self._task: asyncio.Task[None] | None = None
        self._attention = Attention.WHOLE
        self._past: Counter[str] = Counter()  # of clients that are gone
        self._lost = asyncio.Event()
        self._lost_by = ""  # the reason
        self._end_reason = ""
        self._chance = random.Random(f"{order.kind} {order.who}")

    # --- for kinds --------------------------------------------------------------------------------------

    @property
    @abstractmethod
    def proceedings(self) -> Proceedings | None: ...
    @abstractmethod
    async def act(self, act: Act) -> Mapping[str, float]: ...
    @abstractmethod
    async def check(self, seconds: float) -> Inspection: ...
    @abstractmethod
    def sent(self, begin: float, end: float) -> Sent: ...
    @abstractmethod
    def note_aloud(self) -> None: ...
    @abstractmethod
    def client_connected(self, client: Client) -> None: ...  # media may flow from now on
    @abstractmethod
    def frame_received(self, client: Client, kind: StreamKind, frame: EncodedFrame) -> None: ...

    async def dress(self) -> Reels | None:
        """What it sends."""
        return None

    # --- coming and going -------------------------------------------------------------------------------

    async def enter(self) -> Mapping[str, float]:
        order, company = self._order, self._company
        if order.hard_of_hearing or not (order.camera or order.kind == "whep"):
            raise Failed("impossible", f"{order.kind} sends or receives sound and pictures, both")
        self._reels = await self.dress()
        self.flow.begin(company.stage.now())
        self._task = company.start(self._live())
        try:
            await self.news.until(lambda: not self.missing, order.patience, "media")
        except Failed as failure:
            detail = failure.detail
            if failure.kind == "timeout":
                detail = f"not within {order.patience:g} s: {', '.join(self.missing)}"
            raise Failed(failure.kind, detail, self.flow.figures) from None
        self.flow.enter()
        self.attend(Attention.COUNTED)
        return self.flow.figures

    @property
    def missing(self) -> list[str]:
        """What it is not in without."""
        return [name for name in self.flow.missing if name in self.wanted]

    async def leave(self) -> Mapping[str, float]:
        begun = self._company.stage.now()
        await self._stop()
        try:
            await self._end_session()
        finally:
            await self._hang_up()
        return {"leave": self._company.stage.now() - begun}

    async def vanish(self) -> None:
        await self._stop()
        client, self.client = self.client, None
        if client is not None:
            _add(self._past, client)
            await client.abandon()

    async def _stop(self) -> None:
        self.flow.leave()
        self.news.close(Failed("gone", "it has left"))
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,), timeout=LEAVE_SECONDS)

    # --- being connected --------------------------------------------------------------------------------

    async def _live(self) -> None:
        """Be connected, again and again. Ends with what cannot be mended."""
        try:
            await self._connect()
            while True:
                await self._lost.wait()
                await self._come_back()
        except Failed as failure:
            self._finish(failure)
        except Exception as error:  # a bug ends this client and no other, and is told
            log.exception("standard client failed", who=self.who)
            self._finish(Failed("bug", type(error).__name__))

    async def _connect(self) -> None:
        """Raises Failed; nothing is left of the attempt then."""
        order, company = self._order, self._company
        client = Client(
            company.stage,
            self._reels,
            certificate=company.certificate,
            seed=f"{order.kind} {order.who}",
            order=order.who,
            listener=self,
            attention=self._attention,
            one_way=True,
        )
        try:
            offer = client.offer(await _own_address(order.server))
            self._resource = await create(order.server, order.token, offer, patience=order.patience)
            await client.connect(self._resource.answer)
        except (ConnectError, ProtocolError) as error:
            await client.close()
            await self._try_to_end_session()
            raise Failed("media", str(error)) from error
        except BaseException:  # cancelled, too: what there is of a session is ended by `leave`
            await client.close()
            raise
        self.client = client
        client.attend(self._attention)  # which may have changed meanwhile
        self.flow.signaling_came(company.stage.now())
        self.client_connected(client)
        self.note_aloud()
        self.news.stir()

    async def _come_back(self) -> None:
        """After a loss. Raises Failed when the server does not want it any more."""
        goodbye, pause = self._lost_by == GOODBYE, RETRY_FIRST
        await self._try_to_end_session()
        await self._hang_up()
        self._lost_by = ""
        self._lost.clear()
        while True:
            try:
                await self._connect()
                return
            except Refused as refused:
                if goodbye and refused.status in NOT_THERE:
                    self._end_reason = OVER
                    raise Failed("gone", refused.detail) from refused
                if refused.is_final:
                    raise
                log.info("not back yet", who=self.who, detail=refused.detail)
            except Failed as failure:
                log.info("not back yet", who=self.who, failed=failure.kind, detail=failure.detail)
            await asyncio.sleep(pause * self._chance.uniform(0.5, 1.0))
            pause = min(RETRY_MOST, 2 * pause)

    def _finish(self, failure: Failed) -> None:
        self.news.close(failure)
        self.flow.end(failure.kind, self._end_reason, failure.detail, self._company.stage.now())
        if self.flow.inside:
            self._company.dismiss(self)

    async def _hang_up(self) -> None:
        client, self.client = self.client, None
        if client is not None:
            _add(self._past, client)
            await client.close()
        self.note_aloud()

    async def _end_session(self) -> None:
        """Raises Failed."""
        resource, self._resource = self._resource, None
        if resource is not None:
            await resource.delete()

    async def _try_to_end_session(self) -> None:
        try:
            await self._end_session()
        except Failed as failure:
            log.info("session not ended", who=self.who, failed=failure.kind, detail=failure.detail)

    # --- what is known ----------------------------------------------------------------------------------

    @property
    def connected(self) -> bool:
        return self.client is not None and not self._lost_by

    @property
    def counters(self) -> Mapping[str, int]:
        total = Counter(self._past)
        if self.client is not None:
            _add(total, self.client)
        return total

    def attend(self, attention: Attention) -> None:
        """From now on, also after coming back."""
        self._attention = attention
        if self.client is not None:
            self.client.attend(attention)

    # --- mcu.synthetic.client.Listener ------------------------------------------------------------------

    def connection_lost(self, client: Client, reason: str) -> None:
        if client is self.client and not self._lost_by:
            self._lost_by = reason
            self.flow.media_lost(self._company.stage.now())
            self.note_aloud()
            self._lost.set()


def _add(total: Counter[str], client: Client) -> None:
    total.update(client.counters)
    total["skipped"] += client.player.skipped if client.player is not None else 0


async def _own_address(url: str) -> str:
    """That of ours from which packets to the server leave. Raises Failed."""
    host = urlsplit(url).hostname or ""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None)
        return local_address_towards(str(found[0][4][0]))
    except OSError as error:
        raise Failed("unreachable", f"{host or url}: {error.strerror or error}") from error
