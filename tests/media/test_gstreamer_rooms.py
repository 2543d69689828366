"""Our packets in another implementation's depacketisers and decoders, and its packets in ours: GStreamer's."""

from __future__ import annotations

import random
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mcu.media.payloads import packetize
from mcu.media.video_codecs import VideoEncoder
from tests.fakes.moving_pictures import PAYLOAD_TYPE, Watching, luma_of, moving, profile, psnr

LAUNCH = shutil.which("gst-launch-1.0")
INSPECT = shutil.which("gst-inspect-1.0")
# codec: (encoding-name, depacketiser and decoder, encoder and packetiser)
ELEMENTS = {
    "H261": ("H261", "rtph261depay ! avdec_h261", "avenc_h261 bitrate={rate} ! rtph261pay mtu={mtu}"),
    "H264": ("H264", "rtph264depay ! h264parse ! avdec_h264", ""),
    "H263": ("H263", "rtph263depay ! avdec_h263", "avenc_h263 bitrate={rate} ps=1 ! rtph263pay mtu={mtu}"),
    "H263-1998": ("H263-1998", "rtph263pdepay ! avdec_h263", "avenc_h263p bitrate={rate} ! rtph263ppay mtu={mtu}"),
}


def installed(name: str) -> bool:
    return bool(INSPECT) and subprocess.run([str(INSPECT), name], capture_output=True, check=False).returncode == 0


needs_gstreamer = pytest.mark.skipif(
    not all(installed(name) for name in ("rtpstreamdepay", "rtph261depay", "avdec_h261")), reason="no GStreamer"
)


