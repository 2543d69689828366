"""Stories of one voice over lines good and bad, judged by what comes out."""

from __future__ import annotations

import random

import numpy as np
import pytest

from mcu._native import samples
from mcu.media.audio_receiver import SILENCE, AudioReceiver
from mcu.media.types import BLOCK_SAMPLES, SAMPLE_RATE
from tests.fakes.audio_line import CN, CODECS, OPUS, PCMU, listen, longest_gap, opus_packets
from tests.fakes.packets import FakePacket, altered
from tests.fakes.voices import tone, voice


def lossy(share: float, seed: int = 5, delay: float = 0.05):
    rng = random.Random(seed)
    return lambda index, sent: None if rng.random() < share else sent + delay


def test_a_clean_line_plays_every_sample_once_and_nothing_else():
    heard = listen(opus_packets(tone(4, 440)), lambda index, sent: sent + 0.03)
    counters = heard.receiver.counters
    assert (counters.lost, counters.late, counters.concealed_samples, counters.removed_samples) == (0, 0, 0, 0)
    sound = heard.sound[SAMPLE_RATE : 3 * SAMPLE_RATE]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    assert np.argmax(spectrum) == 880  # of half-hertz bins
    assert spectrum[870:891].sum() > 0.999 * spectrum.sum()


def test_the_delay_of_a_clean_line_is_less_than_one_tick():
    heard = listen(opus_packets(voice(4)), lambda index, sent: sent + 0.03)
    assert heard.receiver.delay < 0.020
    assert heard.receiver.target_delay == 0.0


def test_ten_percent_loss_leaves_no_gap_in_speech():
    heard = listen(opus_packets(voice(20, pauses=False), loss=10), lossy(0.10))
    assert heard.receiver.counters.lost > 80
    assert longest_gap(heard.sound[SAMPLE_RATE:]) <= 0.040


def test_copies_replace_most_of_what_is_lost():
    heard = listen(opus_packets(voice(20), loss=10), lossy(0.10))
    counters = heard.receiver.counters
    assert counters.lost > 80
    assert counters.fec > counters.lost / 2
    assert heard.concealed < 0.05


def test_loss_without_copies_is_concealed_within_its_share():
    heard = listen(opus_packets(voice(20, pauses=False)), lossy(0.05))
    assert heard.receiver.counters.fec == 0
    assert heard.concealed < 0.06
    assert longest_gap(heard.sound[SAMPLE_RATE:]) <= 0.030


@pytest.mark.parametrize("ordered", [True, False])
def test_jitter_of_80_ms_is_followed_and_left_again(ordered):
    rng = random.Random(3)
    newest = 0.0

    def line(index, sent):
        nonlocal newest
        at = sent + rng.random() * (0.080 if sent < 20 else 0.002)
        newest = max(newest, at)
        return newest if ordered else at

    heard = listen(opus_packets(voice(40, pauses=False)), line)
    assert heard.concealed <= 0.02
    assert 0.030 < heard.delays[19 * 50] < 0.110
    assert heard.delays[-1] < 0.030


@pytest.mark.parametrize("milliseconds", [10, 20, 40, 60])
def test_packets_of_any_length_play_without_concealment(milliseconds):
    packets = opus_packets(voice(6, pauses=False), frame=48 * milliseconds)
    rng = random.Random(1)
    heard = listen(packets, lambda index, sent: sent + rng.random() * 0.015)
    assert heard.concealed < 0.02
    assert longest_gap(heard.sound[SAMPLE_RATE:]) <= 0.010


def test_a_sender_that_stops_fades_to_silence_and_returns():
    packets = opus_packets(voice(6, pauses=False))
    kept = [packet for packet in packets if not 2 < packet.arrival < 4]
    heard = listen(kept, lambda index, sent: sent)
    nothing = [index for index, block in enumerate(heard.blocks) if block is None]
    assert nothing[1] <= (2 + 0.16) * 50
    assert heard.receiver.counters.concealed_samples <= 0.13 * SAMPLE_RATE
    assert heard.blocks[4 * 50 + 10] is not None


