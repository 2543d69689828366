"""What happened in all conferences of an MP, those that are over included."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from mcu.media.types import StreamKind
from mcu.processor.composing import ComposingThread
from mcu.processor.content_thread import ContentThread
from mcu.processor.member import Member


class Conference(Protocol):
    """What is counted of a bridge."""

    @property
    def members(self) -> Mapping[str, Member]: ...
    @property
    def video(self) -> ComposingThread: ...
    @property
    def content(self) -> ContentThread: ...


class Totals:
    """Sums that only rise: members and bridges are added when they close, living ones when somebody asks."""

    def __init__(self) -> None:
        self._closed: Counter[str] = Counter()

    def close(self, member: Member) -> None:
        """Keep the counts of a member that goes away."""
        self._closed.update(_of_member(member))

    def close_pictures(self, bridge: Conference) -> None:
        """Keep the counts of a bridge's pictures that end."""
        self._closed.update(_of_pictures(bridge))

    def read(self, bridges: Iterable[Conference]) -> dict[str, float]:
        """By Prometheus name with labels, for what is closed and for the living `bridges`."""
        total = Counter(self._closed)
        for bridge in bridges:
            total.update(_of_pictures(bridge))
            for member in bridge.members.values():
                total.update(_of_member(member))
        return dict(total)


def _of_pictures(bridge: Conference) -> dict[str, Any]:
    video, content = bridge.video, bridge.content
    return {
        "mcu_video_ticks_total": video.ticks.index,
        "mcu_video_ticks_missed_total": video.ticks.missed,
        "mcu_video_ticks_left_out_total": video.ticks.left_out,
        "mcu_video_frames_skipped_total": video.frames_skipped,
        "mcu_video_busy_seconds_total": video.busy_seconds,
        'mcu_failures_total{where="video"}': video.failures,
        "mcu_content_frames_total": content.coded,
        "mcu_content_ticks_missed_total": content.ticks.missed,
        "mcu_content_busy_seconds_total": content.busy_seconds,
        'mcu_failures_total{where="content"}': content.failures,
    }


def _of_member(member: Member) -> Counter[str]:
    found: Counter[str] = Counter(
        {
            "mcu_video_frames_decoded_total": member.decoded,
            "mcu_video_frames_dropped_total": member.dropped,
            "mcu_video_frames_rested_total": member.rested,
        }
    )
    leg = member.leg
    for kind in (StreamKind.MAIN, StreamKind.CONTENT):
        receiver = leg.video(kind)
        if receiver is not None:
            found.update(_labelled("mcu_video_received_total", receiver.counters))
    if leg.audio is not None:
        found.update(_labelled("mcu_audio_received_total", leg.audio.counters))
    found.update({f'mcu_rtp_total{{what="{name}"}}': count for name, count in leg.rtp_counters.items()})
    return found


def _labelled(metric: str, counters: object) -> dict[str, int]:
    values = dataclasses.asdict(counters)  # type: ignore[call-overload]
    return {f'{metric}{{what="{name}"}}': count for name, count in values.items()}