def run(pipeline: str) -> None:
    done = subprocess.run([str(LAUNCH), "-q", *pipeline.split()], capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert b"ERROR" not in done.stderr


def framed(payloads: list[bytes], timestamp: int, first: int) -> bytes:
    """RTP with its length in front (RFC 4571)."""
    packets = []
    for index, payload in enumerate(payloads):
        marker = 0x80 if index == len(payloads) - 1 else 0
        head = bytes((0x80, marker | PAYLOAD_TYPE)) + (first + index & 0xFFFF).to_bytes(2, "big")
        packet = head + timestamp.to_bytes(4, "big") + b"room" + payload
        packets.append(len(packet).to_bytes(2, "big") + packet)
    return b"".join(packets)


def their_view(codec: str, stream: bytes, folder: Path, size: tuple[int, int]) -> list[np.ndarray]:
    """The luma of what GStreamer shows."""
    (folder / "sent").write_bytes(stream)
    name, elements, _ = ELEMENTS[codec]
    caps = f"application/x-rtp-stream,media=video,clock-rate=90000,encoding-name={name},payload={PAYLOAD_TYPE}"
    run(
        f"filesrc location={folder}/sent ! {caps} ! rtpstreamdepay ! {elements} ! "
        f"videoconvert ! video/x-raw,format=I420 ! filesink location={folder}/shown"
    )
    raw = np.frombuffer((folder / "shown").read_bytes(), np.uint8).reshape(-1, size[1] * 3 // 2, size[0])
    return list(raw[:, : size[1]])


@needs_gstreamer
@pytest.mark.parametrize(
    ("codec", "size", "rate"),
    [
        ("H261", (176, 144), 128_000),
        ("H261", (352, 288), 384_000),
        ("H261", (352, 288), 1_500_000),
        ("H264", (352, 288), 384_000),
        ("H264", (1280, 720), 1_500_000),
        ("H263", (176, 144), 128_000),
        ("H263", (352, 288), 384_000),
        ("H263", (704, 576), 4_000_000),
        ("H263-1998", (352, 288), 384_000),
        ("H263-1998", (704, 576), 4_000_000),
    ],
)
def test_our_packets_are_seen_there(codec, size, rate, tmp_path):
    encoding = replace(profile(codec, *size, rate), packetization_mode=0)  # of H.264
    encoder, stream, number, originals, largest = VideoEncoder(encoding), b"", 100, [], 0
    for index, frame in enumerate(moving(25, *size, noise=4)):
        coded = encoder.encode(frame, timestamp=3_600 * index, keyframe=index == 12)
        if coded is None:
            continue
        payloads = packetize(coded, encoding, 1_100)
        largest = max(largest, *map(len, payloads))
        stream += framed(payloads, 3_600 * index, number)
        number += len(payloads)
        originals.append(luma_of(frame))
    assert largest <= 1_100
    shown = their_view(codec, stream, tmp_path, size)
    assert abs(len(shown) - len(originals)) <= 1  # the last one may wait for the next timestamp
    quality = [psnr(seen, original) for seen, original in zip(shown, originals, strict=False)]
    assert min(quality) > 25
    assert np.mean(quality) > 29


@needs_gstreamer
@pytest.mark.parametrize("codec", ["H261", "H263", "H263-1998"])
def test_what_they_see_after_losses_is_right_again_with_the_next_keyframe(codec, tmp_path):
    size, rng = (352, 288), random.Random(3)
    encoding = profile(codec, *size, 1_000_000)
    encoder, stream, number, originals = VideoEncoder(encoding), b"", 100, []
    for index, frame in enumerate(moving(40, *size)):
        coded = encoder.encode(frame, timestamp=3_600 * index, keyframe=index == 25)
        assert coded is not None
        for at, payload in enumerate(payloads := packetize(coded, encoding, 1_100)):
            last = at == len(payloads) - 1
            if not (5 <= index < 20 and not last and rng.random() < 0.1):
                piece = framed([payload], 3_600 * index, number + at)
                stream += piece if last else piece[:3] + bytes((PAYLOAD_TYPE,)) + piece[4:]
        number += len(payloads)
        originals.append(luma_of(frame))
    shown = their_view(codec, stream, tmp_path, size)
    assert len(shown) >= 30
    for back in range(2, 12):  # the last pictures are those after the keyframe
        assert max(psnr(shown[-back], original) for original in originals[25:]) > 35


@needs_gstreamer
@pytest.mark.parametrize("mtu", [400, 1_000])
@pytest.mark.parametrize(
    ("codec", "size", "rate"),
    [("H261", (352, 288), 500_000), ("H263", (352, 288), 500_000), ("H263-1998", (704, 576), 2_000_000)],
)
def test_their_packets_are_seen_here(codec, size, rate, mtu, tmp_path):
    _, _, elements = ELEMENTS[codec]
    source = f"videotestsrc num-buffers=30 pattern=ball ! video/x-raw,format=I420,width={size[0]},height={size[1]}"
    run(
        f"{source},framerate=25/1,pixel-aspect-ratio=12/11 ! tee name=t t. ! queue ! "
        f"{elements.format(rate=rate, mtu=mtu)} ! "
        f"rtpstreampay ! filesink location={tmp_path}/sent t. ! queue ! filesink location={tmp_path}/original"
    )
    stream, at, pictures = (tmp_path / "sent").read_bytes(), 0, {}
    while at < len(stream):
        length = int.from_bytes(stream[at : at + 2], "big")
        packet = stream[at + 2 : at + 2 + length]
        pictures.setdefault(int.from_bytes(packet[4:8], "big"), []).append(packet[12:])
        at += 2 + length
    watching = Watching(codec)
    for index, (timestamp, payloads) in enumerate(pictures.items()):
        watching.receive(payloads, timestamp, index / 25)
    raw = np.frombuffer((tmp_path / "original").read_bytes(), np.uint8).reshape(-1, size[1] * 3 // 2, size[0])
    assert len(watching.shown) == len(raw) == 30
    quality = [
        psnr(picture.y, original[: size[1]]) for picture, original in zip(watching.shown.values(), raw, strict=True)
    ]
    assert min(quality) > 28
    assert (watching.receiver.counters.malformed, watching.decoder.errors) == (0, 0)


@pytest.mark.parametrize("codec", ["H261", "H263", "H263-1998"])
def test_our_packets_are_seen_here(codec):
    """What the tests above show of another implementation, of ours alone where that is not installed."""
    encoding, watching = profile(codec, 352, 288, 500_000), Watching(codec)
    encoder = VideoEncoder(encoding)
    for index, frame in enumerate(moving(10, 352, 288)):
        coded = encoder.encode(frame, timestamp=3_600 * index, keyframe=False)
        assert coded is not None
        watching.receive(packetize(coded, encoding, 400), 3_600 * index, index / 25)
    assert len(watching.shown) == 10
