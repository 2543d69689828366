"""STUN from anybody: parsed, answered or refused, and no exception but ProtocolError."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from mcu.errors import ProtocolError
from mcu.webrtc import stun
from mcu.webrtc.ice_lite import Credentials, IceLite, local_fragment
from mcu.webrtc.ice_tcp import Deframer
from mcu.webrtc.stun import Attribute, MessageClass
from tests.fuzz.mutations import INPUTS, mutations

OURS = Credentials("ours", "our-password-of-24-chars")
TRANSACTION = bytes(12)


@dataclass(frozen=True)
class FakePath:
    ip: str = "2001:db8::1"
    port: int = 9


def request(*attributes: tuple[int, bytes]) -> bytes:
    named = ((Attribute.USERNAME, b"ours:theirs"), *attributes)
    return stun.build(MessageClass.REQUEST, TRANSACTION, named, password=OURS.password)


SEEDS = [
    request((Attribute.PRIORITY, bytes(4)), (Attribute.ICE_CONTROLLING, bytes(8)), (Attribute.USE_CANDIDATE, b"")),
    request((Attribute.PRIORITY, b""), (0x7777, b"odd"), (0xC057, bytes(4))),
    stun.build(MessageClass.SUCCESS, TRANSACTION, ((Attribute.XOR_MAPPED_ADDRESS, bytes.fromhex("0001a147e112a643")),)),
    stun.build(MessageClass.ERROR, TRANSACTION, ((Attribute.ERROR_CODE, stun.error_code(401, "no")),)),
]


def test_damaged_stun_is_refused_in_our_own_words() -> None:
    agent = IceLite(local=OURS, now=0.0)
    parsed = 0
    for index, flawed in enumerate(mutations(SEEDS, seed=5389)):
        data = flawed if index % 2 else with_right_length(flawed)
        try:
            message = stun.parse(data)
        except ProtocolError:
            continue
        parsed += 1
        message.fingerprint_matches()
        local_fragment(message)
        for kind, read in ((Attribute.XOR_MAPPED_ADDRESS, _address), (Attribute.ERROR_CODE, stun.parse_error_code)):
            value = message.get(kind)
            if value is not None:
                with contextlib.suppress(ProtocolError):
                    read(value)
        agent.receive(message, FakePath(), 1.0)
        for reply, _ in agent.data_to_send():
            stun.parse(reply)
        agent.events_received()
    assert parsed > INPUTS // 10


def test_a_damaged_stream_of_frames_ends_in_a_protocol_error_or_packets() -> None:
    stream = b"".join(len(packet).to_bytes(2, "big") + packet for packet in SEEDS)
    for data in mutations([stream], seed=4571, count=INPUTS // 10):
        deframer = Deframer()
        with contextlib.suppress(ProtocolError):
            for start in range(0, len(data), 100):
                deframer.receive(data[start : start + 100])


def with_right_length(data: bytes) -> bytes:
    """The header made whole again, so that the flaws are met behind it."""
    data = data[: len(data) // 4 * 4]
    return data[:2] + max(0, len(data) - 20).to_bytes(2, "big") + SEEDS[0][4:8] + data[8:]


def _address(value: bytes) -> object:
    return stun.parse_xor_address(value, TRANSACTION)
