"""A meeting room in plain RTP, without call control: a tone and a coded camera out, decoded sound and pictures in."""

from __future__ import annotations

import asyncio
import random
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import av
import numpy as np
from numpy.typing import NDArray

from mcu import control
from mcu._native.packets import build_rtp, parse_rtp
from mcu._native.rtp_packet import RtpPacket
from mcu.media import payload_h264, rtcp
from mcu.media.h264_nal import join_annex_b
from mcu.media.types import VideoProfile
from mcu.media.video_codecs import VideoEncoder
from tests.support import alaw
from tests.support.media import FPS, TONES, camera_picture

RATE = 8_000
BLOCK = 160
PCMA, H264, EVENTS = 8, 109, 101
KINDS = ("audio", "main", "content")
MOST_PACKETS = 3_000  # kept of each kind
TAIL = RATE // 2  # samples that are looked at for tones


class Room:
    """One room at `host`; `channels` is what its call control would have agreed on."""

    def __init__(self, person: int, host: str = "127.0.0.1") -> None:
        self.person = person
        self.host = host
        self.peer = host  # where the server's ports are
        self.ports: dict[str, control.RtpPorts] = {}
        self.packets: dict[str, list[RtpPacket]] = {kind: [] for kind in KINDS}
        self.reports: dict[str, list[rtcp.Packet]] = {kind: [] for kind in KINDS}
        self.keepalives = 0
        self.wants_keyframe = True  # the camera's encoder, next
        self.speaks = self.films = True
        self.decodes = True  # what comes as main picture is H.264
        self.films_content = False  # sends the camera's pictures as content, too
        self.picture: NDArray[np.uint8] | None = None  # newest luma plane of the main picture
        self.pictures = 0
        self.last_picture = 0.0  # monotonic seconds
        self._loop = asyncio.get_running_loop()
        self._rtp = {kind: _bound(host) for kind in KINDS}
        self.sender = dict(self._rtp)  # packets leave from there: a room may send from another port
        self._rtcp = {kind: _bound(host) for kind in KINDS}
        for kind in KINDS:
            self._loop.add_reader(self._rtp[kind].fileno(), self._read, kind)
            self._loop.add_reader(self._rtcp[kind].fileno(), self._read_reports, kind)
        self.ssrc = {kind: random.Random(f"{person}{kind}").randrange(1, 1 << 32) for kind in KINDS}
        self.sequence = dict.fromkeys(KINDS, 65_530)
        self.timestamp = dict.fromkeys(KINDS, 4_294_960_000)
        self._unit: list[bytes] = []  # payloads of the picture that is arriving
        self._gap = True
        self._decoder = av.CodecContext.create("h264", "r")
        self._encoder = VideoEncoder(VideoProfile("H264", 640, 360, FPS, 600_000, "constrained-baseline", 0))
        self._tasks: list[asyncio.Task[None]] = []

    # --- what call control would say --------------------------------------------------------------------

    def address(self, kind: str) -> tuple[str, int]:
        return (self.host, self._rtp[kind].getsockname()[1])

    def report_address(self, kind: str) -> tuple[str, int]:
        return (self.host, self._rtcp[kind].getsockname()[1])

    def audio(self, direction: str) -> control.RtpChannel:
        return control.RtpChannel(
            direction,
            "audio",
            "PCMA",
            PCMA,
            RATE,
            rtp=self._sent_to("audio", direction),
            rtcp=self.report_address("audio"),
        )

    def video(self, direction: str, kind: str = "main", **changes: object) -> control.RtpChannel:
        values: dict[str, object] = {"width": 1280, "height": 720, "fps": 30, "bitrate": 2_000_000} | changes
        return control.RtpChannel(
            direction,
            kind,
            "H264",
            H264,
            90_000,
            rtp=self._sent_to(kind, direction),
            rtcp=self.report_address(kind),
            **values,  # type: ignore[arg-type]
        )

    def channels(self, **changes: object) -> tuple[control.RtpChannel, ...]:
        """Sound and main picture, both ways."""
        both = ("received", "sent")
        return (*map(self.audio, both), *(self.video(way, **changes) for way in both))

    def _sent_to(self, kind: str, direction: str) -> tuple[str, int]:
        return self.address(kind) if direction == "sent" else ("", 0)

    # --- out --------------------------------------------------------------------------------------------

    def start(self, ports: tuple[control.RtpPorts, ...]) -> None:
        """Speak and film, to these ports."""
        self.ports = {each.kind: each for each in ports}
        self._tasks = [asyncio.ensure_future(self._speak()), asyncio.ensure_future(self._film())]

    def send(
        self, kind: str, payload: bytes, *, payload_type: int, marker: bool = False, timestamp: int | None = None
    ) -> bytes:
        """One packet, of now unless `timestamp` says otherwise."""
        data = build_rtp(
            payload,
            payload_type=payload_type,
            sequence_number=self.sequence[kind],
            timestamp=self.timestamp[kind] if timestamp is None else timestamp,
            ssrc=self.ssrc[kind],
            marker=marker,
        )
        self.sequence[kind] = (self.sequence[kind] + 1) & 0xFFFF
        self.send_raw(kind, data)
        return data

    def send_raw(self, kind: str, data: bytes) -> None:
        self.sender[kind].sendto(data, (self.peer, self.ports[kind].rtp))

    def send_report(self, kind: str, *packets: rtcp.Packet) -> None:
        self._rtcp[kind].sendto(rtcp.serialize(packets), (self.peer, self.ports[kind].rtcp))

    async def press(self, key: int, seconds: float = 0.06) -> None:
        """A key in the sound (RFC 4733): packets while it is pressed, and its end three times."""
        start = self.timestamp["audio"]
        steps = max(1, round(seconds / 0.02))
        for step in [*range(1, steps + 1), steps, steps]:
            ended = 0x80 if step == steps else 0
            payload = bytes((key, ended | 10)) + (step * BLOCK).to_bytes(2, "big")
            self.send("audio", payload, payload_type=EVENTS, marker=step == 1, timestamp=start)
            await asyncio.sleep(0.02)

    async def _speak(self) -> None:
        begin, block = time.monotonic(), 0
        while True:
            samples = (np.arange(BLOCK) + block * BLOCK) * (2 * np.pi * TONES[self.person] / RATE)
            sound = (0.3 * 32767 * np.sin(samples)).astype(np.int16)
            if self.speaks:
                self.send("audio", alaw.compress(sound), payload_type=PCMA)
            self.timestamp["audio"] = (self.timestamp["audio"] + BLOCK) & 0xFFFFFFFF
            block += 1
            await asyncio.sleep(max(0.0, begin + block * 0.02 - time.monotonic()))

    async def _film(self) -> None:
        begin, frame = time.monotonic(), 0
        while True:
            if self.films:
                source = av.VideoFrame.from_ndarray(camera_picture(self.person, frame % FPS), format="rgb24")
                keyframe, self.wants_keyframe = self.wants_keyframe, False
                coded = self._encoder.encode(
                    source.reformat(format="yuv420p"), timestamp=frame * 90_000 // FPS, keyframe=keyframe
                )
                if coded is not None:
                    payloads = payload_h264.packetize(coded.data, 1_100, packetization_mode=0)
                    for index, payload in enumerate(payloads):
                        for kind in ("main", "content")[: 1 + self.films_content]:
                            self.send(kind, payload, payload_type=H264, marker=index == len(payloads) - 1)
            for kind in ("main", "content"):
                self.timestamp[kind] = (self.timestamp[kind] + 90_000 // FPS) & 0xFFFFFFFF
            frame += 1
            await asyncio.sleep(max(0.0, begin + frame / FPS - time.monotonic()))

    # --- in ---------------------------------------------------------------------------------------------

    @property
    def sound(self) -> NDArray[np.float32]:
        """The last seconds at 8 kHz."""
        data = b"".join(p.payload for p in self.packets["audio"][-200:])
        return alaw.expand(data).astype(np.float32) / 32768

    def tones(self) -> dict[int, float]:
        """Each person's tone in the last half second: dB over the median of the spectrum."""
        tail = self.sound[-TAIL:]
        if len(tail) < TAIL:
            return {}
        spectrum = 20 * np.log10(np.abs(np.fft.rfft(tail * np.hanning(len(tail)))) + 1e-3)
        floor = float(np.median(spectrum))
        bins = {person: round(frequency * len(tail) / RATE) for person, frequency in TONES.items()}
        return {person: float(spectrum[b - 2 : b + 3].max()) - floor for person, b in bins.items()}

    def _read(self, kind: str) -> None:
        while (data := _received(self._rtp[kind])) is not None:
            if not data:
                self.keepalives += 1
                continue
            packet = parse_rtp(data, arrival=time.monotonic())
            kept = self.packets[kind]
            if kind == "main" and self.decodes:
                self._take(packet, kept[-1] if kept else None)
            kept.append(packet)
            del kept[:-MOST_PACKETS]

    def _read_reports(self, kind: str) -> None:
        while (data := _received(self._rtcp[kind])) is not None:
            self.reports[kind] += rtcp.parse(data)

    def _take(self, packet: RtpPacket, before: RtpPacket | None) -> None:
        """Put pictures together; after a gap none is decoded until a keyframe."""
        if before is not None and packet.sequence_number != (before.sequence_number + 1) & 0xFFFF:
            self._gap, self._unit = True, []
        self._unit.append(packet.payload)
        if not packet.marker:
            return
        nals, self._unit = payload_h264.depacketize(self._unit), []
        if self._gap and not any(nal[0] & 0x1F == 5 for nal in nals):
            return
        self._gap = False
        for frame in self._decoder.decode(av.Packet(join_annex_b(nals))):
            plane = frame.planes[0]
            rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
            self.picture = rows[: frame.height, : frame.width].copy()
            self.pictures += 1
            self.last_picture = time.monotonic()

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        for each in (*self._rtp.values(), *self._rtcp.values()):
            self._loop.remove_reader(each.fileno())
            each.close()


@asynccontextmanager
async def rooms(*people: int) -> AsyncIterator[list[Room]]:
    """Rooms that are closed at the end."""
    made = [Room(person) for person in people]
    try:
        yield made
    finally:
        for room in made:
            room.close()


def keyframes(packets: list[RtpPacket]) -> list[RtpPacket]:
    """Those that hold a sequence parameter set, alone or as the first of an aggregate: a keyframe begins."""
    return [p for p in packets if p.payload[0] & 0x1F == 7 or (p.payload[0] & 0x1F == 24 and p.payload[3] & 0x1F == 7)]


def _bound(host: str) -> socket.socket:
    one = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    one.setblocking(False)
    one.bind((host, 0))
    return one


def _received(one: socket.socket) -> bytes | None:
    try:
        return one.recv(2_048)
    except BlockingIOError:
        return None
