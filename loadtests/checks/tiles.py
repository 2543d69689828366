"""The faults of tiles: nobody, somebody else or nothing in them, twice the same, or a picture that stands. Pure.

Rules:
1. Judged are people of this run whose camera is on, as the agent knows it or by the roster, where the server's tiles
   say that they stand.
2. That a tile is black or stands is the server's fault only while its person sent: who is not in `Recording.sent` is
   judged by whom the tile shows alone.
3. A server that is short of CPU, and says so, lets pictures stand on purpose: that is told, and no fault, where its
   own rules allow it (`strain`).
4. Who has no tile is missing while the layout has places left (`seats`). Where all are taken, people wait for one.
5. Tiles that are told so that nobody can be judged are a fault of their own (`retold`).
6. Who moves by fits and starts is slow (`rates`); screens have rules of their own (`screens`).
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from loadtests.checks.looking import Looks
from loadtests.checks.rates import tiles_slow, too_slow
from loadtests.checks.retold import judge_telling
from loadtests.checks.screens import judge_screens
from loadtests.checks.seats import has_room
from loadtests.checks.spans import Span, covered
from loadtests.checks.strain import may_stand
from loadtests.checks.told import Told
from loadtests.checks.tracks import MIN_LOOKS, Astray, Doubles, Track, follow
from loadtests.checks.wording import people, tiles
from loadtests.findings import Fault, Finding, Limits
from loadtests.recording import Layout, Recording

BLACK_SECONDS = 1.0  # without a picture of who sends: longer than a lost first keyframe takes to be asked for and sent
MISSING_SECONDS = 1.0  # without a tile: the words of who came and of where they stand are sent one after the other
RENAMED_SECONDS = 2.0  # likewise, while the tiles are still called as the layout before the one that was chosen
SEEN_SECONDS = 1.5  # of sending in a check, from which on somebody's tile should have been judged


@dataclass(frozen=True, slots=True)
class Tiles:
    """What was found."""

    findings: tuple[Finding, ...]
    unjudged: tuple[str, ...]
    count: int  # that should show somebody
    right: int  # and did
    fps: float | None  # median of how often they went on
    least: float | None  # of the slowest
    black: frozenset[int]  # whose
    still: frozenset[int]  # whose stand, or are slow


def judge_tiles(
    recording: Recording, looks: Looks, told: Told, sent: Mapping[int, Sequence[Span]], *, late: float, limits: Limits
) -> Tiles:
    """`sent` is when people sent pictures; `late` how old those are that arrive, in seconds."""
    followed = follow(looks.looks, told, late=late, end=recording.end)
    cameras = {track.person: track for track in followed.tracks if not track.content}
    screens = {track.person: track for track in followed.tracks if track.content}
    watched = {who: track for who, track in cameras.items() if who in sent}
    black = {who: track.black(sent[who], late) for who, track in watched.items()}
    black = {who: seconds for who, seconds in black.items() if seconds >= BLACK_SECONDS}
    stood = {who: track.stillness(sent[who], late) for who, track in watched.items()}
    still = {who: seconds for who, (seconds, _) in stood.items() if seconds > limits.tile_freeze}
    spared = {
        who: seconds
        for who, seconds in still.items()
        if recording.strained
        and may_stand(who, stood[who][1], looks.looks, recording, late=late, limit=limits.tile_freeze)
    }
    frozen = {who: seconds for who, seconds in still.items() if who not in spared}
    missing = missing_people(told, frozenset(sent), recording.begin, recording.end)
    unread = {place.person for place in looks.unread if not place.content}
    should = {who for who in sent if _should_be_seen(who, recording, told, sent[who])}
    never = should - cameras.keys() - missing.keys() - unread if looks.looks else set()
    wrong, wrong_screens = _strangers(cameras), _strangers(screens)
    judged = {who for who, track in cameras.items() if track.right} | wrong.keys() | black.keys()
    rates = {who: rate for who, track in watched.items() if (rate := track.fps(sent[who], late)) is not None}
    pictures = {each.person: each.pictures for each in recording.sent}
    moving = {who: track for who, track in watched.items() if who not in still.keys() | black.keys()}
    slow = [] if recording.strained else too_slow(moving, pictures, late, limits)
    return Tiles(
        findings=(
            *_wrong(wrong, "the tile"),
            *_wrong(wrong_screens, "the shared screen"),
            *_twice(followed.doubles),
            *_astray(followed.astray),
            *judge_telling(recording, told, never),
            *_several(Fault.TILE_MISSING, missing, "{people} had no place in the picture for {seconds:.1f} s"),
            *_several(Fault.TILE_BLACK, black, "nothing can be read in {tiles} for {seconds:.1f} s"),
            *_several(Fault.TILE_FROZEN, frozen, "{tiles} stood still for {seconds:.1f} s while pictures were sent"),
            *tiles_slow(slow, rates),
            *judge_screens(recording, told, screens, late=late, limits=limits),
        ),
        unjudged=(*_unjudged(looks, cameras, screens, judged, sent), *_never(never, told), *_spared(spared)),
        count=len(judged | missing.keys()),
        right=len(judged - wrong.keys() - black.keys() - still.keys() - missing.keys() - set(slow)),
        fps=statistics.median(rates.values()) if rates else None,
        least=min(rates.values(), default=None),
        black=frozenset(black),
        still=frozenset((*still, *slow)),
    )


def missing_people(told: Told, senders: frozenset[int], begin: float, end: float) -> dict[int, float]:
    """Who of `senders` had no tile while the layout had room, and for how many seconds on end."""
    since: dict[int, float] = {}
    found: dict[int, float] = {}
    for start, stop in pairwise(told.changes(begin, end)):
        layout = told.layout_at(start)
        shown = {place.person for place in layout.places if not place.content} if layout is not None else set()
        for who in senders:
            if layout is None or not has_room(layout) or who in shown or not told.camera_on(who, start, start):
                since.pop(who, None)
                continue
            seconds = stop - since.setdefault(who, start)
            if seconds >= (MISSING_SECONDS if layout.choice in ("", layout.name) else RENAMED_SECONDS):
                found[who] = max(seconds, found.get(who, 0.0))
    return found


def _should_be_seen(who: int, recording: Recording, told: Told, sent: Sequence[Span]) -> bool:
    """In, with the camera on and sending, and in a layout that has a place for everybody all the time."""
    begin, end = recording.begin, recording.end
    if not told.camera_on(who, begin, end) or covered(sent, begin, end) < SEEN_SECONDS:
        return False
    return all(has_room(layout) or who in _people(layout) for layout in told.layouts)


def _people(layout: Layout) -> set[int]:
    return {place.person for place in layout.places if not place.content}


def _strangers(tracks: Mapping[int, Track]) -> dict[int, int]:
    """Who was seen in whose tile."""
    return {who: stranger for who, track in tracks.items() if (stranger := track.stranger()) is not None}


def _wrong(shown: Mapping[int, int], what: str) -> Iterator[Finding]:
    """`shown` has who is seen, by whose tile it is."""
    for owner, stranger in sorted(shown.items()):
        if shown.get(stranger) != owner:
            yield Finding(Fault.WRONG_PERSON, f"{what} of {owner} shows {stranger}", (owner, stranger))
        elif owner < stranger:
            text = f"{owner} and {stranger} are swapped: {what} of each shows the other"
            yield Finding(Fault.WRONG_PERSON, text, (owner, stranger))


def _twice(doubles: Doubles) -> Iterator[Finding]:
    owners: dict[int, list[int]] = {}
    for (who, owner), count in sorted(doubles.items()):
        if count >= MIN_LOOKS:
            owners.setdefault(who, []).append(owner)
    for who, where in owners.items():
        places = tiles(where) if len(where) > 1 else f"several tiles of {people(where)}"
        yield Finding(Fault.TWICE, f"{who} is seen in {places} at once", (who,))


def _astray(astray: Mapping[int, Astray]) -> Iterator[Finding]:
    found = {who: each for who, each in astray.items() if each.looks >= MIN_LOOKS}
    if found:
        owners = set().union(*(each.owners for each in found.values()))
        text = f"{people(found)} seen in tiles that were told anew meanwhile, as those of others: {people(owners)}"
        yield Finding(Fault.WRONG_PERSON, text, tuple(sorted(found)))


def _never(never: set[int], told: Told) -> Iterator[str]:
    if never and told.layouts:
        yield f"{tiles(never)}: never told for long enough to be judged"


def _several(fault: Fault, seconds: Mapping[int, float], text: str) -> Iterator[Finding]:
    """One finding for all people, with the longest time."""
    if seconds:
        who = tuple(sorted(seconds))
        yield Finding(fault, text.format(people=people(who), tiles=tiles(who), seconds=max(seconds.values())), who)


def _spared(still: Mapping[int, float]) -> Iterator[str]:
    if still:
        yield f"{tiles(still)} stood still for {max(still.values()):.1f} s: the server was short of CPU"


def _unjudged(
    looks: Looks,
    cameras: Mapping[int, Track],
    screens: Mapping[int, Track],
    judged: set[int],
    sent: Mapping[int, Sequence[Span]],
) -> Iterator[str]:
    reasons: dict[tuple[bool, str], set[int]] = {}
    for place, reason in looks.unread.items():
        if place.content or place.person not in judged:
            reasons.setdefault((place.content, reason), set()).add(place.person)
    for (content, reason), who in sorted(reasons.items()):
        yield f"the shared screen of {people(who)}: {reason}" if content else f"{tiles(who)}: {reason}"
    unknown = cameras.keys() - sent.keys()
    if unknown:
        yield f"whether {tiles(unknown)} stood still: what they sent was not told"
    silent = {who for who in cameras.keys() & sent.keys() if not sent[who]}
    if silent:
        yield f"{tiles(silent)}: no picture was sent"
    short = cameras.keys() - judged - silent - unknown
    if short:
        yield f"{tiles(short)}: nothing could be read, but not for long enough to call it black"
    plain = {who for who, track in screens.items() if not any(code for _, code in track.seen)}
    if plain:
        yield f"the shared screen of {people(plain)}: it carries no mark"
