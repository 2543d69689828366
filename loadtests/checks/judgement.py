"""What one judge says of a recording: that of pictures, or that of sound. `inspect` puts both together."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from loadtests.findings import Figures, Finding


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """`figures` has the judge's own fields; the other's are as they are by default."""

    figures: Figures
    findings: tuple[Finding, ...] = ()
    delays: Mapping[
        int, float
    ] = {}  # seconds by person, the median: of both judges', they tell how lips and voice meet
    unjudged: tuple[str, ...] = ()  # what could not be judged, in one sentence each


def together(pictures: Figures, sound: Figures) -> Figures:
    """Each field from whom it has a value."""
    own = Figures(seconds=sound.seconds)
    told = {name: value for name in own.__struct_fields__ if (value := getattr(sound, name)) != getattr(own, name)}
    return msgspec.structs.replace(pictures, **told)
