"""TPKT from anybody: messages or a TpktError, and never more kept than one message."""

from __future__ import annotations

from mcu.h323 import tpkt
from tests.fuzz.mutations import INPUTS, mutations

STREAM = b"".join(tpkt.frame(bytes([n]) * size) for n, size in enumerate((1, 30, 0, 300, 5))) + tpkt.KEEPALIVE


def test_a_damaged_stream_gives_messages_or_an_end() -> None:
    ended = 0
    for index, data in enumerate(mutations([STREAM], seed=1006)):
        deframer = tpkt.Deframer()
        step = (1, 7, len(data) or 1)[index % 3]
        try:
            for at in range(0, len(data), step):
                for message in deframer.receive(data[at : at + step]):
                    assert 0 < len(message) <= tpkt.MAX_MESSAGE
        except tpkt.TpktError:
            ended += 1
        assert len(deframer._buffer) <= tpkt.HEADER + tpkt.MAX_MESSAGE
    assert INPUTS // 20 < ended < INPUTS
