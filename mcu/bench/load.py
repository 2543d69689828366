"""The load: all participants of a workload, in a process of their own, so that the server's CPU is counted alone.

    python -m mcu.bench.load WORKLOAD_JSON SERVER CONFERENCE

It prints `Opened` when everybody is in. Each empty line that it reads is answered by the `Counts` since the last one;
from `observe` on one participant keeps what it receives, and `observed` is answered by that `Observation`. The end of
its input ends it.
"""

from __future__ import annotations

import asyncio
import logging
import resource
import signal
import sys
from collections import Counter
from collections.abc import Sequence

import msgspec
import structlog
import uvloop

from mcu.bench.media import content, performances
from mcu.bench.observation import Observation
from mcu.bench.observer import Observer, observer_of
from mcu.bench.workload import TURN_SECONDS, Workload, from_json, speakers_at
from mcu.errors import ProtocolError
from mcu.lifetime import die_with_parent
from mcu.signaling import protocol
from mcu.synthetic.client import Attention, Client
from mcu.synthetic.clips import PACKET_SECONDS, Performance
from mcu.synthetic.participant import Entry, Participant
from mcu.synthetic.people import person
from mcu.synthetic.player import Reels, load_reels
from mcu.synthetic.stage import Stage
from mcu.webrtc.dtls import Certificate

ENTER_SPACING = 0.02  # seconds between two people at the door
OPEN_SECONDS = 60.0  # for everybody to come in
TOLD = ("received", "sent", "overflowed", "srtp_received", "srtp_sent", "srtp_resent")  # of Client.counters


class Opened(msgspec.Struct, frozen=True):
    """Everybody is in, or as many as could be."""

    participants: int
    seconds: float  # that it took


class Counts(msgspec.Struct, frozen=True):
    """What the load did since it was asked last."""

    seconds: float
    cpu_seconds: float  # of this process
    connected: int  # participants and viewers with media now
    packets_received: int
    packets_sent: int
    media_due: int  # sounds and pictures that were to be sent in this time
    media_skipped: int  # of them, those left out because the process came too late
    resent: int  # on request of the server
    overflowed: int  # datagrams that came and were thrown away, because this process did not read them in time
    late: float  # seconds: the most that a wake-up came after it was set for
    reconnects: int  # since the beginning
    asked: dict[str, int]  # how many of those who send the server asks for how much now: "256×144", "nothing"


class _Deaf(Participant):
    """One who is told what to send, and goes on as before."""

    def _obey(self, needed: protocol.PictureNeeded) -> None:
        self.needed = needed


class _Crowd:
    """Everybody."""

    def __init__(self, workload: Workload, server: str, conference: str) -> None:
        self.stage = Stage()
        self._workload = workload
        made = performances(workload)
        reels: dict[int, Reels] = {id(each): load_reels(each) for each in made}
        shared = content(workload)
        self._content = None if shared is None else load_reels(Performance(0, shared, shared)).listening
        certificate = Certificate()
        self.people: list[Participant] = []
        self.observer = Observer(self.stage)
        observes = observer_of(workload)
        for number in range(workload.people):
            who = person(number)
            views = number >= workload.participants
            entry = Entry(server, conference, who.name, who.office, role="viewer" if views else "attendee")
            kind = Participant if workload.obedient else _Deaf
            self.people.append(
                kind(
                    entry,
                    None if views else reels[id(made[number])],
                    stage=self.stage,
                    certificate=certificate,
                    order=number,
                    codec="" if workload.audio_only else workload.codec_in,
                    receiver=self.observer if number == observes else None,
                    attention=Attention.WHOLE if number == observes else Attention.COUNTED,
                )
            )
        self.observer.watch(self.people, observes, [each.person for each in made])

    @property
    def asked(self) -> dict[str, int]:
        """See `Counts`."""
        told = [who.needed.picture for who in self.people if who.needed is not None]
        return dict(Counter("nothing" if each is None else f"{each.width}×{each.height}" for each in told))

    @property
    def clients(self) -> list[Client]:
        return [who.client for who in self.people if who.client is not None and who.ready.is_set()]

    async def enter(self, group: asyncio.TaskGroup) -> int:
        """Everybody in; how many are."""
        for who in self.people:
            group.create_task(who.run())
            await asyncio.sleep(ENTER_SPACING)
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                for who in self.people:
                    await who.ready.wait()
        except TimeoutError:
            structlog.get_logger().warning("not everybody came in", connected=len(self.clients))
        if self._content is not None:
            await self.people[0].share(self._content)
        return len(self.clients)

    async def speak(self) -> None:
        """Hand the word on, for ever."""
        begin = self.stage.now()
        step = TURN_SECONDS / max(1, self._workload.speakers)
        turn = 0
        while True:
            speaking = speakers_at(self._workload, turn * step)
            for number, who in enumerate(self.people[: self._workload.participants]):
                who.set_speaking(number in speaking)
            turn += 1
            await asyncio.sleep(max(0.0, begin + turn * step - self.stage.now()))


