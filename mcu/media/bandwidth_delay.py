"""The queue on the way to a receiver, and whether it grows: trendline filter with adaptive threshold.

After draft-ietf-rmcat-gcc-02 sections 5.2 to 5.4, with least squares over packet groups instead of a Kalman filter.

Rules:
1. Delay is arrival minus sending time, on two clocks that share no zero. Only differences mean anything.
2. A queue delays all packets, jitter single ones: the queue is the smallest delay of a while minus the smallest ever.
3. Nothing that a receiver reports raises; what cannot be is skipped and counted.
"""

from __future__ import annotations

from array import array

from mcu.media.bandwidth_feedback import NEVER, PACKET_FIELDS, Acknowledged

GROUP = 0.005  # seconds of sending that count as one group (draft section 5.2)
WINDOW = 20  # groups in the trendline: some 0.3 s of video and sound
SMOOTHING = 0.3  # weight of a new group's delay
GAIN = 4.0  # makes the trend comparable to a threshold in ms, as deployed senders have it
TREND_FIRST, TREND_MIN, TREND_MAX = 12.5, 6.0, 600.0  # ms; the draft's del_var_th and its limits
THRESHOLD_UP, THRESHOLD_DOWN = 0.0087, 0.039  # per ms: the draft's K_u and K_d
OUTLIER = 15.0  # ms above the threshold: a step of the route, which the threshold shall not follow (the draft's 15)
SHORT = 0.12  # seconds: the queue of right now
STANDING = 0.3  # seconds: the queue that does not go away
BASE_BUCKET = 10.0  # seconds; the smallest delay of the last one to two of these is an empty queue
MAX_DELAY_CHANGE = 10.0  # seconds from the base: not a queue but another clock
BUSY = 0.010  # seconds of queue from which on the line is taken to be busy
MIN_BUSY = 0.08  # seconds of arrivals in a row that make a delivery rate: two frames
MAX_BUSY = 0.5  # seconds; older deliveries tell of an older line
MINIMA = 64  # feedbacks within STANDING that are looked at; a power of two
KEPT_GROUPS = 128  # the newest; a power of two
FIELDS = 7  # of a group, in one flat array: tuples of floats, made and thrown away by the hundred, are cold memory
RING = 1024  # packets whose number is remembered, against double acknowledgement; a power of two


