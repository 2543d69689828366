"""The page itself, filled by Jinja (which locust brings): escaped, printable, readable without scripts. Pure."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import jinja2

from loadtests.expectations import Verdict
from loadtests.report.plots import plots
from loadtests.report.sentences import FAULTS, KINDS, asked_of, headline, number, sentences, value_of
from loadtests.report.wording import Both
from loadtests.results import MAX_FAILURES, Results

COLUMNS = ("p50", "p95", "max")
WITHOUT_TIMES = ("tile check", "voice check")  # how long was looked is no result


@dataclass(frozen=True, slots=True)
class About:
    """Of the run: as (Korean, English, value)."""

    title: Both
    facts: Sequence[tuple[str, str, str]]


def render(results: Results, verdicts: Sequence[Verdict], about: About) -> str:
    """The whole file."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("loadtests.report", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("page.html").render(
        about=about,
        when=time.strftime("%Y-%m-%d %H:%M", time.localtime(results.began)),
        headline=headline(results, verdicts),
        good=all(verdict.met for verdict in verdicts)
        and not results.interrupted
        and not sum(results.fails.values())
        and not results.is_silent,
        sentences=sentences(results),
        verdicts=[_verdict(each) for each in verdicts],
        rows=_rows(results),
        faults=[(FAULTS.get(name, name), name, count) for name, count in results.faults.most_common()],
        failures=[
            (f"{s.at - results.began:.1f}", KINDS.get(s.kind, ("",))[0], s.kind, s.name, s.failure)
            for s in results.failures
        ],
        more_failures=sum(results.fails.values()) - len(results.failures),
        most_failures=MAX_FAILURES,
        plots=plots(results),
        dropped=results.dropped,
    )


def _verdict(verdict: Verdict) -> Mapping[str, object]:
    asked = verdict.expectation
    return {
        "ko": asked_of(asked),
        "text": asked.text,
        "value": value_of(verdict),
        "met": verdict.met,
    }


def _rows(results: Results) -> list[Mapping[str, object]]:
    measured = results.measured()
    ordered = [kind for kind in KINDS if kind in measured]
    return [
        {
            "ko": KINDS[kind][0],
            "kind": kind,
            "count": int(measured[kind].figure("count")),
            "fails": measured[kind].fails,
            "figures": [
                "—" if kind in WITHOUT_TIMES else number(measured[kind].figure(column), column) for column in COLUMNS
            ],
        }
        for kind in ordered
    ]
