"""Who is sent the shared screen as a picture of its own, at what rate, and the sending.

Rules:
1. Who does not take such a stream, who shares, and whose line is too poor see the screen in the composite, where it
   stands for everybody.
2. Sound before all, then the smallest rung of the composite, then the screen, then the rest of the composite.
3. One encoding serves all of one profile, at what the weakest of their lines carries: LEAST_BITRATE or more, so that
   nobody's line costs the others more than a longer moment until a page is sharp. All browsers have one profile; a room
   has what its channel allows.
4. Whoever comes is sent it from a keyframe on. Runs on the main thread.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mcu._native import packets
from mcu.media.pacer import RATE_FACTOR, Pacer, Slice
from mcu.media.types import StreamKind, VideoProfile
from mcu.processor.content_thread import ContentThread
from mcu.processor.member import Member
from mcu.processor.picture_encoders import PacketizedFrame
from mcu.processor.rungs import OVERHEAD, SPARE, Complaints, RungChooser

LEAST_BITRATE = 1_000_000  # bit/s; a page of small print is 180 kB at first: a poorer line would have its sound held up
SHARE = 2 / 3  # of what a line carries beside the smallest rung, for the screen
PACE = 1.25  # times the rate, at which large frames are sent: faster, a page would hold up the sound behind it
SPREAD = 2.0  # seconds in which the largest is gone all the same


@dataclass(slots=True)
class _Receiver:
    """One member whose connection takes the stream."""

    profile: VideoProfile
    chooser: RungChooser  # between the screen and no screen
    complaints: Complaints = field(default_factory=Complaints)
    sent: bool = False
    coming: bool = False  # waits for a keyframe

    @property
    def on(self) -> bool:
        return self.sent or self.coming

    @property
    def least(self) -> int:
        """Bit/s of the screen; a room's channel may allow less than browsers are sent at least."""
        return min(LEAST_BITRATE, self.profile.bitrate)

    @property
    def needs(self) -> tuple[float, float]:
        """Bit/s to spare, with the screen and without."""
        return (self.least * OVERHEAD / SHARE, 0.0)

    def stop(self) -> None:
        self.sent = self.coming = False


