"""The lite agent, told as what happens to a peer. Time is a number, a path is a value."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mcu.webrtc import stun
from mcu.webrtc.ice_lite import (
    MAX_PATHS,
    PATH_LIFETIME_SECONDS,
    SETTLE_SECONDS,
    Credentials,
    GenerationEnded,
    IceLite,
    PathExpired,
    PathSelected,
    PathValidated,
    local_fragment,
)
from mcu.webrtc.stun import Attribute, MessageClass

OURS = Credentials("ours", "our-password-of-24-chars")
TRANSACTION = bytes(range(12))
CONTROLLING = (Attribute.ICE_CONTROLLING, bytes(8))


@dataclass(frozen=True)
class FakePath:
    ip: str = "192.0.2.7"
    port: int = 5000


WIFI, CABLE = FakePath("192.0.2.7", 5000), FakePath("2001:db8::7", 6000)


def check(
    *extra: tuple[int, bytes], nominate: bool = False, priority: int = 1, credentials: Credentials = OURS
) -> stun.Message:
    attributes = [
        (Attribute.USERNAME, f"{credentials.ufrag}:theirs".encode()),
        (Attribute.PRIORITY, priority.to_bytes(4, "big")),
        *(extra or (CONTROLLING,)),
    ]
    if nominate:
        attributes.append((Attribute.USE_CANDIDATE, b""))
    return stun.parse(stun.build(MessageClass.REQUEST, TRANSACTION, attributes, password=credentials.password))


def agent() -> IceLite:
    return IceLite(local=OURS, now=0.0)


def only_reply(ice: IceLite) -> stun.Message:
    ((data, _),) = ice.data_to_send()
    return stun.parse(data)


def error_of(message: stun.Message) -> int:
    return stun.parse_error_code(message.get(Attribute.ERROR_CODE) or b"")


def test_a_good_check_is_answered_with_the_address_it_came_from() -> None:
    for path in (WIFI, CABLE):
        ice = agent()
        ice.receive(check(), path, 1.0)
        reply = only_reply(ice)
        assert reply.message_class is MessageClass.SUCCESS
        assert reply.transaction == TRANSACTION
        assert reply.fingerprint_matches()
        assert reply.integrity_matches(OURS.password)
        value = reply.get(Attribute.XOR_MAPPED_ADDRESS) or b""
        assert stun.parse_xor_address(value, TRANSACTION) == (path.ip, path.port)
        assert ice.events_received() == [PathValidated(path)]
        assert ice.last_check == 1.0


def test_a_wrong_password_proves_nothing() -> None:
    ice = agent()
    ice.receive(check(credentials=Credentials("ours", "guess")), WIFI, 1.0)
    reply = only_reply(ice)
    assert error_of(reply) == 401
    assert reply.integrity_offset < 0
    assert ice.events_received() == []
    assert not ice.is_valid(WIFI)


def test_an_unknown_required_attribute_is_named_in_error_420() -> None:
    ice = agent()
    ice.receive(check(CONTROLLING, (0x7777, b"")), WIFI, 1.0)
    reply = only_reply(ice)
    assert error_of(reply) == 420
    assert reply.get(Attribute.UNKNOWN_ATTRIBUTES) == b"\x77\x77"
    assert reply.integrity_matches(OURS.password)
    assert not ice.is_valid(WIFI)


def test_a_peer_that_wants_to_be_controlled_is_told_487() -> None:
    ice = agent()
    ice.receive(check((Attribute.ICE_CONTROLLED, bytes(8))), WIFI, 1.0)
    assert error_of(only_reply(ice)) == 487
    assert ice.events_received() == []


def test_nomination_selects_and_a_repeat_changes_nothing() -> None:
    ice = agent()
    ice.receive(check(), WIFI, 1.0)
    ice.receive(check(nominate=True), WIFI, 1.1)
    ice.receive(check(nominate=True), WIFI, 3.6)
    assert ice.events_received() == [PathValidated(WIFI), PathSelected(WIFI)]
    assert ice.selected == WIFI


def test_the_laptop_moves_from_wifi_to_cable() -> None:
    ice = agent()
    ice.receive(check(nominate=True, priority=9), WIFI, 1.0)
    ice.receive(check(priority=5), CABLE, 20.0)
    assert ice.selected == WIFI
    ice.receive(check(nominate=True, priority=5), CABLE, 20.1)
    assert ice.selected == CABLE
    assert ice.events_received()[-1] == PathSelected(CABLE)


def test_an_aggressive_nominator_gets_its_highest_priority_first() -> None:
    ice = agent()
    ice.receive(check(nominate=True, priority=9), WIFI, 1.0)
    ice.receive(check(nominate=True, priority=5), CABLE, 1.0 + SETTLE_SECONDS / 2)
    assert ice.selected == WIFI
    ice.receive(check(nominate=True, priority=5), CABLE, 1.0 + SETTLE_SECONDS)
    assert ice.selected == CABLE


def test_after_a_restart_media_stays_until_the_new_generation_nominates() -> None:
    ice = agent()
    ice.receive(check(nominate=True), WIFI, 1.0)
    new = Credentials.generate()
    ice.restart(new)
    assert ice.ufrags == (new.ufrag, "ours")
    ice.receive(check(), WIFI, 2.0)
    assert only_reply_class(ice) is MessageClass.SUCCESS
    ice.receive(check(nominate=True), CABLE, 2.5)  # nominated under the old credentials: valid, but not followed
    assert ice.selected == WIFI
    ice.receive(check(nominate=True, credentials=new), CABLE, 3.0)
    assert ice.selected == CABLE
    assert ice.ufrags == (new.ufrag,)
    assert GenerationEnded("ours") in ice.events_received()
    ice.data_to_send()
    ice.receive(check(nominate=True), WIFI, 3.1)
    assert only_reply_class(ice) is MessageClass.ERROR


def only_reply_class(ice: IceLite) -> MessageClass:
    *_, (data, _) = ice.data_to_send()
    return stun.parse(data).message_class


def test_a_second_restart_voids_the_first_generation() -> None:
    ice = agent()
    ice.restart(Credentials.generate())
    second = Credentials.generate()
    ice.restart(second)
    assert ice.events_received() == [GenerationEnded("ours")]
    assert ice.ufrags[0] == second.ufrag


def test_unused_paths_lose_consent_but_the_selected_one_is_left_to_its_owner() -> None:
    ice = agent()
    ice.receive(check(nominate=True), WIFI, 0.0)
    assert ice.next_timer() == math.inf
    ice.receive(check(), CABLE, 1.0)
    ice.events_received()
    due = ice.next_timer()
    assert due == 1.0 + PATH_LIFETIME_SECONDS
    ice.handle_timer(due - 0.1)
    assert ice.events_received() == []
    ice.handle_timer(due)
    assert ice.events_received() == [PathExpired(CABLE)]
    assert ice.paths == (WIFI,)


def test_when_a_connection_breaks_the_next_best_path_takes_over() -> None:
    ice = agent()
    ice.receive(check(), CABLE, 0.0)
    ice.receive(check(nominate=True), WIFI, 1.0)
    ice.events_received()
    ice.forget(WIFI)
    assert ice.events_received() == [PathExpired(WIFI), PathSelected(CABLE)]
    ice.forget(CABLE)
    assert ice.selected is None
    ice.forget(CABLE)
    assert ice.events_received() == [PathExpired(CABLE)]


def test_paths_are_bounded_and_the_selected_one_survives() -> None:
    ice = agent()
    ice.receive(check(nominate=True), WIFI, 0.0)
    for number in range(3 * MAX_PATHS):
        ice.receive(check(), FakePath(port=10_000 + number), 1.0 + number)
    assert len(ice.paths) == MAX_PATHS
    assert ice.selected == WIFI
    assert ice.is_valid(WIFI)


def test_fragments_are_ice_characters_and_long_enough() -> None:
    made = Credentials.generate()
    assert made != Credentials.generate()
    assert len(made.ufrag) == 8
    assert len(made.password) == 24
    assert set(made.ufrag + made.password) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")


def test_a_username_without_colon_names_nobody() -> None:
    message = stun.parse(stun.build(MessageClass.REQUEST, TRANSACTION, ((Attribute.USERNAME, b"ours"),)))
    assert local_fragment(message) is None
    assert local_fragment(stun.parse(stun.build(MessageClass.REQUEST, TRANSACTION))) is None
