"""Who is sent which rung of the composite: sends each coded frame to its receivers, and moves them between rungs.

Rules:
1. A receiver moves to another rung with a keyframe of it, and is sent the old rung until that is there.
2. Only rungs with receivers, present or coming, are coded; beyond MAX_PROFILES those with the fewest are not, so that
   a few who ask for pictures of their own kinds leave the others theirs.
3. Repairs come out of the same budget. Only who is sent the best rung, and has enough for it, is not judged by them:
   such a line has shown no end yet.
4. Runs on the main thread.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
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
PROBE_MORE = 1.005  # than is needed: carried to the bit, a little more loss, or rounding, would leave all as it is
ALL_SECONDS = 5.0  # between two looks at everything, while every line carries the best there is


@dataclass(slots=True)
class _Receiver:
    """What one member is sent."""

    shown: VideoProfile  # that the leg asks for
    rungs: tuple[Rung, ...]
    chooser: RungChooser
    complaints: Complaints
    sent: VideoProfile | None = None  # what the frames come from that it is sent; None: no picture
    coming: VideoProfile | None = None  # the rung it moves to with the next keyframe

    @property
    def chosen(self) -> VideoProfile | None:
        level = self.chooser.level
        return self.rungs[level].profile if level < len(self.rungs) else None


@dataclass(frozen=True, slots=True)
class _Company:
    """All who are shown the same: they have one ladder, so its profiles are told apart by identity."""

    rungs: tuple[Rung, ...]
    receivers: list[tuple[Member, _Receiver]]

    @property
    def least(self) -> float:
        """The budget that carries the smallest rung."""
        return self.rungs[-1].needs(self.rungs[-1].least)

    @property
    def enough(self) -> float:
        """The budget beyond which nobody is given more: of the best rung, at all the bitrate it may have."""
        return self.rungs[0].needs(self.rungs[0].profile.bitrate)


class Showing:
    """All pictures that a bridge sends."""

    def __init__(self, video: ComposingThread, presenting: Presenting, *, call_later: Callable[..., object]) -> None:
        self._video = video
        self._presenting = presenting  # has its share of every line first
        self._call_later = call_later
        self._receivers: dict[Member, _Receiver] = {}
        self._companies: dict[VideoProfile, _Company] = {}  # by what they are shown
        self._rates: dict[VideoProfile, int] = {}
        self._pacers: dict[VideoProfile, Pacer[PacketizedFrame]] = {}
        self._adapt_due = self._all_due = -math.inf
        self._at_best = False  # nobody could be given more; what has to be looked at then is whether it stays so

    # --- who watches what -------------------------------------------------------------------------------

    def update(self, members: Mapping[str, Member], now: float) -> None:
        """Take over who is connected and able to see."""
        receivers: dict[Member, _Receiver] = {}
        companies: dict[VideoProfile, _Company] = {}
        for member in members.values():
            profile = member.leg.video_profile
            if profile is None or not member.leg.connected:
                continue
            company = companies.get(profile)
            if company is None:
                before = self._companies.get(profile)
                company = companies[profile] = _Company(ladder(profile) if before is None else before.rungs, [])
            known = self._receivers.get(member)
            if known is None or known.shown != profile:
                chooser = RungChooser([rung.spare for rung in company.rungs], now=now)
                known = _Receiver(profile, company.rungs, chooser, Complaints())
            receivers[member] = known
            company.receivers.append((member, known))
        self._receivers, self._companies = receivers, companies
        self._follow(now)

    def adapt(self, now: float) -> None:
        """Look at the lines, every ADAPT_SECONDS."""
        if now < self._adapt_due or not self._receivers:
            return
        self._adapt_due = now + ADAPT_SECONDS
        if now >= self._all_due or not self._stays_at_best(now):
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
            self._at_best = False
            self._move(receiver)

    def is_narrow(self, member: Member) -> bool:
        """Whether a receiver's line carries the smallest rung at most."""
        receiver = self._receivers.get(member)
        return receiver is not None and receiver.chooser.level >= max(1, len(receiver.rungs) - 1)

    def _stays_at_best(self, now: float) -> bool:
        """Whether nothing is to be chosen, as in most conferences at most times. Thirty lines are asked ten times a
        second."""
        if not self._at_best or not self._presenting.idle:
            return False
        for company in self._companies.values():
            enough, least = company.enough, company.least
            for member, _ in company.receivers:
                leg = member.leg
                if leg.budget(now, least) < enough or leg.limit(StreamKind.MAIN) < enough:
                    return False
        return True

    def _follow(self, now: float) -> None:
        """Choose everybody's rung and tell the encoders."""
        self._all_due = now + ALL_SECONDS
        least: dict[Member, float] = {}
        for company in self._companies.values():
            least.update(dict.fromkeys((member for member, _ in company.receivers), company.least))
        carried = {member: member.leg.budget(now, least[member]) for member in self._receivers}
        self._presenting.adapt({member: carried[member] - least[member] for member in carried}, now)
        reserved = {member: self._presenting.reserved(member) for member in carried}
        limits = {member: member.leg.limit(StreamKind.MAIN) for member in carried}
        budgets = {member: min(carried[member] - reserved[member], limits[member]) for member in carried}
        repairs = {member: 1.0 + member.leg.repaired for member in self._receivers}
        spare = {m: budgets[m] / repairs[m] if r.chooser.level else budgets[m] for m, r in self._receivers.items()}
        best: list[int] = []
        for company in self._companies.values():
            rungs = company.rungs
            best.append(best_bitrate(rungs[0], [r.chooser.share(spare[m]) for m, r in company.receivers]))
            needs = [rungs[0].needs(best[-1]), *(rung.needs(rung.least) for rung in rungs[1:])]
            for member, receiver in company.receivers:
                if not receiver.chooser.level and spare[member] < needs[0]:
                    spare[member] /= repairs[member]
                receiver.chooser.choose(spare[member], needs, now, limits[member])
                if more := self._presenting.wanted(member, now):
                    member.leg.probe(more + least[member], now)
                if wanted := receiver.chooser.wanted(needs, now, limits[member]):
                    member.leg.probe(wanted * repairs[member] * PROBE_MORE + reserved[member], now)
                self._move(receiver)
        self._at_best = self._presenting.idle and all(
            receiver.sent is company.rungs[0].profile and receiver.coming is None and budgets[member] >= company.enough
            for company in self._companies.values()
            for member, receiver in company.receivers
        )
        self._use(best, spare)

    def _move(self, receiver: _Receiver) -> None:
        chosen = receiver.chosen
        if chosen is None:
            receiver.sent = receiver.coming = None
        elif chosen is receiver.sent:
            receiver.coming = None
        elif chosen is not receiver.coming:
            receiver.coming = chosen
            self._video.admit(chosen)

    def _use(self, best: Sequence[int], budgets: Mapping[Member, float]) -> None:
        """Every profile that somebody is sent or waits for, and its rate; `best` is that of each company's first."""
        watching: Counter[VideoProfile] = Counter()
        on_it: dict[VideoProfile, list[float]] = {}  # companies may have rungs in common
        for company in self._companies.values():
            for level, rung in enumerate(company.rungs):
                profile = rung.profile
                watchers = sum([r.sent is profile or r.coming is profile for _, r in company.receivers])
                if watchers:
                    watching[profile] += watchers
                there = [budgets[member] for member, r in company.receivers if r.chooser.level == level]
                on_it.setdefault(profile, []).extend(there)
        rates: dict[VideoProfile, int] = {}
        for company, rate in zip(self._companies.values(), best, strict=True):
            for level, rung in enumerate(company.rungs):
                if rung.profile in watching and rung.profile not in rates:
                    rates[rung.profile] = rate if level == 0 else shared_bitrate(rung, on_it[rung.profile])
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
                receiver.sent, receiver.coming = receiver.coming, None  # its own ladder's: `_move` asks for identity

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
            if (receiver.sent is profile or receiver.sent == profile) and member.leg.connected
            if (stream := member.leg.sent.get(StreamKind.MAIN)) is not None  # a new offer may have ended it
        ]
        if not streams:
            return
        for part in slices:
            packets.send(part.payloads, timestamp=part.frame.timestamp, streams=streams, now=now, marker_last=part.last)
