"""Bad audio packets: whatever comes, nothing but ProtocolError leaves a parser and a receiver never raises."""

from __future__ import annotations

import random
from pathlib import Path

from mcu._native.opus import OpusDecoder, packet_has_fec, packet_samples
from mcu.errors import ProtocolError
from mcu.media.audio_receiver import AudioReceiver
from mcu.media.jitter_buffer import MAX_PACKETS
from mcu.media.telephone_codecs import TelephoneDecoder, g729_samples
from tests.fakes.audio_line import CN, CODECS, OPUS, PCMU, opus_packets
from tests.fakes.packets import FakePacket
from tests.fakes.voices import voice
from tests.fuzz.mutations import INPUTS, mutations

G729_VOICE = (Path(__file__).parents[1] / "vectors" / "voice.g729").read_bytes()


def test_opus_packets():
    valid = [packet.payload for frame in (480, 960, 2880) for packet in opus_packets(voice(0.3), frame=frame, loss=10)]
    decoder = OpusDecoder()
    for index, payload in enumerate(mutations(valid, seed=1)):
        try:
            assert 0 < packet_samples(payload) <= 5760
            packet_has_fec(payload)
            if index % 10 == 0:
                decoder.decode(payload)
                decoder.decode_fec(payload, 960)
        except ProtocolError:
            pass


def test_g729_packets():
    valid = [G729_VOICE[at : at + size] for size in (10, 20, 30, 60) for at in range(0, 1200, 60)]
    valid += [payload + b"ab" for payload in valid]
    decoder = TelephoneDecoder("g729")
    heard = 0
    for index, payload in enumerate(mutations(valid, seed=4)):
        try:
            length = g729_samples(payload)
            if index % 10 == 0:
                assert len(decoder.decode(payload)) == length
                heard += 1
        except ProtocolError:
            pass
    assert heard


def test_g722_takes_any_octets():
    decoder = TelephoneDecoder("g722")
    for payload in mutations([bytes(range(160))], seed=5, count=min(INPUTS, 20_000)):
        if payload:
            assert len(decoder.decode(payload)) == 6 * len(payload)


def test_receivers():
    """Numbers, times and senders jump as they like; the queue stays bounded and blocks keep their shape."""
    rng = random.Random(2)
    valid = [packet.payload for packet in opus_packets(voice(1), loss=10)]
    payloads = mutations(valid, seed=3)
    receiver, sequence, timestamp, now = AudioReceiver(CODECS), 0, 0, 0.0
    for index, payload in enumerate(payloads):
        sequence += rng.choice((1, 1, 1, 1, 1, 1, 1, 2, 0, -1, -5, rng.randrange(65_536)) if index % 50 == 0 else (1,))
        timestamp += 960 if index % 30 else rng.choice((0, 480, 96_000, rng.randrange(1 << 32)))
        packet = FakePacket(
            payload_type=rng.choice((OPUS, OPUS, OPUS, OPUS, OPUS, PCMU, CN, 99)) if index % 20 == 0 else OPUS,
            sequence_number=sequence & 0xFFFF,
            timestamp=timestamp & 0xFFFFFFFF,
            ssrc=7 if index % 2000 else rng.randrange(10),
            payload=payload,
            audio_level=rng.choice((-1, -1, 20, 127)),
            arrival=now,
        )
        receiver.receive(packet, now)
        if index % 5 == 0:
            now += rng.choice((0.02, 0.02, 0.02, 0.04))
            if rng.random() < 0.8:
                receiver.preview(now)
                receiver.skip(now)
            else:
                block = receiver.pull(now)
                assert block is None or (block.shape == (960,) and block.dtype == "float32")
        assert len(receiver._buffer._entries) <= MAX_PACKETS
        assert receiver._playout.available <= 48_000
    assert receiver.counters.received == INPUTS
