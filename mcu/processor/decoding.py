"""Video decoding away from the packet path: a few worker threads, one bounded queue and one newest picture per stream.

Rules:
1. A stream is decoded by one thread at a time, in order.
2. A queue that is full drops what it holds up to the next keyframe, and asks for one: late pictures help nobody.
3. `picture` is published by plain assignment; readers on other threads see the old or the new one, never half.
4. Nobody sees a picture before the next composite, so frames wait for it (`Batch`) if decoding them then is quick.
"""

from __future__ import annotations

import collections
import math
import queue
import threading
import time
from collections.abc import Callable

import structlog

from mcu.media.types import EncodedFrame, Picture
from mcu.media.video_codecs import VideoDecoder
from mcu.thread_name import name_this_thread

QUEUE_FRAMES = 64  # a bound for senders of any rate, and room for a keyframe with all that came after it at once
QUEUE_SECONDS = 0.25  # that a frame waits for workers; more is delay, not safety. Before, all may have come at once
BATCH_SECONDS = 0.004  # of decoding for each worker; less than the time from a tick of the sound to a composite
COST_SMOOTHING = 1 / 8  # weight of a new frame
ASK_SECONDS = 1.0  # after an overflow, before the next keyframe is asked for: it would only come too late as well

log = structlog.get_logger()


class DecodedStream:
    """One participant's picture. Made and fed on the main thread."""

    def __init__(
        self,
        pool: DecoderPool,
        *,
        on_keyframe_needed: Callable[[], None],
        batch: Batch | None = None,
        coded_again: bool = False,
    ) -> None:
        """Decoded with what else is in `batch`, or as soon as a worker is free.

        `coded_again`: as `VideoDecoder` has it.
        """
        self.picture: Picture | None = None
        self.dropped = 0  # frames thrown away because decoding did not keep up
        self.decoded = 0
        self.cost = 0.0  # seconds that a frame takes its worker, smoothed
        self.given = math.inf  # when it was given to the workers; inf while it waits for its batch
        self._pool = pool
        self._batch = batch
        self._on_keyframe_needed = on_keyframe_needed
        self._coded_again = coded_again
        self._queue: collections.deque[tuple[EncodedFrame, float]] = collections.deque()  # and when each was put there
        self._waiting_for_keyframe = True
        self._decoder: VideoDecoder | None = None
        self._codec = ""
        self._closed = False
        self._resting = False
        self._still_wanted = False
        self.rested = 0  # frames that were not decoded because a still picture was enough
        self._ask_again = -math.inf  # time of a frame
        self._generation = 0  # rises when the picture is cleared: what was being decoded then is not shown
        self.claim = threading.Lock()  # held while it waits for a worker or is in the hands of one; the pool's

    @property
    def has_work(self) -> bool:
        return bool(self._queue)

    def put(self, frame: EncodedFrame) -> None:
        """Queue a frame for decoding; it may be dropped (rule 2)."""
        if self._closed:
            return
        if self._resting and not (frame.keyframe and (self._still_wanted or self.picture is None)):
            self.rested += 1
            return
        self._still_wanted = False
        if frame.keyframe:
            self._waiting_for_keyframe = False
        elif self._waiting_for_keyframe:
            self.dropped += 1
            self._ask_at(self._pool.clock())
            return
        now = self._pool.clock()
        if self._is_full(now):
            self.dropped += len(self._queue)
            self._queue.clear()
            if not frame.keyframe:
                self.dropped += 1
                self._waiting_for_keyframe = True
                self._ask_at(now)
                self._ask_again = now + ASK_SECONDS
                return
        self._queue.append((frame, now))
        if self._batch is None:
            self._pool.schedule(self)
        else:
            self._batch.schedule(self)

    def rest(self, resting: bool) -> None:
        """Whether the picture that is there is enough until `renew`."""
        if resting == self._resting:
            return
        self._resting = resting
        self._waiting_for_keyframe = True
        if resting:
            self.rested += len(self._queue)
            self._queue.clear()
        else:
            self._ask()

    def renew(self) -> None:
        """Have one new picture while resting."""
        if self._resting:
            self._still_wanted = True
            self._ask()

    def clear_picture(self) -> None:
        """Forget the newest picture, so that a camera that comes back does not show its past."""
        self._generation += 1
        self._queue.clear()
        self._waiting_for_keyframe = True
        self.picture = None

    def close(self) -> None:
        """Nothing more is decoded; the codec's memory is free when the worker has done what it does now."""
        self._closed = True
        self.clear_picture()
        self._decoder = None

    def work(self) -> None:
        """Decode what is queued. Called by one worker at a time."""
        while True:
            try:
                frame, _ = self._queue.popleft()
            except IndexError:
                return
            if self._closed:
                return
            decoder = self._decoder
            if decoder is None or self._codec != frame.codec:
                decoder = VideoDecoder(frame.codec, coded_again=self._coded_again)
                self._decoder, self._codec = decoder, frame.codec
            generation, began = self._generation, self._pool.note_wait(self, frame)
            picture = decoder.decode(frame)
            self.cost += (self._pool.clock() - began - self.cost) * COST_SMOOTHING
            if picture is None:
                self._pool.call_main(self._ask)
                continue
            self.decoded += 1
            if generation == self._generation and not self._closed:
                self.picture = picture

    def _is_full(self, now: float) -> bool:
        queued = self._queue
        try:
            return len(queued) >= QUEUE_FRAMES or now - max(queued[0][1], self.given) > QUEUE_SECONDS
        except IndexError:  # a worker has just taken the last one
            return False

    def _ask_at(self, now: float) -> None:
        if now >= self._ask_again:
            self._ask()

    def _ask(self) -> None:
        if not self._closed:
            self._on_keyframe_needed()


