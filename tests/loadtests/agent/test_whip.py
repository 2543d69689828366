"""Publishers and watchers: against a server that answers as it is told, and against our own, both ways."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from loadtests.agent.media import DETAILED
from loadtests.wire import Act, Check, Enter, Kind, Leave, Vanish
from mcu.synthetic.people import person
from tests.loadtests.agent.scripted_http import Script, reply, scripted_http
from tests.support.crew import SLOW, Agent, enters, rms, running_crew
from tests.support.server import Server, running_server

SENDER, VIEWER, CHAIR = DETAILED, DETAILED + 1, DETAILED + 2  # sketched: made in a third of the time
ANSWER = """v=0
o=- 1 1 IN IP4 127.0.0.1
s=-
t=0 0
m=audio 9 UDP/TLS/RTP/SAVPF 111
a=mid:0
a=sendonly
a=rtpmap:111 opus/48000/2
a=ice-ufrag:abcd
a=ice-pwd:abcdefghijklmnopqrstuvwx
a=fingerprint:sha-256 AA:BB
a=setup:{setup}
a=candidate:1 1 udp 1 192.0.2.99 9 typ host
""".replace("\n", "\r\n")

pytestmark = pytest.mark.timeout(120)


# --- a server that answers as it is told ------------------------------------------------------------------


@asynccontextmanager
async def scripted() -> AsyncIterator[tuple[Agent, Script]]:
    async with scripted_http() as script, running_crew() as agent:
        yield agent, script


def answered(answer: str) -> bytes:
    return reply(201, answer, Content_Type="application/sdp", Location="/session/1")


async def test_what_is_offered_is_one_way_and_says_where_we_are() -> None:
    async with scripted() as (agent, script):
        for kind in ("whip", "whep"):
            await agent.ask(enters(SENDER, kind, f"{script.address}/{kind}/x", patience=5.0))
        sent, received = (asked.body.decode() for asked in script.asked)
    assert sent.count("a=sendonly") == received.count("a=recvonly") == 2
    assert sent.count("a=ssrc:") > received.count("a=ssrc:") == 0
    assert "127.0.0.1" in next(line for line in sent.splitlines() if line.startswith("a=candidate:"))


async def test_a_refusal_is_told_and_nobody_is_in() -> None:
    async with scripted() as (agent, script):
        script.replies.append(reply(403, "Unauthorized", reason="Forbidden", Content_Type="text/plain"))
        said = await agent.ask(enters(VIEWER, "whep", script.address))
        assert (said.failed, said.detail) == ("refused", "403 Forbidden: Unauthorized")
        assert (await agent.ask(Leave(number=0, who=VIEWER))).failed == "gone"
        assert script.lines == ["POST /"]
    assert agent.happened == []


@pytest.mark.parametrize(
    ("answer", "detail"),
    [("v=1", "not SDP"), (ANSWER.format(setup="actpass"), "actpass")],
    ids=["no SDP", "nobody begins"],
)
async def test_an_answer_that_cannot_be_used_ends_the_session(answer: str, detail: str) -> None:
    async with scripted() as (agent, script):
        script.replies += [answered(answer), reply(200)]
        said = await agent.ask(enters(VIEWER, "whep", f"{script.address}/whep/x"))
    assert said.failed == "media"
    assert detail in said.detail
    assert script.lines == ["POST /whep/x", "DELETE /session/1"]


async def test_media_that_do_not_come_are_waited_for_no_longer_than_patience_lasts() -> None:
    async with scripted() as (agent, script):
        script.replies += [answered(ANSWER.format(setup="passive")), reply(200)]
        said = await agent.ask(enters(VIEWER, "whep", f"{script.address}/whep/x", patience=0.5))
    assert (said.failed, said.detail) == ("timeout", "not within 0.5 s: join, first frame, first sound")
    assert script.lines == ["POST /whep/x", "DELETE /session/1"]


async def test_who_cannot_be_reached_says_so() -> None:
    async with running_crew() as agent:
        said = await agent.ask(enters(VIEWER, "whep", "http://name.invalid/whep"))
        assert said.failed == "unreachable"
        assert "name.invalid" in said.detail
        assert (await agent.ask(enters(VIEWER, "whep", "whep"))).failed == "unreachable"


@pytest.mark.parametrize("fields", [{"camera": False}, {"hard_of_hearing": True}])
async def test_what_these_kinds_cannot_be_is_refused(fields: dict[str, bool]) -> None:
    async with running_crew() as agent:
        said = await agent.ask(enters(SENDER, "whip", "http://127.0.0.1:9/", **fields))
        assert said.failed == "impossible"


# --- our own server -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("server")) as running:
        yield running


class Room:
    """A conference, and ways into it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.created = server.post("/api/v1/conferences", {"title": "부하 시험"})
        self._path = f"/api/v1/conferences/{self.created['id']}"

    def way(self, who: int, kind: Kind) -> Enter:
        token = self._server.post(f"{self._path}/tokens", {"kind": kind, "name": person(who).name})
        return enters(who, kind, token["url"], token=token["token"])

    def attendee(self, who: int) -> Enter:
        return Enter(number=0, who=who, server=self._server.url, conference=self.created["link"])

    def names(self) -> set[str]:
        return {each["name"] for each in self._server.get(self._path)["participants"]}

    def end(self) -> None:
        self._server.delete(self._path)


