"""Offers as real stacks write them, and what the server answers. Text in, text out."""

from __future__ import annotations

import pytest
from aiortc.sdp import SessionDescription

from mcu.errors import ProtocolError, RefusedError
from mcu.media.types import StreamKind
from mcu.webrtc import sdp_answer, sdp_offer
from tests.webrtc.sdp_texts import OFFERS, OPUS, TRANSPORT, VP8, agree, answer_sections, describe, offer, read, section

STACKS = sorted(path.stem for path in OFFERS.glob("*.sdp"))


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_gets_an_answer_that_another_parser_reads(stack: str) -> None:
    text = read(stack)
    description = describe(text)
    answer = SessionDescription.parse(description.answer)
    offered = sdp_offer.parse(text)
    assert [media.kind for media in answer.media] == [media.kind for media in offered.media]
    accepted = [media for media in answer.media if media.port]
    assert {media.kind for media in accepted} == {"audio", "video"}
    assert "a=ice-lite\r\n" in description.answer
    for media in accepted:
        assert media.rtcp_mux
        assert media.ice is not None
        assert media.ice.usernameFragment == description.credentials.ufrag
        assert media.dtls is not None
        assert media.dtls.role == "server"
    (bundle,) = answer.group
    assert bundle.items == [media.rtp.muxId for media in accepted]
    assert [(c.protocol, c.ip, c.port, c.tcpType) for c in accepted[0].ice_candidates] == [
        ("udp", "192.0.2.1", 10_443, None),
        ("udp", "2001:db8::1", 10_443, None),
        ("tcp", "192.0.2.1", 10_443, "passive"),
        ("tcp", "2001:db8::1", 10_443, "passive"),
    ]
    priorities = [candidate.priority for candidate in accepted[0].ice_candidates]
    assert priorities == sorted(priorities, reverse=True)


def test_a_data_channel_is_rejected_and_stays_out_of_the_bundle() -> None:
    answer = describe(read("werift")).answer
    assert "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n" in answer
    assert "a=group:BUNDLE 0 1\r\n" in answer


def test_a_whip_publisher_is_received_only_and_a_whep_viewer_is_sent_only() -> None:
    publisher = describe(read("obs_whip"), "receive")
    assert publisher.answer.count("a=recvonly") == 2
    assert publisher.video_profile is None
    assert publisher.sent == {}
    viewer = describe(read("chromium"), "send")
    sections = answer_sections(viewer.answer)
    assert ["a=sendonly" in text for text in sections] == [True, True, False]
    assert "a=inactive" in sections[2]


@pytest.mark.parametrize(
    ("offered", "received", "sent"),
    [("sendrecv", True, True), ("sendonly", True, False), ("recvonly", False, True), ("inactive", False, False)],
)
def test_directions_are_turned_round(offered: str, received: bool, sent: bool) -> None:
    for text in (offer(section(lines=OPUS + f"a={offered}\n")), offer(section(), session=f"a={offered}\n")):
        (stream,) = agree(text).streams
        assert (stream.received, stream.sent) == (received, sent)


def test_one_section_needs_no_bundle_and_no_mid() -> None:
    answer = describe(offer(section())).answer
    assert "a=group" not in answer
    assert "a=mid" not in answer


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (offer(section("video", "98", "a=rtpmap:98 VP9/90000\n")), "sdp-nothing-in-common"),
        (offer(section("application", "webrtc-datachannel", "")), "sdp-nothing-in-common"),
        (offer(section(), section("video", "96", VP8)), "sdp-no-bundle"),
        (offer(section(transport=TRANSPORT.replace("a=rtcp-mux\n", ""))), "sdp-no-rtcp-mux"),
        (offer(section(transport=TRANSPORT.replace("actpass", "holdconn"))), "sdp-dtls-role"),
        (offer(section(transport=TRANSPORT.replace("sha-256", "sha-1"))), "sdp-no-dtls"),
        (offer(section(transport=TRANSPORT.replace("a=ice-pwd", "a=x"))), "sdp-no-ice"),
        (offer(section().replace("UDP/TLS/RTP/SAVPF", "RTP/AVP")), "sdp-no-dtls"),
        (offer(section(), session="a=ice-lite\n"), "sdp-ice-lite"),
        ("nonsense", "sdp-invalid"),
    ],
)
def test_refusals_say_why(text: str, code: str) -> None:
    with pytest.raises(RefusedError) as caught:
        describe(text)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("offered", "answered"), [("actpass", "passive"), ("active", "passive"), ("passive", "active")]
)
def test_the_dtls_role_is_what_the_offer_leaves(offered: str, answered: str) -> None:
    description = describe(offer(section(transport=TRANSPORT.replace("actpass", offered))))
    assert f"a=setup:{answered}\r\n" in description.answer
    description.update(offer(section()))
    assert f"a=setup:{answered}\r\n" in description.answer  # the association stays as it began


