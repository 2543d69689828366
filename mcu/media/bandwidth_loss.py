"""Loss, and whose fault it is: of a full line, or of a radio that loses whatever we send.

Rules:
1. A packet reported missing is lost only when no later feedback of the next GRACE seconds reports it received.
2. Loss with flat delay is the line's own up to TRIAL_LOSS. Above it a trial decides: send what came through and look.
3. What a trial found to be the line's own is remembered while it lasts.
"""

from __future__ import annotations

from array import array
from enum import Enum

from mcu.media.bandwidth_feedback import NEVER, PACKET_FIELDS, Acknowledged

GRACE = 0.25  # seconds: longer than packets overtake each other, as far as jitter of 80 ms goes
MAX_PENDING = 2_000  # packets reported missing and not lost yet; more come only from nonsense
SLOT = 0.25  # seconds
SLOTS = 12  # 3 s
FAST_SLOTS = 3  # the newest of them is filling: half a second or more
TRIAL_LOSS = 0.18  # of 3 s; four standard deviations above 10 % or bursts of 6 %, with 390 packets
FAST_LOSS = 0.45  # of half a second; five standard deviations above 20 %, with 65 packets
FAST_PACKETS = 24  # half a second of sound
SLOW_PACKETS = 100
CHANGE = 0.10  # more loss than the line's own before it is doubted again
TRIAL_TIME = 2.0  # seconds of looking, after the first 0.5 s in which what was sent before is reported
TRIAL_DELAY = 0.5
TRIAL_PACKETS = 60  # 1.2 s of sound alone
NO_LOSS = 0.01  # share from which on a line has no loss of its own
CURED = 0.5  # of the loss before: less than this share left means that the rate was the cause
OWN_SMOOTHING = 0.1  # weight of the newest 3 s in the line's own loss, once known, each slot


class LossVerdict(Enum):
    NOTHING = "nothing"
    TRY_LESS = "try less"  # begin a trial: send no more than what came through
    RESTORE = "restore"  # the trial is over: less did not help


class LossJudge:
    """One per receiver."""

    def __init__(self) -> None:
        self.share = 0.0  # lost, of the last 3 s
        self.recent = 0.0  # lost, of the last half second or more
        self.missing = 0.0  # not received so far, of the last feedback
        self.own = 0.0  # the line's own loss, as far as a trial found out
        self.trials = 0
        self.trying = False
        self.dropped = 0  # packets reported missing that did not fit the table
        self._pending: dict[int, float] = {}  # transport sequence -> when it was first reported missing
        self._slots = array("q", [0]) * (2 * SLOTS)  # a ring of pairs: packets lost, and of how many
        self._newest = 0  # of the slots: the one that is filling
        self._full = 0  # slots before it
        self._slot_end = 0.0
        self._of = 0  # packets that `share` is about
        self._trial_loss = 0.0  # that led to the trial
        self._trial_begin = 0.0
        self._trial_lost = self._trial_of = 0  # packets
        self._judged_from = float("-inf")  # what was sent before is not looked at

    def add(self, packets: Acknowledged, now: float) -> None:
        """Enter one feedback."""
        pending = self._pending
        values = packets.values
        received = 0
        for index in range(packets.count):
            place = index * PACKET_FIELDS
            if values[place + 3] != NEVER:
                received += 1
                if pending:
                    pending.pop(int(values[place]), None)
            elif values[place + 1] >= self._judged_from:
                if len(pending) < MAX_PENDING:
                    pending.setdefault(int(values[place]), now)
                else:
                    self.dropped += 1
        self.missing = 1.0 - received / packets.count
        self._enter(self._overdue(now) if pending else 0, received, now)

    def _overdue(self, now: float) -> int:
        overdue = [sequence for sequence, since in self._pending.items() if not 0.0 <= now - since < GRACE]
        for sequence in overdue:
            del self._pending[sequence]
        return len(overdue)

    def _enter(self, lost: int, received: int, now: float) -> None:
        if not self._slot_end - SLOT <= now < self._slot_end:
            self._slot_end = now + SLOT
            self._newest = (self._newest + 1) % SLOTS
            self._slots[2 * self._newest] = self._slots[2 * self._newest + 1] = 0
            self._full = min(self._full + 1, SLOTS - 1)
            self._sum()
            if self.own and self.share < self.own + CHANGE / 2:
                self.own += OWN_SMOOTHING * (self.share - self.own)
                if self.own < NO_LOSS:
                    self.own = 0.0
        self._slots[2 * self._newest] += lost
        self._slots[2 * self._newest + 1] += lost + received
        if self.trying and now - self._trial_begin >= TRIAL_DELAY:
            self._trial_lost += lost
            self._trial_of += lost + received

    def _sum(self) -> None:
        """Once a slot, all full slots."""
        lost = of = newest_lost = newest_of = 0
        for age in range(1, self._full + 1):
            place = 2 * ((self._newest - age + SLOTS) % SLOTS)
            lost += self._slots[place]
            of += self._slots[place + 1]
            if age < FAST_SLOTS:
                newest_lost += self._slots[place]
                newest_of += self._slots[place + 1]
        self.share = lost / of if of >= FAST_PACKETS else 0.0
        self._of = of
        self.recent = newest_lost / newest_of if newest_of >= FAST_PACKETS else 0.0

    def judge(self, now: float) -> LossVerdict:
        """Call after `add`, while the delay says nothing."""
        if self.trying:
            return self._judge_trial(now)
        if self.share > max(TRIAL_LOSS, self.own + CHANGE) and self._of >= SLOW_PACKETS:
            self._begin(self.share, now)
        elif self.recent > max(FAST_LOSS, self.own + 2 * CHANGE):
            self._begin(self.recent, now)
        else:
            return LossVerdict.NOTHING
        return LossVerdict.TRY_LESS

    def _begin(self, share: float, now: float) -> None:
        self.trials += 1
        self.trying = True
        self._trial_loss = share
        self._trial_begin = now
        self._trial_lost = self._trial_of = 0

    def _judge_trial(self, now: float) -> LossVerdict:
        lost, of = self._trial_lost, self._trial_of
        if now - self._trial_begin < TRIAL_DELAY + TRIAL_TIME or of < TRIAL_PACKETS:
            return LossVerdict.NOTHING
        self.trying = False
        self._clear()  # what was lost at the higher rate has been judged
        if lost / of < CURED * self._trial_loss or lost / of >= FAST_LOSS:
            return LossVerdict.NOTHING  # cured, or beyond what any picture survives
        self.own = lost / of
        return LossVerdict.RESTORE

    def forget(self, before: float) -> None:
        """What was sent before that time was lost for a known reason, and is no matter for a trial."""
        self.trying = False
        self._judged_from = before
        self._pending.clear()
        self._clear()

    def _clear(self) -> None:
        self._slots[2 * self._newest] = self._slots[2 * self._newest + 1] = 0
        self._full = 0
        self.share = self.recent = 0.0
