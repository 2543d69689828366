"""What locust's statistics are told: one function, and the request types that there are.

Rules:
1. A request's name is the class of user; its response time is the figure itself, in milliseconds.
2. A failure says in words what failed, with the people concerned; the same failure of the same people is one row.
3. An inspection becomes four requests, each where it could be judged: "tile check" and "voice check" (response time:
   the time that was looked at), "glass-to-glass" and "voice delay" (response time: the median delay). A fault fails the
   one that it belongs to, so that nothing fails twice. The context of the first of them has the inspection.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, get_args

from loadtests.findings import Fault, Finding, Inspection
from loadtests.wire import Counts

if TYPE_CHECKING:
    from locust.env import Environment

RequestType = Literal[
    "join",  # until media goes both ways
    "first frame",
    "first sound",
    "glass-to-glass",
    "voice delay",
    "tile check",
    "voice check",
    "layout change",  # from asking to the first picture with it
    "reconnect",  # from losing the server to having it again
    "refusal",  # of somebody who must be refused
    "leave",
    "presence",  # the server has as many as should be there
    "agent",  # how the load itself does: response time is the most that it woke too late
]
REQUEST_TYPES: frozenset[str] = frozenset(get_args(RequestType))

LATE_AGENT = 0.25  # seconds that an agent may wake too late; no delay that it measured meanwhile is better than that
MOST_SKIPPED = 0.01  # of its packets that an agent may leave out: listeners take more for gaps of the server

DELAYS: dict[Fault, RequestType] = {
    Fault.LATE_PICTURE: "glass-to-glass",
    Fault.LATE_SOUND: "voice delay",
    Fault.LIPS: "voice delay",
}


class Failure(Exception):
    """What failed, as the table of failures shows it."""

    def __repr__(self) -> str:
        return str(self)


def tell(
    environment: Environment,
    request_type: RequestType,
    name: str,
    *,
    seconds: float = 0.0,
    failure: str = "",
    inspection: Inspection | None = None,
    counts: Counts | None = None,
) -> None:
    """One request; it failed where `failure` is not empty. The context has `inspection` and `counts` for listeners."""
    environment.events.request.fire(
        request_type=request_type,
        name=name,
        response_time=seconds * 1000,
        response_length=0,
        exception=Failure(failure) if failure else None,
        context={"inspection": inspection, "counts": counts},
    )


def tell_inspection(environment: Environment, name: str, inspection: Inspection) -> None:
    """Rule 3."""
    figures = inspection.figures
    picture = _by_type(inspection.picture_findings, otherwise="tile check")
    voice = _by_type(inspection.voice_findings, otherwise="voice check")
    found = {kind: picture.get(kind, []) + voice.get(kind, []) for kind in {*picture, *voice}}
    carried: Inspection | None = inspection
    looked_at: dict[RequestType, float | None] = {
        "tile check": figures.seconds if figures.frames else None,
        "voice check": figures.seconds if _was_heard(inspection) else None,
        "glass-to-glass": _seconds(figures.picture_delay),
        "voice delay": _seconds(figures.sound_delay),
    }
    if not figures.frames and not found and inspection.unjudged and not _was_heard(inspection):
        tell(environment, "tile check", name, failure=f"not judged: {inspection.unjudged[0]}", inspection=inspection)
        return
    for kind, seconds in looked_at.items():
        if seconds is not None or kind in found:
            failure = words(found.get(kind, ()))
            tell(environment, kind, name, seconds=seconds or 0.0, failure=failure, inspection=carried)
            carried = None


def tell_counts(environment: Environment, name: str, counts: Counts) -> None:
    """How an agent does, and whether figures taken meanwhile can be believed."""
    wrong = []
    if counts.late > LATE_AGENT:
        wrong.append("woke too late")
    if counts.skipped > MOST_SKIPPED * max(1, counts.packets_sent):
        wrong.append("left out what it had to send")
    if counts.overflowed:
        wrong.append("did not read in time")
    if counts.broke:
        wrong.append("a bug of the load test stopped somebody's media")
    tell(environment, "agent", name, seconds=counts.late, failure="; ".join(wrong), counts=counts)


def words(findings: Iterable[Finding]) -> str:
    """Faults by name, with the people concerned: "tile frozen: 3, 5; gaps in sound"."""
    people: dict[Fault, set[int]] = {}
    for finding in findings:
        people.setdefault(finding.fault, set()).update(finding.people)
    return "; ".join(
        fault.value + (f": {', '.join(map(str, sorted(who)))}" if who else "") for fault, who in people.items()
    )


def in_short(text: str) -> str:
    """The first line and the last of what a process wrote: what failed, and why."""
    lines = [line.strip() for line in text.strip().splitlines()]
    return " ".join(lines if len(lines) < 2 else (lines[0], lines[-1]))


def _by_type(findings: Iterable[Finding], *, otherwise: RequestType) -> dict[RequestType, list[Finding]]:
    sorted_out: dict[RequestType, list[Finding]] = {}
    for finding in findings:
        sorted_out.setdefault(DELAYS.get(finding.fault, otherwise), []).append(finding)
    return sorted_out


def _was_heard(inspection: Inspection) -> bool:
    """Whether somebody spoke: of silence there is nothing to say, good or bad."""
    return bool(inspection.figures.heard or inspection.figures.expected)


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000
