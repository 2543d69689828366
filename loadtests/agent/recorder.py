"""Keeps what one participant receives in a check, and makes a `Recording` of it. No I/O; time is given.

Rules:
1. At once frames are kept, from the first keyframe on, and what is told of tiles and people. Sound is kept from `begin`
   on: a jitter buffer settles before.
2. A check is judged between `begin` and `end`; what came before tells how things were then.
3. Blocks of sound are pulled on a beat of their own and never late by more than one, whenever the process woke up.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

import numpy as np

from loadtests.agent.proceedings import DEFAULT_FPS
from loadtests.recording import Frame, Known, Layout, Present, Recording, Sent
from mcu.media.audio_receiver import AudioReceiver
from mcu.media.types import BLOCK_SAMPLES, BLOCK_SECONDS, AudioBlock, EncodedFrame
from mcu.synthetic.stage import TICK_SECONDS, Stage

MAX_SECONDS = 30.0  # of a check, settling not counted: two megabytes of sound and five of pictures are handed on
MAX_FRAMES = round((MAX_SECONDS + 10.0) * 60)  # no composite has more than 60 fps
MAX_TOLD = 2_000  # layouts, and lines of the roster
MAX_SPANS = 256  # of speaking aloud: two a second for two minutes
SILENCE = np.zeros(BLOCK_SAMPLES, np.float32).tobytes()


class Recorder:
    """One check of one participant."""

    def __init__(self, who: int) -> None:
        self.left_out = 0  # frames and news that did not fit
        self.fps = DEFAULT_FPS
        self.late = 0.0  # seconds: the most that a block of sound was pulled too late
        self._who = who
        self._begin = 0.0  # 0.0 before `begin`
        self._codec = ""
        self._frames: list[Frame] = []
        self._layouts: list[Layout] = []
        self._present: list[Present] = []
        self._sound: list[bytes] = []
        self._sound_begin = 0.0
        self._strained = False
        self._receiver: AudioReceiver | None = None
        self._concealed = self._played = 0  # samples of `_receiver` at the beginning

    @property
    def has_keyframe(self) -> bool:
        """Frames are being kept."""
        return bool(self._frames)

    @property
    def seconds_heard(self) -> float:
        """Since `begin`."""
        return len(self._sound) * BLOCK_SECONDS

    def begin(self, now: float, receiver: AudioReceiver | None) -> None:
        """From now on it counts; `receiver` gives the sound."""
        self._begin, self.late = now, 0.0
        self._receiver = receiver
        self._concealed, self._played = _samples(receiver)

    def frame(self, frame: EncodedFrame) -> None:
        """It arrived, completely."""
        if not (self._frames or frame.keyframe):
            return
        if len(self._frames) >= MAX_FRAMES:
            self.left_out += 1
            return
        self._codec = frame.codec
        self._frames.append(Frame(frame.arrived, frame.timestamp, frame.keyframe, frame.data))

    def sound(self, block: AudioBlock | None, due: float, now: float) -> None:
        """What is heard at `due`; None is silence."""
        self.late = max(self.late, now - due)
        if self._begin and len(self._sound) < MAX_SECONDS / BLOCK_SECONDS:
            self._sound_begin = self._sound_begin or due
            self._sound.append(SILENCE if block is None else block.astype(np.float32, copy=False).tobytes())

    # --- loadtests.agent.proceedings.Follower -----------------------------------------------------------

    def layout(self, layout: Layout) -> None:
        if len(self._layouts) < MAX_TOLD:
            self._layouts.append(layout)
        else:
            self.left_out += 1

    def present(self, present: Present) -> None:
        if len(self._present) < MAX_TOLD:
            self._present.append(present)
        else:
            self.left_out += 1

    def strain(self, strained: bool) -> None:
        self._strained |= strained

    # --- the end ----------------------------------------------------------------------------------------

    def recording(
        self,
        end: float,
        receiver: AudioReceiver | None,
        sent: Sequence[Sent],
        *,
        held: float = 0.0,
        known: Sequence[Known] = (),
    ) -> Recording:
        """What there is. `receiver` is another one than at the beginning where media was made anew meanwhile.

        `held` is how late the agent woke at most, meanwhile or shortly before; `known` what it knows of its people.
        """
        concealed, played = _samples(receiver)
        if receiver is self._receiver:
            concealed, played = concealed - self._concealed, played - self._played
        return Recording(
            who=self._who,
            codec=self._codec,
            begin=self._begin or end,
            end=end,
            frames=tuple(self._frames),
            layouts=tuple(self._layouts),
            present=tuple(self._present),
            sound=b"".join(self._sound),
            sound_begin=self._sound_begin or end,
            concealed_samples=max(0, concealed),
            played_samples=max(0, played),
            sent=tuple(sent),
            fps=self.fps,
            known=tuple(known),
            strained=self._strained,
            late=self.late,
            held=max(self.late, held),
        )


class Ear:
    """Pulls sound every 20 ms while it is on the stage (mcu.synthetic.stage.Actor)."""

    def __init__(
        self,
        stage: Stage,
        receiver: Callable[[], AudioReceiver | None],
        take: Callable[[AudioBlock | None, float, float], None],
    ) -> None:
        """`take` gets the block, when it was due, and when it was pulled."""
        self._receiver, self._take = receiver, take
        self._due = stage.now()

    def play(self, now: float) -> None:
        while self._due <= now + TICK_SECONDS / 2:
            receiver = self._receiver()
            block = receiver.pull(max(self._due, now - BLOCK_SECONDS)) if receiver is not None else None
            self._take(block, self._due, now)
            self._due += BLOCK_SECONDS

    def next_due(self) -> float:
        return self._due


class Aloud:
    """When somebody spoke aloud."""

    def __init__(self) -> None:
        self._spans: deque[tuple[float, float]] = deque(maxlen=MAX_SPANS)
        self._since: float | None = None

    def note(self, aloud: bool, now: float) -> None:
        """It is so from now on."""
        if aloud and self._since is None:
            self._since = now
        elif not aloud and self._since is not None:
            self._spans.append((self._since, now))
            self._since = None

    def spans(self, begin: float, end: float) -> tuple[tuple[float, float], ...]:
        """Those between two times; one that goes on ends with the second."""
        last = [(self._since, end)] if self._since is not None and self._since < end else []
        return tuple((max(begin, since), min(end, until)) for since, until in (*self._spans, *last) if until > begin)


def _samples(receiver: AudioReceiver | None) -> tuple[int, int]:
    """Concealed, and played."""
    if receiver is None:
        return 0, 0
    counters = receiver.counters
    return counters.concealed_samples, counters.played_samples


def between(sent: Sequence[tuple[int, float]], begin: float, end: float) -> tuple[tuple[int, float], ...]:
    """Of (what, when), what was sent between two times."""
    return tuple(pair for pair in sent if begin <= pair[1] <= end)