class Presenting:
    """The shared screen of a bridge, as far as it is sent."""

    def __init__(
        self, video: ContentThread, *, is_shared: Callable[[], bool], call_later: Callable[..., object]
    ) -> None:
        """`is_shared`: whether there is a picture to send."""
        self._video = video
        self._is_shared = is_shared
        self._call_later = call_later
        self._receivers: dict[Member, _Receiver] = {}
        self._shared = False  # there was one at the last look
        self._rates: dict[VideoProfile, int] = {}
        self._pacers: dict[VideoProfile, Pacer[PacketizedFrame]] = {}

    @property
    def receivers(self) -> int:
        """That are sent the screen."""
        return sum(receiver.sent for receiver in self._receivers.values())

    @property
    def idle(self) -> bool:
        """Nobody shares, and that is known already."""
        return not self._shared and not self._rates and not self._is_shared()

    def update(self, members: Mapping[str, Member], sharer: str | None, now: float) -> None:
        """Take over who is connected and takes the stream. Nobody is sent the own screen."""
        receivers = {}
        for member in members.values():
            profile = member.leg.content_profile
            if member.leg.connected and profile is not None and member.participant != sharer:
                known = self._receivers.get(member)
                if known is None or known.profile != profile:
                    known = _Receiver(profile, RungChooser((SPARE * profile.bitrate, 0.0), now=now))
                receivers[member] = known
        self._receivers = receivers

    def adapt(self, spare: Mapping[Member, float], now: float) -> None:
        """Choose who is sent the screen. `spare`: bit/s that each line carries beside the smallest composite."""
        self._shared = self._is_shared()
        if not self._shared:
            for receiver in self._receivers.values():
                receiver.stop()
            if self._rates:
                self._use({})
            return
        limits = {member: member.leg.limit(StreamKind.CONTENT) / SHARE for member in spare}
        lines = {member: min(bitrate, limits[member]) for member, bitrate in spare.items()}
        for member, receiver in self._receivers.items():
            line, limit = lines.get(member), limits.get(member, 0.0)
            if line is None or receiver.chooser.choose(line, receiver.needs, now, limit):
                receiver.stop()
            elif not receiver.on:
                receiver.coming = True
                self._video.admit(receiver.profile)
        rates: dict[VideoProfile, int] = {}
        for member, receiver in self._receivers.items():
            if receiver.on:
                profile = receiver.profile
                wish = max(float(receiver.least), SHARE * lines[member] / OVERHEAD)
                rates[profile] = int(min(wish, rates.get(profile, profile.bitrate)))
        self._use(rates)

    def _use(self, rates: dict[VideoProfile, int]) -> None:
        self._rates = rates
        self._pacers = {profile: self._pacers.get(profile) or _pacer(profile) for profile in rates}
        self._video.use(rates)

    def reserved(self, member: Member) -> float:
        """Bit/s of a member's line that are the screen's."""
        receiver = self._receivers.get(member)
        return self._rates.get(receiver.profile, 0) * OVERHEAD if receiver is not None and receiver.on else 0.0

    def wanted(self, member: Member, now: float) -> float:
        """Bit/s to spare that a probe should look for, so that a member can be sent the screen; 0.0 for none."""
        receiver = self._receivers.get(member)
        if receiver is None or not self._shared:
            return 0.0
        return receiver.chooser.wanted(receiver.needs, now, member.leg.limit(StreamKind.CONTENT) / SHARE)

    def keyframe_requested(self, member: Member, now: float) -> None:
        """A receiver cannot go on without one. Who asks again and again has to do with the composite for a while."""
        receiver = self._receivers.get(member)
        if receiver is None or not receiver.sent:
            return
        self._video.request_keyframe(receiver.profile)
        company = sum(other.sent and other.profile == receiver.profile for other in self._receivers.values())
        if company > 1 and receiver.complaints.add(now):
            receiver.chooser.step_down(now)
            receiver.stop()

    # --- frames -------------------------------------------------------------------------------------------

    def send(self, frame: PacketizedFrame) -> None:
        """Fan one picture of the screen out, a large one in slices."""
        pacer = self._pacers.get(frame.profile)
        if pacer is None:
            return  # its last receiver left while it was encoded
        now = time.monotonic()
        if frame.keyframe:
            for receiver in self._receivers.values():
                if receiver.coming and receiver.profile == frame.profile:
                    receiver.sent, receiver.coming = True, False
        self._send_slices(frame.profile, pacer.put(frame, frame.payloads, now), now)
        self._send_rest_later(frame.profile, pacer, now)

    def _send_rest(self, profile: VideoProfile, pacer: Pacer[PacketizedFrame]) -> None:
        now = time.monotonic()
        self._send_slices(profile, pacer.take(now), now)
        self._send_rest_later(profile, pacer, now)

    def _send_rest_later(self, profile: VideoProfile, pacer: Pacer[PacketizedFrame], now: float) -> None:
        due = pacer.next_timer()
        # The next picture is coded when this one is gone, of all profiles.
        self._video.held = any(other.next_timer() < math.inf for other in self._pacers.values())
        if due < math.inf:
            self._call_later(max(0.0, due - now), self._send_rest, profile, pacer)

    def _send_slices(self, profile: VideoProfile, slices: list[Slice[PacketizedFrame]], now: float) -> None:
        streams = [
            stream
            for member, receiver in self._receivers.items()
            if receiver.sent and receiver.profile == profile and member.leg.connected
            if (stream := member.leg.sent.get(StreamKind.CONTENT)) is not None
        ]
        if not streams:
            return
        for part in slices:
            packets.send(part.payloads, timestamp=part.frame.timestamp, streams=streams, now=now, marker_last=part.last)


def _pacer(profile: VideoProfile) -> Pacer[PacketizedFrame]:
    return Pacer(round(profile.bitrate * PACE / RATE_FACTOR), spread=SPREAD)
