"""What has to be done so that a room's call and its conference agree on who presents, without either."""

from __future__ import annotations

import random

import pytest

from mcu.gateway.content_state import ContentState, Wish
from mcu.h323.channels import Channel, Direction, MediaFormat
from mcu.h323.events import Alerting, ChannelClosed, ChannelOpened, ContentHeld, ContentRefused, ControlReady
from mcu.media.types import StreamKind

ME, OTHER, THIRD = "me", "other", "third"
OURS, THEIRS, NOBODY = ContentHeld(False, True), ContentHeld(True, False), ContentHeld(False, False)
H264 = MediaFormat(codec="H264", payload_type=96, clock_rate=90_000)
OPENED = ChannelOpened(Channel(direction=Direction.RECEIVED, kind=StreamKind.CONTENT, media=H264))
CLOSED = ChannelClosed(Direction.RECEIVED, StreamKind.CONTENT)


class World:
    """A state with what it wished for."""

    def __init__(self) -> None:
        self.state = ContentState()
        self.wishes: list[Wish] = []

    def take(self, *events: object) -> list[Wish]:
        for event in events:
            self.state.take(event)  # type: ignore[arg-type]
        return self.new()

    def shown(self, content: str | None) -> list[Wish]:
        self.state.shown(content)
        return self.new()

    def done(self, content: str | None) -> list[Wish]:
        """The conference did as it was told."""
        self.state.shown(content)
        self.state.answered()
        return self.new()

    def refused(self) -> list[Wish]:
        self.state.answered()
        return self.new()

    def new(self) -> list[Wish]:
        wishes = self.state.wishes()
        self.wishes += wishes
        return wishes


@pytest.fixture
def world() -> World:
    """In a conference where nobody presents."""
    made = World()
    made.take(ControlReady())
    made.state.shown(None)
    made.state.entered(ME)
    return made


def presenting(world: World) -> World:
    assert world.take(THEIRS, OPENED) == [Wish.SHOW]
    assert world.done(ME) == []
    return world


def test_a_room_presents_when_it_has_token_and_channel(world: World) -> None:
    assert world.take(THEIRS) == []
    assert world.take(OPENED) == [Wish.SHOW]
    assert world.done(ME) == []
    assert world.take(OPENED) == []  # another format


@pytest.mark.parametrize("end", [[CLOSED, NOBODY], [NOBODY, CLOSED], [NOBODY], [CLOSED]])
def test_either_ends_it(world: World, end: list[object]) -> None:
    presenting(world)
    assert world.take(*end) == [Wish.STOP]
    assert world.done(None) in ([], [Wish.END])


def test_a_chair_stops_it_and_the_room_may_begin_again(world: World) -> None:
    presenting(world)
    assert world.shown(None) == [Wish.END]
    assert world.take(NOBODY) == []
    assert world.take(CLOSED) == []
    presenting(world)


def test_who_goes_on_unasked_is_shown_when_it_asks_again(world: World) -> None:
    presenting(world)
    assert world.shown(None) == [Wish.END]
    assert world.take(NOBODY) == []
    assert world.take(THEIRS) == [Wish.SHOW]


def test_what_the_conference_refuses_is_ended(world: World) -> None:
    assert world.take(THEIRS, OPENED) == [Wish.SHOW]
    assert world.refused() == [Wish.END]
    assert world.take(NOBODY, CLOSED) == []


def test_others_content_is_sent_and_ended(world: World) -> None:
    assert world.shown(OTHER) == [Wish.ASK]
    assert world.take(OURS) == []
    assert world.shown(THIRD) == []  # goes on in the same channel
    assert world.shown(None) == [Wish.RELEASE]
    assert world.take(NOBODY) == []


def test_a_room_is_taken_over_and_its_channel_closed(world: World) -> None:
    presenting(world)
    assert world.shown(OTHER) == [Wish.ASK]
    assert world.take(OURS) == [Wish.END]
    assert world.take(CLOSED) == []


def test_a_room_that_does_not_give_the_token_is_ended_all_the_same(world: World) -> None:
    presenting(world)
    assert world.shown(OTHER) == [Wish.ASK]
    assert world.take(ContentRefused()) == [Wish.END]
    assert world.take(NOBODY) == [Wish.ASK]
    assert world.take(ContentRefused()) == []
    assert world.take(CLOSED) == []


