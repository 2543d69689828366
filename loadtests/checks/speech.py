"""Judges the sound of a recording: who is heard and who is not, how late, how clearly, and what is torn in it. Pure.

Rules:
1. What the listener's own jitter buffer makes up is counted as concealed, and is no other fault.
2. Clearness and gaps are told against the sum of what was said, where it is known who said something.
3. Lateness of the agent itself is taken off before somebody else is blamed for it.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from loadtests.checks import said
from loadtests.checks.clicks import JOINT, JUMP, clicks
from loadtests.checks.hearing import Hearing
from loadtests.checks.judgement import Judgement
from loadtests.checks.passages import MAX_DELAY, ninety_five
from loadtests.checks.roster import Roster
from loadtests.checks.said import Said
from loadtests.checks.voices import Heard, judge_voices, talking
from loadtests.checks.wording import milliseconds, people
from loadtests.findings import Fault, Figures, Finding, Limits
from loadtests.recording import Recording
from mcu.mixer.loudest import MAX_VOICES
from mcu.synthetic.clips import Clip
from mcu.synthetic.intelligibility import stoi

LEAST_ALOUD = 1.0  # seconds of speech by which its clearness is told
HELD_SECONDS = 0.06  # of lateness of the agent, three packets, by which what it hears or sends is torn
MIN_PASSAGES = 3  # of one person, that make a median


def judge_sound(recording: Recording, loops: Mapping[int, Clip], limits: Limits) -> Judgement:
    """`loops` are those of speaking, by person: of the conference, and of whoever else must not be heard in it.

    Raises ProtocolError for a loop that cannot be decoded.
    """
    hearing = Hearing(recording, loops)
    heard = judge_voices(recording, hearing)
    delays = _delays(heard)
    every = sorted(delay for found in delays.values() for delay in found)
    compared = _blamed(_compare(recording, hearing, heard), limits, recording.held)
    made_up = recording.concealed_samples / recording.played_samples if recording.played_samples > 0 else None
    torn = len(clicks(hearing.samples, JOINT if recording.concealed_samples else JUMP))
    return Judgement(
        figures=Figures(
            seconds=recording.end - recording.begin,
            sound_delay=1000 * statistics.median(every) if every else None,
            sound_delay_worst=1000 * ninety_five(every) if every else None,
            heard=tuple(sorted(heard.people)),
            expected=tuple(sorted(heard.expected)),
            concealed=made_up,
            longest_gap=None if compared.gap is None else 1000 * compared.gap,
            clicks=torn if len(hearing.samples) else None,
            stoi=compared.stoi,
        ),
        findings=(
            *heard.findings,
            *_late(delays, limits, recording.held),
            *_gaps(compared.gap, made_up, limits, recording.held, recording.end - recording.begin),
            *_torn(torn, limits),
            *_unclear(compared.stoi, limits),
        ),
        delays={who: statistics.median(found) for who, found in delays.items() if len(found) >= MIN_PASSAGES},
        unjudged=(
            *heard.unjudged,
            *compared.unjudged,
            *_unjudged(recording, heard, delays, limits),
        ),
    )


def _delays(heard: Heard) -> dict[int, list[float]]:
    """Of all passages of each person that were found again."""
    delays = {
        who: [passage.delay for each in rows for passage in each.passages] for who, rows in heard.followed.items()
    }
    return {who: found for who, found in delays.items() if found}


def _said(recording: Recording, hearing: Hearing, heard: Heard) -> list[Said]:
    """What they said who are heard, while all could hear it."""
    roster = Roster(recording)
    begin, end = hearing.begin - MAX_DELAY, hearing.end
    return [
        Said(hearing.voices[sent.person], row, spans)
        for sent in recording.sent
        if sent.person in heard.people and (spans := talking(sent, roster, begin, end))
        for row in heard.followed.get(sent.person, ())
    ]


@dataclass(frozen=True, slots=True)
class _Compared:
    """What was heard next to what was said."""

    gap: float | None = None  # seconds
    stoi: float | None = None
    unjudged: tuple[str, ...] = ()


def _compare(recording: Recording, hearing: Hearing, heard: Heard) -> _Compared:
    spoken = _said(recording, hearing, heard)
    if not any(each.followed.passages for each in spoken):
        return _Compared()
    wanted = said.put_together(spoken, hearing.begin, len(hearing.samples))
    gap = said.longest_gap(wanted, hearing.samples)
    if not heard.people <= heard.followed.keys():
        return _Compared(gap=gap, unjudged=("clearness: somebody is heard of whom it is not known what they said",))
    brief = heard.people - heard.expected  # too little was said to find anything of it again for sure
    untimed = {who for who in brief if not any(row.passages for row in heard.followed.get(who, ()))}
    if untimed:
        return _Compared(gap=gap, unjudged=(f"clearness: when {people(untimed)} said what is heard is not known",))
    roster = Roster(recording)
    unsure = {who for who in heard.people if not roster.is_sure(who, hearing.begin, hearing.end)}
    if unsure:
        return _Compared(gap=gap, unjudged=(f"clearness: whether {people(unsure)} might speak is not known",))
    if heard.crowded:
        return _Compared(gap=gap, unjudged=(f"clearness: more than {MAX_VOICES} people spoke at once",))
    if said.seconds_aloud(wanted) < LEAST_ALOUD:
        return _Compared(gap=gap, unjudged=(f"clearness: nobody spoke for {LEAST_ALOUD} s",))
    clear = stoi(wanted, hearing.samples)
    return _Compared(gap=gap, stoi=None if math.isnan(clear) else clear)


def _blamed(compared: _Compared, limits: Limits, agent: float) -> _Compared:
    """Without a clearness that is poor while the agent itself was `agent` seconds late: that may have torn it."""
    if compared.stoi is None or compared.stoi >= limits.stoi or agent <= HELD_SECONDS:
        return compared
    reason = f"clearness: the agent itself was {milliseconds(agent)} late"
    return replace(compared, stoi=None, unjudged=(*compared.unjudged, reason))


def _late(delays: Mapping[int, list[float]], limits: Limits, agent: float) -> Iterator[Finding]:
    for who, found in sorted(delays.items()):
        worst = ninety_five(found)
        if len(found) >= MIN_PASSAGES and worst > limits.sound_delay + agent:
            good = milliseconds(limits.sound_delay)
            text = f"what {who} says is heard {milliseconds(worst)} later, where {good} are good"
            yield Finding(Fault.LATE_SOUND, text, (who,))


def _gaps(gap: float | None, made_up: float | None, limits: Limits, agent: float, seconds: float) -> Iterator[Finding]:
    """`agent` seconds of the recording's `seconds` may be missing for its own lateness."""
    if gap is not None and gap > limits.gap + agent:
        yield Finding(Fault.GAPS, f"nothing is heard for {milliseconds(gap)} while somebody speaks")
    if made_up is not None and made_up > limits.concealed + agent / seconds:
        yield Finding(Fault.GAPS, f"{made_up:.0%} of the sound did not come and was made up")


def _torn(count: int, limits: Limits) -> Iterator[Finding]:
    if count > limits.clicks:
        yield Finding(Fault.CLICKS, f"the sound jumps in {count} places")


def _unclear(clear: float | None, limits: Limits) -> Iterator[Finding]:
    if clear is not None and clear < limits.stoi:
        yield Finding(Fault.SPEECH_POOR, f"STOI of the mix is {clear:.2f}, where {limits.stoi:.2f} is good")


def _unjudged(recording: Recording, heard: Heard, delays: Mapping[int, list[float]], limits: Limits) -> Iterator[str]:
    every = [delay for found in delays.values() for delay in found]
    blamed = {person for finding in heard.findings for person in finding.people}
    untimed = heard.people - delays.keys() - blamed
    if untimed:
        yield f"delay of sound: when {people(untimed)} said what is heard is not known"
    if every and limits.sound_delay < ninety_five(every) <= limits.sound_delay + recording.held:
        yield f"delay of sound: the agent itself was {milliseconds(recording.held)} late"
