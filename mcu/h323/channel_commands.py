"""Commands about open channels, both ways: whole pictures and bit rates (H.245 clauses 7.13 and 7.18).

Rules:
1. Every loss that a peer complains of is served by a whole new picture; so is a command that names a wrong channel.
2. Whole pictures are asked for at once, but no more often than KEYFRAME_INTERVAL: the last one waits for its time.
   Requests of the peer are passed on likewise.
3. A limit that we set holds for later channels of the same kind as well.
"""

from __future__ import annotations

from mcu.h323.events import BitrateLimited, KeyframeRequested
from mcu.h323.h245_messages import FlowControlCommand, Message, MiscellaneousCommand
from mcu.h323.h245_procedure import Procedure
from mcu.h323.logical_channels import LogicalChannels
from mcu.media.types import StreamKind

KEYFRAME_INTERVAL = 0.5  # seconds; a keyframe takes about as long to arrive
BITRATE_UNIT = 100  # bit/s
MOST_UNITS = (1 << 24) - 1
PICTURES: tuple[StreamKind, ...] = (StreamKind.MAIN, StreamKind.CONTENT)
KEYFRAME_COMMANDS = {  # types of MiscellaneousCommand; others ask for nothing that is of use here
    "videoFastUpdatePicture",
    "videoFastUpdateGOB",
    "videoFastUpdateMB",
    "videoBadMBs",
    "lostPicture",
    "lostPartialPicture",
    "recoveryReferencePicture",
}


class ChannelCommands(Procedure[KeyframeRequested | BitrateLimited]):
    """The commands of one call."""

    def __init__(self, channels: LogicalChannels) -> None:
        super().__init__()
        self._channels = channels
        self._to_peer = _Pacing()
        self._from_peer = _Pacing()
        self._limits: dict[StreamKind, int | None] = {}  # bit/s

    def ask_keyframe(self, kind: StreamKind, now: float) -> None:
        """Ask the peer for a whole picture."""
        if self._channels.received_number(kind) and self._to_peer.ask(kind, now):
            self._send_keyframe_command(kind)

    def limit(self, kind: StreamKind, bps: int | None) -> None:
        """Ask the peer not to send more than this; None takes it back."""
        self._limits[kind] = bps
        self._send_limit(kind)

    def opened(self, kind: StreamKind) -> None:
        """A channel of the peer was opened."""
        if self._limits.get(kind) is not None:
            self._send_limit(kind)

    def receive(self, message: Message, now: float) -> None:
        match message:
            case MiscellaneousCommand(number, name) if name in KEYFRAME_COMMANDS:
                kind = self._channels.sent_kind(number)
                if kind not in PICTURES:  # told of a channel that is not ours: the picture is meant
                    kind = StreamKind.MAIN
                if self._channels.sent_format(kind) is not None and self._from_peer.ask(kind, now):
                    self._events.append(KeyframeRequested(kind))
            case FlowControlCommand(number, bitrate):
                limit = None if bitrate is None else bitrate * BITRATE_UNIT
                kind = self._channels.sent_kind(number)
                for each in PICTURES if not number else (kind,):
                    if each is not None and self._channels.sent_format(each) is not None:
                        self._events.append(BitrateLimited(each, limit))

    def next_timer(self) -> float | None:
        timers = (self._to_peer.next_timer(), self._from_peer.next_timer())
        return min((timer for timer in timers if timer is not None), default=None)

    def handle_timer(self, now: float) -> None:
        for kind in self._to_peer.due(now):
            self._send_keyframe_command(kind)
        self._events += [KeyframeRequested(kind) for kind in self._from_peer.due(now)]

    def _send_keyframe_command(self, kind: StreamKind) -> None:
        number = self._channels.received_number(kind)
        if number:
            self._messages.append(MiscellaneousCommand(number, "videoFastUpdatePicture"))

    def _send_limit(self, kind: StreamKind) -> None:
        number, bps = self._channels.received_number(kind), self._limits[kind]
        if number:
            units = None if bps is None else min(max(0, bps // BITRATE_UNIT), MOST_UNITS)
            self._messages.append(FlowControlCommand(number, units))


class _Pacing:
    """Requests of one direction: when the last was passed on, and which wait."""

    def __init__(self) -> None:
        self._last: dict[StreamKind, float] = {}
        self._waiting: set[StreamKind] = set()

    def ask(self, kind: StreamKind, now: float) -> bool:
        """Whether to pass a request on now; if not, `due` gives it later."""
        last = self._last.get(kind)
        if last is not None and now < last + KEYFRAME_INTERVAL:
            self._waiting.add(kind)
            return False
        self._last[kind] = now
        self._waiting.discard(kind)
        return True

    def due(self, now: float) -> list[StreamKind]:
        return [kind for kind in StreamKind if kind in self._waiting and self.ask(kind, now)]

    def next_timer(self) -> float | None:
        return min((self._last[kind] + KEYFRAME_INTERVAL for kind in self._waiting), default=None)
