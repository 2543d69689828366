"""Scenarios of bad lines: what their judges say of made-up measurements, and the words and JSON of an outcome."""

from __future__ import annotations

import dataclasses
import io
import math
import signal
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from mcu.bench import impaired
from mcu.bench.impaired import Outcome, run_impaired, table
from mcu.bench.network import scenarios, squeeze, trial
from mcu.bench.network.figures import Figures
from mcu.bench.network.judges import back, first_strained, recovered, settled
from mcu.bench.network.measured import Check, LineSample, Measured, ServerSample, shown
from mcu.bench.network.record import Arrival, Refusal
from mcu.bench.network.scenarios import SCENARIOS
from mcu.controller.pool import ROOM_SECONDS
from mcu.errors import ConfigurationError, McuError
from mcu.synthetic.network import namespaces

GOOD = Figures(
    seconds=20,
    fps=25,
    frame_share=1.0,
    freeze=0.05,
    keyframes=0,
    moved_fps=15,
    stall=0.1,
    delay_p50=0.1,
    delay_p95=0.12,
    concealed=0.0,
    lost=0.0,
    gap=0.0,
    buffer=0.03,
    buffer_max=0.04,
    asked=(0.1,),
    bitrate=1.2e6,
    rates=(1.2e6,) * 20,
    frame_rates=(25,) * 20,
)
BAD = dataclasses.replace(
    GOOD,
    fps=3.0,
    frame_share=0.2,
    freeze=4.0,
    keyframes=30,
    delay_p95=2.0,
    concealed=0.6,
    lost=0.4,
    gap=2.0,
    buffer=0.3,
    asked=(0.1, 0.9),
    bitrate=1e5,
    rates=(1e5,) * 20,
    frame_rates=(3,) * 20,
)
TURNED_AWAY = Arrival((), {100: Refusal("busy", at=12.0, waited=7.1)}, unanswered=(101,))
QUIET_LINE = [LineSample(at / 10, 0.0, 0) for at in range(200)]
FULL_LINE = [LineSample(at / 10, 0.5, at) for at in range(200)]


def measured(figures: Figures, **changes: object) -> Measured:
    whole = Measured(
        observed=figures,
        witness=figures,
        seen=figures,
        speakers=(figures,),
        samples=QUIET_LINE,
        begin=0.0,
        line_loss=0.05,
        ticks_missed=0.0,
        ticks_made_up=0.0,
        late=0.005,
        connects=1,
    )
    return dataclasses.replace(whole, **changes)  # type: ignore[arg-type]


def phases(bad: Measured, after: Measured | None = None) -> Mapping[str, Measured]:
    return {"clear": measured(GOOD), "bad": bad, "after": after or measured(GOOD)}


def reached(name: str, found: Mapping[str, Measured]) -> bool:
    return all(check.ok for check in SCENARIOS[name].judge(found))


def figures_of(name: str, found: Mapping[str, Measured]) -> dict[str, float]:
    return {check.name: check.value for check in SCENARIOS[name].judge(found)}


@pytest.mark.parametrize("name", ["loss-5", "loss-10", "loss-20", "bursts", "bottleneck", "one-bad"])
def test_good_figures_reach_what_bad_ones_do_not(name: str) -> None:
    assert reached(name, phases(measured(GOOD)))
    assert not reached(name, phases(measured(BAD, samples=FULL_LINE), measured(BAD, samples=FULL_LINE)))


@pytest.mark.parametrize("name", ["jitter", "gusts"])
def test_delay_has_to_follow_jitter_and_to_return(name: str) -> None:
    followed = measured(dataclasses.replace(GOOD, buffer=0.09))
    assert reached(name, phases(followed))
    assert not reached(name, phases(measured(GOOD)))
    assert not reached(name, phases(followed, followed))


def said(at: float, *, strain: float, missed: float = 0.0, made_up: float = 0.0) -> ServerSample:
    return ServerSample(at, strain=strain, shed=0, ticks=100 * at, missed=missed, made_up=made_up, refused=0)


