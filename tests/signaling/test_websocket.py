"""What happens at one browser's connection, over a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time

import pytest
from structlog.testing import capture_logs
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from mcu import control
from mcu.config import Conference, Config
from mcu.errors import StorageError
from mcu.signaling import protocol as p
from mcu.signaling.websocket import MAX_VIOLATIONS
from tests.fakes.pool import ANSWER
from tests.signaling.conftest import Browser, Site


async def refused(browser: Browser) -> str:
    error = await browser.until(p.Error)
    assert isinstance(error, p.Error)
    assert error.message.ko
    assert error.message.en
    return error.code


async def closed(browser: Browser) -> tuple[int | None, str]:
    try:
        while True:
            await browser.next()
    except ConnectionClosed as over:
        return (None, "") if over.rcvd is None else (over.rcvd.code, over.rcvd.reason)


async def test_first_word_is_the_servers(browser: Browser) -> None:
    welcome = await browser.next()
    assert isinstance(welcome, p.Welcome)
    assert welcome.protocol == p.SUBPROTOCOL


async def test_two_people_meet(served: Site, browser: Browser) -> None:
    created = await served.create()
    one = await browser.enter(created, "김하나", office="종로구청장")
    async with served.browser() as connection:
        other = Browser(connection)
        two = await other.enter(created, "이둘", muted=True)
        assert [x.name for x in two.participants] == ["김하나", "이둘"]
        joined = await browser.until(p.ParticipantJoined)
        assert joined.participant == two.participants[1]
        await other.send(p.Chat(text="안녕하세요\u202e"))
        said = await browser.until(p.ChatMessage)
        assert (said.message.text, said.message.participant) == ("안녕하세요", two.you.participant)
        await other.send(p.SetSelf(hand=True))
        assert (await browser.until(p.ParticipantChanged)).participant.hand
        await other.send(p.Leave())
        assert (await other.until(p.Ended)).reason == "left"
        assert await closed(other) == (1000, "ended")
    left = await browser.until(p.ParticipantLeft)
    assert (left.participant, left.reason) == (two.you.participant, "left")
    assert one.you.seat == 1


async def test_who_comes_and_goes_is_logged_and_refusals_have_no_empty_fields(served: Site, browser: Browser) -> None:
    created = await served.create()
    with capture_logs() as logs:
        await browser.send(p.Enter(conference=created.link, name="가", chair_key="no"))
        assert await refused(browser) == "chair-key-wrong"
        entered = await browser.enter(created, "가")
        await browser.send(p.Leave())
        assert (await browser.until(p.Ended)).reason == "left"
    (refusal,) = (line for line in logs if line["event"] == "refused")
    assert refusal == {"event": "refused", "code": "chair-key-wrong", "regarding": "enter", "log_level": "info"}
    (left,) = (line for line in logs if line["event"] == "participant left")
    assert (left["participant"], left["reason"]) == (entered.you.participant, "left")


async def test_by_number_and_pin(served: Site, browser: Browser) -> None:
    created = await served.create()
    await browser.send(p.Enter(number=created.number, pin=created.pin, name="가"))
    assert isinstance(await browser.until(p.Entered), p.Entered)


async def test_chair_moderates_and_others_may_not(served: Site, browser: Browser) -> None:
    created = await served.create()
    chair = await browser.enter(created, "의장", chair_key=created.chair_key)
    async with served.browser() as connection:
        other = Browser(connection)
        two = await other.enter(created, "이둘")
        await other.send(p.Moderate(participant=chair.you.participant, action="mute"))
        assert await refused(other) == "not-permitted"
        await browser.send(p.Moderate(participant=two.you.participant, action="mute"))
        assert (await other.until(p.ParticipantChanged)).participant.muted_by_chair
        await other.send(p.SetSelf(muted=False))
        assert await refused(other) == "muted-by-chair"
        await browser.send(p.Layout(choice=p.LayoutChoice(name="speaker", strip=7)))
        assert (await other.until(p.LayoutChanged)).choice.strip == 7
        await browser.send(p.Lock(locked=True))
        assert (await other.until(p.LockChanged)).locked
        await browser.send(p.Moderate(participant=two.you.participant, action="remove"))
        assert (await other.until(p.Ended)).reason == "removed"
    await browser.send(p.End())
    assert (await browser.until(p.Ended)).reason == "conference-ended"


async def test_captions_go_from_the_appointed_to_everybody(served: Site, browser: Browser) -> None:
    created = await served.create()
    await browser.enter(created, "의장", chair_key=created.chair_key)
    async with served.browser() as connection:
        writer = Browser(connection)
        who = (await writer.enter(created, "속기사", role="viewer")).you.participant
        await writer.send(p.Caption(text="아직"))
        assert await refused(writer) == "not-permitted"
        await browser.send(p.Moderate(participant=who, action="appoint_captioner"))
        assert (await writer.until(p.ParticipantChanged)).participant.captioner
        await writer.send(p.Caption(text="  회의를\u202e 시작", final=False))
        await writer.send(p.Caption(text="회의를 시작합니다.", final=True))
        await writer.send(p.Caption(text="가" * 201, final=True))
        assert await refused(writer) == "caption-too-long"
        told = [await browser.until(p.Captioned) for _ in range(2)]
        assert told == [
            p.Captioned(participant=who, text="회의를 시작", final=False),
            p.Captioned(participant=who, text="회의를 시작합니다.", final=True),
        ]
        await browser.send(p.Moderate(participant=who, action="dismiss_captioner"))
        assert not (await writer.until(p.ParticipantChanged)).participant.captioner
        await writer.send(p.Caption(text="그 뒤"))
        assert await refused(writer) == "not-permitted"


async def test_everybody_sees_reactions_and_nobody_floods_with_them(served: Site, browser: Browser) -> None:
    created = await served.create()
    await browser.enter(created, "가")
    async with served.browser() as connection:
        viewer = Browser(connection)
        who = (await viewer.enter(created, "나", role="viewer")).you.participant
        await viewer.send(p.React(reaction="applause"))
        assert await browser.until(p.Reacted) == p.Reacted(participant=who, reaction="applause")
        for _ in range(8):
            await viewer.send(p.React(reaction="good"))
        assert await refused(viewer) == "too-fast"
        await viewer.send(p.Ping())
        assert isinstance(await viewer.until(p.Pong), p.Pong)


async def test_reactions_of_many_are_limited_together(served: Site, browser: Browser) -> None:
    created = await served.create()
    entered = await browser.enter(created, "가")
    reactions, later = served.app.state.context.reactions, time.monotonic() + 60
    while reactions.take(entered.conference.id, now=later):  # the others; time that steps back gives nothing
        continue
    await browser.send(p.React(reaction="good"))
    assert await refused(browser) == "too-fast"


async def test_offer_answer_and_candidates(served: Site, browser: Browser) -> None:
    created = await served.create()
    await browser.enter(created, "가")
    await browser.send(p.Offer(sdp="v=0"))
    assert (await browser.until(p.Answer)).sdp == ANSWER
    await browser.send(p.Candidate(candidate="a=candidate:1 1 udp 1 192.0.2.1 9 typ host"))
    await browser.send(p.Offer(sdp="v=0", restart=True))
    await browser.until(p.Answer)
    kinds = [type(body) for _, body in served.pool.requests]
    assert kinds[-3:] == [control.AddLeg, control.AddCandidate, control.UpdateLeg]
    assert served.pool.of(control.AddCandidate)[0].candidate.startswith("candidate:")  # type: ignore[union-attr]


async def test_resume_is_the_same_participant(served: Site, browser: Browser) -> None:
    created = await served.create()
    entered = await browser.enter(created, "가", office="종로구청장", chair_key=created.chair_key)
    await browser.send(p.SetSelf(muted=True))
    await browser.until(p.ParticipantChanged)
    you = entered.you
    async with served.browser() as connection:
        again = Browser(connection)
        await again.send(p.Resume(conference=entered.conference.id, participant=you.participant, secret=you.secret))
        back = await again.until(p.Entered)
        assert isinstance(back, p.Entered)
        assert (back.you, back.resumed, back.participants[0].muted) == (you, True, True)
        assert isinstance(await again.next(), p.MediaRestart)
        assert (await browser.until(p.Ended)).reason == "superseded"


async def test_broken_connection_shows_as_reconnecting(served: Site, browser: Browser) -> None:
    created = await served.create()
    await browser.enter(created, "가")
    async with served.browser() as connection:
        await Browser(connection).enter(created, "나")
    await browser.until(p.ParticipantJoined)
    changed = await browser.until(p.ParticipantChanged)
    assert changed.participant.presence == "reconnecting"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "invalid-message"),
        ("[]", "invalid-message"),
        ('{"type":"nothing"}', "invalid-message"),
        ('{"type":"ping","more":1}', "invalid-message"),
        ('{"type":"chat","text":' + "[" * 50 + "]" * 50 + "}", "too-deep"),
        ('{"type":"chat","text":"x"}', "not-entered"),
        ('{"type":"enter","name":"x"}', "door-missing"),
        ('{"type":"enter","name":" \\u200b","conference":"%s"}' % ("x" * 22), "name-empty"),
        ('{"type":"enter","name":"x","conference":"%s"}' % ("x" * 22), "no-such-conference"),
    ],
)
async def test_bad_messages_are_refused_in_words(browser: Browser, text: str, code: str) -> None:
    await browser.connection.send(text)
    assert await refused(browser) == code


async def test_binary_is_refused(browser: Browser) -> None:
    await browser.connection.send(b"\x00")
    assert await refused(browser) == "binary-message"


async def test_entering_twice_is_out_of_order(served: Site, browser: Browser) -> None:
    created = await served.create()
    await browser.enter(created, "가")
    await browser.send(p.Enter(conference=created.link, name="가"))
    assert await refused(browser) == "already-entered"


async def test_too_large_message_ends_the_connection(browser: Browser) -> None:
    await browser.connection.send("x" * (p.MAX_MESSAGE_BYTES + 1))
    assert (await closed(browser))[0] == 1009


async def test_flood_ends_the_connection(browser: Browser) -> None:
    for _ in range(MAX_VIOLATIONS + 200):
        try:
            await browser.send(p.Ping())
        except ConnectionClosed:
            break
    assert await closed(browser) in [(1008, "too-fast"), (None, "")]


async def test_guesses_are_counted(served: Site) -> None:
    codes = set()
    for _ in range(3):
        async with served.browser() as connection:
            browser = Browser(connection)
            for _ in range(4):
                await browser.send(p.Enter(number="123456789", pin="000000", name="x"))
                codes.add(await refused(browser))
    assert codes == {"number-or-pin-wrong", "too-many-attempts"}


@pytest.mark.parametrize("config", [Config(conference=Conference(max_participants=30))])
async def test_an_office_that_comes_all_at_once_is_let_in(served: Site) -> None:
    created = await served.create()

    async def come(number: int) -> None:
        async with served.browser() as connection:
            await Browser(connection).enter(created, f"직원 {number}")

    await asyncio.gather(*(come(number) for number in range(24)))


async def test_who_waits_for_room_holds_up_nobody_at_the_same_address(served: Site) -> None:
    created = await served.create()
    served.pool.room.clear()
    async with served.browser() as one, served.browser() as two, served.browser() as guesser:
        waiting = [Browser(one), Browser(two)]
        for browser in waiting:
            await browser.send(p.Enter(conference=created.link, name="직원"))
        await Browser(guesser).send(p.Enter(number=created.number, pin="000000", name="남"))
        assert await refused(Browser(guesser)) == "number-or-pin-wrong"
        async with asyncio.timeout(10):
            while served.pool.waiting < len(waiting):
                await asyncio.sleep(0.01)
        served.pool.room.set()
        for browser in waiting:
            await browser.until(p.Entered)


@pytest.mark.parametrize(
    "options",
    [
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {"subprotocols": ["mcu.v0"]},
        {"subprotocols": None},
    ],
)
async def test_strangers_are_turned_away_at_the_handshake(served: Site, options: dict[str, object]) -> None:
    with pytest.raises(InvalidStatus) as error:
        async with served.browser(**options):
            raise AssertionError("connected")
    assert error.value.response.status_code == 403


async def test_own_origin_is_welcome(served: Site) -> None:
    async with served.browser(origin=f"http://127.0.0.1:{served.port}") as connection:
        assert isinstance(await Browser(connection).next(), p.Welcome)


async def test_storage_failure_is_told_and_changes_nothing(served: Site, browser: Browser) -> None:
    created = await served.create()
    entered = await browser.enter(created, "가")

    async def fail(*args: object, **kwargs: object) -> None:
        raise StorageError("disk full")

    served.registry.store.record = fail  # type: ignore[method-assign]
    await browser.send(p.SetSelf(muted=True))
    assert await refused(browser) == "internal"
    snapshot = await served.registry.snapshot(entered.conference.id)
    assert not snapshot.roster[0].muted


async def test_bug_costs_this_connection_only(served: Site, browser: Browser) -> None:
    created = await served.create()
    async with served.browser() as connection:
        other = Browser(connection)
        await other.enter(created, "나")
        await browser.enter(created, "가")

        async def fail(*args: object, **kwargs: object) -> str:
            raise ZeroDivisionError

        served.registry.connect = fail  # type: ignore[method-assign]
        await browser.send(p.Offer(sdp="v=0"))
        assert (await closed(browser))[0] == 1011
        assert b"mcu_signaling_connection_failures_total 1.0" in served.app.state.context.metrics.exposition()
        await other.send(p.Ping())
        assert isinstance(await other.until(p.Pong), p.Pong)


async def test_tiles_and_speaker_reach_everybody(served: Site, browser: Browser) -> None:
    created = await served.create()
    entered = await browser.enter(created, "가")
    who = entered.you.participant
    tile = control.TileState(participant=who, x=0, y=0, width=1280, height=720)
    notice = control.TilesChanged(
        conference=created.conference, revision=3, layout="grid", width=1280, height=720, tiles=(tile,)
    )
    served.registry.notice(notice)
    tiles = await browser.until(p.Tiles)
    assert tiles.tiles == (p.Tile(participant=who, x=0, y=0, width=1280, height=720, content=False),)
    served.registry.notice(control.SpeakerChanged(conference=created.conference, speaker=who, speaking=(who,)))
    assert (await browser.until(p.Speaker)).speaker == who
    served.registry.notice(control.LinesChanged(conference=created.conference, poor=(who,), strained=True))
    assert await browser.until(p.Lines) == p.Lines(poor=(who,), strained=True)
    served.registry.processor_lost((created.conference,))
    assert isinstance(await asyncio.wait_for(browser.until(p.MediaRestart), 5), p.MediaRestart)


class TestVanishing:
    """Browsers whose machine or tab is gone without a good-bye."""

    MANY = 24

    @pytest.fixture
    def config(self) -> Config:
        return Config(conference=Conference(max_participants=40, grace_seconds=30))

    async def test_vanished_browsers_leave_no_traceback(self, served: Site, caplog: pytest.LogCaptureFixture) -> None:
        created = await served.create()
        async with contextlib.AsyncExitStack() as stack:
            stayed = Browser(await stack.enter_async_context(served.browser()))
            await stayed.enter(created, "남는 사람")
            gone = [await stack.enter_async_context(served.browser()) for _ in range(self.MANY)]
            for number, connection in enumerate(gone):
                await Browser(connection).enter(created, f"가는 사람 {number}")
            with capture_logs() as events:
                for connection in gone:
                    reset(connection)
                missing = self.MANY
                while missing:
                    changed = await stayed.until(p.ParticipantChanged)
                    assert isinstance(changed, p.ParticipantChanged)
                    missing -= changed.participant.presence == "reconnecting"
                await stayed.send(p.Ping())
                await stayed.until(p.Pong)
        assert [event for event in events if event["log_level"] in {"error", "critical"}] == []
        assert [record.getMessage() for record in caplog.records if record.levelname in {"ERROR", "CRITICAL"}] == []


def reset(connection: ClientConnection) -> None:
    """Drop the TCP connection with RST, as a machine does that has forgotten it."""
    raw = connection.transport.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.transport.abort()