def test_an_association_under_way_keeps_its_roles() -> None:
    description = describe(offer(section(transport=TRANSPORT.replace("actpass", "passive"))))
    with pytest.raises(RefusedError) as caught:
        description.update(offer(section(transport=TRANSPORT.replace("actpass", "active"))))
    assert caught.value.code == "sdp-dtls-role"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v=0\n",
        "v=0\nm=audio\n",
        "v=0\nm=audio x UDP/TLS/RTP/SAVPF 0\n",
        "v=0\nm=audio 70000 UDP/TLS/RTP/SAVPF 0\n",
        "v=0\nm=audio 9 UDP/TLS/RTP/SAVPF x\n",
        "v=0\nm=audio 9 UDP/TLS/RTP/SAVPF 96\na=rtpmap:96 opus\n",
        "v=0\nm=audio 9 UDP/TLS/RTP/SAVPF 96\na=rtpmap:96 opus/-1\n",
        "v=0\nm=audio 9 UDP/TLS/RTP/SAVPF 0\na=extmap:1\n",
        "v=0\nm=audio 9 UDP/TLS/RTP/SAVPF 0\na=ssrc:99999999999\n",
        "v=0\nm=audio 9 UDP/TLS/RTP/SAVPF 0\na=fingerprint:sha-256\n",
        "v=0\nm=audio 9 UDP/TLS/RTP/SAVPF 0\na=mid:" + "x" * 65,
        "v=0\nm=audio 9 UDP/TLS/RTP/SAVPF 0\na=ice-ufrag:" + "x" * 257,
        "v=0\nm=audio 9 P 0\na=mid:0\nm=video 9 P 0\na=mid:0\n",
        "v=0\na=\x00\n",
        "v=0\nhello\n",
        "v=0\na=" + "x" * 4096,
        "v=0\n" + "m=audio 9 P 0\n" * 17,
        "v=0\n" + "a=x\n" * 3_000,
        "v=0\n" + "a=" + "x" * 65_536,
    ],
)
def test_malformed_offers_are_protocol_errors(text: str) -> None:
    with pytest.raises(ProtocolError):
        sdp_offer.parse(text)


def test_bundle_only_sections_live_on_port_zero_and_stopped_ones_do_not() -> None:
    text = read("gstreamer")
    assert len(agree(text).streams) == 2
    stopped = agree(text.replace("a=bundle-only\n", ""))
    assert [stream.kind for stream in stopped.streams] == [StreamKind.MAIN]


def test_header_extensions_with_conflicting_or_large_ids_are_not_agreed() -> None:
    mid = "urn:ietf:params:rtp-hdrext:sdes:mid"
    clock = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
    audio = section(lines=f"{OPUS}a=mid:0\na=extmap:3 {mid}\na=extmap:15 {clock}\n")
    video = section("video", "96", f"{VP8}a=mid:1\na=extmap:4 {mid}\na=extmap:3 {clock}\n")
    agreed = agree(offer(audio, video, session="a=group:BUNDLE 0 1\n"))
    assert [dict(stream.extensions) for stream in agreed.streams] == [{mid: 3}, {}]


def test_a_mid_too_long_for_packets_is_still_answered() -> None:
    uri = "urn:ietf:params:rtp-hdrext:sdes:mid"
    (stream,) = agree(offer(section(lines=f"{OPUS}a=mid:{'m' * 17}\na=extmap:3 {uri}\n"))).streams
    assert stream.mid_in_packets == ""
    assert stream.mid == "m" * 17


def test_sent_streams_are_announced_with_their_rtx() -> None:
    description = describe(read("chromium"))
    _, source = description.sent[StreamKind.MAIN]
    audio, main, content = answer_sections(description.answer)
    assert f"a=ssrc-group:FID {source.ssrc} {source.rtx_ssrc}\r\n" in main
    assert f"a=msid:{description.cname} main\r\n" in main
    assert f"a=ssrc:{description.sent[StreamKind.AUDIO][1].ssrc} cname:{description.cname}\r\n" in audio
    assert "a=ssrc" not in content


def test_a_new_offer_restarts_ice_or_changes_a_direction_and_nothing_else() -> None:
    text = read("aiortc")
    description = describe(text)
    before = description.credentials
    assert description.update(text) is False
    assert description.credentials == before
    assert description.update(text.replace("xh2M", "new1")) is True
    assert description.credentials != before
    assert f"a=ice-ufrag:{description.credentials.ufrag}\r\n" in description.answer
    assert not description.update(text.replace("xh2M", "new1").replace("a=sendrecv", "a=recvonly", 1))
    audio = description.negotiation.stream(StreamKind.AUDIO)
    assert audio is not None
    assert (audio.received, audio.sent) == (False, True)
    for changed, code in (
        (text.replace("VP8", "VP9"), "sdp-changed"),
        (text.replace("AB:69:62", "AB:69:63"), "sdp-fingerprint-changed"),
        ("v=0\n", "sdp-invalid"),
    ):
        answer = description.answer
        with pytest.raises(RefusedError) as caught:
            description.update(changed)
        assert caught.value.code == code
        assert description.answer == answer


@pytest.mark.parametrize("prefix", ["", "candidate:", "a=candidate:"])
def test_candidates_are_checked_for_form(prefix: str) -> None:
    good = "1 1 udp 2130706431 5b1e.local 51744 typ host generation 0"
    sdp_offer.parse_candidate(prefix + good)
    for bad in ("", "1 1 udp", good.replace("typ", "type"), good.replace("51744", "x"), good.replace("51744", "70000")):
        with pytest.raises(ProtocolError):
            sdp_offer.parse_candidate(prefix + bad)


def test_without_tcp_no_tcp_candidates_are_told() -> None:
    lines = list(sdp_answer.candidates(["192.0.2.1"], 10_443, tcp=False))
    assert lines == ["a=candidate:u0 1 udp 2130706431 192.0.2.1 10443 typ host", "a=end-of-candidates"]
