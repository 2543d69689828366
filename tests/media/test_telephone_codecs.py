"""G.711, G.722 and G.729 as H.323 rooms send them: judged by spectra, by gaps, and by another implementation."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from mcu._native.g722 import G722Decoder, G722Encoder
from mcu._native.samples import Downsampler
from mcu.errors import ProtocolError
from mcu.media.audio_codecs import DECODED_CODECS, AudioEncoder, make_decoder
from mcu.media.audio_receiver import AudioReceiver
from mcu.media.telephone_codecs import NARROW_FACTOR, WIDE_TAPS, TelephoneDecoder, g729_samples, resampling_filter
from mcu.media.types import SAMPLE_RATE, AudioBlock, AudioProfile, CodecParameters
from tests.fakes.audio_line import listen, longest_gap
from tests.fakes.packets import FakePacket, altered
from tests.fakes.voices import tone, voice

G729_VOICE = (Path(__file__).parents[1] / "vectors" / "voice.g729").read_bytes()
CODECS = {
    0: CodecParameters("PCMU", 0, 8_000),
    8: CodecParameters("PCMA", 8, 8_000),
    9: CodecParameters("G722", 9, 8_000),
    18: CodecParameters("G729", 18, 8_000),
}
NUMBERS = {codec.name: number for number, codec in CODECS.items()}


def coded(codec: str, sound: AudioBlock) -> bytes:
    """All payloads in one: these codecs have no frames but G.729, of which there is the one recording."""
    if codec == "G729":
        return G729_VOICE
    encoder = AudioEncoder(AudioProfile(codec))
    return b"".join([encoder.encode(sound[i : i + 960]) for i in range(0, len(sound) // 960 * 960, 960)])


def packets(codec: str, code: bytes, milliseconds: int) -> list[FakePacket]:
    size = milliseconds if codec == "G729" else 8 * milliseconds  # bytes
    return [
        FakePacket(
            payload_type=NUMBERS[codec],
            sequence_number=(65_530 + index) & 0xFFFF,
            timestamp=(4_294_967_000 + index * 8 * milliseconds) & 0xFFFFFFFF,
            payload=code[index * size : (index + 1) * size],
            arrival=(index + 1) * milliseconds / 1000,
        )
        for index in range(len(code) // size)
    ]


def level(sound: AudioBlock) -> float:
    return float(10 * np.log10(np.mean(np.asarray(sound, np.float64) ** 2) + 1e-20))


def bands(sound: AudioBlock) -> AudioBlock:
    """dB in the thirds of an octave from 200 to 3,400 Hz."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    edges = 200 * 2 ** (np.arange(13) / 3) * len(sound) / SAMPLE_RATE
    return np.array([10 * np.log10(spectrum[int(a) : int(b)].sum()) for a, b in pairwise(edges)])


# --- G.722 --------------------------------------------------------------------------------------------


def test_g722_is_the_same_to_the_last_bit_as_in_another_implementation():
    rng = np.random.default_rng(1)
    time = np.arange(64_000) / 16_000
    sound = 0.3 * np.sin(2 * np.pi * (100 * time + 900 * time**2)) + 0.05 * rng.standard_normal(len(time))
    sound[20_000:30_000] *= 3
    pcm = np.clip(np.rint(sound * 32768), -32768, 32767).astype(np.int16)
    context = av.CodecContext.create("g722", "w")
    context.sample_rate, context.layout, context.format = 16_000, "mono", "s16"
    frame = av.AudioFrame.from_ndarray(pcm[None, :], format="s16", layout="mono")
    frame.sample_rate = 16_000
    theirs = b"".join([bytes(packet) for packet in [*context.encode(frame), *context.encode(None)]])
    assert G722Encoder().encode(sound.astype(np.float32)) == theirs
    for code in (theirs, random.Random(1).randbytes(20_000)):
        decoder = av.CodecContext.create("g722", "r")
        decoder.sample_rate, decoder.layout = 16_000, "mono"
        heard = np.concatenate([frame.to_ndarray()[0] for frame in decoder.decode(av.Packet(code))])
        assert np.array_equal(np.rint(G722Decoder().decode(code) * 32768), heard)


