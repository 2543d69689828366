"""One scenario on the stand: lets people in, makes the weather, and gathers what was measured in each phase."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mcu.bench.network.figures import Figures, figures
from mcu.bench.network.measured import LineSample, Measured, ServerSample
from mcu.bench.network.record import Arrival, Member, Record
from mcu.bench.network.scenarios import Phase, Scenario
from mcu.bench.network.squeeze import squeezed
from mcu.bench.network.stand import People, Stand
from mcu.bench.workload import Composite
from mcu.errors import ConfigurationError
from mcu.synthetic.network.emulator import Report

OBSERVED, WITNESS, SPEAKER = 0, 1, 2  # people by number; the crowd begins with the speaker
SPEAKERS = 3  # of the crowd: somebody is always heard
WATCHED = (SPEAKER, OBSERVED, *range(SPEAKER + 1, SPEAKER + SPEAKERS))  # order in Frame.shown
SAMPLE_SECONDS = 0.1
WARM_UP = 4.0  # seconds after the last one came in
JOINERS_AFTER = 1.0  # seconds of a squeeze after which those who want to come in are started: they knock a second on
JOIN_SPACING = 2.0  # seconds between two of them
JOIN_SECONDS = 20.0  # that each waits. People of one address are answered one after the other, each after up to
# ROOM_SECONDS of mcu.controller.pool from its turn on: the third of them 17 seconds after it came
RAMP_FROM = 2.0  # times what it took: what it then does at once, it does at once
SERVER_SECONDS = 1.0  # between two looks at what a squeezed server says of itself: it has little time for them
GONE = ("blackholed", "lost", "lost_in_bursts", "queue_full", "overflowed")  # see LineCounters
TICKS = ("mcu_audio_ticks", "mcu_video_ticks")
BUSY = 'mcu_signaling_refused_total{code="busy"}'

Progress = Callable[[str], None]


@dataclass
class _Phase:
    """What is known of a phase while it lasts."""

    phase: Phase
    begin: float
    first: Report
    ticks: tuple[float, float, float]  # see _ticks; at the beginning of what is measured
    cpu: float
    samples: list[LineSample] = field(default_factory=list)
    server: list[ServerSample] = field(default_factory=list)
    end: float = 0.0
    last: Report | None = None
    ticks_missed: float = 0.0
    ticks_made_up: float = 0.0
    late: float = 0.0
    cores: float = 0.0  # that the server took
    arrival: Arrival | None = None


def measure(scenario: Scenario, *, seed: int, progress: Progress) -> dict[str, Measured]:
    """By the names of the phases. Raises ConfigurationError when the stand cannot be built."""
    with Stand(seed=seed) as stand:
        first = scenario.phases[0]
        stand.line.change(down=first.down, up=first.up)
        progress("people come in")
        crowd = [Member(SPEAKER + index, speaks=index < SPEAKERS) for index in range(scenario.crowd)]
        groups = [
            stand.people(stand.line.near, crowd, watched=WATCHED),
            stand.people(stand.line.near, [Member(WITNESS, looks=True)], watched=WATCHED),
            stand.people(stand.line.far, [Member(OBSERVED, looks=True, speaks=True)], watched=WATCHED),
        ]
        for group in groups:
            absent = group.arrival().absent
            if absent:
                raise ConfigurationError(f"not everybody came in: {absent}")
        time.sleep(WARM_UP)
        phases: list[_Phase] = []
        for phase in scenario.phases:
            progress(phase.name)
            phases.append(_go_through(stand, phase, cores=phases[-1].cores if phases else 0.0))
        progress("decoding")
        for group in groups:
            group.leave()
        records = [group.record() for group in groups]
    return {each.phase.name: _measured(each, records) for each in phases}


def _go_through(stand: Stand, phase: Phase, *, cores: float) -> _Phase:
    """Make the weather, and wait. `cores` is what the server took before."""
    is_squeeze = phase.squeeze < 1.0
    with contextlib.ExitStack() as stack:
        limit = stack.enter_context(squeezed(stand.server_pids, share_at(phase, 0.0) * cores)) if is_squeeze else None
        begun = stand.line.change(down=phase.down, up=phase.up)
        state = _Phase(phase, begun.now, begun, _ticks(stand), stand.cpu_seconds())
        measured_from, end = begun.now + phase.skip, begun.now + phase.seconds
        joiners: People | None = None
        while (now := time.monotonic()) < end:
            if limit is not None and now < begun.now + phase.ramp + 1.0:
                limit(share_at(phase, now - begun.now) * cores)
            report = stand.line.report()
            state.samples.append(LineSample(report.now, report.down["queue_delay"], report.down["queue_full"]))
            if now < measured_from:
                state.first, state.ticks = report, _ticks(stand) if now + 0.3 > measured_from else state.ticks
            else:
                state.late = max(state.late, report.late)
            if phase.joiners and joiners is None and now > begun.now + phase.ramp + JOINERS_AFTER:
                joiners = _joiners(stand, phase.joiners)
            if is_squeeze and (not state.server or now >= state.server[-1].at + SERVER_SECONDS):
                with contextlib.suppress(OSError):  # a squeezed server may answer late
                    state.server.append(_server_sample(stand))
            time.sleep(SAMPLE_SECONDS)
        state.end, state.last = time.monotonic(), stand.line.report()
        all_ticks, *bad = (after - before for after, before in zip(_ticks(stand), state.ticks, strict=True))
        state.ticks_missed, state.ticks_made_up = (count / max(1.0, all_ticks) for count in bad)
        state.cores = (stand.cpu_seconds() - state.cpu) / (state.end - state.begin)
    if joiners is not None:
        state.arrival = joiners.arrival()
        joiners.close()
    return state


def share_at(phase: Phase, seconds: float) -> float:
    """Of what the server took before, what it is given so long after the squeeze began."""
    if seconds >= phase.ramp:
        return phase.squeeze
    return RAMP_FROM + (phase.squeeze - RAMP_FROM) * max(0.0, seconds) / phase.ramp


def _joiners(stand: Stand, count: int) -> People:
    """People who want to come in one after the other."""
    members = [Member(100 + index) for index in range(count)]
    return stand.people(stand.line.near, members, watched=WATCHED, patience=JOIN_SECONDS, spacing=JOIN_SPACING)


def _server_sample(stand: Stand) -> ServerSample:
    """Raises OSError."""
    at, metrics = time.monotonic(), stand.metrics()
    strain, shed = (
        max((value for name, value in metrics.items() if name.startswith(wanted)), default=0.0)
        for wanted in ("mcu_processor_strain", "mcu_shed_level")
    )
    return ServerSample(at, strain, shed, *_ticks_in(metrics), metrics.get(BUSY, 0.0))


def _ticks(stand: Stand) -> tuple[float, float, float]:
    """(all, missed, made up) ticks of sound and picture together."""
    return _ticks_in(stand.metrics())


def _ticks_in(metrics: Mapping[str, float]) -> tuple[float, float, float]:
    whole, missed, made_up = (
        sum(value for name, value in metrics.items() if name.startswith(tuple(each + what for each in TICKS)))
        for what in ("_total", "_missed", "_made_up")
    )
    return whole, missed, made_up


def _measured(state: _Phase, records: list[Record]) -> Measured:
    crowd, witness, observed = records
    assert state.last is not None
    begin = state.begin + state.phase.skip
    fps = Composite().fps
    sent, own = crowd.sent[SPEAKER], observed.sent[OBSERVED]
    entered = state.last.down["entered"] - state.first.down["entered"]
    gone = sum(state.last.down[name] - state.first.down[name] for name in GONE)
    speakers = _speakers(state, records, begin, fps=fps)
    return Measured(
        observed=figures(observed.seen[OBSERVED], sent, begin, state.end, fps=fps),
        witness=speakers[0] if state.phase.squeeze == 1.0 else max(speakers, key=lambda each: each.moved_fps),
        seen=figures(witness.seen[WITNESS], own, begin, state.end, fps=fps, watched=1),
        speakers=speakers,
        samples=state.samples,
        begin=state.begin,
        line_loss=gone / max(1.0, entered),
        ticks_missed=state.ticks_missed,
        ticks_made_up=state.ticks_made_up,
        late=max(state.late, *(record.late for record in records)),
        connects=observed.seen[OBSERVED].media_connects,
        server=state.server,
        arrival=state.arrival,
    )


def _speakers(state: _Phase, records: list[Record], begin: float, *, fps: int) -> list[Figures]:
    """What the witness gets, with the pictures and delays of each who speaks, the first speaker of the crowd first."""
    crowd, witness, observed = records
    return [
        figures(
            witness.seen[WITNESS],
            (observed if who == OBSERVED else crowd).sent[who],
            begin,
            state.end,
            fps=fps,
            watched=place,
        )
        for place, who in enumerate(WATCHED)
    ]
