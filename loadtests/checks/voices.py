"""Judges whose voices are in the sound of a recording, and whose must not be. Pure.

Rules:
1. Somebody is expected who spoke aloud for SPOKEN_SECONDS in a time in which the server had to let all hear it: in the
   conference, not muted, and not more people speaking than it mixes.
2. What is said at the end is heard later, and the server hears of a mute before or after others do: neither is counted.
3. Nobody is told whose loop the judge does not have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from loadtests.checks.hearing import Hearing
from loadtests.checks.passages import AGREEING, MIN_SHARE, Followed, follow
from loadtests.checks.roster import Roster
from loadtests.checks.spans import Span, shared, shrunk, within
from loadtests.checks.wording import people
from loadtests.findings import Fault, Finding
from loadtests.recording import Recording, Sent
from mcu.mixer.loudest import MAX_VOICES
from mcu.synthetic import signature
from mcu.synthetic.clips import PACKET_SECONDS

SPOKEN_SECONDS = 1.5  # aloud, from which on a voice is found in any mix of MAX_VOICES
PIECE_SECONDS = 3.0  # in which voices are sought
UNDERWAY_SECONDS = 0.3  # before the end: may not have been heard yet
EDGE_SECONDS = 0.3  # around each change of the roster
MUTED_SECONDS = 1.0  # after a mute: what was said before may still be heard
ENOUGH_PASSAGES = 3  # found again, by which somebody is heard whose voice as a whole is not found
LEAST_SECONDS = 1.0  # of sound by which a mute is judged


@dataclass(frozen=True, slots=True)
class Heard:
    """Who is in the sound, and who should be."""

    people: frozenset[int]  # who are
    followed: Mapping[int, Sequence[Followed]]  # what was sought again of who are and who should be
    expected: frozenset[int]
    crowded: bool  # for a time more people spoke than are mixed
    findings: tuple[Finding, ...]
    unjudged: tuple[str, ...]


def judge_voices(recording: Recording, hearing: Hearing) -> Heard:
    """What is said of voices."""
    roster = Roster(recording)
    strengths = heard(hearing, hearing.begin, hearing.voices)
    spoken = spoken_seconds(recording, hearing, roster, strengths)
    expected = frozenset(who for who, seconds in spoken.each.items() if seconds >= SPOKEN_SECONDS)
    followed = {
        sent.person: follow(sent, hearing.voices[sent.person], hearing)
        for sent in recording.sent
        if sent.person in strengths.keys() | expected and sent.person != recording.who
    }
    found = strengths.keys() | {who for who, rows in followed.items() if _is_heard(rows)}
    findings = (
        *_unheard(recording.who, spoken, expected, found, silent=hearing.silent),
        *_muted(recording, hearing, roster, strengths),
        *_own(recording.who, strengths),
        *_strangers(recording, hearing, roster, strengths),
    )
    unjudged = tuple(_unjudged(recording, hearing, roster, spoken, expected))
    return Heard(frozenset(found), followed, expected, bool(spoken.crowded), findings, unjudged)


def _is_heard(rows: Iterable[Followed]) -> bool:
    """A weak voice among many, and a jitter buffer that stretches it: then short passages tell more than the whole."""
    believed = [passage for row in rows for passage in row.passages]
    strong = [passage for passage in believed if passage.share >= MIN_SHARE]
    return len(strong) >= ENOUGH_PASSAGES or len(believed) >= AGREEING


def heard(hearing: Hearing, begin: float, people: Iterable[int]) -> dict[int, float]:
    """Who of `people` is in the sound from `begin` on, in any PIECE_SECONDS of it, and how surely at best."""
    signatures = {person: hearing.voices[person].signature for person in people}
    surest: dict[int, float] = {}
    for first, last in _pieces(begin, hearing.end):
        found = signature.found(signature.strengths(hearing.between(first, last), signatures))
        surest |= {person: max(strength, surest.get(person, 0.0)) for person, strength in found.items()}
    return surest


@dataclass(frozen=True, slots=True)
class Spoken:
    """Seconds aloud that the server had to let all hear."""

    each: Mapping[int, float]
    crowded: Mapping[int, float]  # while more spoke than it mixes; of those it had to take some


def spoken_seconds(recording: Recording, hearing: Hearing, roster: Roster, strengths: Mapping[int, float]) -> Spoken:
    """By person, the listener left out."""
    begin, end = hearing.begin, hearing.end - UNDERWAY_SECONDS
    talk = {sent.person: talking(sent, roster, begin, end, edge=0.0) for sent in recording.sent}
    others = len(strengths.keys() - talk.keys())  # of other agents: when they speak is not known
    each: dict[int, float] = {}
    crowded: dict[int, float] = {}
    for sent in recording.sent:
        voice = hearing.voices.get(sent.person)
        if voice is None or sent.person == recording.who:
            continue
        spans = talking(sent, roster, begin, end)
        for packet, when in sent.spoken:
            if 0 <= packet < len(voice.aloud) and voice.aloud[packet] and within(when, spans):
                speakers = others + sum(within(when, all_spans) for all_spans in talk.values())
                counted = each if speakers <= MAX_VOICES else crowded
                counted[sent.person] = counted.get(sent.person, 0.0) + PACKET_SECONDS
    return Spoken(each, crowded)


def talking(sent: Sent, roster: Roster, begin: float, end: float, *, edge: float = EDGE_SECONDS) -> list[Span]:
    """When between two times somebody spoke aloud while all could hear it by the roster; not around its changes."""
    return shared(sent.speaking, shrunk(roster.open(sent.person, begin, end), edge, begin=begin, end=end))


def _pieces(begin: float, end: float) -> Iterator[Span]:
    """Pieces of equal length, near PIECE_SECONDS."""
    count = max(1, round((end - begin) / PIECE_SECONDS))
    length = (end - begin) / count
    return ((begin + index * length, begin + (index + 1) * length) for index in range(count))


def _unheard(
    who: int, spoken: Spoken, expected: frozenset[int], found: AbstractSet[int], *, silent: bool
) -> Iterator[Finding]:
    crowd = {person for person, seconds in spoken.crowded.items() if seconds >= SPOKEN_SECONDS}
    if silent and (expected or crowd):
        text = f"nothing at all is heard while {people(expected | crowd)} spoke"
        yield Finding(Fault.NO_SOUND, text, tuple(sorted(expected | crowd)))
        return
    for person in sorted(expected - found):
        text = f"{person} spoke aloud for {spoken.each[person]:.1f} s and {who} does not hear it"
        yield Finding(Fault.SPEAKER_UNHEARD, text, (person,))
    if crowd and not crowd & found:
        text = f"{people(crowd)} spoke at once and {who} hears none of them"
        yield Finding(Fault.SPEAKER_UNHEARD, text, tuple(sorted(crowd)))


def _muted(recording: Recording, hearing: Hearing, roster: Roster, strengths: Mapping[int, float]) -> Iterator[Finding]:
    """Those who are known to be muted, or whom the roster has as that, and those who speak although they may not."""
    closed: dict[float, list[int]] = {}  # who could not be heard, by from when on
    for person in strengths.keys() - {recording.who}:
        since = roster.muted_since(person, hearing.end)
        if since is not None:
            closed.setdefault(max(hearing.begin, since + MUTED_SECONDS), []).append(person)
    for sent in recording.sent:
        if sent.person == recording.who or sent.person not in strengths or roster.knows(sent.person):
            continue
        if _silenced(sent, hearing):
            closed.setdefault(hearing.begin, []).append(sent.person)
    found: set[int] = set()
    for begin, whom in closed.items():
        if hearing.end - begin >= LEAST_SECONDS:
            found |= set(whom) & (strengths if begin == hearing.begin else heard(hearing, begin, strengths)).keys()
    for person in sorted(found):
        yield Finding(Fault.MUTED_HEARD, f"{person} is muted and {recording.who} hears it", (person,))


def _silenced(sent: Sent, hearing: Hearing) -> bool:
    """It speaks, and at no time since before the check it might."""
    before = hearing.begin - MUTED_SECONDS
    speaks = any(before <= when <= hearing.end for _, when in sent.spoken)
    return speaks and not any(begin < hearing.end and end > before for begin, end in sent.speaking)


def _own(who: int, strengths: Mapping[int, float]) -> Iterator[Finding]:
    if who in strengths:
        yield Finding(Fault.OWN_VOICE, f"{who} hears its own voice", (who,))


def _strangers(
    recording: Recording, hearing: Hearing, roster: Roster, strengths: Mapping[int, float]
) -> Iterator[Finding]:
    if not roster.known:
        return
    inside = roster.people(hearing.begin - MUTED_SECONDS, hearing.end) | {recording.who}
    for person in sorted(strengths.keys() - inside):
        text = f"{person} is not in the conference and {recording.who} hears it"
        yield Finding(Fault.STRANGER_HEARD, text, (person,))


def _unjudged(
    recording: Recording, hearing: Hearing, roster: Roster, spoken: Spoken, expected: frozenset[int]
) -> Iterator[str]:
    if not len(hearing.samples):
        yield "sound: none was kept"
    elif not expected and not spoken.crowded:
        yield f"voices: nobody spoke for {SPOKEN_SECONDS} s"
    if not roster.known:
        yield "muted people and strangers: the server told of nobody"
    unknown = [
        sent.person
        for sent in recording.sent
        if sent.person not in hearing.voices and sent.person != recording.who and sent.spoken
    ]
    if unknown:
        yield f"voices: those of {people(unknown)} are not known"
