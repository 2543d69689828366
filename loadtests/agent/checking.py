"""One check, from asking for a keyframe to the recording. The same for all kinds that receive RTP of their own.

A participant of a crowd has not listened before: its jitter buffer needs SETTLE_SECONDS of sound to know the line, and
as long is waited from the beginning, however soon the keyframe comes.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from loadtests.agent.awaiting import News
from loadtests.agent.member import Company, Failed, Member
from loadtests.agent.recorder import MAX_SECONDS, Recorder
from loadtests.recording import Recording
from mcu.media.audio_receiver import AudioReceiver

SETTLE_SECONDS = 1.0  # of sound that is pulled and forgotten: fifty packets, and what was begun before is played out
KEYFRAME_SECONDS = 3.0  # for the keyframe; without one the check shows that no picture comes
# Packets that came together after a stall count in a jitter buffer's target until they are under 1.5 % of what it
# remembers (mcu.media.transit): those of a quarter second for five seconds. Then the delay returns bit by bit.
HELD_SECONDS = 8.0
SENT_BEFORE = 3.0  # seconds of sending before the check that are told: more than any delay that is measured


class Checked(Member, Protocol):
    """Who can be checked."""

    def receiver(self) -> AudioReceiver | None: ...
    def request_keyframe(self) -> None: ...


async def check(member: Checked, recorder: Recorder, seconds: float, company: Company, news: News) -> Recording:
    """`recorder` is given frames and sound by the member itself meanwhile. Raises Failed when it is gone."""
    if not 0 < seconds <= MAX_SECONDS:
        raise Failed("impossible", f"a check of {seconds:g} s; {MAX_SECONDS:g} are the most")
    stage, told = company.stage, company.proceedings_of(member)
    if told is not None:
        recorder.fps = told.fps
        told.follow(recorder, stage.now())
    followed = stage.now()
    try:
        settled = asyncio.sleep(SETTLE_SECONDS)
        member.request_keyframe()
        await settled
        try:
            await news.until(lambda: recorder.has_keyframe, KEYFRAME_SECONDS - SETTLE_SECONDS, "a keyframe")
        except Failed as failure:
            if failure.kind != "timeout":
                raise
        recorder.begin(stage.now(), member.receiver())
        await asyncio.sleep(seconds)
        news.check_open()
        end = stage.now()
        sent = [other.sent(end - seconds - SENT_BEFORE, end) for other in company.around(member)]
        held = stage.late_since(end - seconds - HELD_SECONDS)
        known = company.known(member, followed, end)
        return recorder.recording(end, member.receiver(), sent, held=held, known=known)
    finally:
        if told is not None:
            told.unfollow(recorder)
