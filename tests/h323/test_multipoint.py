"""Conference control: a bridge's terminals by name, ours told to others, and the chair."""

from __future__ import annotations

import pytest

from mcu.h323.events import ChairTokenAsked, TerminalLabel
from mcu.h323.h245_codec import build, parse
from mcu.h323.h245_messages import Conference, FunctionNotUnderstood
from mcu.h323.multipoint import CHAIR_ANSWER, MAX_TERMINALS, Multipoint


def label(terminal: int, mcu: int = 1) -> dict[str, int]:
    return {"mcuNumber": mcu, "terminalNumber": terminal}


def said(multipoint: Multipoint) -> list[object]:
    """What it sends, as it is read after the wire."""
    messages = multipoint.messages_to_send()
    assert [parse(build(message)) for message in messages if isinstance(message, Conference)] == [
        message for message in messages if isinstance(message, Conference)
    ]
    return list(messages)


def ask(name: str, value: object = 0) -> Conference:
    return Conference("request", name, value)


def tell(name: str, value: object = 0) -> Conference:
    return Conference("indication", name, value)


def test_a_bridge_is_asked_for_its_terminals_and_their_names() -> None:
    multipoint = Multipoint(name="MCU")
    multipoint.receive(tell("terminalNumberAssign", label(9)), 0.0)
    assert said(multipoint) == [ask("terminalListRequest")]
    multipoint.receive(Conference("response", "terminalListResponse", [label(9), label(2), label(3)]), 0.0)
    assert said(multipoint) == [ask("requestTerminalID", label(2)), ask("requestTerminalID", label(3))]
    identity = {"terminalLabel": label(2), "terminalID": "서울".encode()}
    multipoint.receive(Conference("response", "mCTerminalIDResponse", identity), 0.0)
    multipoint.receive(Conference("response", "mCTerminalIDResponse", identity), 0.0)
    assert multipoint.events_received() == [TerminalLabel(1, 2, "서울")]


def test_terminals_come_and_go() -> None:
    multipoint = Multipoint(name="MCU")
    multipoint.receive(tell("terminalJoinedConference", label(4)), 0.0)
    assert said(multipoint) == [ask("requestTerminalID", label(4))]
    identity = {"terminalLabel": label(4), "terminalID": b"Busan\0"}
    multipoint.receive(Conference("response", "terminalIDResponse", identity), 0.0)
    multipoint.receive(tell("terminalLeftConference", label(4)), 0.0)
    multipoint.receive(tell("terminalLeftConference", label(4)), 0.0)
    assert multipoint.events_received() == [TerminalLabel(1, 4, "Busan"), TerminalLabel(1, 4, "")]


def test_there_is_an_end_to_terminals() -> None:
    multipoint = Multipoint(name="MCU")
    for number in range(400):
        multipoint.receive(tell("terminalJoinedConference", label(number % 190, number // 190)), 0.0)
    assert len(multipoint.messages_to_send()) == MAX_TERMINALS


def test_a_bridge_learns_what_we_are_called() -> None:
    multipoint = Multipoint(name="Rathaus")
    multipoint.receive(tell("terminalNumberAssign", label(9)), 0.0)
    said(multipoint)
    multipoint.receive(ask("enterH243TerminalID"), 0.0)
    identity = {"terminalLabel": label(9), "terminalID": b"Rathaus"}
    assert said(multipoint) == [Conference("response", "terminalIDResponse", identity)]


def test_a_terminal_is_told_who_is_there_and_only_what_is_new() -> None:
    multipoint = Multipoint(name="MCU")
    multipoint.announce((1, 2), {(1, 2): "Seoul", (1, 3): "Busan"})
    first = said(multipoint)
    assert first[0] == tell("terminalNumberAssign", label(2))
    assert len(first) == 3
    multipoint.announce((1, 2), {(1, 3): "Busan", (1, 4): "Jeju"})
    assert said(multipoint) == [tell("terminalLeftConference", label(2)), tell("terminalJoinedConference", label(4))]
    multipoint.receive(ask("terminalListRequest"), 0.0)
    multipoint.receive(ask("requestTerminalID", label(4)), 0.0)
    multipoint.receive(ask("requestAllTerminalIDs"), 0.0)
    known, name, everybody = said(multipoint)
    assert known == Conference("response", "terminalListResponse", [label(3), label(4)])
    jeju = {"terminalLabel": label(4), "terminalID": b"Jeju"}
    assert name == Conference("response", "mCTerminalIDResponse", jeju)
    assert isinstance(everybody, Conference)
    assert jeju in everybody.value["terminalInformation"]


def test_the_chair_is_answered() -> None:
    multipoint = Multipoint(name="MCU")
    multipoint.receive(ask("makeMeChair"), 0.0)
    assert multipoint.events_received() == [ChairTokenAsked(True)]
    assert said(multipoint) == []
    multipoint.answer_chair(True)
    multipoint.answer_chair(False)
    assert said(multipoint) == [Conference("response", "makeMeChairResponse", ("grantedChairToken", 0))]
    multipoint.receive(ask("cancelMakeMeChair"), 0.0)
    assert multipoint.events_received() == [ChairTokenAsked(False)]


def test_the_chair_is_denied_when_nobody_answers() -> None:
    multipoint = Multipoint(name="MCU")
    multipoint.receive(ask("makeMeChair"), 0.0)
    multipoint.handle_timer(CHAIR_ANSWER - 0.1)
    assert said(multipoint) == []
    multipoint.handle_timer(CHAIR_ANSWER)
    assert said(multipoint) == [Conference("response", "makeMeChairResponse", ("deniedChairToken", 0))]
    assert multipoint.next_timer() is None


@pytest.mark.parametrize(
    ("name", "value", "answer"),
    [
        ("dropTerminal", label(2), "terminalDropReject"),
        ("broadcastMyLogicalChannel", 101, "broadcastMyLogicalChannelResponse"),
        ("makeTerminalBroadcaster", label(2), "makeTerminalBroadcasterResponse"),
        ("sendThisSource", label(2), "sendThisSourceResponse"),
    ],
)
def test_direction_by_a_terminal_is_refused(name: str, value: object, answer: str) -> None:
    multipoint = Multipoint(name="MCU")
    multipoint.receive(ask(name, value), 0.0)
    (message,) = said(multipoint)
    assert isinstance(message, Conference)
    assert message.name == answer


def test_commands_are_refused() -> None:
    multipoint = Multipoint(name="MCU")
    multipoint.receive(Conference("command", "cancelMakeTerminalBroadcaster"), 0.0)
    assert said(multipoint) == [Conference("response", "videoCommandReject")]


@pytest.mark.parametrize("name", ["enterH243Password", "enterH243ConferenceID", "requestChairTokenOwner"])
def test_what_we_do_not_know_is_not_understood(name: str) -> None:
    multipoint = Multipoint(name="MCU")
    multipoint.receive(ask(name), 0.0)
    assert said(multipoint) == [FunctionNotUnderstood("request", ("conferenceRequest", (name, 0)))]


@pytest.mark.parametrize("name", ["seenByAll", "masterMCU", "requestForFloor", "terminalYouAreSeeing"])
def test_other_indications_ask_for_nothing(name: str) -> None:
    multipoint = Multipoint(name="MCU")
    multipoint.receive(tell(name, label(1) if name.startswith("terminal") else 0), 0.0)
    assert said(multipoint) == multipoint.events_received() == []


def test_a_list_of_nobody_is_not_sent() -> None:
    multipoint = Multipoint(name="MCU")
    multipoint.receive(ask("terminalListRequest"), 0.0)
    assert said(multipoint) == []
