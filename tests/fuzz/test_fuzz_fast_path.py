"""Streams in any disorder and damaged packets: by the fast path comes what comes by the usual one, and nothing else."""

from __future__ import annotations

import random

from tests.fakes.two_paths import Camera, TwoPaths, rtp
from tests.fuzz.mutations import INPUTS, mutations

STEPS = INPUTS // 20  # a step is ten packets each way, and the comparison


def test_a_line_that_does_everything_to_packets() -> None:
    rng = random.Random(41)
    two, cameras = TwoPaths(), {"1": Camera(ssrc=1_000), "2": Camera(ssrc=2_000)}
    now, quiet, waiting = 1.0, 0, list[bytes]()
    for voice in range(STEPS):
        now += rng.choice((0.001, 0.005, 0.02))
        if voice % 400 == 0:
            quiet = 150  # steps in which the line is good
        quiet -= 1
        for mid, camera in cameras.items():
            if rng.random() < 0.002:
                camera.ssrc += 1
                camera.number = rng.randrange(65_536)
            if rng.random() < 0.002:
                camera.number += rng.randrange(2_000)
            if rng.random() < 0.005:
                camera.payload_type = rng.choice((96, 96, 98, 99))
            waiting += camera.frame(
                rng.choice((10, 300, 1_100)),
                keyframe=rng.random() < 0.05,
                pieces=rng.choice((1, 1, 2, 5)),
                orientation=rng.choice((-1, -1, -1, 90)),
                mid=mid if rng.random() < 0.3 else "",
            )
        waiting.append(rtp(b"\x78abc", 111, voice, voice * 960, 5, mid="0", transport_sequence=voice & 0xFFFF))
        reading, waiting = waiting, []
        if quiet < 0:
            reading = [data for data in reading if rng.random() > 0.03]
            if rng.random() < 0.1:
                rng.shuffle(reading)
            if rng.random() < 0.1:
                reading += rng.choices(reading, k=2) if reading else []
            cut = rng.randrange(len(reading) + 1) if rng.random() < 0.2 else len(reading)
            reading, waiting = reading[:cut], reading[cut:]
        two.receive(reading, now)
        two.pass_time(now)
        two.check()
    assert two.fast.fast > STEPS


def test_damaged_packets() -> None:
    camera = Camera()
    valid = [
        *camera.frame(keyframe=True, mid="1"),
        *camera.frame(),
        *camera.frame(pieces=1),
        *camera.frame(10, pieces=5),
    ]
    valid += [rtp(b"\x78abc", 111, n, n * 960, 5, audio_level=9, transport_sequence=n) for n in range(3)]
    two = TwoPaths()
    two.receive(valid, 1.0)
    for index, data in enumerate(mutations(valid, seed=42, count=INPUTS // 4)):
        two.receive([data], 2.0 + index / 1_000)
        if index % 10 == 0:
            two.receive(valid[index // 10 % len(valid) :][:3], 2.0 + index / 1_000)
        if index % 500 == 0:
            two.pass_time(2.0 + index / 1_000)
            two.check()
            two.receive(valid, 2.0 + index / 1_000)
    two.check()