async def test_a_sender_and_a_watcher_in_one_meeting(server: Server) -> None:
    room = Room(server)
    async with running_crew() as agent:
        sends = await agent.done(room.way(SENDER, "whip"))
        watches, attends = await asyncio.gather(agent.done(room.way(VIEWER, "whep")), agent.done(room.attendee(CHAIR)))
        assert set(sends.figures) == {"join"}
        assert set(watches.figures) == set(attends.figures) == {"join", "first frame", "first sound"}
        assert room.names() == {person(who).name for who in (SENDER, VIEWER, CHAIR)}
        await agent.done(Act(number=0, who=SENDER, speaking=True))
        said = await agent.done(Check(number=0, who=VIEWER, seconds=3.0))
        assert said.inspection is not None
        figures = said.inspection.figures
        assert {finding.fault for finding in said.inspection.picture_findings} <= SLOW
        assert figures.tiles == 2  # as another's roster and tiles tell: nobody tells a watcher
        assert figures.picture_delay is not None
        (recording,) = agent.judge.recordings
        assert rms(recording) > 0.01
        assert {sent.person for sent in recording.sent if sent.speaking} == {SENDER}
        for who in (SENDER, VIEWER):
            assert set((await agent.done(Leave(number=0, who=who))).figures) == {"leave"}
        assert room.names() == {person(CHAIR).name}
        assert agent.happened == []


async def test_what_standard_clients_have_no_words_for_is_refused(server: Server) -> None:
    room = Room(server)
    async with running_crew() as agent:
        await agent.done(room.way(SENDER, "whip"))
        await agent.done(room.way(VIEWER, "whep"))
        said = await agent.ask(Act(number=0, who=SENDER, hand=True, layout="grid"))
        assert (said.failed, said.detail) == ("impossible", "WHIP has no words for hand, layout")
        assert (await agent.ask(Act(number=0, who=VIEWER, speaking=True))).failed == "impossible"
        assert (await agent.ask(Check(number=0, who=SENDER))).failed == "impossible"
        assert [said.failed for said in [await agent.ask(Vanish(number=0, who=SENDER))]] == [""]
        assert (await agent.ask(Leave(number=0, who=SENDER))).failed == "gone"
        assert person(SENDER).name in room.names()  # nobody has told the server


async def test_a_token_for_something_else_is_refused_in_the_servers_words(server: Server) -> None:
    way = Room(server).way(VIEWER, "whep")
    async with running_crew() as agent:
        said = await agent.ask(msgspec.structs.replace(way, token="wrong"))
        assert said.failed == "refused"
        assert said.detail.startswith("token-invalid: ")


async def test_the_end_of_the_conference_is_no_failure(server: Server) -> None:
    room = Room(server)
    async with running_crew() as agent:
        await agent.done(room.way(VIEWER, "whep"))
        room.end()
        await agent.until(lambda: "ended" in agent.whats())
        assert [each.failed for each in agent.happened] == ["", ""]
        assert agent.whats() == ["media lost", "ended"]
        assert (await agent.ask(Leave(number=0, who=VIEWER))).failed == "gone"


async def test_a_restart_of_the_server_is_lived_through(server: Server) -> None:
    room = Room(server)
    async with running_crew() as agent:
        await agent.done(room.way(SENDER, "whip"))
        await agent.done(room.way(VIEWER, "whep"))
        await asyncio.to_thread(server.kill, signal.SIGTERM)
        await agent.until(lambda: agent.whats().count("media lost") == 2)
        await asyncio.to_thread(server.start)
        await agent.until(lambda: agent.whats().count("reconnect") == 2)
        assert [each.failed for each in agent.happened] == [""] * 4
        assert all(each.seconds > 0 for each in agent.happened if each.what == "reconnect")
        await agent.done(Leave(number=0, who=SENDER))
        assert room.names() == {person(VIEWER).name}