def test_a_room_takes_over(world: World) -> None:
    world.shown(OTHER)
    world.take(OURS)
    assert world.take(THEIRS, OPENED) == [Wish.SHOW]
    assert world.done(ME) == []


def test_who_refused_is_asked_again_for_the_next(world: World) -> None:
    assert world.shown(OTHER) == [Wish.ASK]
    assert world.take(ContentRefused()) == []
    assert world.shown(OTHER) == []
    assert world.shown(None) == []
    assert world.shown(OTHER) == [Wish.ASK]


def test_content_that_ended_while_we_asked_is_given_back(world: World) -> None:
    assert world.shown(OTHER) == [Wish.ASK]
    assert world.shown(None) == [Wish.RELEASE]
    assert world.take(OURS) == [Wish.RELEASE]


@pytest.mark.parametrize("order", range(6))
def test_who_joins_is_sent_what_is_shown_already(order: int) -> None:
    world = World()
    steps = [lambda: world.take(ControlReady()), lambda: world.shown(OTHER), lambda: world.state.entered(ME)]
    random.Random(order).shuffle(steps)
    for step in steps:
        step()
    world.new()
    assert world.wishes == [Wish.ASK]


def test_who_presents_before_it_is_in_is_shown_then() -> None:
    world = World()
    assert world.take(ControlReady(), THEIRS, OPENED, Alerting()) == []
    assert world.shown(None) == []
    world.state.entered(ME)
    assert world.new() == [Wish.SHOW]


def test_two_who_begin_at_once_do_not_end_each_other(world: World) -> None:
    assert world.take(THEIRS, OPENED) == [Wish.SHOW]
    assert world.shown(OTHER) == []  # before ours, which is on its way
    assert world.done(ME) == []


def test_a_channel_closed_and_opened_at_once_is_shown_at_the_end(world: World) -> None:
    presenting(world)
    assert world.take(CLOSED, NOBODY, OPENED, THEIRS) == [Wish.STOP]
    assert world.done(None) == [Wish.SHOW]
    assert world.done(ME) == []


def test_nothing_is_done_after_the_end(world: World) -> None:
    presenting(world)
    world.state.left()
    assert world.take(NOBODY, CLOSED) == []
    assert world.shown(OTHER) == []


@pytest.mark.parametrize("seed", range(300))
def test_whatever_happens_call_and_conference_agree_in_the_end(seed: int) -> None:
    """A willing terminal and a conference, each some steps behind the other."""
    chance, world = random.Random(seed), World()
    token, is_open, content = NOBODY, False, None
    news: list[object] = [ControlReady()]
    pending: list[Wish] = []
    world.state.entered(ME)

    def call(*events: object) -> None:
        news.extend(events)

    for step in range(200):
        calm = step >= 60
        match chance.choice(("news", "wish", "conference", "room")):
            case "news" if news:
                world.state.take(news.pop(0))  # type: ignore[arg-type]
            case "wish" if pending:
                match pending.pop(0):
                    case Wish.SHOW:
                        content = ME
                        pending += world.done(content)
                    case Wish.STOP:
                        content = None if content == ME else content
                        pending += world.done(content)
                    case Wish.ASK:
                        token = OURS
                        call(token, *([CLOSED] if is_open else []))
                        is_open = False
                    case Wish.RELEASE if token is OURS:
                        token = NOBODY
                        call(token)
                    case Wish.END if is_open:
                        token = NOBODY if token is THEIRS else token
                        is_open = False
                        call(token, CLOSED)
            case "conference" if not calm and chance.random() < 0.3:
                content = chance.choice((OTHER, THIRD, None))
                world.state.shown(content)
            case "room" if not calm and chance.random() < 0.3:
                if is_open:
                    token, is_open = NOBODY, False
                    call(CLOSED, token)
                else:
                    token, is_open = THEIRS, True
                    call(OPENED, token)
        pending += world.new()
    assert not news
    assert not pending
    assert (content == ME) == (token is THEIRS) == is_open
    assert (token is OURS) == (content in (OTHER, THIRD))
