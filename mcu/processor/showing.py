"""Who is sent which rung of the composite: sends each coded frame to its receivers, and moves them between rungs.

Rules:
1. A receiver moves to another rung with a keyframe of it, and is sent the old rung until that is there.
2. Only rungs with receivers, present or coming, are coded; beyond MAX_PROFILES those with the fewest are not, so that
   a few who ask for pictures of their own kinds leave the others theirs.
3. Runs on the main thread.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mcu._native import packets
from mcu.media.pacer import Pacer, Slice
from mcu.media.types import StreamKind, VideoProfile
from mcu.processor.composing import MAX_PROFILES, ComposingThread
from mcu.processor.member import Member
from mcu.processor.picture_encoders import PacketizedFrame
from mcu.processor.presenting import Presenting
from mcu.processor.rungs import Complaints, Rung, RungChooser, best_bitrate, ladder, shared_bitrate

ADAPT_SECONDS = 0.1  # between two looks at the lines: feedback comes every 50 to 100 ms


@dataclass(slots=True)
class _Receiver:
    """What one member is sent."""

    rungs: tuple[Rung, ...]
    chooser: RungChooser
    complaints: Complaints
    sent: VideoProfile | None = None  # what the frames come from that it is sent; None: no picture
    coming: VideoProfile | None = None  # the rung it moves to with the next keyframe

    @property
    def chosen(self) -> VideoProfile | None:
        level = self.chooser.level
        return self.rungs[level].profile if level < len(self.rungs) else None


class Showing:
    """All pictures that a bridge sends."""

    def __init__(self, video: ComposingThread, presenting: Presenting, *, call_later: Callable[..., object]) -> None:
        self._video = video
        self._presenting = presenting  # has its share of every line first
        self._call_later = call_later
        self._receivers: dict[Member, _Receiver] = {}
        self._rates: dict[VideoProfile, int] = {}
        self._pacers: dict[VideoProfile, Pacer[PacketizedFrame]] = {}
        self._adapt_due = -math.inf

    # --- who watches what -------------------------------------------------------------------------------

    def update(self, members: Mapping[str, Member], now: float) -> None:
        """Take over who is connected and able to see."""
        receivers: dict[Member, _Receiver] = {}
        for member in members.values():
            profile = member.leg.video_profile
            if profile is None or not member.leg.connected:
                continue
            known = self._receivers.get(member)
            if known is None or known.rungs[0].profile != profile:
                rungs = ladder(profile)
                known = _Receiver(rungs, RungChooser(len(rungs), now=now), Complaints())
            receivers[member] = known
        self._receivers = receivers
        self._follow(now)

    def adapt(self, now: float) -> None:
        """Look at the lines, every ADAPT_SECONDS."""
        if now < self._adapt_due or not self._receivers:
            return
        self._adapt_due = now + ADAPT_SECONDS
        self._follow(now)

    def keyframe_requested(self, member: Member, now: float) -> None:
        """A receiver cannot go on without one. Who asks again and again moves to where it disturbs fewer."""
        receiver = self._receivers.get(member)
        if receiver is None or receiver.sent is None:
            return
        self._video.request_keyframe(receiver.sent)
        company = sum(other.sent == receiver.sent for other in self._receivers.values())
        if company > 1 and receiver.complaints.add(now):
            receiver.chooser.step_down(now)
            self._move(receiver)

    def is_narrow(self, member: Member) -> bool:
        """Whether a receiver's line carries the smallest rung at most."""
        receiver = self._receivers.get(member)
        return receiver is not None and receiver.chooser.level >= max(1, len(receiver.rungs) - 1)

    def _follow(self, now: float) -> None:
        """Choose everybody's rung and tell the encoders."""
        least = {m: r.rungs[-1].needs(r.rungs[-1].least) for m, r in self._receivers.items()}
        carried = {member: member.leg.budget(now, least[member]) for member in self._receivers}
        self._presenting.adapt({member: carried[member] - least[member] for member in carried}, now)
        reserved = {member: self._presenting.reserved(member) for member in carried}
        budgets = {m: min(carried[m] - reserved[m], m.leg.limit(StreamKind.MAIN)) for m in carried}
        best = {receiver.rungs[0]: 0 for receiver in self._receivers.values()}
        for rung in best:
            shares = (r.chooser.share(budgets[m]) for m, r in self._receivers.items() if r.rungs[0] == rung)
            best[rung] = best_bitrate(rung, shares)
        for member, receiver in self._receivers.items():
            needs = [rung.needs(rung.least) for rung in receiver.rungs]
            needs[0] = receiver.rungs[0].needs(best[receiver.rungs[0]])
            receiver.chooser.choose(budgets[member], needs, now)
            if more := self._presenting.wanted(member, now):
                member.leg.probe(more + least[member], now)
            if wanted := receiver.chooser.wanted(needs, now):
                member.leg.probe(wanted + reserved[member], now)
            self._move(receiver)
        self._use({rung.profile: rate for rung, rate in best.items()}, budgets)

    def _move(self, receiver: _Receiver) -> None:
        chosen = receiver.chosen
        if chosen is None:
            receiver.sent = receiver.coming = None
        elif chosen == receiver.sent:
            receiver.coming = None
        elif chosen != receiver.coming:
            receiver.coming = chosen
            self._video.admit(chosen)

    def _use(self, best: Mapping[VideoProfile, int], budgets: Mapping[Member, float]) -> None:
        """Every profile that somebody is sent or waits for, and its rate."""
        rates: dict[VideoProfile, int] = {}
        watching: Counter[VideoProfile] = Counter()
        for receiver in self._receivers.values():
            for level, rung in enumerate(receiver.rungs):
                profile = rung.profile
                if profile not in (receiver.sent, receiver.coming):
                    continue
                watching[profile] += 1
                if profile in rates:
                    continue
                on_it = (budgets[m] for m, other in self._receivers.items() if other.chosen == profile)
                rates[profile] = best[profile] if level == 0 else shared_bitrate(rung, on_it)
        if len(rates) > MAX_PROFILES:
            rates = {profile: rates[profile] for profile, _ in watching.most_common(MAX_PROFILES)}
        if rates != self._rates:
            self._rates = rates
            self._pacers = {profile: self._pacers.get(profile) or Pacer(profile.bitrate) for profile in rates}
            self._video.use(rates)

    # --- frames -------------------------------------------------------------------------------------------

    def send(self, frame: PacketizedFrame) -> None:
        """Fan one composite out to all receivers of its profile, a large one in slices."""
        pacer = self._pacers.get(frame.profile)
        if pacer is None:
            return  # its last receiver left while it was encoded
        now = time.monotonic()
        if frame.keyframe:
            self._admit(frame.profile)
        self._send_slices(frame.profile, pacer.put(frame, frame.payloads, now), now)
        self._send_rest_later(frame.profile, pacer, now)

    def _admit(self, profile: VideoProfile) -> None:
        """Whoever waits for this rung is sent it from this keyframe on."""
        for receiver in self._receivers.values():
            if receiver.coming == profile:
                receiver.sent, receiver.coming = profile, None

    def _send_rest(self, profile: VideoProfile, pacer: Pacer[PacketizedFrame]) -> None:
        now = time.monotonic()
        self._send_slices(profile, pacer.take(now), now)
        self._send_rest_later(profile, pacer, now)

    def _send_rest_later(self, profile: VideoProfile, pacer: Pacer[PacketizedFrame], now: float) -> None:
        due = pacer.next_timer()
        if due < math.inf:
            self._call_later(max(0.0, due - now), self._send_rest, profile, pacer)

    def _send_slices(self, profile: VideoProfile, slices: list[Slice[PacketizedFrame]], now: float) -> None:
        streams = [
            stream
            for member, receiver in self._receivers.items()
            if receiver.sent == profile and member.leg.connected
            if (stream := member.leg.sent.get(StreamKind.MAIN)) is not None  # a new offer may have ended it
        ]
        if not streams:
            return
        for part in slices:
            packets.send(part.payloads, timestamp=part.frame.timestamp, streams=streams, now=now, marker_last=part.last)
