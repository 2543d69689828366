"""Offers as real stacks write them, and what the server answers. Text in, text out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from aiortc.sdp import SessionDescription

from mcu.errors import ProtocolError, RefusedError
from mcu.media.types import AudioProfile, StreamKind, VideoProfile
from mcu.webrtc import sdp_answer, sdp_offer
from mcu.webrtc.leg_description import Defaults, LegDescription, Server
from mcu.webrtc.sdp_negotiation import Negotiation, negotiate
from mcu.webrtc.sdp_offer import Fingerprint

OFFERS = Path(__file__).parent / "offers"
STACKS = sorted(path.stem for path in OFFERS.glob("*.sdp"))
SERVER = Server(("192.0.2.1", "2001:db8::1"), 10_443, Fingerprint("sha-256", "AA:BB"))
AUDIO, VIDEO = AudioProfile(), VideoProfile("VP8", 1280, 720, 25, 1_200_000)
DEFAULTS = Defaults("both", AUDIO, VIDEO)

TRANSPORT = """a=ice-ufrag:abcd
a=ice-pwd:0123456789012345678901
a=fingerprint:sha-256 AA:BB
a=setup:actpass
a=rtcp-mux
"""
OPUS = "a=rtpmap:111 opus/48000/2\n"
VP8 = "a=rtpmap:96 VP8/90000\na=rtcp-fb:* nack\n"


def read(stack: str) -> str:
    return (OFFERS / f"{stack}.sdp").read_bytes().decode()


def offer(*sections: str, session: str = "") -> str:
    """An offer of (m-line without port and protocol) sections with a transport of their own."""
    return f"v=0\no=- 1 1 IN IP4 0.0.0.0\ns=-\nt=0 0\n{session}" + "".join(sections)


def section(kind: str = "audio", formats: str = "111", lines: str = OPUS, *, transport: str = TRANSPORT) -> str:
    return f"m={kind} 9 UDP/TLS/RTP/SAVPF {formats}\nc=IN IP4 0.0.0.0\n{transport}{lines}"


def agree(text: str, direction: str = "both") -> Negotiation:
    return negotiate(sdp_offer.parse(text), direction=direction)


def describe(text: str, direction: str = "both") -> LegDescription:
    return LegDescription(text, server=SERVER, defaults=Defaults(direction, AUDIO, VIDEO))


def answer_sections(answer: str) -> list[str]:
    return re.split(r"(?m)^(?=m=)", answer)[1:]


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


@pytest.mark.parametrize(
    ("stack", "audio", "video", "profile"),
    [
        ("chromium", "opus", "VP8", ""),
        ("firefox", "opus", "VP8", ""),
        ("safari", "opus", "H264", "constrained-baseline"),
        ("gstreamer", "opus", "VP8", ""),
        ("werift", "opus", "VP8", ""),
        ("aiortc", "opus", "VP8", ""),
        ("obs_whip", "opus", "H264", "constrained-baseline"),
    ],
)
def test_the_codecs_chosen_for_each_stack(stack: str, audio: str, video: str, profile: str) -> None:
    agreed = agree(read(stack))
    sound, picture = agreed.stream(StreamKind.AUDIO), agreed.stream(StreamKind.MAIN)
    assert sound is not None
    assert picture is not None
    assert sound.codec.name == audio
    assert picture.codec.name == video
    sent = describe(read(stack)).video_profile
    if picture.sent:
        assert sent is not None
        assert (sent.codec, sent.h264_profile) == (video, profile)
        assert (sent.width, sent.height, sent.fps) == (1280, 720, 25)


def test_chromium_gets_all_that_it_offers_and_we_speak() -> None:
    agreed = agree(read("chromium"))
    assert [(s.kind, s.received, s.sent) for s in agreed.streams] == [
        (StreamKind.AUDIO, True, True),
        (StreamKind.MAIN, True, True),
        (StreamKind.CONTENT, True, False),
    ]
    main = agreed.stream(StreamKind.MAIN)
    assert main is not None
    assert main.rtx is not None
    assert main.rtx.parameters == {"apt": str(main.codec.payload_type)}
    assert main.codec.feedback == {"nack", "nack pli", "ccm fir", "goog-remb", "transport-cc"}
    assert {uri.rpartition("/")[2].rpartition(":")[2] for uri in main.extensions} == {
        "abs-send-time",
        "draft-holmer-rmcat-transport-wide-cc-extensions-01",
        "mid",
        "video-orientation",
    }
    sound = agreed.stream(StreamKind.AUDIO)
    assert sound is not None
    assert sound.codec.parameters["useinbandfec"] == "1"
    assert sound.codec.feedback == {"transport-cc"}
    assert "urn:ietf:params:rtp-hdrext:ssrc-audio-level" in sound.extensions
    assert agreed.reduced_size


def test_telephone_events_comfort_noise_and_redundancy_are_left_out() -> None:
    answer = describe(read("safari")).answer
    assert not re.search("telephone-event|CN/|red/|ulpfec|H265", answer)


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


def test_slides_are_content_wherever_they_stand() -> None:
    slides = section("video", "96", VP8 + "a=mid:s\na=content:slides\n")
    camera = section("video", "96", VP8 + "a=mid:c\n")
    agreed = agree(offer(slides, camera, session="a=group:BUNDLE s c\n"))
    assert [stream.kind for stream in agreed.streams] == [StreamKind.CONTENT, StreamKind.MAIN]


def test_one_section_needs_no_bundle_and_no_mid() -> None:
    answer = describe(offer(section())).answer
    assert "a=group" not in answer
    assert "a=mid" not in answer


def test_g711_serves_who_has_no_opus() -> None:
    description = describe(offer(section(formats="0 8 13", lines="")))
    assert description.audio_profile == AudioProfile("PCMU", 64_000)
    assert "a=rtpmap:0 PCMU/8000\r\n" in description.answer
    assert describe(offer(section(formats="8 0", lines=""))).audio_profile.codec == "PCMA"


def test_video_without_a_common_codec_costs_the_video_only_and_says_so() -> None:
    video = section("video", "45 98", "a=mid:1\na=rtpmap:45 AV1/90000\na=rtpmap:98 VP9/90000\n")
    description = describe(offer(section(lines=OPUS + "a=mid:0\n"), video, session="a=group:BUNDLE 0 1\n"))
    assert description.negotiation.video_refused == "AV1, VP9"
    assert "m=video 0 " in description.answer
    assert description.video_profile is None
    assert agree(read("chromium")).video_refused == ""


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


def test_a_refusal_names_the_codecs_that_were_offered() -> None:
    with pytest.raises(RefusedError, match="VP9"):
        agree(offer(section("video", "98", "a=rtpmap:98 VP9/90000\n")))


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


def h264(parameters: str) -> str:
    fmtp = f"a=fmtp:96 {parameters}\n" if parameters else ""
    return offer(section("video", "96", f"a=rtpmap:96 H264/90000\n{fmtp}"))


@pytest.mark.parametrize(
    ("parameters", "profile", "mode", "size"),
    [
        ("profile-level-id=42e01f;packetization-mode=1", "constrained-baseline", 1, (1280, 720, 25)),
        ("profile-level-id=42001f; packetization-mode=0", "constrained-baseline", 0, (1280, 720, 25)),
        ("profile-level-id=640c1f;packetization-mode=1", "high", 1, (1280, 720, 25)),
        ("profile-level-id=640028;packetization-mode=1", "high", 1, (1280, 720, 25)),
        ("profile-level-id=42e01e;packetization-mode=1", "constrained-baseline", 1, (640, 360, 25)),
        ("profile-level-id=42e00d;packetization-mode=1", "constrained-baseline", 1, (320, 180, 25)),
        ("profile-level-id=42f00b;packetization-mode=1", "constrained-baseline", 1, (160, 90, 24)),
        ("profile-level-id=42e01e;max-fs=3600;max-mbps=54000", "constrained-baseline", 0, (1280, 720, 15)),
        ("", "constrained-baseline", 0, (1280, 720, 25)),
    ],
)
def test_h264_is_sent_within_profile_and_level(
    parameters: str, profile: str, mode: int, size: tuple[int, int, int]
) -> None:
    sent = describe(h264(parameters)).video_profile
    assert sent is not None
    assert (sent.h264_profile, sent.packetization_mode) == (profile, mode)
    assert (sent.width, sent.height, sent.fps) == size


@pytest.mark.parametrize("level", ["4d001f", "f4001f", "42e0", "zzzzzz", "42e01f1f"])
def test_h264_profiles_that_we_do_not_speak(level: str) -> None:
    with pytest.raises(RefusedError):
        describe(h264(f"profile-level-id={level}"))


def test_h264_mode_one_and_baseline_are_preferred() -> None:
    lines = "".join(
        f"a=rtpmap:{number} H264/90000\na=fmtp:{number} profile-level-id={level};packetization-mode={mode}\n"
        for number, level, mode in ((96, "42e01f", 0), (97, "64001f", 1), (98, "42001f", 1), (99, "42e01f", 2))
    )
    (stream,) = agree(offer(section("video", "96 97 98 99", lines))).streams
    assert stream.codec.payload_type == 98


def test_vp8_limits_are_kept() -> None:
    text = offer(section("video", "96", VP8 + "a=fmtp:96 max-fs=1200;max-fr=15\n"))
    sent = describe(text).video_profile
    assert sent is not None
    assert (sent.width, sent.height, sent.fps, sent.bitrate) == (640, 360, 15, 400_000)


def test_opus_bitrate_follows_the_listener_down_but_never_up() -> None:
    for limit, expected in ((16_000, 16_000), (510_000, AUDIO.bitrate), (1, 6_000)):
        text = offer(section(lines=f"{OPUS}a=fmtp:111 maxaveragebitrate={limit}\n"))
        assert describe(text).audio_profile.bitrate == expected


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


def meeting_offer(direction: str, codec: str = VP8, main: str = "sendrecv") -> str:
    """Sound, main picture and content in one bundle, as the web client offers them."""
    return offer(
        section(lines=f"{OPUS}a=mid:0\n"),
        section("video", "96", f"{VP8}a=mid:1\na={main}\n"),
        section("video", "96", f"{codec}a=mid:2\na={direction}\n"),
        session="a=group:BUNDLE 0 1 2\n",
    )


@pytest.mark.parametrize(
    ("offered", "answered", "sent"),
    [
        ("sendrecv", "sendrecv", True),
        ("recvonly", "sendonly", True),  # a viewer
        ("sendonly", "recvonly", False),  # a client that has content in the composite alone
        ("inactive", "inactive", False),
    ],
)
def test_content_is_sent_to_who_offers_to_take_it(offered: str, answered: str, sent: bool) -> None:
    description = describe(meeting_offer(offered))
    assert f"a={answered}\r\n" in answer_sections(description.answer)[2]
    assert (StreamKind.CONTENT in description.sent) is sent


def test_who_only_watches_or_only_sends_is_told_so_for_content_as_well() -> None:
    assert StreamKind.CONTENT in describe(meeting_offer("recvonly", main="recvonly"), "send").sent
    publisher = describe(meeting_offer("sendrecv"), "receive")
    assert not publisher.sent
    assert "a=recvonly\r\n" in answer_sections(publisher.answer)[2]


@pytest.mark.parametrize("limit", ["max-fs=3600", "max-fs=12000;max-fr=5"])
def test_who_cannot_take_a_whole_screen_sees_it_in_the_composite(limit: str) -> None:
    description = describe(meeting_offer("sendrecv", f"{VP8}a=fmtp:96 {limit}\n"))
    assert StreamKind.CONTENT not in description.sent
    assert "a=recvonly\r\n" in answer_sections(description.answer)[2]
    assert StreamKind.CONTENT in describe(meeting_offer("sendrecv", f"{VP8}a=fmtp:96 max-fs=12000;max-fr=60\n")).sent


def test_content_in_h264_is_received_and_not_sent() -> None:
    h264_lines = "a=rtpmap:96 H264/90000\na=fmtp:96 packetization-mode=1;profile-level-id=42e02a\n"
    description = describe(meeting_offer("sendrecv", h264_lines))
    assert StreamKind.CONTENT not in description.sent


def test_content_is_not_kept_in_step_with_the_sound_for_browsers_keep_one_picture() -> None:
    description = describe(meeting_offer("sendrecv"))
    streams = [re.search(r"a=msid:(\S+)", part) for part in answer_sections(description.answer)]
    sound, main, content = (found and found[1] for found in streams)
    assert sound == main
    assert content not in (None, sound)