@pytest.mark.parametrize("frequency", [100, 300, 1000, 3000, 3900, 4100, 5000, 6000, 7000])
def test_g722_passes_everything_up_to_7_khz(frequency):
    sound = tone(1, frequency)
    heard = TelephoneDecoder("g722").decode(coded("G722", sound))[9600:38_400]
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard)))) ** 2
    at = round(frequency * len(heard) / SAMPLE_RATE)
    assert abs(10 * np.log10(spectrum[at - 3 : at + 4].sum() / 2 / 28_800**2 * 32 / 3) - level(sound)) < 1.5
    assert spectrum[at - 3 : at + 4].sum() > 0.95 * spectrum.sum()


@pytest.mark.parametrize("frequency", [9000, 10_000, 12_000, 15_900, 20_000])
def test_g722_does_not_fold_high_tones_into_the_voice(frequency):
    heard = TelephoneDecoder("g722").decode(coded("G722", tone(1, frequency)))[9600:38_400]
    assert level(heard) < level(tone(1, frequency)) - 50


def test_g722_leaves_no_image_above_the_voice():
    heard = TelephoneDecoder("g722").decode(coded("G722", tone(1, 6500)))[9600:38_400]
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard)))) ** 2
    assert spectrum[int(8800 * 0.6) :].sum() < 1e-5 * spectrum.sum()


def test_g722_carries_a_voice_cleanly():
    sound = voice(2, pauses=False)
    delay = WIDE_TAPS - 3 + 22 * 3  # two filters of half their length each, and the mirror filters at 16 kHz
    heard = TelephoneDecoder("g722").decode(coded("G722", sound))
    error = heard[9600:80_000] - sound[9600 - delay : 80_000 - delay]
    assert level(heard[9600:80_000]) - level(error) > 25


def test_a_g722_encoder_that_begins_anew_is_heard_soon():
    encoder, sound = AudioEncoder(AudioProfile("G722")), tone(1, 700)
    encoder.encode(sound[:960])
    encoder.restart(sound[960:1920])
    code = b"".join([encoder.encode(sound[i : i + 960]) for i in range(1920, 48_000, 960)])
    heard = TelephoneDecoder("g722").decode(code)[4800:40_000]
    assert abs(level(heard) - level(sound)) < 0.5


# --- G.729 --------------------------------------------------------------------------------------------


def test_g729_sounds_like_what_was_said():
    said = voice(2.0, seed=3)
    heard = TelephoneDecoder("g729").decode(G729_VOICE)
    assert len(heard) == len(said)
    assert abs(level(heard) - level(said)) < 2
    narrow = Downsampler(resampling_filter(NARROW_FACTOR), NARROW_FACTOR)
    assert len(narrow.process(said)) * 6 == len(said)
    assert np.abs(bands(heard) - bands(said)).mean() < 3
    lags = [np.corrcoef(heard[9600:80_000], said[9600 - lag : 80_000 - lag])[0, 1] for lag in range(0, 1200, 6)]
    assert max(lags) > 0.9  # a voice coder follows the wave itself


@pytest.mark.parametrize("payload", [b"", b"1", bytes(9), bytes(11), bytes(13), bytes(15)])
def test_g729_of_a_wrong_size_is_refused(payload):
    decoder = TelephoneDecoder("g729")
    with pytest.raises(ProtocolError):
        decoder.decode(payload)
    if payload:
        with pytest.raises(ProtocolError):
            g729_samples(payload)


def test_g729_goes_on_behind_a_silence_descriptor():
    decoder = TelephoneDecoder("g729")
    assert g729_samples(G729_VOICE[:20] + b"ab") == 960
    assert len(decoder.decode(G729_VOICE[:20] + b"ab")) == 960
    with pytest.raises(ProtocolError):
        decoder.decode(b"ab")
    assert len(decoder.decode(G729_VOICE[20:50])) == 1440


def test_a_g729_silence_descriptor_alone_is_silence():
    sent = packets("G729", G729_VOICE, 20)[:30]
    sent.append(
        FakePacket(
            payload_type=18,
            sequence_number=(sent[-1].sequence_number + 1) & 0xFFFF,
            timestamp=(sent[-1].timestamp + 160) & 0xFFFFFFFF,
            payload=b"ab",
            arrival=sent[-1].arrival + 0.02,
        )
    )
    heard = listen(sent, lambda index, at: at, receiver=AudioReceiver(CODECS), seconds=1.0)
    assert heard.blocks[-1] is None
    assert (heard.receiver.counters.discarded, heard.receiver.counters.lost) == (0, 0)
    assert heard.receiver.counters.concealed_samples < 960


