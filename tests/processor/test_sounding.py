"""One tick of sound: who is mixed, who hears what, and how often is encoded."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from mcu import control
from mcu._native.opus import OpusDecoder
from mcu.media import prompts
from mcu.media.audio_receiver import AudioReceiver
from mcu.media.types import BLOCK_SAMPLES, SAMPLE_RATE, StreamKind
from mcu.mixer.loudest import MAX_VOICES
from mcu.processor.decoding import DecoderPool
from mcu.processor.leg import Leg
from mcu.processor.member import Member
from mcu.processor.sounding import SoundMixer
from tests.fakes.audio_line import CODECS, opus_packets
from tests.fakes.legs import AUDIO_TYPE, FakeLeg
from tests.fakes.voices import tone, voice

TICKS = 50
FREQUENCIES = (500.0, 900.0, 1_700.0, 2_600.0, 3_300.0, 4_100.0, 5_300.0)


@pytest.fixture
def decoders() -> DecoderPool:
    return DecoderPool(0, call_main=lambda call: call())


def conference(decoders: DecoderPool, count: int) -> tuple[dict[str, Member], dict[str, FakeLeg]]:
    legs = {f"p{n}": FakeLeg(f"leg{n}") for n in range(count)}
    members = {}
    for participant, leg in legs.items():
        member = Member(participant, cast(Leg, leg), decoders=decoders)
        member.take_state(control.ParticipantState(participant, participant))
        members[participant] = member
    return members, legs


def speak(leg: FakeLeg, frequency: float, amplitude: float = 0.2) -> None:
    sound = tone(TICKS * 0.02, frequency, amplitude)
    leg.audio.blocks = [sound[n : n + BLOCK_SAMPLES] for n in range(0, len(sound), BLOCK_SAMPLES)]


def run(mixer: SoundMixer, members: dict[str, Member]) -> tuple[str | None, tuple[str, ...]]:
    state: tuple[str | None, tuple[str, ...]] = (None, ())
    for index in range(TICKS):
        state = mixer.tick(members, index, index * 0.02, index * 0.02)
    return state


def heard(leg: FakeLeg) -> NDArray[np.float32]:
    decoder = OpusDecoder()
    return np.concatenate([decoder.decode(packet.payload) for packet in leg.received(AUDIO_TYPE)])


def level(sound: NDArray[np.float32], frequency: float) -> float:
    """dB of a tone in the second half of `sound`."""
    tail = sound[len(sound) // 2 :]
    spectrum = np.abs(np.fft.rfft(tail * np.hanning(len(tail))))
    middle = round(frequency * len(tail) / SAMPLE_RATE)
    return float(20 * np.log10(spectrum[middle - 2 : middle + 3].max() + 1e-9))


def test_everybody_hears_the_others_and_nobody_himself(decoders: DecoderPool) -> None:
    members, legs = conference(decoders, 4)
    for n in range(3):
        speak(legs[f"p{n}"], FREQUENCIES[n])
    run(SoundMixer(), members)
    for listener, leg in legs.items():
        sound = heard(leg)
        for n in range(3):
            wanted = listener != f"p{n}"
            assert (level(sound, FREQUENCIES[n]) > 30) is wanted, (listener, n)


def test_every_listener_gets_a_packet_a_tick_without_gaps(decoders: DecoderPool) -> None:
    members, legs = conference(decoders, 3)
    speak(legs["p0"], 500.0)
    run(SoundMixer(), members)
    for leg in legs.values():
        packets = leg.received(AUDIO_TYPE)
        assert len(packets) == TICKS
        first = packets[0]
        for n, packet in enumerate(packets):
            assert packet.sequence_number == (first.sequence_number + n) & 0xFFFF
            assert packet.timestamp == (first.timestamp + n * BLOCK_SAMPLES) & 0xFFFFFFFF


def test_the_number_of_encoders_does_not_follow_the_listeners(decoders: DecoderPool) -> None:
    mixer = SoundMixer()
    members, legs = conference(decoders, 30)
    speak(legs["p0"], 500.0)
    run(mixer, members)
    assert mixer.encoders == 2  # one for the speaker, one for all others


def test_only_the_loudest_are_decoded(decoders: DecoderPool) -> None:
    members, legs = conference(decoders, 7)
    for n, frequency in enumerate(FREQUENCIES):
        speak(legs[f"p{n}"], frequency, 0.02 * (n + 1))
    run(SoundMixer(), members)
    pulled = [legs[f"p{n}"].audio.pulled for n in range(7)]
    assert pulled == [0] * (7 - MAX_VOICES) + [TICKS] * MAX_VOICES


def test_a_muted_participant_is_neither_decoded_nor_heard(decoders: DecoderPool) -> None:
    members, legs = conference(decoders, 2)
    members["p0"].take_state(control.ParticipantState("p0", "p0", muted=True))
    speak(legs["p0"], 500.0)
    state = run(SoundMixer(), members)
    assert legs["p0"].audio.pulled == 0
    assert level(heard(legs["p1"]), 500.0) < 0
    assert state == (None, ())


def test_content_of_a_muted_participant_is_heard_and_makes_no_speaker(decoders: DecoderPool) -> None:
    members, legs = conference(decoders, 2)
    members["p0"].take_state(control.ParticipantState("p0", "p0", muted=True, sounding=True))
    speak(legs["p0"], 500.0)
    state = run(SoundMixer(), members)
    assert level(heard(legs["p1"]), 500.0) > 30
    assert state == (None, ())


def test_a_participant_unknown_to_the_controller_is_not_heard(decoders: DecoderPool) -> None:
    members, legs = conference(decoders, 2)
    members["p0"].take_state(None)
    speak(legs["p0"], 500.0)
    run(SoundMixer(), members)
    assert legs["p0"].audio.pulled == 0


def test_whoever_speaks_alone_becomes_the_speaker(decoders: DecoderPool) -> None:
    members, legs = conference(decoders, 3)
    mixer = SoundMixer()
    for second in range(3):
        speak(legs["p2"], 500.0)
        for index in range(TICKS):
            speaker, speaking = mixer.tick(members, second * TICKS + index, now := second + index * 0.02, now)
    assert speaker == "p2"
    assert speaking == ("p2",)


def test_silence_that_claims_to_be_loud_does_not_keep_a_voice_from_being_the_speaker(decoders: DecoderPool) -> None:
    members, legs = conference(decoders, 2)
    liar = opus_packets(np.zeros(4 * SAMPLE_RATE, np.float32), level=0)
    honest = opus_packets(voice(4), level=25)
    for leg in legs.values():
        leg.audio = AudioReceiver(CODECS)  # type: ignore[assignment]
    mixer = SoundMixer()
    for index in range(150):
        now = 0.02 * (index + 1)
        for leg, packets in zip(legs.values(), (liar, honest), strict=True):
            cast(AudioReceiver, leg.audio).receive(packets[index], now)
        speaker, speaking = mixer.tick(members, index, now, now)
    assert speaker == "p1"
    assert speaking == ("p1",)


def test_a_late_tick_is_not_the_voices_fault(decoders: DecoderPool) -> None:
    members, legs = conference(decoders, 2)
    speak(legs["p0"], 500.0)
    SoundMixer().tick(members, 7, due=0.14, now=0.153)
    assert all(set(leg.audio.asked) == {0.14} for leg in legs.values())
    assert all(leg.sent[StreamKind.AUDIO].last_sent == 0.153 for leg in legs.values())


def test_a_prompt_is_heard_by_all_and_then_is_over(decoders: DecoderPool) -> None:
    mixer = SoundMixer()
    members, legs = conference(decoders, 2)
    speak(legs["p0"], FREQUENCIES[0])
    mixer.prompting.play(["en-goodbye"])
    run(mixer, members)
    said = np.concatenate(prompts.load("en-goodbye"))[: TICKS * BLOCK_SAMPLES]
    for leg in legs.values():
        sound = heard(leg)
        assert np.corrcoef(np.abs(said).reshape(-1, 480).mean(1), np.abs(sound).reshape(-1, 480).mean(1))[0, 1] > 0.5
    assert level(heard(legs["p0"]), FREQUENCIES[0]) < level(heard(legs["p1"]), FREQUENCIES[0]) - 20
    mixer.prompting.play([])
    for leg in legs.values():
        leg.packets.clear()
    run(mixer, members)
    assert float(np.abs(heard(legs["p1"])[-BLOCK_SAMPLES * 10 :]).max()) < 0.01