def squeezed(figures: Figures, **changes: object) -> Measured:
    """With a server that refuses newcomers from the third second on, one of whom it tells so."""
    server = (said(0.0, strain=0.2, missed=3), said(3.0, strain=1.0, missed=3), said(5.0, strain=1.0, missed=9))
    return measured(figures, **{"server": server, "arrival": TURNED_AWAY, **changes})


FEWER = dataclasses.replace(GOOD, fps=15)


def test_a_squeeze_has_to_cost_frames_and_not_ticks() -> None:
    assert reached("squeeze", phases(squeezed(FEWER)))
    assert not reached("squeeze", phases(squeezed(GOOD)))
    assert not reached("squeeze", phases(squeezed(FEWER, ticks_missed=0.02)))
    assert reached("squeeze", phases(squeezed(FEWER, ticks_made_up=0.04)))
    assert not reached("squeeze", phases(squeezed(FEWER, ticks_made_up=0.06)))
    assert not reached("squeeze", phases(squeezed(dataclasses.replace(GOOD, fps=2))))
    assert not reached("squeeze", phases(squeezed(FEWER), measured(BAD)))


def test_only_who_is_told_so_was_refused() -> None:
    silent = Arrival((), {}, unanswered=(100, 101), without_media=(102,))
    assert not reached("squeeze", phases(squeezed(FEWER, arrival=silent)))
    told = figures_of("squeeze", phases(squeezed(FEWER, arrival=silent)))
    assert told["joins refused"] == 0
    assert (told["joins without an answer"], told["joins let in"]) == (2, 1)


def test_newcomers_have_to_be_refused_before_ticks_are_missed() -> None:
    late = (said(0.0, strain=0.2), said(3.0, strain=1.0, missed=4, made_up=2))
    assert not reached("squeeze", phases(squeezed(FEWER, server=late)))
    told = figures_of("squeeze", phases(squeezed(FEWER, server=late)))
    assert (told["ticks missed until it refuses"], told["made up until then"], told["refuses from"]) == (4, 2, 3.0)
    never = (said(0.0, strain=0.2), said(3.0, strain=0.7))
    assert first_strained(never) is None
    assert not reached("squeeze", phases(squeezed(FEWER, server=never)))


def test_who_speaks_and_stands_still_is_shown_beside_who_moves() -> None:
    still = dataclasses.replace(FEWER, moved_fps=0.1, delay_p95=1.1, stall=16.0)
    unseen = dataclasses.replace(FEWER, moved_fps=0.0, delay_p95=math.nan, stall=20.0)
    bad = phases(squeezed(FEWER, speakers=(FEWER, still, unseen)))
    assert reached("squeeze", bad)
    told = figures_of("squeeze", bad)
    assert told["delay p95, slowest of 3 who speak"] == pytest.approx(1100)
    assert told["longest stall of one of them"] == 20.0


def test_who_wants_in_can_be_told_before_the_squeeze_is_over() -> None:
    (phase,) = (phase for phase in SCENARIOS["squeeze"].phases if phase.joiners)
    last = phase.ramp + trial.JOINERS_AFTER + (phase.joiners - 1) * trial.JOIN_SPACING
    assert phase.joiners * ROOM_SECONDS - (phase.joiners - 1) * trial.JOIN_SPACING < trial.JOIN_SECONDS
    assert last + trial.JOIN_SECONDS + 2.0 < phase.seconds


def test_a_squeeze_begins_with_room_and_ends_with_its_share() -> None:
    (phase,) = (phase for phase in SCENARIOS["squeeze"].phases if phase.squeeze < 1)
    shares = [trial.share_at(phase, seconds) for seconds in (0.0, phase.ramp / 2, phase.ramp, phase.seconds)]
    assert shares == [trial.RAMP_FROM, pytest.approx((trial.RAMP_FROM + 0.5) / 2), 0.5, 0.5]


def test_where_no_keyframe_was_asked_for_nothing_was_reached() -> None:
    silent = phases(measured(dataclasses.replace(GOOD, asked=())))
    assert not reached("bursts", silent)
    assert figures_of("bursts", silent)["freezes that asked"] == 0


def test_what_the_bad_one_gets_is_shown_and_not_judged() -> None:
    bad = phases(measured(GOOD, observed=BAD))
    assert reached("one-bad", bad)
    told = figures_of("one-bad", bad)
    assert (told["the bad one decodes"], told["its longest freeze"], told["its longest gap"]) == (3.0, 4.0, 2.0)


