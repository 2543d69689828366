"""What a check keeps, and from when on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loadtests.agent import recorder as module
from loadtests.agent.recorder import Aloud, Ear, Recorder, between
from loadtests.recording import Layout, Present, Sent
from mcu.media.audio_receiver import AudioReceiverCounters
from mcu.media.types import BLOCK_SAMPLES, AudioBlock, EncodedFrame
from mcu.synthetic.stage import Stage


@dataclass
class FakeReceiver:
    """Gives one sample value for each pull, None for each third."""

    concealed: int = 100
    pulls: int = 0

    def pull(self, now: float) -> AudioBlock | None:
        self.pulls += 1
        self.at = now
        return None if self.pulls % 3 == 0 else np.full(BLOCK_SAMPLES, self.pulls / 1000, np.float32)

    @property
    def counters(self) -> AudioReceiverCounters:
        return AudioReceiverCounters(concealed_samples=self.concealed, played_samples=self.pulls * BLOCK_SAMPLES)


def frame(number: int, *, key: bool = False) -> EncodedFrame:
    return EncodedFrame("VP8", bytes([number]), number * 3600, key, arrived=100.0 + number / 25)


def test_frames_are_kept_from_a_keyframe_on_and_sound_from_the_beginning() -> None:
    receiver, recorder = FakeReceiver(), Recorder(7)
    for number in range(3):
        recorder.frame(frame(number))
    assert not recorder.has_keyframe
    recorder.frame(frame(3, key=True))
    recorder.frame(frame(4))
    recorder.layout(Layout(99.0, 1280, 720, (), "grid"))
    recorder.present(Present(99.0, 7, muted=False, camera_off=False))
    for tick in range(4):
        recorder.sound(receiver.pull(0.0), 100.0 + tick / 50, 100.0 + tick / 50)
    recorder.begin(100.2, receiver)  # type: ignore[arg-type]
    for tick in range(4, 10):
        recorder.sound(receiver.pull(0.0), 100.0 + tick / 50, 100.013 + tick / 50)
    receiver.concealed += 50
    for strained in (False, True, False):
        recorder.strain(strained)
    sent = Sent(person=1, pictures=((5, 100.0),), spoken=(), speaking=())
    made = recorder.recording(100.3, receiver, [sent], held=0.2)  # type: ignore[arg-type]
    assert (made.who, made.codec, made.begin, made.end) == (7, "VP8", 100.2, 100.3)
    assert [(each.keyframe, each.data[0]) for each in made.frames] == [(True, 3), (False, 4)]
    sound = np.frombuffer(made.sound, np.float32).reshape(-1, BLOCK_SAMPLES)[:, 0]
    assert np.allclose(sound, [0.005, 0.0, 0.007, 0.008, 0.0, 0.010])  # the fifth block on, and silence for every third
    assert made.sound_begin == 100.08
    assert (made.concealed_samples, made.played_samples) == (50, 6 * BLOCK_SAMPLES)
    assert abs(made.late - 0.013) < 1e-9
    assert made.held == 0.2
    assert recorder.recording(100.3, None, []).held == recorder.late
    assert made.strained
    assert (made.layouts[0].name, made.present[0].person, made.sent) == ("grid", 7, (sent,))


def test_samples_count_from_zero_where_media_were_made_anew() -> None:
    before, after, recorder = FakeReceiver(), FakeReceiver(concealed=30, pulls=2), Recorder(1)
    recorder.begin(1.0, before)  # type: ignore[arg-type]
    made = recorder.recording(2.0, after, [])  # type: ignore[arg-type]
    assert (made.concealed_samples, made.played_samples) == (30, 2 * BLOCK_SAMPLES)
    assert recorder.recording(2.0, None, []).played_samples == 0


def test_without_a_keyframe_there_are_no_frames() -> None:
    recorder = Recorder(1)
    recorder.begin(1.0, None)
    recorder.frame(frame(1))
    made = recorder.recording(2.0, None, [])
    assert (made.frames, made.codec, made.sound, made.sound_begin) == ((), "", b"", 2.0)


def test_what_is_kept_is_bounded(monkeypatch: object) -> None:
    recorder = Recorder(1)
    recorder.begin(1.0, None)
    for number in range(module.MAX_FRAMES + 5):
        recorder.frame(EncodedFrame("VP8", b"x", number, key := number == 0, arrived=1.0))
        assert key == (number == 0)
    for _ in range(module.MAX_TOLD + 3):
        recorder.layout(Layout(0.0, 1, 1, (), "grid"))
        recorder.present(Present(0.0, 1, muted=False, camera_off=False))
    for _ in range(round(module.MAX_SECONDS * 50) + 10):
        recorder.sound(None, 1.0, 1.0)
    made = recorder.recording(2.0, None, [])
    assert (len(made.frames), len(made.layouts), len(made.present)) == (module.MAX_FRAMES, *[module.MAX_TOLD] * 2)
    assert len(made.sound) == module.MAX_SECONDS * 50 * BLOCK_SAMPLES * 4
    assert recorder.left_out == 5 + 3 + 3


async def test_an_ear_pulls_every_20_ms_however_late_it_is_called() -> None:
    now = 50.0
    stage, receiver = Stage(clock=lambda: now), FakeReceiver()
    heard: list[tuple[float, float]] = []
    ear = Ear(stage, lambda: receiver, lambda block, due, at: heard.append((due, at)))  # type: ignore[arg-type,return-value]
    ear.play(50.0)
    ear.play(50.001)  # nothing is due
    ear.play(50.018)  # what is due very soon is pulled now
    ear.play(50.1)
    assert [round(due, 3) for due, _ in heard] == [50.0, 50.02, 50.04, 50.06, 50.08, 50.1]
    assert [at for _, at in heard] == [50.0, 50.018, *[50.1] * 4]
    assert round(receiver.at, 3) == 50.1
    assert round(ear.next_due(), 3) == 50.12
    stage.close()


def test_an_ear_without_a_receiver_hears_silence() -> None:
    stage = Stage(clock=lambda: 1.0)
    heard: list[AudioBlock | None] = []
    ear = Ear(stage, lambda: None, lambda block, due, at: heard.append(block))
    ear.play(1.0)
    assert heard == [None]


def test_spans_of_speaking_aloud_are_cut_to_what_is_asked_for() -> None:
    aloud = Aloud()
    for on, when in ((False, 0.0), (True, 1.0), (True, 1.5), (False, 2.0), (False, 2.5), (True, 3.0)):
        aloud.note(on, when)
    assert aloud.spans(0.0, 10.0) == ((1.0, 2.0), (3.0, 10.0))
    assert aloud.spans(1.25, 1.75) == ((1.25, 1.75),)
    assert aloud.spans(2.0, 3.0) == ()
    assert aloud.spans(2.2, 3.5) == ((3.0, 3.5),)


def test_what_was_sent_between_two_times() -> None:
    sent = [(1, 0.5), (2, 1.0), (3, 1.5), (4, 2.0)]
    assert between(sent, 1.0, 1.5) == ((2, 1.0), (3, 1.5))
