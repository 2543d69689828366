"""Q.931 from anybody: a message or a Q931Error, and contents of elements of any shape."""

from __future__ import annotations

from mcu.h323 import q931, q931_contents
from tests.fuzz.mutations import INPUTS, mutations

SEEDS = [
    bytes.fromhex("0802304605 0404 88188ca5 2808 63616c6c65724200 7004 81363030 7e0004 05200102"),
    bytes.fromhex("080230465a 0802 8090 7e0002 0522"),
    bytes.fromhex("080230467b a1 2c02 3132 9e 2803 616263 95 1401 0a 3401 4f 6c03 018031"),
    bytes.fromhex("0802b0467d 0803 008090 1401 0a 1e02 8088"),
]
READERS = {
    q931.ElementId.BEARER_CAPABILITY: q931_contents.parse_bearer_capability,
    q931.ElementId.CAUSE: q931_contents.parse_cause,
    q931.ElementId.CALL_STATE: q931_contents.parse_call_state,
    q931.ElementId.PROGRESS_INDICATOR: q931_contents.parse_progress_indicator,
    q931.ElementId.DISPLAY: q931_contents.parse_display,
    q931.ElementId.KEYPAD_FACILITY: q931_contents.parse_keypad,
    q931.ElementId.SIGNAL: q931_contents.parse_signal,
    q931.ElementId.CALLING_PARTY_NUMBER: q931_contents.parse_number,
    q931.ElementId.CALLED_PARTY_NUMBER: q931_contents.parse_number,
}


def test_damaged_messages_are_refused_in_our_own_words() -> None:
    parsed = 0
    for data in mutations(SEEDS, seed=931):
        try:
            message = q931.parse(data)
        except q931.Q931Error:
            continue
        parsed += 1
        assert len(message.elements) <= q931.MAX_ELEMENTS
        assert len(message.user_information or b"") <= len(data)
        for element in message.elements:
            for read in READERS.values():
                read(element.contents)
        if message.call_reference < 1 << q931.REFERENCE_BITS:
            assert q931.parse(q931.serialize(message)) == message
    assert parsed > INPUTS // 10