def test_recovered_is_when_all_frames_come_and_keep_coming() -> None:
    assert recovered([5, 12, 25, 8, 24, 25, 25], 25.0) == 4
    assert recovered([5] * 20, 25.0) == math.inf
    assert recovered([], 25.0) == math.inf


def test_a_second_connection_is_no_survival() -> None:
    assert not reached("loss-20", phases(measured(GOOD, connects=2)))


def test_a_figure_that_cannot_be_told_is_not_reached() -> None:
    assert not Check("delay", math.nan, 1.0, "s").ok
    assert not Check("frames", math.nan, 1.0, "%", least=True).ok
    assert shown("frames", math.nan).ok


def test_settled_is_after_the_last_long_queue() -> None:
    samples = [LineSample(10 + at / 10, 0.5 if at < 32 else 0.1, min(at, 40)) for at in range(200)]
    assert settled(measured(GOOD, samples=samples, begin=10.0)) == pytest.approx(4.0)
    assert settled(measured(GOOD, samples=FULL_LINE)) == math.inf
    assert settled(measured(GOOD, samples=[])) == math.inf


def test_back_is_when_the_rate_is_that_of_before() -> None:
    assert back([3e5, 4e5, 9e5, 1e6, 1e6, 1e6], 1e6) == 2
    assert back([3e5] * 20, 1e6) == math.inf
    assert back([], 1e6) == math.inf


def test_phases_are_named_as_the_judges_expect() -> None:
    for name, scenario in SCENARIOS.items():
        assert scenario.name == name
        names = [phase.name for phase in scenario.phases]
        scenario.judge({phase: measured(GOOD) for phase in names})
        assert all(phase.skip < phase.seconds for phase in scenario.phases)
        assert scenario.crowd >= trial.SPEAKERS


def test_one_bad_receiver_is_one_among_thirty() -> None:
    assert SCENARIOS["one-bad"].crowd + 2 == 30


def run(monkeypatch: pytest.MonkeyPatch, found: Mapping[str, Measured], names: tuple[str, ...]) -> list[Outcome]:
    monkeypatch.setattr(namespaces, "refusal", lambda: "")
    monkeypatch.setattr(squeeze, "refusal", lambda: "")
    monkeypatch.setattr(impaired, "measure", lambda scenario, **_: found)
    return run_impaired(names)