class Batch:
    """Frames of one bridge that wait for its next composite: decoded together they wake up a worker once, and their
    pictures are still in its caches when they are composed. For the main thread.
    """

    def __init__(self, pool: DecoderPool) -> None:
        self._pool = pool
        self._streams: list[DecodedStream] = []  # claimed, so each is there once
        self._cost = 0.0  # seconds of a worker
        self._open_until = -math.inf  # nobody waits before
        self._spread = False

    def schedule(self, stream: DecodedStream) -> None:
        """Have the stream's queue worked off before the next composite is due."""
        if not stream.claim.acquire(False):
            return
        now = self._pool.clock()
        if self._spread or now < self._open_until:
            self._pool.take(stream, now)
            return
        stream.given = math.inf
        self._streams.append(stream)
        self._cost += stream.cost
        if self._cost > BATCH_SECONDS * len(self._pool):
            self._give(now)

    def release(self, due: float) -> None:
        """The next composite is `due` soon: what waits is decoded now, and at once what still comes until then."""
        self._open_until = due
        if self._streams:
            self._give(self._pool.clock())

    def spread(self, spread: bool) -> None:
        """Whether nobody waits: where there is too little CPU, what comes at once holds up the sound."""
        self._spread = spread

    def _give(self, now: float) -> None:
        streams, self._streams, self._cost = self._streams, [], 0.0
        for stream in streams:
            self._pool.take(stream, now)


class DecoderPool:
    """Worker threads shared by all streams of an MP."""

    def __init__(
        self,
        threads: int,
        *,
        call_main: Callable[[Callable[[], None]], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.call_main = call_main
        self.clock = clock
        self._ready: queue.SimpleQueue[DecodedStream | None] = queue.SimpleQueue()  # each stream at most once
        self._stopped = False
        self.failures = 0
        self._longest_wait = 0.0
        self._threads = [threading.Thread(target=self._run, name=f"decode-{i}", daemon=True) for i in range(threads)]
        for thread in self._threads:
            thread.start()

    def __len__(self) -> int:
        """How many workers there are."""
        return len(self._threads)

    def schedule(self, stream: DecodedStream) -> None:
        """Have the stream's queue worked off. Costs one look when it waits already."""
        if stream.claim.acquire(False):
            self.take(stream, self.clock())

    def take(self, stream: DecodedStream, now: float) -> None:
        """Work off the queue of a stream that the caller has claimed."""
        stream.given = now
        self._ready.put(stream)

    def note_wait(self, stream: DecodedStream, frame: EncodedFrame) -> float:
        """A worker has come to a frame; when that is. What a batch waited on purpose does not count."""
        now = self.clock()
        self._longest_wait = max(self._longest_wait, now - max(frame.arrived, stream.given))
        return now

    def take_longest_wait(self) -> float:
        """Seconds that a frame waited for a worker, the most since this was called last."""
        longest, self._longest_wait = self._longest_wait, 0.0
        return longest

    def close(self) -> None:
        self._stopped = True
        for _ in self._threads:
            self._ready.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        name_this_thread(threading.current_thread().name)
        while (stream := self._ready.get()) is not None and not self._stopped:
            try:
                stream.work()
            except Exception:
                self.failures += 1
                log.exception("decoder failed; its stream is closed")
                stream.close()
            stream.claim.release()
            if stream.has_work:  # came after the last look at the queue, perhaps while the claim was still held
                self.schedule(stream)
