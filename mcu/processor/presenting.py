"""Who is sent the shared screen as a picture of its own, at what rate, and the sending.

Rules:
1. Who does not take such a stream, who shares, and whose line is too poor see the screen in the composite, where it
   stands for everybody.
2. Sound before all, then the smallest rung of the composite, then the screen, then the rest of the composite.
3. One encoding serves all, at what the weakest of its receivers' lines carries: LEAST_BITRATE or more, so that nobody's
   line costs the others more than a longer moment until a page is sharp.
4. Whoever comes is sent it from a keyframe on. Runs on the main thread.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mcu._native import packets
from mcu.media.pacer import RATE_FACTOR, Pacer, Slice
from mcu.media.types import StreamKind
from mcu.processor.content_thread import MOST_BITRATE, ContentThread
from mcu.processor.member import Member
from mcu.processor.picture_encoders import PacketizedFrame
from mcu.processor.rungs import OVERHEAD, Complaints, RungChooser

LEAST_BITRATE = 1_000_000  # bit/s; a page of small print is 180 kB at first: a poorer line would have its sound held up
SHARE = 2 / 3  # of what a line carries beside the smallest rung, for the screen
NEEDS = (LEAST_BITRATE * OVERHEAD / SHARE, 0.0)  # bit/s to spare, with the screen and without
PACE = 1.25  # times the rate, at which large frames are sent: faster, a page would hold up the sound behind it
SPREAD = 2.0  # seconds in which the largest is gone all the same


@dataclass(slots=True)
class _Receiver:
    """One member whose connection takes the stream."""

    chooser: RungChooser
    complaints: Complaints = field(default_factory=Complaints)
    sent: bool = False
    coming: bool = False  # waits for a keyframe

    @property
    def on(self) -> bool:
        return self.sent or self.coming

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
        self._rate = 0
        self._pacer: Pacer[PacketizedFrame] = Pacer(round(MOST_BITRATE * PACE / RATE_FACTOR), spread=SPREAD)

    @property
    def receivers(self) -> int:
        """That are sent the screen."""
        return sum(receiver.sent for receiver in self._receivers.values())

    def update(self, members: Mapping[str, Member], sharer: str | None, now: float) -> None:
        """Take over who is connected and takes the stream. Nobody is sent the own screen."""
        receivers = {}
        for member in members.values():
            if member.leg.connected and member.leg.takes_content and member.participant != sharer:
                receivers[member] = self._receivers.get(member) or _Receiver(RungChooser(len(NEEDS), now=now))
        self._receivers = receivers

    def adapt(self, spare: Mapping[Member, float], now: float) -> None:
        """Choose who is sent the screen. `spare`: bit/s that each line carries beside the smallest composite."""
        shared = self._is_shared()
        lines = {m: min(bitrate, m.leg.limit(StreamKind.CONTENT) / SHARE) for m, bitrate in spare.items()}
        for member, receiver in self._receivers.items():
            if not shared or member not in lines or receiver.chooser.choose(lines[member], NEEDS, now):
                receiver.stop()
            elif not receiver.on:
                receiver.coming = True
                self._video.admit()
        wishes = [SHARE * lines[member] / OVERHEAD for member, receiver in self._receivers.items() if receiver.on]
        self._rate = int(max(LEAST_BITRATE, min((MOST_BITRATE, *wishes)))) if wishes else 0
        self._video.use(self._rate)

    def reserved(self, member: Member) -> float:
        """Bit/s of a member's line that are the screen's."""
        receiver = self._receivers.get(member)
        return self._rate * OVERHEAD if receiver is not None and receiver.on else 0.0

    def wanted(self, member: Member, now: float) -> float:
        """Bit/s to spare that a probe should look for, so that a member can be sent the screen; 0.0 for none."""
        receiver = self._receivers.get(member)
        return receiver.chooser.wanted(NEEDS, now) if receiver is not None and self._is_shared() else 0.0

    def keyframe_requested(self, member: Member, now: float) -> None:
        """A receiver cannot go on without one. Who asks again and again has to do with the composite for a while."""
        receiver = self._receivers.get(member)
        if receiver is None or not receiver.sent:
            return
        self._video.request_keyframe()
        if self.receivers > 1 and receiver.complaints.add(now):
            receiver.chooser.step_down(now)
            receiver.stop()

    # --- frames -------------------------------------------------------------------------------------------

    def send(self, frame: PacketizedFrame) -> None:
        """Fan one picture of the screen out, a large one in slices."""
        now = time.monotonic()
        if frame.keyframe:
            for receiver in self._receivers.values():
                if receiver.coming:
                    receiver.sent, receiver.coming = True, False
        self._send_slices(self._pacer.put(frame, frame.payloads, now), now)
        self._send_rest_later(now)

    def _send_rest(self) -> None:
        now = time.monotonic()
        self._send_slices(self._pacer.take(now), now)
        self._send_rest_later(now)

    def _send_rest_later(self, now: float) -> None:
        due = self._pacer.next_timer()
        self._video.held = due < math.inf  # the next picture is coded when this one is gone
        if due < math.inf:
            self._call_later(max(0.0, due - now), self._send_rest)

    def _send_slices(self, slices: list[Slice[PacketizedFrame]], now: float) -> None:
        streams = [
            stream
            for member, receiver in self._receivers.items()
            if receiver.sent and member.leg.connected
            if (stream := member.leg.sent.get(StreamKind.CONTENT)) is not None
        ]
        if not streams:
            return
        for part in slices:
            packets.send(part.payloads, timestamp=part.frame.timestamp, streams=streams, now=now, marker_last=part.last)
