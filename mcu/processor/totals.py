"""What happened to all received streams of an MP, those of legs that are gone included."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable

from mcu.media.rtp_session import RtpSession
from mcu.media.types import StreamKind
from mcu.processor.member import Member


class Totals:
    """Sums that only rise: legs are added when they close, living ones when somebody asks."""

    def __init__(self) -> None:
        self._closed: Counter[str] = Counter()

    def close(self, member: Member) -> None:
        """Keep the counts of a member that goes away."""
        self._closed.update(_counts(member))

    def read(self, members: Iterable[Member]) -> dict[str, int]:
        """By Prometheus name with labels, for closed members and the living `members`."""
        total = Counter(self._closed)
        for member in members:
            total.update(_counts(member))
        return dict(total)


def _counts(member: Member) -> Counter[str]:
    found: Counter[str] = Counter(
        {
            "mcu_video_frames_decoded_total": member.decoded,
            "mcu_video_frames_dropped_total": member.dropped,
        }
    )
    session: RtpSession = member.leg.session
    for kind in (StreamKind.MAIN, StreamKind.CONTENT):
        receiver = session.video(kind)
        if receiver is not None:
            found.update(_labelled("mcu_video_received_total", receiver.counters))
    if session.audio is not None:
        found.update(_labelled("mcu_audio_received_total", session.audio.counters))
    found.update({f'mcu_rtp_total{{what="{name}"}}': count for name, count in session.counters.items()})
    return found


def _labelled(metric: str, counters: object) -> dict[str, int]:
    values = dataclasses.asdict(counters)  # type: ignore[call-overload]
    return {f'{metric}{{what="{name}"}}': count for name, count in values.items()}
