"""Clip files that were damaged: an error of ours or a performance that can be played."""

from __future__ import annotations

import random

from mcu.errors import ProtocolError
from mcu.synthetic import clips
from mcu.synthetic.clips import Clip, Performance, SmallerPictures
from mcu.synthetic.player import load_reels
from tests.fuzz.mutations import INPUTS


def test_damaged_clip_files() -> None:
    choose = random.Random(20261121)
    clip = Clip(
        "VP8",
        320,
        180,
        15,
        (b"abc", b"de"),
        (0,),
        0,
        (b"x", b"y"),
        (60, 61),
        (SmallerPictures(256, 144, (b"f", b"g")),),
    )
    valid = clips.dump(Performance(person=1, listening=clip, speaking=clip))
    accepted = 0
    for _ in range(INPUTS):
        data = bytearray(valid)
        for _ in range(choose.randrange(1, 4)):
            data[choose.randrange(len(data))] = choose.randrange(256)
        if choose.random() < 0.2:
            del data[choose.randrange(len(data)) :]
        try:
            performance = clips.load(bytes(data))
        except ProtocolError:
            continue
        accepted += 1
        if accepted < 1000:
            load_reels(performance)
    assert 0 < accepted < INPUTS
