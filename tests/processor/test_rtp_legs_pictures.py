"""Pictures and content of rooms in plain RTP inside a real media processor: encoders, keyframes, rates, old codecs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import av
import pytest

from mcu import control
from mcu.media import payload_h264, rtcp
from mcu.media.h264_nal import join_annex_b
from mcu.media.payloads import make_format
from mcu.media.types import CodecParameters, EncodedFrame
from mcu.media.video_codecs import VideoDecoder
from tests.processor.rtp_meeting import Meeting, a_meeting, leg_of, until
from tests.support.peers import peers
from tests.support.rooms import keyframes, rooms

KEYFRAME_SECONDS = 1.0  # from asking to the decoded picture


@pytest.fixture
async def meeting() -> AsyncIterator[Meeting]:
    async with a_meeting(rtp_port=23_100) as made:
        yield made


async def test_a_room_and_a_browser_of_equal_profile_share_an_encoder(meeting: Meeting) -> None:
    async with rooms(1) as (room,), peers(2) as (browser,):
        channels = (room.audio("sent"), room.video("sent", packetization_mode=1))
        ports = meeting.reserve(room)
        meeting.open(room, channels)
        room.ports = {each.kind: each for each in ports}
        await meeting.join_browser(browser, ("video/H264",))
        await until(lambda: browser.pictures > 5 and room.pictures > 5)
        assert meeting.mp.bridges["c"].video.encoders == 1


async def test_a_keyframe_that_call_control_asks_for_comes_within_a_second(meeting: Meeting) -> None:
    async with rooms(1) as (room,):
        meeting.join(room)
        await until(lambda: room.pictures > 20)
        for _ in range(3):
            before, asked = len(keyframes(room.packets["main"])), time.monotonic()
            meeting.mp.handle(control.SendKeyframe(leg_of(room), "main"))
            await until(lambda before=before: len(keyframes(room.packets["main"])) > before, KEYFRAME_SECONDS)
            await until(lambda asked=asked: room.last_picture > asked, KEYFRAME_SECONDS)
            await until(lambda asked=asked: time.monotonic() > asked + 0.6)  # a keyframe a second at this rate


async def test_a_keyframe_that_rtcp_asks_for_comes_as_well(meeting: Meeting) -> None:
    async with rooms(1) as (room,):
        meeting.join(room)
        await until(lambda: room.pictures > 20)
        before = len(keyframes(room.packets["main"]))
        ours = room.packets["main"][0].ssrc
        room.send_report("main", rtcp.ReceiverReport(room.ssrc["main"]), rtcp.PictureLoss(room.ssrc["main"], ours))
        await until(lambda: len(keyframes(room.packets["main"])) > before, KEYFRAME_SECONDS)


async def test_a_camera_that_cannot_be_shown_is_asked_for_a_keyframe_and_not_too_often(meeting: Meeting) -> None:
    async with rooms(1) as (room,):
        room.wants_keyframe = False  # x264 begins with one all the same: its packets are lost
        meeting.reserve(room)
        ports = meeting.mp.rtp.legs[leg_of(room)].ports
        meeting.open(room, (room.audio("sent"), room.audio("received")))
        room.start(ports)
        await until(lambda: room.sequence["main"] != 65_530 and len(room.packets["audio"]) > 50)
        meeting.open(room)
        asked: list[float] = []

        def looked() -> bool:
            told = meeting.of(control.KeyframeNeeded)
            if len(told) > len(asked):
                asked.append(time.monotonic())
            return len(asked) >= 3

        # Waiting packets hold the first keyframe: have a hole in the stream instead.
        room.sequence["main"] = (room.sequence["main"] + 5) & 0xFFFF
        await until(looked)
        assert asked[2] - asked[0] > 1.5  # once a second, seen from afar
        meeting.answer_keyframes(room)
        assert room.wants_keyframe
        await until(lambda: meeting.seen(room.picture) == [1])


async def test_flow_control_and_pause_are_obeyed(meeting: Meeting) -> None:
    async with rooms(1) as (room,):
        meeting.join(room)
        await until(lambda: room.pictures > 20)
        meeting.open(room, limits={"main": 128_000})
        meeting.answer_keyframes(room)
        await until(lambda: room.picture is not None and room.picture.shape[0] < 360)
        begin, count = time.monotonic(), len(room.packets["main"])
        await until(lambda: time.monotonic() > begin + 2)
        octets = sum(12 + len(p.payload) for p in room.packets["main"][count:])
        assert 8 * octets / 2 < 128_000 * 1.1
        meeting.open(room, paused=("main", "audio"))
        await asyncio.sleep(0.1)
        paused = {kind: len(room.packets[kind]) for kind in ("main", "audio")}
        begin = time.monotonic()
        await until(lambda: time.monotonic() > begin + 0.3)
        assert {kind: len(room.packets[kind]) for kind in paused} == paused
        meeting.open(room)
        await until(lambda: len(room.packets["audio"]) > paused["audio"] + 5)
        await until(lambda: len(keyframes(room.packets["main"][paused["main"] :])) > 0)


async def test_content_goes_both_ways_as_a_stream_of_its_own(meeting: Meeting) -> None:
    async with rooms(1, 2) as (first, second):
        for room in (first, second):
            meeting.join(room)
        await until(lambda: first.pictures > 5 and second.pictures > 5)
        meeting.open(first, (*first.channels(), first.video("received", "content")))
        meeting.open(second, (*second.channels(), second.video("sent", "content", bitrate=768_000)))
        meeting.show_content("p1")
        first.films_content = True

        def shown() -> bool:
            meeting.answer_keyframes(first, second)
            return len(keyframes(second.packets["content"])) > 0 and len(second.packets["content"]) > 5

        await until(shown)
        assert not first.packets["content"]
        units = payload_h264.depacketize([p.payload for p in second.packets["content"]])
        codec = av.CodecContext.create("h264", "r")
        sizes = {(frame.width, frame.height) for frame in codec.decode(av.Packet(join_annex_b(units)))}
        assert sizes == {(640, 360)}
        assert meeting.mp.bridges["c"].content.encoders == 1
        meeting.show_content(None)
        await until(lambda: meeting.mp.bridges["c"].content.encoders == 0)


@pytest.mark.parametrize(("codec", "payload_type"), [("H261", 31), ("H263", 34)])
async def test_an_old_room_is_sent_what_it_can_decode(meeting: Meeting, codec: str, payload_type: int) -> None:
    async with rooms(1, 2) as (old, new):
        meeting.join(new)
        ports = meeting.reserve(old)
        channel = control.RtpChannel(
            *("sent", "main", codec, payload_type, 90_000),
            rtp=old.address("main"),
            width=352,
            height=288,
            fps=15,
            bitrate=320_000,
        )
        meeting.open(old, (old.audio("sent"), old.audio("received"), old.video("received"), channel))
        old.decodes = False
        old.start(ports)
        payload_format = make_format(CodecParameters(codec, payload_type, 90_000))
        decoder, picture = VideoDecoder(codec), None
        unit: list[bytes] = []
        at = 0
        meeting.answer_keyframes(old, new)

        def sees_both() -> bool:
            nonlocal at, picture
            meeting.answer_keyframes(old, new)
            for packet in old.packets["main"][at:]:
                at += 1
                unit.append(packet.payload)
                if packet.marker:
                    whole = payload_format.assemble([payload_format.inspect(p) for p in unit], contiguous=True)
                    unit.clear()
                    if whole is not None:
                        coded = EncodedFrame(codec, whole.data, packet.timestamp, whole.keyframe)
                        picture = decoder.decode(coded) or picture
            return picture is not None and (picture.width, picture.height) == (352, 288) and float(picture.y.std()) > 20

        await until(sees_both)
        assert decoder.errors == 0
        assert {p.payload_type for p in old.packets["main"]} == {payload_type}
