"""The controlling agent against the server's lite one, both without I/O."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mcu.synthetic.ice import CONSENT_EXPIRES, CONSENT_SECONDS, MAX_CHECKED, MAX_TRIES, Failed, IceClient, Selected
from mcu.webrtc import stun
from mcu.webrtc.ice_lite import Credentials, IceLite, PathSelected

CLIENT = ("192.0.2.1", 40_000)
SERVER = ("198.51.100.7", 10_443)
DEAD = ("203.0.113.9", 10_443)


@dataclass(frozen=True)
class Path:
    ip: str
    port: int


class Pair:
    """A client and a lite server joined by a link that loses what goes to other addresses."""

    def __init__(self, *, candidates: tuple[tuple[str, int], ...] = (SERVER,)) -> None:
        self.now = 100.0
        server, client = Credentials("srvr", "s" * 24), Credentials("clnt", "c" * 24)
        self.server = IceLite(local=server, now=self.now)
        self.client = IceClient(local=client, remote=server, candidates=candidates, seed="t", now=self.now)
        self.requests: list[stun.Message] = []
        self.events: list[object] = []
        self.dead = False

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while True:
            self._exchange()
            due = self.client.next_timer()
            if due > end:
                break
            self.now = max(self.now, due)
            self.client.handle_timer(self.now)
        self.now = end

    def _exchange(self) -> None:
        while output := self.client.data_to_send():
            for data, address in output:
                if address != SERVER or self.dead:
                    continue
                request = stun.parse(data)
                self.requests.append(request)
                self.server.receive(request, Path(*CLIENT), self.now)
                for reply, _ in self.server.data_to_send():
                    self.client.receive(reply, SERVER, self.now)
        self.events += self.client.events_received()


def test_the_first_good_candidate_is_nominated() -> None:
    pair = Pair()
    pair.run(0.1)
    assert pair.events == [Selected(SERVER)]
    assert any(isinstance(event, PathSelected) for event in pair.server.events_received())
    nominating = [request.get(stun.Attribute.USE_CANDIDATE) is not None for request in pair.requests]
    assert nominating == [False, True]
    assert all(request.get(stun.Attribute.ICE_CONTROLLING) for request in pair.requests)


def test_a_dead_candidate_is_passed_over() -> None:
    pair = Pair(candidates=(DEAD, SERVER))
    pair.run(0.2)
    assert pair.events == [Selected(SERVER)]


def test_nobody_there() -> None:
    pair = Pair(candidates=(DEAD,))
    pair.run(60)
    assert pair.events == [Failed("no-answer")]
    assert pair.client.next_timer() == math.inf


def test_lost_checks_are_repeated() -> None:
    pair = Pair()
    pair.dead = True
    pair.run(1.0)
    assert pair.events == []
    pair.dead = False
    pair.run(5.0)
    assert pair.events == [Selected(SERVER)]


def test_consent_is_asked_for_and_ends() -> None:
    pair = Pair()
    pair.run(60)
    assert 60 / (1.2 * CONSENT_SECONDS) - 2 < len(pair.requests) - 2 < 60 / (0.8 * CONSENT_SECONDS) + 2
    pair.dead = True
    pair.run(CONSENT_EXPIRES + CONSENT_SECONDS * 2)
    assert pair.events == [Selected(SERVER), Failed("consent")]


def test_answers_without_the_password_count_for_nothing() -> None:
    pair = Pair()
    pair.client.handle_timer(pair.now)
    ((data, _),) = pair.client.data_to_send()
    transaction = stun.parse(data).transaction
    forged = stun.build(stun.MessageClass.SUCCESS, transaction, password="x" * 24)
    pair.client.receive(forged, SERVER, pair.now)
    pair.client.receive(b"\0" * 20, SERVER, pair.now)
    pair.client.receive(stun.build(stun.MessageClass.SUCCESS, transaction, password="s" * 24), DEAD, pair.now)
    assert pair.client.data_to_send() == []


def test_tries_are_bounded() -> None:
    pair = Pair(candidates=(DEAD,))
    sent = 0
    while pair.client.next_timer() < math.inf:
        pair.now = pair.client.next_timer()
        pair.client.handle_timer(pair.now)
        sent += len(pair.client.data_to_send())
    assert sent == MAX_TRIES


class FullPeer:
    """A full agent's own checks (RFC 8445), as seen by a client that is still checking."""

    def __init__(self) -> None:
        self.local, self.remote = Credentials("clnt", "c" * 24), Credentials("full", "f" * 24)
        self.client = IceClient(local=self.local, remote=self.remote, candidates=(DEAD,), seed="t", now=0.0)
        self.client.handle_timer(0.0)
        self.client.data_to_send()

    def asks(
        self,
        *,
        source: tuple[str, int] = SERVER,
        username: str = "clnt:full",
        password: str = "c" * 24,
        role: stun.Attribute = stun.Attribute.ICE_CONTROLLED,
    ) -> list[tuple[stun.Message, tuple[str, int]]]:
        """One check; what the client sends then."""
        attributes = [(stun.Attribute.USERNAME, username.encode()), (role, bytes(8))]
        data = stun.build(stun.MessageClass.REQUEST, b"t" * 12, attributes, password=password)
        self.client.receive(data, source, 0.1)
        return [(stun.parse(data), address) for data, address in self.client.data_to_send()]

    def answers(self, request: stun.Message, source: tuple[str, int]) -> None:
        reply = stun.build(stun.MessageClass.SUCCESS, request.transaction, password=self.remote.password)
        self.client.receive(reply, source, 0.1)


def test_a_full_server_is_answered_and_checked_where_it_asks_from() -> None:
    peer = FullPeer()
    (answer, first), (check, second) = peer.asks()
    assert first == second == SERVER
    assert answer.message_class == stun.MessageClass.SUCCESS
    assert answer.integrity_matches("c" * 24)
    assert answer.fingerprint_matches()
    mapped = answer.get(stun.Attribute.XOR_MAPPED_ADDRESS)
    assert mapped is not None
    assert stun.parse_xor_address(mapped, answer.transaction) == SERVER
    assert check.get(stun.Attribute.USERNAME) == b"full:clnt"
    peer.answers(check, SERVER)
    ((nominating, _),) = [(stun.parse(data), address) for data, address in peer.client.data_to_send()]
    assert nominating.get(stun.Attribute.USE_CANDIDATE) is not None
    peer.answers(nominating, SERVER)
    assert peer.client.events_received() == [Selected(SERVER)]
    ((consent, _),) = peer.asks()
    assert consent.message_class == stun.MessageClass.SUCCESS


def test_who_does_not_know_the_password_is_not_answered() -> None:
    peer = FullPeer()
    assert peer.asks(password="x" * 24) == []
    assert peer.asks(username="clnt:else") == []
    assert peer.client.next_timer() > 0.0


def test_a_peer_that_would_control_is_told_that_roles_conflict() -> None:
    ((answer, _),) = FullPeer().asks(role=stun.Attribute.ICE_CONTROLLING)
    code = answer.get(stun.Attribute.ERROR_CODE)
    assert code is not None
    assert stun.parse_error_code(code) == 487


def test_addresses_that_are_checked_are_bounded() -> None:
    peer = FullPeer()
    sent = [len(peer.asks(source=("192.0.2.9", port))) for port in range(1000, 1000 + 2 * MAX_CHECKED)]
    assert sent == [2] * (MAX_CHECKED - 1) + [1] * (MAX_CHECKED + 1)
