"""The codec floor: the bare codecs through PyAV on the same streams, paced in real time, and nothing else.

Per second: every picture and every Opus packet that is sent is decoded, the composite is encoded once, and VOICES mixes
are encoded. No network, no scaling, no mixing: what is encoded was composed and mixed before the measuring.

Rules:
1. The video encoder is set as the server's own was when it was first measured. Opus is coded as calls have it ("voip")
   and decoded by FFmpeg's own decoder, which takes 29 µs a packet where libopus takes 41.
2. Who comes late decodes all the same, because streams must not break, and encodes only the newest tick.
"""

from __future__ import annotations

import time
from fractions import Fraction
from typing import cast

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from mcu.bench.composites import Mixes, composites
from mcu.bench.contender import WARM_UP_SECONDS, Result, cpu_of_self, main, sleep_until
from mcu.bench.media import Source, content_source, sources
from mcu.bench.workload import Composite, Workload
from mcu.media.types import BLOCK_SAMPLES, BLOCK_SECONDS, SAMPLE_RATE, VIDEO_CLOCK_RATE
from mcu.processor.ticks import Ticks

NAME = "floor"
VOICES = 5  # Opus encoders, as many as voices are mixed in the server
AUDIO_BITRATE = 32_000  # bits per second
OPUS_COMPLEXITY = 5
OPUS_ENCODER = {
    "application": "voip",
    "frame_duration": "20",
    "vbr": "on",
    "compression_level": str(OPUS_COMPLEXITY),
}
SPREAD = 0.618  # of a frame interval between two sources: all at the same moment would be nobody's network
NO_KEYFRAMES = 1 << 29
BUFFER_SECONDS = 0.4
VIDEO_DECODERS = {"VP8": "vp8", "H264": "h264"}
# The floor stays where it is when the server's own settings change.
VIDEO_ENCODERS: dict[str, tuple[str, dict[str, str]]] = {
    "VP8": (
        "libvpx",
        {
            "deadline": "realtime",
            "cpu-used": "-10",
            "lag-in-frames": "0",
            "undershoot-pct": "100",
            "overshoot-pct": "15",
            "static-thresh": "100",
            "max-intra-rate": "450",
        },
    ),
    "H264": (
        "libx264",
        {
            "preset": "superfast",
            "tune": "zerolatency",
            "profile": "baseline",
            "forced-idr": "1",
            "x264-params": "repeat-headers=1:scenecut=0",
        },
    ),
}


class Receiver:
    """Decodes what one participant sends."""

    def __init__(self, source: Source, *, sound: bool, picture: bool) -> None:
        self._source = source
        self._offset = source.participant * SPREAD % 1.0 / source.fps
        self._video = _video_decoder(source.performance.listening.codec) if picture else None
        self._audio = _opus_decoder() if sound else None
        self._pictures = self._packets = 0  # decoded so far
        self.errors = 0

    def decode_until(self, seconds: float) -> None:
        """Everything that has been sent `seconds` after the beginning."""
        if self._video is not None:
            while self._pictures / self._source.fps + self._offset <= seconds:
                self._decode(self._video, self._source.picture(self._pictures).data)
                self._pictures += 1
        if self._audio is not None:
            while self._packets * BLOCK_SECONDS <= seconds:
                self._decode(self._audio, self._source.packet(self._packets))
                self._packets += 1

    def _decode(self, decoder: VideoCodecContext | AudioCodecContext, data: bytes) -> None:
        if not decoder.decode(av.Packet(data)):
            self.errors += 1


class PictureEncoder:
    """Encodes the composites that were made before, over and over."""

    def __init__(self, workload: Workload) -> None:
        self.bytes = 0
        self._frames = composites(workload)
        self._encoder = video_encoder(workload.codec_out, workload.composite)
        self._step = VIDEO_CLOCK_RATE // workload.composite.fps

    def encode(self, tick: int) -> None:
        frame = self._frames[tick % len(self._frames)]
        frame.pts = tick * self._step
        frame.time_base = Fraction(1, VIDEO_CLOCK_RATE)
        frame.pict_type = PictureType.NONE
        self.bytes += sum(packet.size for packet in self._encoder.encode(frame))