def test_outcomes_go_into_a_table_and_into_json(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = run(monkeypatch, phases(measured(BAD, samples=FULL_LINE)), ("loss-5", "bottleneck"))
    assert [outcome.reached for outcome in outcomes] == [False, False]
    assert msgspec.json.decode(msgspec.json.encode(outcomes), type=list[Outcome]) == outcomes
    text = io.StringIO()
    Console(file=text, width=600).print(table(outcomes))
    for words in ("freeze 4 s ✗", "settled after never ✗", "not judged: concealed while narrow 60 %", "no"):
        assert words in text.getvalue()


def test_a_busy_machine_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    (outcome,) = run(monkeypatch, phases(measured(GOOD, ticks_missed=0.15, ticks_made_up=0.05)), ("loss-5",))
    assert outcome.disturbed
    assert outcome.reached  # in spite of it
    assert "20.0 % of ticks missed or late" in outcome.note


def test_what_a_disturbed_server_did_not_reach_is_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    (outcome,) = run(monkeypatch, phases(measured(BAD, late=0.5)), ("loss-5",))
    assert outcome.reached is None


def test_where_namespaces_are_not_allowed_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(namespaces, "refusal", lambda: "An emulated network needs root.")
    outcomes = run_impaired()
    assert [outcome.name for outcome in outcomes] == list(SCENARIOS)
    assert all(outcome.reached is None and outcome.note == "An emulated network needs root." for outcome in outcomes)


QUIET = dataclasses.replace(GOOD, asked=())  # nobody asked for a keyframe
STILL = dataclasses.replace(QUIET, freeze=9.0)
NEVER = dataclasses.replace(QUIET, freeze=math.inf)
STALLED = dataclasses.replace(GOOD, stall=math.nan)


@pytest.mark.parametrize(
    ("found", "tries", "reached"),
    [
        ((QUIET, GOOD), 2, True),
        ((QUIET, QUIET, QUIET), 3, False),
        ((QUIET, None), 2, False),  # what was measured stands
        ((STILL,), 1, False),  # and so does what is bad
        ((NEVER,), 1, False),
        ((BAD,), 1, False),
        ((STALLED,), 1, True),  # what is not judged need not be told
    ],
)
def test_bursts_are_run_again_with_other_weather_until_a_keyframe_was_asked_for(
    found: tuple[Figures | None, ...], tries: int, reached: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds: list[int] = []

    def measure(_: object, seed: int, **__: object) -> Mapping[str, Measured]:
        seeds.append(seed)
        figures = found[len(seeds) - 1]
        if figures is None:
            raise McuError("the server ended")
        return phases(measured(figures))

    monkeypatch.setattr(namespaces, "refusal", lambda: "")
    monkeypatch.setattr(impaired, "measure", measure)
    (outcome,) = run_impaired(["bursts"], seed=7)
    assert seeds == list(range(7, 7 + tries))
    assert outcome.reached is reached
    assert outcome.checks
    assert outcome.note == ("" if tries == 1 or None in found else f"try {tries}")


def test_an_unknown_scenario_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no scenario rain"):
        run_impaired(["rain"])


def test_progress_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(namespaces, "refusal", lambda: "")
    monkeypatch.setattr(impaired, "measure", lambda scenario, progress, **_: progress("bad") or phases(measured(GOOD)))
    told: list[tuple[str, float]] = []
    run_impaired(["loss-5", "loss-10"], lambda what, done: told.append((what, done)))
    assert told == [("loss-5: bad", 0.0), ("loss-10: bad", 0.5)]


def test_the_table_of_the_scenarios_is_the_whole_one() -> None:
    assert set(SCENARIOS) == {
        *("loss-5", "loss-10", "loss-20", "bursts", "jitter", "gusts", "bottleneck", "one-bad", "squeeze"),
    }
    assert scenarios.NARROW == 300_000
    assert scenarios.WIDE == 2_000_000


def test_help_names_the_scenarios(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        impaired.main(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert all(f"{name} " in said and scenario.title in said for name, scenario in SCENARIOS.items())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_and_sigterm_end_it_alike(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(impaired, "run_impaired", lambda *_: signal.raise_signal(number))
    assert impaired.main([]) == 128 + number
    assert "중단했습니다" in capsys.readouterr().err
    assert not impaired.FILE.exists()


def test_nothing_measured_is_another_exit_code_than_not_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(impaired.namespaces, "refusal", lambda: "only root may")
    assert impaired.main(["loss-5"]) == impaired.NOT_MEASURED


def test_what_other_scenarios_had_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for figures, name in ((GOOD, "loss-10"), (GOOD, "loss-5"), (FEWER, "loss-10")):
        monkeypatch.setattr(impaired, "measure", lambda *_, figures=figures, **__: phases(measured(figures)))
        impaired.main([name])
    kept = {outcome["name"]: outcome["reached"] for outcome in msgspec.json.decode(impaired.FILE.read_bytes())}
    assert list(kept) == ["loss-5", "loss-10"]
    assert kept == {
        name: reached(name, phases(measured(figures))) for name, figures in (("loss-5", GOOD), ("loss-10", FEWER))
    }
    monkeypatch.setattr(impaired.namespaces, "refusal", lambda: "only root may")
    impaired.main(["loss-5"])
    assert msgspec.json.decode(impaired.FILE.read_bytes())[0]["checks"]  # what was measured stays
    monkeypatch.setattr(impaired.namespaces, "refusal", lambda: "")
    impaired.FILE.write_text("nonsense")
    impaired.main(["loss-5"])
    assert len(msgspec.json.decode(impaired.FILE.read_bytes())) == 1


def test_where_nothing_can_be_written_nothing_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "var").write_text("no folder")
    monkeypatch.setattr(impaired, "run_impaired", lambda *_: pytest.fail("measured"))
    assert impaired.main(["loss-5"]) == 2
    assert "cannot be written" in capsys.readouterr().err
