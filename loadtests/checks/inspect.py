"""One check, judged: the roster, pictures, sound, and how both meet at the lips. Pure; a worker process does it."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping

import msgspec

from loadtests.checks.judgement import Judgement, together
from loadtests.checks.pictures import judge_pictures
from loadtests.checks.roster_truth import judge_roster
from loadtests.checks.speech import judge_sound
from loadtests.checks.wording import milliseconds, people
from loadtests.findings import Fault, Figures, Finding, Inspection, Limits
from loadtests.recording import Recording
from mcu.synthetic.clips import Clip


def inspect(recording: Recording, loops: Mapping[int, Clip], limits: Limits) -> Inspection:
    """`loops` are those of speaking, by person.

    Raises RecordingError for what is no recording, and ProtocolError for a loop that cannot be decoded.
    """
    pictures, sound = judge_pictures(recording, limits), judge_sound(recording, loops, limits)
    told = judge_roster(recording, limits)
    return combined(recording, msgspec.structs.replace(pictures, findings=(*told, *pictures.findings)), sound, limits)


def combined(recording: Recording, pictures: Judgement, sound: Judgement, limits: Limits) -> Inspection:
    """Both judgements, and whose lips and voice are apart: of those of whom both delays are known."""
    apart = {who: sound.delays[who] - pictures.delays[who] for who in sound.delays.keys() & pictures.delays.keys()}
    figures = together(pictures.figures, sound.figures)
    if apart:
        figures = msgspec.structs.replace(figures, lip_sync=1000 * statistics.median(apart.values()))
    return Inspection(
        who=recording.who,
        began=recording.begin,
        figures=figures,
        picture_findings=pictures.findings,
        voice_findings=(*sound.findings, *_lips(apart, limits.lip_sync + recording.held)),
        unjudged=(*pictures.unjudged, *sound.unjudged),
    )


def unjudged(recording: Recording, why: str) -> Inspection:
    """A check that could not be made: neither good nor bad."""
    return Inspection(who=recording.who, began=recording.begin, figures=Figures(seconds=0.0), unjudged=(why,))


def _lips(apart: Mapping[int, float], limit: float) -> Iterator[Finding]:
    """`apart` has by how many seconds the voice of each comes after the picture."""
    far = {who: seconds for who, seconds in apart.items() if abs(seconds) > limit}
    if far:
        most = max(far.values(), key=abs)
        text = f"lips and voice of {people(far)} are {milliseconds(abs(most))} apart: the {_later(most)} comes later"
        yield Finding(Fault.LIPS, text, tuple(sorted(far)))


def _later(seconds: float) -> str:
    return "voice" if seconds > 0 else "picture"