class SoundEncoders:
    """Encodes VOICES different mixes that were made before."""

    def __init__(self, receivers: list[Source]) -> None:
        self.bytes = 0
        mixes = Mixes(receivers)
        self._frames = [[_audio_frame(block) for block in mixes.without(voice)] for voice in range(VOICES)]
        self._encoders = [opus_encoder() for _ in range(VOICES)]

    def encode(self, tick: int) -> None:
        for frames, encoder in zip(self._frames, self._encoders, strict=True):
            frame = frames[tick % len(frames)]
            frame.pts = tick * BLOCK_SAMPLES
            self.bytes += sum(packet.size for packet in encoder.encode(frame))


def run(workload: Workload, seconds: float) -> Result:
    """Carry the load for WARM_UP_SECONDS and then `seconds`."""
    people = sources(workload)
    receivers = [Receiver(source, sound=True, picture=not workload.audio_only) for source in people]
    shared = content_source(workload)
    if shared is not None and not workload.audio_only:
        receivers.append(Receiver(shared, sound=False, picture=True))
    pictures = None if workload.audio_only else PictureEncoder(workload)
    sounds = SoundEncoders(people)
    begin = time.monotonic()
    sound_beat = Ticks(BLOCK_SECONDS, start=begin)
    picture_beat = Ticks(1 / workload.composite.fps, start=begin)
    counted = sound_beat if pictures is None else picture_beat
    measured_from = begin + WARM_UP_SECONDS
    before: tuple[float, int, int, int] | None = None
    while True:
        now = time.monotonic()
        if before is None and now >= measured_from:
            measured_from = now
            before = (cpu_of_self(), counted.index, counted.missed, pictures.bytes if pictures else 0)
        if before is not None and now >= measured_from + seconds:
            break
        for receiver in receivers:
            receiver.decode_until(now - begin)
        if now >= sound_beat.due:
            sounds.encode(sound_beat.advance(now))
        if pictures is not None and now >= picture_beat.due:
            pictures.encode(picture_beat.advance(now))
        sleep_until(min(sound_beat.due, picture_beat.due if pictures is not None else sound_beat.due))
    cpu, ticks, missed, sent = before
    bits = (pictures.bytes - sent) * 8 / (now - measured_from) if pictures else 0.0
    errors = sum(receiver.errors for receiver in receivers)
    return Result(
        name=NAME,
        cpu_seconds=cpu_of_self() - cpu,
        seconds=now - measured_from,
        ticks=counted.index - ticks,
        ticks_missed=counted.missed - missed,
        participants=workload.participants,
        note=f"{bits / 1000:.0f} kbit/s of picture" + (f", {errors} not decoded" if errors else ""),
    )


def _video_decoder(codec: str) -> VideoCodecContext:
    decoder = cast(VideoCodecContext, av.CodecContext.create(VIDEO_DECODERS[codec], "r"))
    decoder.thread_count = 1
    decoder.options = {"flags": "+low_delay"}
    return decoder


def video_encoder(codec: str, composite: Composite) -> VideoCodecContext:
    """As rule 1 says; frames of the composite's size, times of 90 kHz."""
    name, options = VIDEO_ENCODERS[codec]
    encoder = cast(VideoCodecContext, av.CodecContext.create(name, "w"))
    encoder.width, encoder.height, encoder.pix_fmt = composite.width, composite.height, "yuv420p"
    encoder.time_base = Fraction(1, VIDEO_CLOCK_RATE)
    encoder.framerate = Fraction(composite.fps, 1)
    encoder.bit_rate = composite.bitrate
    encoder.thread_count = 1
    rate = {"maxrate": str(composite.bitrate), "bufsize": str(int(composite.bitrate * BUFFER_SECONDS))}
    constant = {"minrate": str(composite.bitrate)} if codec == "VP8" else {}
    encoder.options = {"g": str(NO_KEYFRAMES), "keyint_min": str(NO_KEYFRAMES), **rate, **constant, **options}
    return encoder


def _opus_decoder() -> AudioCodecContext:
    return av.CodecContext.create("opus", "r")


def opus_encoder() -> AudioCodecContext:
    """Likewise; mono float blocks of 20 ms."""
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate = SAMPLE_RATE
    encoder.layout = "mono"
    encoder.format = "flt"
    encoder.bit_rate = AUDIO_BITRATE
    encoder.options = OPUS_ENCODER
    return encoder


def _audio_frame(block: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(block[None, :], format="flt", layout="mono")
    frame.sample_rate = SAMPLE_RATE
    return frame


if __name__ == "__main__":
    main(NAME, run)