# --- through the receiver -----------------------------------------------------------------------------


@pytest.mark.parametrize("milliseconds", [10, 20, 30, 40, 50, 60])
@pytest.mark.parametrize("codec", ["PCMU", "PCMA", "G722", "G729"])
def test_packets_of_any_length_play_without_a_gap(codec, milliseconds):
    sent = packets(codec, coded(codec, voice(4, pauses=False)), milliseconds)
    rng = random.Random(1)
    heard = listen(sent, lambda index, at: at + rng.random() * 0.005, receiver=AudioReceiver(CODECS))
    counters = heard.receiver.counters
    assert (counters.lost, counters.discarded, counters.restarts) == (0, 0, 0)
    assert counters.decoded >= len(sent) - 3
    assert heard.concealed < 0.03
    if codec != "G729":  # its recording has pauses
        assert longest_gap(heard.sound[SAMPLE_RATE:]) <= 0.010


@pytest.mark.parametrize("milliseconds", [20, 30])
@pytest.mark.parametrize("codec", ["PCMA", "G722"])
def test_lost_packets_leave_no_gap_and_no_click(codec, milliseconds):
    sent = packets(codec, coded(codec, tone(6, 250)), milliseconds)
    rng = random.Random(4)
    heard = listen(sent, lambda index, at: None if rng.random() < 0.05 else at, receiver=AudioReceiver(CODECS))
    assert heard.receiver.counters.lost > 5
    sound = heard.sound[SAMPLE_RATE:-4800]
    assert longest_gap(sound) <= 0.010
    assert np.abs(np.diff(sound)).max() < 3 * np.abs(np.diff(tone(1, 250))).max()


def test_lost_g729_is_concealed_and_the_voice_comes_back():
    sent = packets("G729", G729_VOICE, 20)
    lost = {30, 31, 60}
    whole = listen(sent, lambda index, at: at, receiver=AudioReceiver(CODECS)).sound
    heard = listen(sent, lambda index, at: None if index in lost else at, receiver=AudioReceiver(CODECS))
    assert heard.receiver.counters.lost == 3
    assert 3 * 960 <= heard.receiver.counters.concealed_samples <= 5 * 960
    assert abs(level(heard.sound[:-9600]) - level(whole[:-9600])) < 2


def test_a_sender_may_change_between_the_codecs_in_the_middle():
    sound = tone(4, 500)
    sent: list[FakePacket] = []
    for codec, begin, end in (("PCMU", 0, 50), ("G722", 50, 120), ("PCMA", 120, 200)):
        for packet in packets(codec, coded(codec, sound[begin * 960 : end * 960]), 20):
            number = len(sent)
            sent.append(altered(packet, sequence_number=number, timestamp=160 * number, arrival=0.02 * (number + 1)))
    heard = listen(sent, lambda index, at: at, receiver=AudioReceiver(CODECS))
    assert (heard.receiver.counters.discarded, heard.receiver.counters.restarts) == (0, 0)
    assert longest_gap(heard.sound[4800:]) <= 0.010
    spectrum = np.abs(np.fft.rfft(heard.sound * np.hanning(len(heard.sound)))) ** 2
    at = round(500 * len(heard.sound) / SAMPLE_RATE)
    assert spectrum[at - 20 : at + 21].sum() > 0.95 * spectrum.sum()


@pytest.mark.parametrize(("codec", "size"), [("PCMU", 961), ("G722", 961), ("G729", 130)])
def test_a_packet_of_more_than_120_ms_is_discarded(codec, size):
    receiver = AudioReceiver(CODECS)
    receiver.receive(FakePacket(payload_type=NUMBERS[codec], sequence_number=1, payload=bytes(size)), 0.0)
    assert receiver.counters.discarded == 1


def test_decoders_of_all_names_can_be_made():
    assert {codec.name.lower() for codec in CODECS.values()} | {"opus"} == DECODED_CODECS
    for name in DECODED_CODECS:
        assert len(make_decoder(name).conceal(960)) == 960


def test_sound_that_cannot_be_decoded_is_discarded():
    receiver = AudioReceiver({98: CodecParameters("iLBC", 98, 8_000), **CODECS})
    for number in range(20):
        receiver.receive(FakePacket(payload_type=98, sequence_number=number, payload=bytes(60)), number * 0.02)
        assert receiver.pull(number * 0.02) is None
    assert receiver.counters.discarded == 20
