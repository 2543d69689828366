"""The binding of libopus: what it makes, refuses and changes on the fly."""

from __future__ import annotations

import numpy as np
import pytest

from mcu._native.opus import OpusDecoder, OpusEncoder, OpusError, packet_has_fec, packet_samples
from tests.fakes.voices import tone, voice


def blocks(sound):
    return [sound[i : i + 960] for i in range(0, len(sound) - 959, 960)]


def test_what_is_encoded_comes_back_later_by_the_lookahead():
    encoder, decoder, sound = OpusEncoder(bitrate=64_000), OpusDecoder(), voice(1, pauses=False)
    heard = np.concatenate([decoder.decode(encoder.encode(block)) for block in blocks(sound)])
    delay = encoder.lookahead
    assert delay == 312
    assert np.corrcoef(heard[9600:40_000], sound[9600 - delay : 40_000 - delay])[0, 1] > 0.95


def test_the_rate_changes_between_two_packets():
    encoder, sound = OpusEncoder(bitrate=64_000), blocks(voice(2, pauses=False))
    high = sum(len(encoder.encode(block)) for block in sound[:50])
    encoder.set_bitrate(12_000)
    low = sum(len(encoder.encode(block)) for block in sound[50:100])
    assert encoder.bitrate == 12_000
    assert low < 0.3 * high


def test_copies_begin_and_end_with_reported_loss():
    encoder, sound = OpusEncoder(), blocks(voice(6))
    shares = []
    for percent, part in ((0, sound[:100]), (5, sound[100:200]), (0, sound[200:300])):
        encoder.set_packet_loss(percent)
        shares.append(np.mean([packet_has_fec(encoder.encode(block)) for block in part]))
    assert shares[0] == 0.0
    assert shares[1] > 0.5
    assert shares[2] < 0.05


def test_a_copy_is_what_was_lost():
    encoder, decoder, sound = OpusEncoder(), OpusDecoder(), blocks(voice(4))
    encoder.set_packet_loss(10)
    packets = [encoder.encode(block) for block in sound]
    whole = OpusDecoder()
    truth = [whole.decode(packet) for packet in packets]
    likeness = []
    index = 0
    while index < len(packets) - 1:
        if index > 20 and index % 7 == 0 and packet_has_fec(packets[index + 1]) and np.std(truth[index]) > 0.05:
            copy = decoder.decode_fec(packets[index + 1], 960)
            likeness.append(np.corrcoef(copy, truth[index])[0, 1])
        else:
            decoder.decode(packets[index])
        index += 1
    assert len(likeness) > 5
    assert np.median(likeness) > 0.9


@pytest.mark.parametrize("frame", [120, 240, 480, 960, 1920, 2880])
def test_the_length_of_a_packet_is_read_from_it(frame):
    packet = OpusEncoder().encode(tone(1, 440)[:frame])
    assert packet_samples(packet) == frame
    assert len(OpusDecoder().decode(packet)) == frame


def test_bad_packets_are_refused_and_the_decoder_goes_on():
    decoder = OpusDecoder()
    for packet in (b"", b"\xff\xff\xff", b"\x03"):
        with pytest.raises(OpusError):
            decoder.decode(packet)
        with pytest.raises(OpusError):
            packet_samples(packet)
    assert len(decoder.decode(OpusEncoder().encode(tone(0.02, 440)))) == 960


def test_lengths_that_libopus_cannot_make_up_are_refused():
    for samples in (0, -120, 100, 5880):
        with pytest.raises(ValueError, match="multiple"):
            OpusDecoder().conceal(samples)
    with pytest.raises(ValueError, match="frame size"):
        OpusEncoder().encode(np.zeros(961, np.float32))


def test_a_fork_is_not_heard():
    sound = blocks(voice(2, pauses=False))
    encoder, decoder, whole = OpusEncoder(), OpusDecoder(), OpusEncoder()
    packets = [encoder.encode(block) for block in sound[:50]]
    other = encoder.fork()
    packets += [other.encode(block) for block in sound[50:]]
    assert packets == [whole.encode(block) for block in sound]
    assert len({encoder.encode(tone(0.02, 440)), other.encode(tone(0.02, 440))}) == 2
    assert len(decoder.decode(packets[-1])) == 960