class _Meter:
    """Reads a crowd's counters and says what changed."""

    def __init__(self, crowd: _Crowd, workload: Workload) -> None:
        self._crowd = crowd
        pictures = 0 if workload.audio_only else workload.fps
        self._due_rate = workload.participants * (1 / PACKET_SECONDS + pictures)
        self._last = self._read()

    def read(self) -> Counts:
        """Since the last time."""
        before, now = self._last, self._read()
        self._last = now
        told = {name: round(now[name] - before[name]) for name in now}
        seconds = now["at"] - before["at"]
        late, self._crowd.stage.late = self._crowd.stage.late, 0.0
        return Counts(
            seconds=seconds,
            cpu_seconds=now["cpu"] - before["cpu"],
            connected=len(self._crowd.clients),
            packets_received=told["received"],
            packets_sent=told["sent"],
            media_due=round(seconds * self._due_rate),
            media_skipped=told["skipped"],
            resent=told["srtp_resent"],
            overflowed=told["overflowed"],
            late=late,
            reconnects=sum(who.reconnects for who in self._crowd.people),
            asked=self._crowd.asked,
        )

    def _read(self) -> dict[str, float]:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        clients = self._crowd.clients
        found = {"at": self._crowd.stage.now(), "cpu": usage.ru_utime + usage.ru_stime}
        counters = [client.counters for client in clients]
        found |= {name: sum(each.get(name, 0) for each in counters) for name in TOLD}
        found["skipped"] = sum(client.player.skipped for client in clients if client.player is not None)
        return found


async def _run(workload: Workload, server: str, conference: str) -> None:
    loop = asyncio.get_running_loop()
    crowd = _Crowd(workload, server, conference)
    asked = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(asked), sys.stdin.buffer)
    try:
        async with asyncio.TaskGroup() as group:
            begin = crowd.stage.now()
            inside = await crowd.enter(group)
            group.create_task(crowd.speak())
            _say(Opened(inside, crowd.stage.now() - begin))
            meter = _Meter(crowd, workload)
            while line := await asked.readline():
                match line.strip():
                    case b"observe":
                        crowd.observer.begin()
                    case b"observed":
                        _say(crowd.observer.end())
                    case _:
                        _say(meter.read())
            raise _Over
    except* _Over:
        crowd.stage.close()


class _Over(Exception):
    """Nobody listens any more: everybody leaves."""


def _say(value: Opened | Counts | Observation) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> None:
    """See the top."""
    try:
        text, server, conference = arguments
        workload = from_json(text)
    except (ValueError, ProtocolError) as error:
        sys.stderr.write(f"usage: python -m mcu.bench.load WORKLOAD_JSON SERVER CONFERENCE ({error})\n")
        sys.exit(2)
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the end of the input comes soon
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),  # who leaves loses media, as is meant
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(workload, server, conference))


if __name__ == "__main__":
    main(sys.argv[1:])
