"""The controlling agent against the server's lite one, both without I/O."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mcu.synthetic.ice import CONSENT_EXPIRES, CONSENT_SECONDS, MAX_TRIES, Failed, IceClient, Selected
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
