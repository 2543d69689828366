"""Capability exchange: at any time, in any order, with or without answers."""

from __future__ import annotations

from mcu.h323 import capabilities
from mcu.h323.capabilities import Offer
from mcu.h323.capability_exchange import (
    MAX_TRIES,
    PROTOCOL,
    T101,
    CapabilityExchange,
    OurSetAccepted,
    OurSetRefused,
    TheirSet,
)
from mcu.h323.h245_messages import (
    TerminalCapabilitySet,
    TerminalCapabilitySetAck,
    TerminalCapabilitySetReject,
    TerminalCapabilitySetRelease,
)

SET = capabilities.build(Offer())


def sent() -> CapabilityExchange:
    exchange = CapabilityExchange()
    exchange.send(SET, 0.0)
    assert exchange.messages_to_send() == [TerminalCapabilitySet(1, PROTOCOL, SET)]
    return exchange


def test_our_set_is_accepted_once() -> None:
    exchange = sent()
    assert exchange.is_waiting
    exchange.receive(TerminalCapabilitySetAck(1), 1.0)
    exchange.receive(TerminalCapabilitySetAck(1), 1.0)
    assert exchange.events_received() == [OurSetAccepted()]
    assert exchange.next_timer() is None


def test_only_answers_to_the_last_set_count() -> None:
    exchange = sent()
    exchange.send({}, 1.0)
    exchange.receive(TerminalCapabilitySetAck(1), 2.0)
    exchange.receive(TerminalCapabilitySetReject(1, "unspecified"), 2.0)
    assert exchange.events_received() == []
    exchange.receive(TerminalCapabilitySetReject(2, "descriptorCapacityExceeded"), 2.0)
    assert exchange.events_received() == [OurSetRefused("descriptorCapacityExceeded")]


def test_silence_is_asked_again_and_then_given_up() -> None:
    exchange = sent()
    for turn in range(1, MAX_TRIES):
        exchange.handle_timer(turn * T101)
        assert exchange.messages_to_send() == [
            TerminalCapabilitySetRelease(),
            TerminalCapabilitySet(1 + turn, PROTOCOL, SET),
        ]
    exchange.handle_timer(MAX_TRIES * T101)
    assert exchange.messages_to_send() == [TerminalCapabilitySetRelease()]
    assert exchange.events_received() == [OurSetRefused("T101")]
    assert exchange.next_timer() is None


def test_sequence_numbers_go_round() -> None:
    exchange = CapabilityExchange()
    for _ in range(300):
        exchange.send(SET, 0.0)
    assert [message.sequence for message in exchange.messages_to_send()][253:258] == [254, 255, 0, 1, 2]


def test_each_set_of_the_peer_is_acknowledged() -> None:
    exchange = CapabilityExchange()
    exchange.receive(TerminalCapabilitySet(200, (0, 0, 8, 245, 0, 7), SET), 0.0)
    assert exchange.messages_to_send() == [TerminalCapabilitySetAck(200)]
    (event,) = exchange.events_received()
    assert isinstance(event, TheirSet)
    assert event.capabilities == capabilities.parse(SET)
    assert event.capabilities is not None
    assert event.capabilities.h239


def test_the_older_edition_is_spoken() -> None:
    exchange = CapabilityExchange()
    for protocol, spoken in (((0, 0, 8, 245, 0, 7), 7), ((0, 0, 8, 245, 0, 16), 13), ((1, 2), 13)):
        exchange = CapabilityExchange()
        exchange.receive(TerminalCapabilitySet(1, protocol, SET), 0.0)
        exchange.send(SET, 0.0)
        assert exchange.messages_to_send()[-1].protocol == (0, 0, 8, 245, 0, spoken)


def test_the_empty_set_is_a_pause_and_forgets_nothing() -> None:
    exchange = CapabilityExchange()
    exchange.receive(TerminalCapabilitySet(1, PROTOCOL, SET), 0.0)
    exchange.receive(TerminalCapabilitySet(2, PROTOCOL, {}), 0.0)
    assert exchange.messages_to_send() == [TerminalCapabilitySetAck(1), TerminalCapabilitySetAck(2)]
    assert exchange.events_received()[-1] == TheirSet(None)
    assert exchange.theirs == capabilities.parse(SET)


def test_a_set_may_change_a_part_only() -> None:
    exchange = CapabilityExchange()
    exchange.receive(TerminalCapabilitySet(1, PROTOCOL, SET), 0.0)
    descriptors = [{"capabilityDescriptorNumber": 1, "simultaneousCapabilities": [[2]]}]
    exchange.receive(TerminalCapabilitySet(2, PROTOCOL, {"capabilityDescriptors": descriptors}), 0.0)
    assert exchange.theirs is not None
    assert exchange.theirs.abilities == capabilities.parse(SET).abilities
    assert exchange.theirs.descriptors == (((2,),),)
