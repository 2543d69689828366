"""Whether a server that says that it is short of CPU may let a tile stand: what it does then by its own rules. Pure.

Rules (mcu.processor.overload.STEPS, mcu.processor.resting):
1. It lets pictures stand only where it composes fewer of them: at the full rate nobody's may stand.
2. Whoever speaks alone moves in any step: is the dominant speaker, HEED_SECONDS after beginning.
3. Who of several speakers moves is not known here, nor whether somebody speaks whom the agent does not know.
"""

from __future__ import annotations

from collections.abc import Sequence

from loadtests.checks.looking import Look
from loadtests.checks.seats import SWITCH_SECONDS
from loadtests.checks.spans import Span, joined, shared
from loadtests.recording import Recording

FULL_RATE = 0.7  # of the composite's rate: more than any step has in which pictures stand (a test holds them together)
HEED_SECONDS = SWITCH_SECONDS + 1.6  # the picture is asked for, comes with a keyframe, is decoded and composed: slowly


def may_stand(who: int, still: Span, looks: Sequence[Look], recording: Recording, *, late: float, limit: float) -> bool:
    """`still` is from the first composite with the same picture to the last; `late` how old pictures are in them."""
    seconds = still[1] - still[0]
    composites = sum(still[0] < look.arrived <= still[1] for look in looks)
    if composites > FULL_RATE * recording.fps * seconds:
        return False
    alone = ((begin, end) for begin, end in _alone(who, recording) if end - begin > HEED_SECONDS)
    spans = shared([(begin + HEED_SECONDS, end) for begin, end in alone], [(still[0] - late, still[1] - late)])
    return max((end - begin for begin, end in spans), default=0.0) <= limit


def _alone(who: int, recording: Recording) -> list[Span]:
    """When somebody spoke and nobody else did; nothing where others may have spoken of whom that is not known."""
    senders = {sent.person for sent in recording.sent}
    if any(state.person not in senders and state.here and not state.muted for state in recording.present):
        return []
    own = joined(span for sent in recording.sent if sent.person == who for span in sent.speaking)
    others = joined(span for sent in recording.sent if sent.person != who for span in sent.speaking)
    found: list[Span] = []
    for begin, end in own:
        for first, last in others:
            if first < end and last > begin:
                if first > begin:
                    found.append((begin, first))
                begin = max(begin, last)
        if begin < end:
            found.append((begin, end))
    return found
