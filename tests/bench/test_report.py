from __future__ import annotations

import io
import re
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from mcu.bench import figures, markdown, report, result_file, results, runner, sections
from mcu.bench.impaired import Checked, Outcome
from mcu.bench.results import Delays, Grown, Quality, Results
from mcu.bench.rows import Spread, asked_text, ratio
from mcu.bench.sections import AIORTC, SECTIONS
from mcu.bench.workload import Workload
from mcu.errors import ConfigurationError, ProtocolError
from tests.bench.rows_of import HERE, comparison, contender, server

DELAYS = Delays(
    video_p50=40.0, video_p95=61.0, audio_p50=30.0, audio_p95=40.0, skew=None, pictures=900, sounds=40, late=9.0
)
QUALITY = Quality(
    psnr=38.21,
    psnr_plain=38.5,
    kilobits=1190.0,
    kilobits_plain=1205.0,
    stoi=0.987,
    stoi_plain=0.99,
    distance=None,
    distance_plain=None,
)


def verdicts(found: Results) -> dict[str, str]:
    return {figure.name: figure.verdict(found) for figure in figures.FIGURES}


def test_a_ratio_is_that_of_neighbours_in_time() -> None:
    found = ratio([server(0.3), server(0.6), server(0.4)], [contender(0.3), contender(0.5), contender(0.5)])
    assert found == Spread(median=1.0, least=0.8, most=1.2)


def test_a_run_whose_load_was_wrong_counts_only_when_there_is_no_other() -> None:
    wrong = server(0.1, invalid="the load woke up 400 ms late")
    assert ratio([wrong, server(0.4)], [contender(0.5), contender(0.5)]) == Spread(0.8, 0.8, 0.8)
    assert ratio([wrong], [contender(0.5)]) == Spread(0.2, 0.2, 0.2)
    assert ratio([], []) is None


def test_nothing_measured_is_nothing_reached() -> None:
    assert set(verdicts(Results()).values()) == {figures.NOT_MEASURED}


def test_figures_are_judged_by_their_medians() -> None:
    found = Results(
        comparisons={
            "reference": comparison([server(0.3)] * 3, floor=[contender(0.4)] * 3, ffmpeg=[contender(0.4)] * 3)
        },
        aiortc=comparison([server(0.1)], **{AIORTC: [contender(0.8)]}),
        composite_ms={"reference": Spread.of([0.55, 0.61, 0.9]), "untold": Spread.of([0.4])},
        viewers=[
            Grown("0 viewers", Workload(), [server(0.30), server(0.32)]),
            Grown("50 viewers", Workload(viewers=50), [server(0.45), server(0.48)]),
        ],
        participants=[
            Grown("60", Workload(participants=60), [server(0.6)]),
            Grown("100", Workload(participants=100), [server(0.9, missed=1)]),
        ],
        endurance=server(missed=2),
        delays=DELAYS,
    )
    assert verdicts(found) == {
        "CPU ÷ codec floor": "stretch",
        "CPU ÷ FFmpeg xstack + amix": "yes",
        "CPU ÷ GStreamer": figures.NOT_MEASURED,
        "CPU ÷ plain aiortc mixing server": "yes",
        "network path, µs per packet": "yes",
        "30-tile 720p composite, CPU ms": "no",
        "composite of 320×180, scaled, CPU ms": "stretch",
        "one more viewer, CPU ms/s": "yes",
        "delay added, video p50, ms": "yes",
        "delay added, video p95, ms": "yes",
        "delay added, audio p95, ms": "stretch",
        "ticks missed in 10 minutes": "no",
        "video encoders": "stretch",
        "audio encoders": "stretch",
        "RSS of the server, MB": "stretch",
        "participants, every tick kept": "yes",
    }


def test_runs_without_the_load_that_they_should_have_had_count_nowhere() -> None:
    doubtful = server(0.9, invalid="the load left", missed=7)
    found = dict(zip(report.ROW_HEADS, report.cells([server(0.3), doubtful]), strict=True))
    assert (found["CPU"], found["missed"], found["load"]) == ("0.300", "0 + 0", "kept; 1 of 2 runs left out")
    assert next(iter(report.cells([doubtful]))) == "0.900"
    lines = [Grown("0", Workload(), [server(0.3), server(0.3)]), Grown("50", Workload(), [server(0.4), doubtful])]
    slope = figures.viewer_milliseconds(Results(viewers=lines))
    assert slope is not None
    assert slope.most == pytest.approx(2.0)


def test_one_more_viewer_costs_the_slope() -> None:
    lines = [Grown("0", Workload(), [server(0.3)]), Grown("50", Workload(viewers=50), [server(0.4)])]
    found = figures.viewer_milliseconds(Results(viewers=lines))
    assert found is not None
    assert found.median == pytest.approx(2.0)


