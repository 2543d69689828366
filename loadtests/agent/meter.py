"""What an agent itself does: CPU, packets and lateness, since it was asked last."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable

from loadtests.agent.member import Member
from loadtests.wire import Counts
from mcu.bench import cpu
from mcu.synthetic.stage import Stage

TOLD = ("received", "sent", "overflowed", "skipped")  # of Member.counters


class Meter:
    """`forget` members that are gone, so that what they did is counted on."""

    def __init__(
        self, stage: Stage, *, cpu_seconds: Callable[[], float] = lambda: cpu.of_all(cpu.family(os.getpid())).cpu
    ) -> None:
        """`cpu_seconds` of the process and its children that live."""
        self.reconnects = 0  # counted by whoever is told
        self._stage = stage
        self._cpu_seconds = cpu_seconds
        self._gone: Counter[str] = Counter()
        self._last = (stage.now(), cpu_seconds(), Counter[str](), 0, stage.failed)

    def forget(self, member: Member) -> None:
        """It counts no further."""
        _add(self._gone, member)

    def read(self, members: Iterable[Member]) -> Counts:
        """Since the last time."""
        present = list(members)
        total = Counter(self._gone)
        for member in present:
            _add(total, member)
        began, used, before, reconnects, failed = self._last
        now, cpu_seconds = self._stage.now(), self._cpu_seconds()
        self._last = now, cpu_seconds, total, self.reconnects, self._stage.failed
        late, self._stage.late = self._stage.late, 0.0
        return Counts(
            seconds=now - began,
            cpu_seconds=max(0.0, cpu_seconds - used),  # a child that ended took its seconds with it
            connected=sum(member.connected for member in present),
            packets_received=total["received"] - before["received"],
            packets_sent=total["sent"] - before["sent"],
            skipped=total["skipped"] - before["skipped"],
            overflowed=total["overflowed"] - before["overflowed"],
            late=late,
            reconnects=self.reconnects - reconnects,
            broke=self._stage.failed - failed,
        )


def _add(total: Counter[str], member: Member) -> None:
    counters = member.counters
    for name in TOLD:
        total[name] += counters.get(name, 0)
