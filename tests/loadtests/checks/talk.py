"""A conference on fake time: loops of speech through jitter buffers, the choice of the loudest, mixer and codecs.

What one of them hears becomes a `Recording`. Everything but time and lines is the project's own.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from loadtests.recording import Present, Recording, Sent
from mcu._native.packets import AUDIO_LEVEL, build_rtp, parse_rtp
from mcu.media.audio_codecs import AudioEncoder
from mcu.media.audio_receiver import AudioReceiver
from mcu.media.types import BLOCK_SAMPLES, BLOCK_SECONDS, SAMPLE_RATE, AudioBlock, AudioProfile, CodecParameters
from mcu.mixer.audio_mixer import AudioMixer
from mcu.mixer.loudest import Loudest
from mcu.synthetic import voice
from mcu.synthetic.clips import Clip
from tests.support.loops import Sound, clip_of, loop

NOW = 1_000.0  # the beginning of the check
BEFORE = 4.0  # seconds that the conference lasts before it
LINE = 0.0005  # seconds to the server and back
PAYLOAD_TYPE = 111
SILENCE = -127.0
STIR = 0.0025  # seconds by which senders wake up late

Span = tuple[float, float]


@dataclass(frozen=True)
class Talk:
    """Times are seconds after the beginning of the check, which may be negative."""

    turns: Mapping[int, tuple[Span, ...]]  # who speaks, and when: each time the loop begins anew
    people: tuple[int, ...] = tuple(range(8))  # in the conference; the others are of another one
    listener: int = 0
    seconds: float = 3.0
    seed: int = 0
    folder: str = ""  # of recordings of people
    profile: AudioProfile = field(default_factory=AudioProfile)
    muted: Mapping[int, float] = field(default_factory=dict)  # since when
    loss: float = 0.0  # on the way to the listener
    loss_told: float = 0.0  # to the encoder
    sent_loss: float = 0.0  # on the way to the server
    jitter: float = 0.0  # seconds, both ways
    # --- what a broken server does
    late: Mapping[int, float] = field(default_factory=dict)  # seconds by which it holds somebody's sound back
    left_open: frozenset[int] = frozenset()  # muted people whom it mixes all the same
    left_out: frozenset[int] = frozenset()  # people whom it does not mix
    own_voice: bool = False  # not taken out
    holes: tuple[Span, ...] = ()  # in which it mixes nothing
    dead: bool = False  # sends silence

    @property
    def speakers(self) -> list[int]:
        return sorted(self.turns)

    def speaks(self, person: int, when: float) -> int:
        """The place in the loop, -1 for listening."""
        for begin, end in self.turns.get(person, ()):
            if begin <= when < end:
                return int((when - begin) / BLOCK_SECONDS + 1e-6)
        return -1

    def is_muted(self, person: int, when: float) -> bool:
        return person in self.muted and when >= self.muted[person]


class Line:
    """A jitter buffer at the end of a line that loses and delays."""

    def __init__(self, codec: str, chance: random.Random, *, loss: float, jitter: float) -> None:
        rate = SAMPLE_RATE if codec == "opus" else 8_000
        self.receiver = AudioReceiver({PAYLOAD_TYPE: CodecParameters(codec, PAYLOAD_TYPE, rate, 1)})
        self._step = BLOCK_SAMPLES * rate // SAMPLE_RATE
        self._chance, self._loss, self._jitter = chance, loss, jitter
        self._count = 0
        self._underway: list[tuple[float, bytes]] = []

    def send(self, payload: bytes, now: float, level: int = 20) -> None:
        data = build_rtp(
            payload,
            payload_type=PAYLOAD_TYPE,
            sequence_number=self._count % 0x10000,
            timestamp=self._count * self._step,
            ssrc=7,
            extensions={AUDIO_LEVEL: 1},
            audio_level=level,
        )
        self._count += 1
        if self._chance.random() >= self._loss:
            self._underway.append((now + LINE + self._chance.random() * self._jitter, data))

    def carry(self, now: float) -> None:
        due = sorted(item for item in self._underway if item[0] <= now)
        self._underway = [item for item in self._underway if item[0] > now]
        for when, data in due:
            self.receiver.receive(parse_rtp(data, {AUDIO_LEVEL: 1}, when), when)


@functools.cache
def listening(person: int) -> Clip:
    return clip_of(voice.room(seconds=2.0, seed=f"room {person}"))


def record(talk: Talk) -> Recording:
    """What the listener hears of it."""
    chance = random.Random(f"talk {talk.seed}")
    spoken: dict[int, list[tuple[int, float]]] = {who: [] for who in talk.speakers}
    lines = {who: Line("opus", chance, loss=talk.sent_loss, jitter=talk.jitter) for who in talk.speakers}
    phases = {who: chance.uniform(0, BLOCK_SECONDS) for who in talk.speakers}
    ear = Line(talk.profile.codec.lower(), chance, loss=talk.loss, jitter=talk.jitter)
    loudest, mixer, encoder = Loudest(), AudioMixer(), AudioEncoder(talk.profile)
    encoder.set_network(bitrate=talk.profile.bitrate, packet_loss=talk.loss_told)
    heard: list[AudioBlock | None] = []
    counted = [ear.receiver.counters, ear.receiver.counters]
    hearing_from = chance.uniform(0, BLOCK_SECONDS)
    for tick in range(round((BEFORE + talk.seconds) / BLOCK_SECONDS) + 1):
        at = tick * BLOCK_SECONDS - BEFORE
        for who in talk.speakers:
            _speak(talk, who, at, NOW + at + phases[who] + chance.uniform(0, STIR), lines[who], spoken[who])
            lines[who].carry(NOW + at)
        ear.send(encoder.encode(_mix(talk, at, lines, loudest, mixer)), NOW + at)
        ear.carry(NOW + at + hearing_from)
        if at >= -1e-6 and len(heard) == 0:
            counted[0] = ear.receiver.counters
        block = ear.receiver.pull(NOW + at + hearing_from)
        if at >= -1e-6 and len(heard) < round(talk.seconds / BLOCK_SECONDS):
            heard.append(block)
            counted[1] = ear.receiver.counters
    silent = np.zeros(BLOCK_SAMPLES, np.float32)
    return Recording(
        who=talk.listener,
        codec="VP8",
        begin=NOW,
        end=NOW + talk.seconds,
        frames=(),
        layouts=(),
        present=_roster(talk),
        sound=np.concatenate([silent if block is None else block for block in heard]).astype("<f4").tobytes(),
        sound_begin=NOW + hearing_from,
        concealed_samples=counted[1].concealed_samples - counted[0].concealed_samples,
        played_samples=counted[1].played_samples - counted[0].played_samples,
        sent=tuple(_sent(talk, who, spoken[who]) for who in talk.speakers if who in talk.people),
        fps=15,
    )


def loops(talk: Talk, *others: int) -> dict[int, Clip]:
    """Of everybody, and of others besides."""
    return {who: loop(who, talk.folder) for who in {*talk.people, *talk.turns, *others}}


def sound_of(recording: Recording) -> Sound:
    return np.frombuffer(recording.sound, "<f4").copy()


def _speak(talk: Talk, who: int, at: float, when: float, line: Line, spoken: list[tuple[int, float]]) -> None:
    place = talk.speaks(who, at)
    obeys = who not in talk.left_open
    if place < 0 or (obeys and talk.is_muted(who, at)):
        clip, place = listening(who), round(at / BLOCK_SECONDS) % len(listening(who).packets)
    else:
        clip = loop(who, talk.folder)
        place %= len(clip.packets)
        spoken.append((place, when))
    line.send(clip.packets[place], when + talk.late.get(who, 0.0), clip.levels[place])


def _mix(talk: Talk, at: float, lines: Mapping[int, Line], loudest: Loudest, mixer: AudioMixer) -> AudioBlock | None:
    now = NOW + at
    levels: dict[str, float] = {}
    blocks: dict[str, AudioBlock] = {}
    for who, line in lines.items():
        closed = talk.is_muted(who, at) and who not in talk.left_open
        levels[str(who)] = SILENCE if closed or who in talk.left_out else line.receiver.preview(now)
    chosen = loudest.choose(levels)
    for who, line in lines.items():
        if str(who) in chosen:
            block = line.receiver.pull(now)
            if block is not None:
                blocks[str(who)] = block
        else:
            line.receiver.skip(now)
    if talk.dead or any(begin <= at < end for begin, end in talk.holes):
        blocks = {}
    mix = mixer.mix(blocks)
    return mix.common if talk.own_voice else mix.minus(str(talk.listener))


def _roster(talk: Talk) -> tuple[Present, ...]:
    first = [Present(NOW - 1.0, who, talk.is_muted(who, -1.0), camera_off=False) for who in talk.people]
    later = [
        Present(NOW + since, who, muted=True, camera_off=False)
        for who, since in talk.muted.items()
        if -1.0 < since < talk.seconds
    ]
    return tuple(sorted([*first, *later], key=lambda state: state.since))


def _sent(talk: Talk, who: int, spoken: list[tuple[int, float]]) -> Sent:
    first = NOW - 3.0
    spans = [
        (max(first, NOW + begin), min(NOW + end, NOW + talk.seconds, NOW + talk.muted.get(who, talk.seconds)))
        for begin, end in talk.turns[who]
    ]
    return Sent(
        person=who,
        pictures=(),
        spoken=tuple((place, when) for place, when in spoken if first <= when <= NOW + talk.seconds),
        speaking=tuple((begin, end) for begin, end in spans if begin < end),
    )