def test_tables_say_what_was_measured_what_is_absent_and_what_is_in_doubt() -> None:
    small = msgspec.structs.replace(server(0.3), asked={"256×144": 28, "nothing": 2})
    compared = comparison([server(0.4, invalid="participants lost their connection"), small], floor=[contender(0.4)])
    compared = msgspec.structs.replace(
        compared, absent={"gstreamer": "GStreamer is not installed"}, contenders={"slow": [contender(0.2, missed=50)]}
    )
    found = Results(
        comparisons={"reference": compared},
        layouts=[Grown("grid", Workload(), [server()]), Grown("single", Workload(), [], error="3 of 30 came in")],
    )
    found = msgspec.structs.replace(found, delays=DELAYS, quality=QUALITY)
    console = Console(file=io.StringIO(), width=400)
    report.show(found, console, machine=HERE)
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    for expected in (
        "A processor, 2 cores",
        "GStreamer is not installed",
        "50 ticks missed: did not keep up",
        "participants lost their connection",
        "asked for 256×144 (28), nothing (2)",
        "3 of 30 came in",
        "38.21",
        "0.990",
        report.LATE_NOTE,
        report.SERVER_NOTE,
        report.FIGURES_NOTE,
        "not measured: CPU ÷ codec floor; CPU ÷ FFmpeg",
        "compose",
    ):
        assert expected in printed
    assert figures.NOT_MEASURED not in printed


def test_the_ratio_to_who_did_not_keep_up_is_marked() -> None:
    found = Results(
        comparisons={
            "reference": comparison([server(0.3)], floor=[contender(0.4)], gstreamer=[contender(0.2, missed=50)])
        }
    )
    console = Console(file=io.StringIO(), width=200)
    report.show(found, console, machine=HERE)
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    marked = [line for line in printed.splitlines() if "1.50 *" in line]
    assert [line.split()[0] for line in marked] == ["gstreamer", "CPU"]
    assert not any("0.75 *" in line for line in printed.splitlines())


def test_the_ratio_to_an_aiortc_that_did_not_keep_up_is_marked_on_the_page_too() -> None:
    found = Results(aiortc=comparison([server(0.3)], **{AIORTC: [contender(0.2, missed=50)]}))
    assert "| CPU ÷ plain aiortc mixing server | 1.50 * | " in markdown.tables(found)
    prompt = Results(aiortc=comparison([server(0.3)], **{AIORTC: [contender(0.2)]}))
    assert "| CPU ÷ plain aiortc mixing server | 1.50 | " in markdown.tables(prompt)


def test_what_was_asked_for_is_said() -> None:
    row = msgspec.structs.replace(server(), asked={"256×144": 30})
    assert asked_text([row], Workload()) == "asked for 256×144"
    assert asked_text([row], Workload(obedient=False)) == "asked for 256×144, sent 320×180 all the same"
    assert asked_text([server()], Workload()) == ""
    assert asked_text([], Workload()) == ""
    assert "| server | 0.300 | | asked for 256×144 |" in re.sub(
        " +", " ", markdown.tables(Results(comparisons={"reference": comparison([row])}))
    )


def test_results_survive_their_file(tmp_path: Path) -> None:
    path = tmp_path / "var" / "bench.json"
    assert results.read(path) == Results()
    found = Results(
        machines={"compare": HERE}, comparisons={"reference": comparison([server()], floor=[contender(0.4)])}
    )
    results.write(path, found)
    assert results.read(path) == found
    assert [file.name for file in path.parent.iterdir()] == ["bench.json"]


def test_a_device_is_no_file_to_go_on_from() -> None:
    with pytest.raises(ConfigurationError, match="no ordinary file"):
        result_file.require_writable(Path("/dev/full"))


@pytest.mark.parametrize("text", ["", "[]", '{"version": 0}', '{"comparisons": 1}', '{"viewers": [{}]}', "\udcff"])
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bench.json"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ProtocolError):
        results.read(path)


def test_of_an_earlier_file_all_but_the_bad_lines_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    outcome = Outcome("squeeze", "CPU squeezed to half", "joins refused", True, (), {})
    earlier = Results(version=2, machines={"compare": HERE, "lines": HERE}, endurance=server(), lines=[outcome])
    results.write(path, earlier)
    assert results.read(path) == Results(machines={"compare": HERE}, endurance=server())


def test_ticks_made_up_stand_beside_those_missed() -> None:
    row = msgspec.structs.replace(server(), seconds=600.0, audio_made_up=12, loop_late=3)
    tables = markdown.tables(Results(endurance=row))
    assert "| ticks missed in 10 minutes | 0 | 12 late, made up | ≤ 0 / 0 | stretch |" in tables
    assert "| 10 minutes | 0.300 | 240 | 8900 | 6.0 | 0 + 0 | 12 | 1 + 5 | 0 + 0 | 3 | kept |" in tables
    console = Console(file=io.StringIO(), width=200)
    report.show(Results(endurance=row), console, machine=HERE)
    assert "10 minutes" in console.file.getvalue()  # type: ignore[attr-defined]
    assert "| – | 1 + 5 |" in markdown.tables(Results(endurance=server())), "an earlier version did not count them"