class DelayDetector:
    """One per receiver. `add` each feedback, then read the attributes."""

    __slots__ = (
        "_base_before",
        "_base_now",
        "_bucket_end",
        "_count",
        "_gap",
        "_group_first",
        "_group_last",
        "_group_size",
        "_group_start",
        "_groups",
        "_last_update",
        "_minima",
        "_minima_count",
        "_next",
        "_oldest",
        "_ring",
        "_size_of_first",
        "_smoothed",
        "nonsense",
        "overusing",
        "queue",
        "restarts",
        "standing",
        "threshold",
        "trend",
    )

    def __init__(self) -> None:
        self.nonsense = 0  # packets acknowledged twice, or with values that cannot be
        self.restarts = 0  # times the receiver's clock was another one
        self._ring = array("l", [-1]) * RING
        # Last arrival, its delay, the delay smoothed, bytes; first arrival, its delay, bytes without the first packet.
        self._groups = array("d", [0.0]) * (KEPT_GROUPS * FIELDS)
        self._restart()

    def _restart(self) -> None:
        self.overusing = False  # the delay grows faster than its noise
        self.queue = 0.0  # seconds, over the last SHORT
        self.standing = 0.0  # seconds, over the last STANDING
        self.trend = 0.0  # ms, to be compared with the threshold
        self.threshold = TREND_FIRST
        self._base_before = float("inf")  # smallest delay of the previous bucket
        self._base_now = float("inf")  # and of this one
        self._bucket_end = float("-inf")
        self._group_start = 0.0  # of the group that is open: begun at (our clock), first and last arrival, bytes, those
        self._group_first = self._group_last = 0.0  # of its first packet
        self._group_size = self._size_of_first = 0
        self._count = 0  # groups so far; number n is at n % KEPT_GROUPS
        self._next = -1  # sequence expected to be reported next
        self._gap = float("-inf")  # arrival of the first packet after the last lost feedback
        self._minima = array("d", [0.0]) * (2 * MINIMA)  # now and smallest delay of each feedback, a ring of pairs
        self._oldest = self._minima_count = 0
        self._smoothed = 0.0
        self._last_update = 0.0

    def add(self, packets: Acknowledged, now: float) -> int:
        """Enter one feedback. Returns the bytes acknowledged by it for the first time."""
        ring, groups, count = self._ring, self._groups, self._count
        start, first, last = self._group_start, self._group_first, self._group_last
        size_of_group, size_of_first = self._group_size, self._size_of_first
        values, count_of_packets = packets.values, packets.count
        sequence = int(values[0])
        gap = self._next >= 0 and 0 < (sequence - self._next) & 0xFFFF < 0x8000
        self._next = int(values[(count_of_packets - 1) * PACKET_FIELDS]) + 1
        smoothed = self._smoothed
        low = 1e12
        bytes_received = 0
        for index in range(count_of_packets):
            place = index * PACKET_FIELDS
            came = values[place + 3]
            if came == NEVER:
                continue
            sequence, sent, octets = int(values[place]), values[place + 1], values[place + 2]
            delay = came - sent
            slot = sequence & (RING - 1)
            if ring[slot] == sequence or not (-1e12 < delay < 1e12 and 0 < octets < 65_536):
                self.nonsense += 1
                continue
            size = int(octets)
            ring[slot] = sequence
            if gap:
                self._gap, gap = came, False
            bytes_received += size
            if delay < low:
                low = delay
            if 0.0 <= sent - start < GROUP:
                size_of_group += size
                if came > last:
                    last = came
            elif sent >= start:
                if size_of_group:
                    late = last - start
                    smoothed = smoothed + SMOOTHING * (late - smoothed) if count else late
                    at = (count & (KEPT_GROUPS - 1)) * FIELDS
                    groups[at], groups[at + 1], groups[at + 2] = last, late, smoothed
                    groups[at + 3], groups[at + 6] = size_of_group, size_of_group - size_of_first
                    groups[at + 4], groups[at + 5] = first, first - start
                    count += 1
                start, first, last, size_of_group, size_of_first = sent, came, came, size, size
            elif start - sent > MAX_DELAY_CHANGE:
                start, first, last, size_of_group, size_of_first = sent, came, came, size, size
            # else: it comes late, its group is closed; for the smallest delay and the bytes it has counted
        self._group_start, self._group_first, self._group_last = start, first, last
        self._group_size, self._size_of_first = size_of_group, size_of_first
        self._smoothed, self._count = smoothed, count
        if bytes_received:
            self._follow(low, now)
        return bytes_received

    def _follow(self, low: float, now: float) -> None:
        base = self.base
        if base < 1e12 and not -MAX_DELAY_CHANGE < low - base < MAX_DELAY_CHANGE:
            self.restarts += 1
            self._restart()
            base = low
        if now >= self._bucket_end or now < self._bucket_end - BASE_BUCKET:
            self._base_before, self._base_now = self._base_now, low
            self._bucket_end = now + BASE_BUCKET
        elif low < self._base_now:
            self._base_now = low
        base = min(self._base_before, self._base_now)
        minima, oldest, count = self._minima, self._oldest, self._minima_count
        while count and (count == MINIMA or not 0.0 <= now - minima[2 * oldest] <= STANDING):
            oldest = (oldest + 1) & (MINIMA - 1)
            count -= 1
        place = 2 * ((oldest + count) & (MINIMA - 1))
        minima[place], minima[place + 1] = now, low
        count += 1
        self._oldest, self._minima_count = oldest, count
        standing = queue = low
        for index in range(count):
            place = 2 * ((oldest + index) & (MINIMA - 1))
            delay = minima[place + 1]
            if delay < standing:
                standing = delay
            if delay < queue and now - minima[place] < SHORT:
                queue = delay
        self.standing, self.queue = standing - base, queue - base
        self._detect(now)

    def _detect(self, now: float) -> None:
        groups, end = self._groups, self._count
        count = min(end, WINDOW)
        if count < 2:
            return
        at = ((end - count) & (KEPT_GROUPS - 1)) * FIELDS
        origin, floor = groups[at], groups[at + 2]
        times = delays = squares = products = 0.0
        for number in range(end - count, end):
            at = (number & (KEPT_GROUPS - 1)) * FIELDS
            time = groups[at] - origin
            delay = groups[at + 2] - floor
            times += time
            delays += delay
            squares += time * time
            products += time * delay
        spread = count * squares - times * times
        slope = (count * products - times * delays) / spread if spread > 1e-9 else 0.0
        # The draft compares an offset that has been accumulated: slope times groups seen, times a gain.
        trend = self.trend = slope * count * GAIN
        self.overusing = count >= WINDOW // 2 and trend > self.threshold
        size = abs(trend)
        if size < self.threshold + OUTLIER:
            factor = THRESHOLD_UP if size > self.threshold else THRESHOLD_DOWN
            elapsed = min(max(now - self._last_update, 0.0), 0.1) * 1000
            adapted = self.threshold + factor * (size - self.threshold) * elapsed
            self.threshold = min(max(adapted, TREND_MIN), TREND_MAX)
        self._last_update = now

    @property
    def base(self) -> float:
        """Arrival minus sending time through an empty queue."""
        return min(self._base_before, self._base_now)

    def delivery(self) -> tuple[float, float] | None:
        """Since the line became busy: bit/s that arrived, and seconds of sending for a second of arriving.

        The first is the rate of a line that was full of ours, the second our share of one that was full of others'.
        None when it has not been busy long enough to say.
        """
        base, groups = self.base, self._groups
        newest = sent = None
        behind = size = span = sending = 0.0
        for number in range(self._count - 1, max(0, self._count - KEPT_GROUPS) - 1, -1):
            at = (number & (KEPT_GROUPS - 1)) * FIELDS
            last, late, group_size = groups[at], groups[at + 1], groups[at + 3]
            first, delay, rest = groups[at + 4], groups[at + 5], groups[at + 6]
            if newest is None or sent is None:
                newest, sent = last, last - late
            if newest - first > MAX_BUSY or first < self._gap:
                break
            span, sending = newest - first, sent - (first - delay)
            size = behind + rest  # what came after the first packet of this group
            behind += group_size
            if delay - base < BUSY:
                break  # the line had been idle
        return (size * 8 / span, sending / span) if span >= MIN_BUSY else None

    def accept_queue(self) -> None:
        """What stands now was not made by us: count it as an empty queue from now on."""
        if self._minima_count:
            places = [2 * ((self._oldest + index) & (MINIMA - 1)) + 1 for index in range(self._minima_count)]
            self._base_before, self._base_now = float("inf"), min([self._minima[place] for place in places])
            self.queue = self.standing = 0.0
