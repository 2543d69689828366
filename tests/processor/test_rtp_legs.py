"""Rooms in plain RTP inside a real media processor: heard and seen by each other and by browsers, over real sockets."""

from __future__ import annotations

import asyncio
import itertools
import socket
import time
from collections.abc import AsyncIterator, Callable

import av
import pytest

from mcu import control
from mcu._native.packets import build_rtp
from mcu.errors import RefusedError
from mcu.media import payload_h264, rtcp
from mcu.media.h264_nal import join_annex_b
from mcu.media.payloads import make_format
from mcu.media.types import CodecParameters, EncodedFrame
from mcu.media.video_codecs import VideoDecoder
from mcu.processor.mp import MultipointProcessor
from tests.support.observe import people_in_tiles
from tests.support.peers import Peer, peers
from tests.support.rooms import EVENTS, H264, PCMA, Room, keyframes, rooms

HEARD = 35.0  # dB over the median of the spectrum; A-law makes noise, and nothing else is there
REMOVED = 20.0  # dB by which the own voice lies below the others'
KEYFRAME_SECONDS = 1.0  # from asking to the decoded picture
PICTURE = control.PictureSettings(width=640, height=360, fps=25, bitrate=600_000)


class Meeting:
    """A media processor with one conference, as its MC would drive it."""

    def __init__(self, mp: MultipointProcessor, notices: list[control.Notice]) -> None:
        self.mp = mp
        self.notices = notices
        self.present: list[str] = []
        self.revision = 0
        self.content: str | None = None

    def update(self) -> None:
        self.revision += 1
        people = tuple(control.ParticipantState(name, name) for name in self.present)
        layout = control.LayoutChoice("presentation" if self.content else "grid")
        self.mp.handle(control.UpdateConference("c", self.revision, people, layout, self.content))

    def show_content(self, participant: str | None) -> None:
        self.content = participant
        self.update()

    def reserve(self, room: Room) -> tuple[control.RtpPorts, ...]:
        answer = self.mp.handle(control.AddRtpLeg("c", f"p{room.person}", leg_of(room), "127.0.0.1"))
        assert isinstance(answer, control.RtpLegAnswer)
        self.present.append(f"p{room.person}")
        self.update()
        return answer.ports

    def open(self, room: Room, channels: tuple[control.RtpChannel, ...] | None = None, **changes: object) -> None:
        values: dict[str, object] = {"sources": (room.host,), "telephone_event": EVENTS} | changes
        channels = room.channels() if channels is None else channels
        self.mp.handle(control.UpdateRtpLeg(leg_of(room), channels, **values))  # type: ignore[arg-type]

    def join(self, room: Room, **changes: object) -> None:
        ports = self.reserve(room)
        self.open(room, **changes)
        room.start(ports)

    async def join_browser(self, peer: Peer, codecs: tuple[str, ...] = ()) -> None:
        self.present.append(f"p{peer.person}")
        self.update()
        offer = await peer.offer(codecs)
        answer = self.mp.handle(control.AddLeg("c", f"p{peer.person}", f"leg{peer.person}", offer))
        assert isinstance(answer, control.LegAnswer)
        await peer.accept(answer.answer)

    def of(self, kind: type) -> list[control.Notice]:
        return [notice for notice in self.notices if isinstance(notice, kind)]

    def states(self, room: Room) -> list[str]:
        return [n.state for n in self.notices if isinstance(n, control.LegState) and n.leg == leg_of(room)]

    def seen(self, picture: object) -> list[int | None]:
        told = self.of(control.TilesChanged)
        if picture is None or not told:
            return []
        last = told[-1]
        assert isinstance(last, control.TilesChanged)
        tiles = [{"x": t.x, "y": t.y, "width": t.width, "height": t.height} for t in last.tiles]
        return people_in_tiles(picture, tiles, last.width)  # type: ignore[arg-type]

    def answer_keyframes(self, *present: Room) -> None:
        """As call control would: videoFastUpdatePicture."""
        for notice in self.of(control.KeyframeNeeded):
            assert isinstance(notice, control.KeyframeNeeded)
            self.notices.remove(notice)
            for room in present:
                room.wants_keyframe |= notice.leg == leg_of(room)


def leg_of(room: Room) -> str:
    return f"leg{room.person}"


@pytest.fixture
async def meeting() -> AsyncIterator[Meeting]:
    notices: list[control.Notice] = []
    mp = MultipointProcessor(decode_threads=1, rtp_port=23_000, rtp_ports=60)
    await mp.start(host="127.0.0.1", port=0, advertise=(), notify=notices.append)
    mp.handle(control.OpenBridge("c", PICTURE))
    yield Meeting(mp, notices)
    counters = mp.rtp.counters
    await mp.close()
    assert counters["legs_failed"] == 0
    assert mp.failures == 0
    assert mp.rtp.counters["ports"] == 0