def test_delays_say_of_how_many_they_are() -> None:
    tables = markdown.tables(Results(delays=DELAYS, quality=QUALITY))
    assert "| delay of the sound p95, ms, 40 marks | 40.0 | – |" in tables
    assert "| delay added, video p50, ms | 40 | of 900 pictures | ≤ 45 / 35 | yes |" in tables


def test_a_page_is_given_the_tables_of_now() -> None:
    found = Results(
        machines={"compare": HERE},
        comparisons={"reference": comparison([server(0.3), server(0.4)], floor=[contender(0.4)] * 2)},
        layouts=[Grown("grid", Workload(), [server()]), Grown("single", Workload(), [], error="3 of 30 came in")],
        delays=DELAYS,
        quality=QUALITY,
    )
    page = f"# Title\n{markdown.BEGIN}\nold\n{markdown.END}\nrest\n"
    once = markdown.replaced(page, found)
    assert once.startswith("# Title\n")
    assert once.endswith("\nrest\n")
    assert "old" not in once
    assert "| CPU ÷ codec floor | 0.88 | 0.75–1.00 | ≤ 1 / 0.8 | yes |" in once
    assert "| single | 3 of 30 came in |" in once
    assert "| PSNR of the composite, dB | 38.21 | 38.50 |" in once
    assert markdown.replaced(once, found) == once
    with pytest.raises(ProtocolError):
        markdown.replaced("# no place", found)


def test_tables_of_a_page_stay_where_nothing_was_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "page.md"
    page.write_text(f"{markdown.BEGIN}\nold\n{markdown.END}\n")
    with pytest.raises(SystemExit, match="make bench"):
        markdown.main([str(page)])
    assert "old" in page.read_text()
    results.write(results.FILE, Results(machines={"compare": HERE}))
    with pytest.raises(SystemExit, match=r"no\.md"):
        markdown.main([str(tmp_path / "no.md"), "--partial"])
    with pytest.raises(SystemExit, match="--partial"):
        markdown.main([str(page)])
    assert "old" in page.read_text()
    markdown.main([str(page), "--partial"])
    assert "old" not in page.read_text()
    page.write_text("no place for tables")
    with pytest.raises(SystemExit, match="<!-- measured: begin"):
        markdown.main([str(page), "--partial"])


def test_help_about_the_tables_of_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        markdown.main(["--help"])
    assert ended.value.code == 0
    assert "docs/performance.md" in capsys.readouterr().out


def test_each_variant_says_when_it_was_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, before = tmp_path / "bench.json", msgspec.structs.replace(HERE, commit="before")
    results.write(path, Results(machines={"compare": before, "compare: h264": before, "composite": before}))
    monkeypatch.setattr(runner, "_make_media", lambda _: None)
    monkeypatch.setattr(sections, "compare", lambda *_, **__: comparison([server()]))
    settings = sections.Settings(runs=1, seconds=4.0, variants=("h264", "audio"))
    said = io.StringIO()
    runner.run(settings, [SECTIONS["compare"]], path=path, console=Console(file=said, width=200))
    stamps = {name: machine.commit == "before" for name, machine in results.read(path).machines.items()}
    assert stamps == {"compare": True, "compare: h264": False, "composite": True, "compare: audio": False}
    assert re.search(r"audio: 30 people took \d\.\d\d of \d+ cores, no tick missed, in \d stretch", said.getvalue())


def test_composites_of_other_variants_are_shown() -> None:
    found = Results(composite_ms={"reference": Spread.of([0.1]), "h264": Spread.of([0.25, 0.35])})
    said = io.StringIO()
    report.show(found, Console(file=said, width=200), machine=HERE)
    assert re.search(r"h264 +0.30 \(0.25–0.35\)", said.getvalue())
    assert "| h264 | 0.30 (0.25–0.35) |" in markdown.tables(found)


def test_bad_lines_have_their_table(tmp_path: Path) -> None:
    check = Checked("freeze", 0.45, 1.0, "s", least=False, ok=True)
    beside = Checked("stall", 2.0, None, "s", least=False, ok=True)
    outcome = Outcome("loss-5", "5 % loss", "no freeze > 1 s", True, (check, beside), {"bad": {"ticks missed": 0.0}})
    path = tmp_path / "bench.json"
    results.write(path, Results(lines=[outcome]))
    found = results.read(path)
    assert found.lines == [outcome]
    assert "| 5 % loss | no freeze > 1 s | freeze 0.45 s; not judged: stall 2 s | yes |" in markdown.tables(found)
    console = Console(file=io.StringIO(), width=200)
    report.show(found, console, machine=HERE)
    assert "freeze 0.45 s" in console.file.getvalue()  # type: ignore[attr-defined]
