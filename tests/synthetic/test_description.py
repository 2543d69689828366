"""What a client offers, and what it takes from answers of other servers than ours."""

from __future__ import annotations

import pytest

from mcu.errors import ProtocolError
from mcu.media.types import StreamKind
from mcu.synthetic.description import Answer, LocalStreams, OfferParts, read_answer, write_offer
from mcu.webrtc.ice_lite import Credentials
from mcu.webrtc.sdp_offer import DtlsRole, Fingerprint, parse

ANSWER = """v=0
o=- 1 1 IN IP4 192.0.2.1
s=-
t=0 0
a=group:BUNDLE 0 1
m=audio 9 UDP/TLS/RTP/SAVPF 111
c=IN IP4 0.0.0.0
a=mid:0
a=recvonly
a=rtpmap:111 opus/48000/2
a=ice-ufrag:abcd
a=ice-pwd:abcdefghijklmnopqrstuvwx
a=fingerprint:sha-256 AA:BB
a=setup:{setup}
{candidates}
m=video 0 UDP/TLS/RTP/SAVPF 96
a=mid:1
a=inactive
"""


def answer(*candidates: str, setup: str = "passive") -> Answer:
    lines = "\n".join(f"a=candidate:{line}" for line in candidates) or "a=rtcp-mux"
    return read_answer(ANSWER.format(setup=setup, candidates=lines))


def offer(*, sends: bool, addresses: tuple[tuple[str, int], ...] = ()) -> str:
    return write_offer(
        OfferParts(
            credentials=Credentials("ufrg", "p" * 24),
            fingerprint=Fingerprint("sha-256", "AA"),
            streams=LocalStreams.choose("t"),
            sends=sends,
            one_way=True,
            addresses=addresses,
        )
    )


def test_candidates_of_one_component_over_udp_are_taken_best_first() -> None:
    found = answer(
        "1 1 udp 100 192.0.2.1 5000 typ host",
        "2 1 UDP 300 2001:0db8:0:0::1 5000 typ host",
        "3 2 udp 900 192.0.2.1 5001 typ host",
        "4 1 tcp 900 192.0.2.1 9 typ host tcptype active",
        "5 1 udp 900 4b3c2f0a.local 5000 typ host",
        "6 1 udp 200 198.51.100.1 5000 typ srflx raddr 192.0.2.1 rport 5000",
    )
    assert found.candidates == (("2001:db8::1", 5000), ("198.51.100.1", 5000), ("192.0.2.1", 5000))
    assert list(found.streams) == [StreamKind.AUDIO]


@pytest.mark.parametrize(("setup", "role"), [("passive", DtlsRole.CLIENT), ("active", DtlsRole.SERVER)])
def test_the_answer_says_who_begins_with_dtls(setup: str, role: DtlsRole) -> None:
    assert answer(setup=setup).role is role


def test_an_answer_that_leaves_it_open_is_none() -> None:
    with pytest.raises(ProtocolError, match="actpass"):
        answer(setup="actpass")


@pytest.mark.parametrize(("sends", "direction"), [(True, "sendonly"), (False, "recvonly")])
def test_one_way_is_sound_and_one_picture(sends: bool, direction: str) -> None:
    offered = parse(offer(sends=sends))
    assert [(media.kind, media.direction) for media in offered.media] == [("audio", direction), ("video", direction)]


def test_a_server_that_has_to_know_our_address_is_told_all_at_once() -> None:
    text = offer(sends=True, addresses=(("192.0.2.7", 40_000),))
    assert text.count("a=candidate:1 1 udp 2130706175 192.0.2.7 40000 typ host\r\n") == 2
    assert "trickle" not in text
    assert "trickle" in offer(sends=True)
