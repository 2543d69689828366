"""Rooms in plain RTP inside a real media processor: heard and seen by each other and by browsers, over real sockets."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import AsyncIterator

import pytest

from mcu import control
from mcu._native.packets import build_rtp
from mcu.errors import RefusedError
from mcu.media import rtcp
from tests.processor.rtp_meeting import Meeting, a_meeting, hears, leg_of, until
from tests.support.peers import peers
from tests.support.rooms import H264, PCMA, rooms


@pytest.fixture
async def meeting() -> AsyncIterator[Meeting]:
    async with a_meeting(rtp_port=23_000) as made:
        yield made


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