async def until(condition: Callable[[], object], seconds: float = 15.0) -> None:
    """Wait for `condition`; a bound, not a measurement."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


def hears(listener: Room | Peer, *others: int) -> bool:
    levels = listener.tones()
    if not levels:
        return False
    weakest = min(levels[other] for other in others)
    return weakest > HEARD and levels[listener.person] < weakest - REMOVED


async def test_two_rooms_and_a_browser_hear_and_see_each_other(meeting: Meeting) -> None:
    async with rooms(1, 2) as (first, second), peers(3) as (browser,):
        for room in (first, second):
            meeting.join(room)
        await meeting.join_browser(browser, ("video/H264",))

        def all_is_well() -> bool:
            meeting.answer_keyframes(first, second)
            together = all(hears(one, *({1, 2, 3} - {one.person})) for one in (first, second, browser))
            return together and all(meeting.seen(one.picture) == [1, 2, 3] for one in (first, second, browser))

        await until(all_is_well, 25)
        for room in (first, second):
            assert meeting.states(room) == ["connected"]
            assert room.picture is not None
            assert room.picture.shape in ((360, 640), (180, 320))  # half of it where the machine is busy
            timestamps = [p.timestamp for p in room.packets["audio"]]
            steps = [(b - a) & 0xFFFFFFFF for a, b in itertools.pairwise(timestamps)]
            assert sorted(steps)[len(steps) // 2] == 160
            assert all(step % 160 == 0 for step in steps)  # ticks may be left out on a busy machine
            assert not any(p.marker for p in room.packets["audio"])
            assert {p.payload_type for p in room.packets["audio"]} == {PCMA}
            assert {p.payload_type for p in room.packets["main"]} == {H264}
            await until(lambda room=room: any(isinstance(r, rtcp.SenderReport) for r in room.reports["main"]))
            names = [r for r in room.reports["audio"] if isinstance(r, rtcp.SourceDescription)]
            assert {ssrc for r in names for ssrc, name in r.names if name} == {room.packets["audio"][0].ssrc}
        coded = [{p.payload for p in room.packets["main"]} for room in (first, second)]
        assert len(coded[0] & coded[1]) > 20  # coded once for both


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


async def test_strangers_change_nothing(meeting: Meeting) -> None:
    async with rooms(1, 2) as (first, second), rooms(4) as (stranger,):
        for room in (first, second):
            meeting.join(room)
        await until(lambda: hears(second, 1) and hears(first, 2))
        stranger.ports, stranger.peer = first.ports, "127.0.0.1"
        source = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        source.bind(("127.0.0.66", 0))
        own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # the room's address, another port
        own.bind((first.host, 0))
        junk = (b"", b"\0", b"\x80", bytes(4), bytes(200), b"\x80\x08", b"\xff" * 100, b"\x90\x08" + bytes(10))
        forged = build_rtp(
            bytes(160),
            payload_type=PCMA,
            sequence_number=first.sequence["audio"],
            timestamp=first.timestamp["audio"],
            ssrc=first.ssrc["audio"],
        )
        bye = rtcp.serialize([rtcp.ReceiverReport(1), rtcp.Goodbye((first.ssrc["audio"], first.ssrc["main"]))])
        try:
            for _ in range(300):
                for sender in (source, own):
                    for kind in ("audio", "main", "content"):
                        for data in (*junk, forged):
                            sender.sendto(data, ("127.0.0.1", first.ports[kind].rtp))
                source.sendto(bye, ("127.0.0.1", first.ports["audio"].rtcp))
                await asyncio.sleep(0)
            heard = len(second.packets["audio"])
            await until(lambda: len(second.packets["audio"]) > heard + 50)
        finally:
            source.close()
            own.close()
        leg = meeting.mp.rtp.legs[leg_of(first)]
        assert hears(second, 1)
        assert leg.audio is not None
        assert leg.audio.counters.received <= (first.sequence["audio"] - 65_530) & 0xFFFF  # nothing but the room's
        counters = meeting.mp.rtp.counters
        assert counters["wrong_source"] > 1_000
        assert counters["latched"] == 4
        assert "moved" not in counters


async def test_a_room_that_goes_on_from_another_port_is_heard_again(meeting: Meeting) -> None:
    async with rooms(1, 2) as (first, second):
        for room in (first, second):
            meeting.join(room)
        await until(lambda: hears(second, 1))
        moved = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        moved.bind((first.host, 0))
        before = first.sender["audio"]
        first.sender["audio"] = moved
        try:
            await until(lambda: not second.tones() or second.tones()[1] < 10)
            await until(lambda: hears(second, 1))
        finally:
            first.sender["audio"] = before
            moved.close()
        counters = meeting.mp.rtp.counters
        assert counters["moved"] == 1
        assert counters["wrong_source"] > 20


async def test_keys_are_told_once_and_the_sound_goes_on(meeting: Meeting) -> None:
    async with rooms(1, 2) as (first, second):
        for room in (first, second):
            meeting.join(room)
        await until(lambda: hears(second, 1))
        first.speaks = False
        for key in (1, 2, 2, 11):
            await first.press(key)
            await asyncio.sleep(0.06)
        await first.press(0, seconds=0.8)
        first.speaks = True
        await until(lambda: len(meeting.of(control.DigitReceived)) >= 5)
        await until(lambda: hears(second, 1))
        told = meeting.of(control.DigitReceived)
        assert told == [control.DigitReceived(leg_of(first), digit) for digit in "122#0"]


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


async def test_a_closed_channel_stops_and_the_call_goes_on(meeting: Meeting) -> None:
    async with rooms(1) as (room,):
        meeting.join(room)
        await until(lambda: room.pictures > 5)
        meeting.open(room, (room.audio("sent"), room.audio("received")))
        await until(lambda: any(isinstance(r, rtcp.Goodbye) for r in room.reports["main"]))
        pictures, sounds = len(room.packets["main"]), len(room.packets["audio"])
        await until(lambda: len(room.packets["audio"]) > sounds + 20)
        assert len(room.packets["main"]) <= pictures + 2
        meeting.mp.handle(control.RemoveLeg(leg_of(room)))
        await until(lambda: any(isinstance(r, rtcp.Goodbye) for r in room.reports["audio"]))
        assert meeting.states(room) == ["connected", "closed"]


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


async def test_a_room_that_is_moved_is_sent_the_other_conference(meeting: Meeting) -> None:
    async with rooms(1) as (room,):
        meeting.join(room)
        await until(lambda: room.pictures > 5)
        meeting.mp.handle(control.OpenBridge("d", control.PictureSettings(width=320, height=240, bitrate=300_000)))
        meeting.mp.handle(control.MoveRtpLeg(leg_of(room), "d", "p1"))
        state = control.UpdateConference("d", 1, (control.ParticipantState("p1", "p1"),), control.LayoutChoice())
        meeting.mp.handle(state)
        await until(lambda: room.picture is not None and room.picture.shape == (240, 320))
        assert meeting.states(room) == ["connected"]


async def test_ports_are_even_pairs_and_run_out(meeting: Meeting) -> None:
    async with rooms(1, 2) as two:
        numbers = [number for room in two for p in meeting.reserve(room) for number in (p.rtp, p.rtcp)]
        assert all(rtp % 2 == 0 and rtcp == rtp + 1 for rtp, rtcp in zip(numbers[::2], numbers[1::2], strict=True))
        assert len(set(numbers)) == 12
        for number in range(8):
            meeting.mp.handle(control.AddRtpLeg("c", f"q{number}", f"other{number}", "127.0.0.1"))
        with pytest.raises(RefusedError, match="busy"):
            meeting.mp.handle(control.AddRtpLeg("c", "q9", "other9", "127.0.0.1"))
        meeting.mp.handle(control.RemoveLeg("other3"))
        meeting.mp.handle(control.AddRtpLeg("c", "q9", "other9", "127.0.0.1"))


async def test_what_cannot_be_done_is_refused_and_changes_nothing(meeting: Meeting) -> None:
    async with rooms(1) as (room,):
        with pytest.raises(RefusedError, match="host-unknown"):
            meeting.mp.handle(control.AddRtpLeg("c", "p", "leg", "192.0.2.77"))
        meeting.join(room)
        await until(lambda: room.pictures > 5)
        wrong = (
            control.RtpChannel("sent", "audio", "G7231", 4, 8_000, rtp=room.address("audio")),
            control.RtpChannel("received", "main", "MPEG2", 99, 90_000),
            control.RtpChannel("sent", "main", "H264", 300, 90_000, rtp=room.address("main")),
            control.RtpChannel("sideways", "main", "H264", 99, 90_000),
            control.RtpChannel("sent", "audio", "PCMA", 8, 8_000, rtp=room.address("audio"), key=bytes(7)),
            control.RtpChannel("sent", "audio", "PCMA", 8, 8_000, rtp=("room.example", 5_000)),
        )
        for channel in wrong:
            with pytest.raises(RefusedError):
                meeting.open(room, (channel,))
        with pytest.raises(RefusedError, match="no-such-leg"):
            meeting.mp.handle(control.UpdateRtpLeg("nobody", ()))
        pictures, sounds = room.pictures, len(room.packets["audio"])
        await until(lambda: room.pictures > pictures + 5 and len(room.packets["audio"]) > sounds + 20)