def test_a_time_stamp_that_jumps_while_numbers_do_not_is_silence():
    packets = opus_packets(voice(6, pauses=False))
    number = 1000
    kept = []
    for packet in packets:
        if not 2 < packet.arrival < 4:
            kept.append(altered(packet, sequence_number=number))
            number += 1
    counters = listen(kept, lambda index, sent: sent).receiver.counters
    assert counters.lost == 0
    assert counters.concealed_samples == 0


def test_short_opus_packets_are_silence_and_are_not_decoded():
    packets = opus_packets(voice(3, pauses=False))
    quiet = [altered(p, payload=p.payload[:1]) if p.arrival > 1 else p for p in packets]
    heard = listen(quiet, lambda index, sent: sent)
    assert heard.blocks[-1] is None
    assert heard.receiver.level == SILENCE
    assert heard.receiver.counters.concealed_samples == 0
    assert heard.receiver.counters.decoded == pytest.approx(50, abs=2)


def test_a_microphone_that_says_it_is_silent_is_not_decoded():
    heard = listen(opus_packets(voice(2), level=127), lambda index, sent: sent)
    assert heard.receiver.counters.decoded == 0
    assert heard.blocks == [None] * len(heard.blocks)


def test_comfort_noise_ends_a_talk_spurt_of_g711():
    packets = [
        FakePacket(PCMU, False, i, i * 160, 1, bytes([0x90, 0x10] * 80), arrival=(i + 1) * 0.02) for i in range(50)
    ]
    packets.append(FakePacket(CN, False, 50, 50 * 160, 1, b"\x40", arrival=51 * 0.02))
    heard = listen(packets, lambda index, sent: sent, seconds=2.0)
    assert heard.receiver.counters.concealed_samples == 0
    assert heard.blocks[-1] is None


def test_lost_g711_is_concealed_without_a_gap():
    from mcu.media.audio_codecs import AudioEncoder
    from mcu.media.types import AudioProfile

    encoder, sound = AudioEncoder(AudioProfile("PCMU")), voice(10, pauses=False)
    packets = [
        FakePacket(PCMU, False, i, i * 160, 1, encoder.encode(sound[i * 960 : (i + 1) * 960]), arrival=(i + 1) * 0.02)
        for i in range(500)
    ]
    heard = listen(packets, lossy(0.05))
    assert heard.receiver.counters.concealed_samples > 0
    assert longest_gap(heard.sound[SAMPLE_RATE:]) <= 0.010
    assert np.abs(np.diff(heard.sound)).max() < 1.5 * np.abs(np.diff(sound)).max()


@pytest.mark.parametrize("change", ["ssrc", "sequence", "timestamp"])
def test_a_sender_that_begins_anew_is_heard_within_a_fifth_of_a_second(change):
    before, after = opus_packets(voice(3, pauses=False)), opus_packets(voice(3, seed=2, pauses=False))
    changed = {
        "ssrc": lambda p: altered(
            p,
            ssrc=99,
            sequence_number=(p.sequence_number + 9000) & 0xFFFF,
            timestamp=(p.timestamp + 7_000_000) & 0xFFFFFFFF,
        ),
        "sequence": lambda p: altered(p, sequence_number=(p.sequence_number + 20_000) & 0xFFFF),
        "timestamp": lambda p: altered(
            p, timestamp=(p.timestamp + 1_000_000_000) & 0xFFFFFFFF, sequence_number=(p.sequence_number + 150) & 0xFFFF
        ),
    }[change]
    packets = before + [altered(changed(p), arrival=p.arrival + 3) for p in after]
    heard = listen(packets, lambda index, sent: sent)
    assert heard.receiver.counters.restarts == 1
    silent = sum(block is None for block in heard.blocks[150:])
    assert silent <= 10
    assert heard.receiver.counters.decoded > 285


