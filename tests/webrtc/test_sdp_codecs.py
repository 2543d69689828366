"""Which codecs, profiles, sizes and rates an offer leads to, and who is sent content. Text in, text out."""

from __future__ import annotations

import re

import pytest

from mcu.errors import RefusedError
from mcu.media.types import AudioProfile, StreamKind
from tests.webrtc.sdp_texts import (
    AUDIO,
    OPUS,
    VP8,
    agree,
    answer_sections,
    describe,
    offer,
    read,
    section,
)


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


def test_slides_are_content_wherever_they_stand() -> None:
    slides = section("video", "96", VP8 + "a=mid:s\na=content:slides\n")
    camera = section("video", "96", VP8 + "a=mid:c\n")
    agreed = agree(offer(slides, camera, session="a=group:BUNDLE s c\n"))
    assert [stream.kind for stream in agreed.streams] == [StreamKind.CONTENT, StreamKind.MAIN]


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


def test_a_refusal_names_the_codecs_that_were_offered() -> None:
    with pytest.raises(RefusedError, match="VP9"):
        agree(offer(section("video", "98", "a=rtpmap:98 VP9/90000\n")))


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
