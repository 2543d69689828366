"""H.225.0 call signaling from anybody: a message or an Asn1Error, within 100 ms each."""

from __future__ import annotations

import time

from mcu.h323 import h225_codec
from mcu.h323.asn1 import Asn1Error
from mcu.h323.h225_messages import Empty, UserInformation
from tests.fuzz.mutations import INPUTS, mutations
from tests.h323.test_h225_messages import BODIES

SEEDS = [h225_codec.serialize(UserInformation(body, tunnelling=True, control=(b"\x4a\x40",))) for body in BODIES]
SEEDS.append(h225_codec.serialize(UserInformation(Empty(), tunnelling=True, control=(b"\x4a\x40",) * 3)))
SLOWEST = 0.1  # seconds of the processor's time


def test_damaged_messages_are_refused_in_our_own_words() -> None:
    parsed = 0
    for data in mutations(SEEDS, seed=225):
        began = time.thread_time()
        try:
            message = h225_codec.parse(data)
        except Asn1Error:
            continue
        finally:
            assert time.thread_time() - began < SLOWEST
        parsed += 1
        assert len(message.control) <= h225_codec.MAX_PDUS
    assert parsed > INPUTS // 20