@pytest.mark.parametrize("milliseconds", [20, 60])
@pytest.mark.parametrize("seconds", [10, 10_000])
@pytest.mark.parametrize("jitter", [0.0, 0.08])
@pytest.mark.parametrize("every", [1_000, 7])
def test_a_wrong_time_stamp_silences_nobody_for_more_than_a_tenth_of_a_second(milliseconds, seconds, jitter, every):
    packets = opus_packets(voice(6, pauses=False), frame=milliseconds * 48)
    wrong = {index for index in range(len(packets) // 2, len(packets)) if (index - len(packets) // 2) % every == 0}
    sent = [
        altered(packet, timestamp=(packet.timestamp + seconds * SAMPLE_RATE) & 0xFFFFFFFF) if index in wrong else packet
        for index, packet in enumerate(packets)
    ]
    rng = np.random.default_rng(3)
    heard = listen(sent, lambda index, at: at + rng.random() * jitter)
    runs = "".join("." if block is None else "x" for block in heard.blocks[50:]).split("x")
    assert max(len(run) for run in runs) <= 5
    assert heard.receiver.counters.discarded == pytest.approx(len(wrong), abs=2)
    assert heard.receiver.counters.restarts == 0


def test_who_is_not_listened_to_keeps_a_level_past_a_wrong_time_stamp():
    receiver = AudioReceiver(CODECS)
    for index, packet in enumerate(opus_packets(voice(2, pauses=False), level=20)):
        wild = SAMPLE_RATE * 10 if index == 50 else 0
        timestamp = (packet.timestamp + wild) & 0xFFFFFFFF
        receiver.receive(altered(packet, timestamp=timestamp), packet.arrival)
        level = receiver.preview(packet.arrival)
        receiver.skip(packet.arrival)
        assert level == -20.0 or index in (0, 50)
    assert receiver.counters.lost == 1


def test_stragglers_of_the_old_sender_do_not_bring_it_back():
    receiver = AudioReceiver(CODECS)
    old, new = opus_packets(voice(1), ssrc=1), opus_packets(voice(1), ssrc=2)
    for index in range(10):
        receiver.receive(old[index], 0.0)
        receiver.receive(new[index], 0.0)
    assert receiver.counters.restarts == 1
    assert receiver.counters.discarded == 9


def test_duplicates_are_dropped_and_latecomers_counted():
    packets = opus_packets(voice(3, pauses=False))
    doubled = [copy for packet in packets for copy in (packet, packet)]
    assert listen(doubled, lambda index, sent: sent).receiver.counters.discarded == pytest.approx(len(packets), abs=1)
    late = listen(packets, lambda index, sent: sent + (0.3 if index == 60 else 0.0)).receiver.counters
    assert (late.lost, late.late) == (1, 1)


def test_a_stall_of_the_line_does_not_leave_its_delay_behind():
    heard = listen(opus_packets(voice(25, pauses=False)), lambda index, sent: 5.0 if 4 < sent < 5 else sent + 0.01)
    assert heard.delays[-1] < 0.040
    assert heard.receiver.counters.concealed_samples < 0.3 * SAMPLE_RATE


def test_a_missed_tick_costs_no_sound_and_its_delay_goes_away():
    packets = opus_packets(voice(10, pauses=False))
    receiver, sent = AudioReceiver(CODECS), 0
    for tick in range(480):
        now = 0.007 + tick * 0.020
        while sent < len(packets) and packets[sent].arrival <= now:
            receiver.receive(packets[sent], now)
            sent += 1
        if tick not in (100, 101, 102):
            receiver.pull(now)
    assert receiver.counters.concealed_samples == 0
    assert receiver.delay < 0.040


def test_the_queue_is_bounded():
    receiver = AudioReceiver(CODECS)
    for packet in opus_packets(voice(6)):
        receiver.receive(packet, packet.arrival)
    assert receiver.counters.discarded == 200
    assert receiver.pull(6.0) is not None


def test_listening_again_sounds_as_if_one_had_listened_all_along():
    sound = voice(3, pauses=False)
    packets = opus_packets(sound, level=20)
    always = listen(packets, lambda index, sent: sent).sound
    receiver, blocks, sent = AudioReceiver(CODECS), [], 0
    for tick in range(145):
        now = 0.007 + tick * 0.020
        while sent < len(packets) and packets[sent].arrival <= now:
            receiver.receive(packets[sent], now)
            sent += 1
        if 50 <= tick < 100:
            assert receiver.preview(now) == -20.0
            receiver.skip(now)
        else:
            blocks.append((tick, receiver.pull(now)))
    assert receiver.counters.decoded < 110
    resumed = dict(blocks)[101]
    expected = always[101 * BLOCK_SAMPLES : 102 * BLOCK_SAMPLES]
    assert np.corrcoef(resumed, expected)[0, 1] > 0.99


def test_preview_is_the_level_of_what_pull_plays():
    packets = opus_packets(voice(2, pauses=False))
    receiver, sent = AudioReceiver(CODECS), 0
    for tick in range(95):
        now = 0.007 + tick * 0.020
        while sent < len(packets) and packets[sent].arrival <= now:
            receiver.receive(packets[sent], now)
            sent += 1
        seen = receiver.preview(now)
        receiver.pull(now)
        assert seen == pytest.approx(receiver.level, abs=0.01)


def levels(packets, *, listened=lambda second: True):
    """What `preview` says at each tick, with every packet there when due."""
    receiver, sent, said = AudioReceiver(CODECS), 0, []
    for tick in range(len(packets) - 5):
        now = 0.007 + tick * 0.020
        while sent < len(packets) and packets[sent].arrival <= now:
            receiver.receive(packets[sent], now)
            sent += 1
        said.append(receiver.preview(now))
        if listened(now):
            receiver.pull(now)
        else:
            receiver.skip(now)
    return np.array(said)


def test_a_level_that_is_claimed_with_silence_is_doubted():
    said = levels(opus_packets(np.zeros(SAMPLE_RATE * 4, np.float32), level=0))
    assert (np.diff(said[5:]) <= 0).all()
    assert said[40] < -25.0  # below a voice, before it is the speaker's
    assert said[100:].max() == -52.0  # nobody who speaks, and mixed nevertheless


def test_who_was_doubted_is_believed_with_true_sound_again():
    silence = np.zeros(SAMPLE_RATE * 2, np.float32)
    said = levels(opus_packets(np.concatenate([silence, voice(2, pauses=False)]), level=20))
    assert said[98] == -52.0
    assert (said[140:] == -20.0).all()


def test_who_was_doubted_and_is_not_listened_to_is_forgiven_slowly():
    packets = opus_packets(np.zeros(SAMPLE_RATE * 20, np.float32), level=20)
    said = levels(packets, listened=lambda second: second < 2)
    assert said[102] == -52.0
    assert said[-1] == -20.0
    assert np.abs(np.diff(said[102:])).max() < 0.11


def test_an_honest_level_is_believed_in_every_pause_and_loss():
    sound = voice(20)
    packets = [
        altered(
            packet, audio_level=round(-max(-127.0, samples.level(sound[i * BLOCK_SAMPLES : (i + 1) * BLOCK_SAMPLES])))
        )
        for i, packet in enumerate(opus_packets(sound, loss=10))
    ]
    heard = listen(packets, lossy(0.1))
    assert heard.receiver._overstated < 6.0  # nothing is taken off
    said = levels(packets)
    told = {-float(packet.audio_level) for packet in packets} | {SILENCE}
    assert set(said) <= told


def test_unknown_payload_types_and_rubbish_are_counted():
    receiver = AudioReceiver(CODECS)
    receiver.receive(FakePacket(payload_type=77, payload=b"abc"), 0.0)
    receiver.receive(FakePacket(payload_type=OPUS, payload=b""), 0.0)
    receiver.receive(FakePacket(payload_type=OPUS, payload=b"\xff\xff\xff"), 0.0)
    receiver.receive(FakePacket(payload_type=PCMU, payload=bytes(5000)), 0.0)
    assert receiver.counters.discarded == 4
    assert receiver.pull(0.02) is None
