"""Logical channels (LCSE and CLCSE, H.245 annexes C.4 and C.6), those that we open and those of the peer.

| state of a channel of ours | Ack               | Reject       | T103             | peer's RequestChannelClose |
|----------------------------|-------------------|--------------|------------------|----------------------------|
| awaiting establishment     | → established     | → gone       | Close → release  | Ack, Close → release       |
| established                | nothing           | → gone       | -                | Ack, Close → release       |
| awaiting release           | nothing           | → gone       | → gone           | Ack                        |
| gone                       | nothing           | nothing      | -                | Reject                     |

Rules:
1. A channel of the peer is granted or rejected at once: ports are there before the call is. Its number may be used
   again at any time, and then the former channel is over.
2. Of each kind the last channel counts; when it is closed, an earlier one that is still open does.
3. Session 0 asks the master to assign one (H.245 B.3.1), and is answered with one whoever is master. A number that a
   peer chose itself is taken as it is.
4. Channels in both directions at once are for data, which this server has no use for: they are rejected (B-LCSE).
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from mcu.h323 import open_channel
from mcu.h323.channels import Channel, Direction, LocalMedia, MediaFormat
from mcu.h323.events import BitrateLimited, ChannelClosed, ChannelOpened
from mcu.h323.h245_messages import (
    CloseLogicalChannel,
    CloseLogicalChannelAck,
    Message,
    OpenLogicalChannelReject,
    RequestChannelClose,
    RequestChannelCloseAck,
    RequestChannelCloseReject,
)
from mcu.h323.h245_procedure import Procedure
from mcu.h323.media_keys import KeySync, SessionKeys, told_key
from mcu.h323.open_channel import OpenLogicalChannel, OpenLogicalChannelAck
from mcu.media.types import StreamKind

T103 = 15.0  # seconds until an answer to an opening or a closing
MAX_CHANNELS = 16  # of a peer, open at a time; three are of use
FIRST_NUMBER, LAST_NUMBER = 101, 65_535


class State(enum.Enum):
    AWAITING_ESTABLISHMENT = "awaiting establishment"
    ESTABLISHED = "established"
    AWAITING_RELEASE = "awaiting release"


@dataclass(frozen=True, slots=True)
class OpeningRefused:
    """The peer did not take a channel of ours; `cause` as in OpenLogicalChannelReject, "T103" for no answer."""

    kind: StreamKind
    media: MediaFormat
    cause: str


@dataclass(frozen=True, slots=True)
class CloseRequested:
    """A channel of ours was closed because the peer asked for it."""

    kind: StreamKind
    wants_another: bool


@dataclass(slots=True)
class _Entry:
    """One channel. `channel` is set while it is established."""

    asked: OpenLogicalChannel
    kind: StreamKind
    media: MediaFormat
    state: State
    channel: Channel | None = None
    deadline: float | None = None
    key: bytes = b""  # of ours, when we are the master


ChannelEvent = ChannelOpened | ChannelClosed | BitrateLimited | OpeningRefused | CloseRequested


class LogicalChannels(Procedure[ChannelEvent]):
    """All channels of one call. `refuse` says why a channel of the peer is not wanted, "" when it is."""

    def __init__(
        self, *, media: Mapping[StreamKind, LocalMedia], refuse: Callable[[StreamKind, MediaFormat], str]
    ) -> None:
        super().__init__()
        self.is_master = True  # until it is determined: sessions that nobody assigned must come from somebody
        self.rejected = 0
        self.keys: SessionKeys | None = None  # once media can be enciphered
        self._media = media
        self._refuse = refuse
        self._sent: dict[int, _Entry] = {}
        self._received: dict[int, _Entry] = {}
        self._outdated: set[int] = set()  # channels of the peer to ports that are not ours any more
        self._next_number = FIRST_NUMBER

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels that count now."""
        ways = [(table, kind) for table in (self._received, self._sent) for kind in StreamKind]
        found = (self._current(table, kind) for table, kind in ways)
        return tuple(entry.channel for entry in found if entry is not None and entry.channel is not None)

    @property
    def is_any_asked_for(self) -> bool:
        """Whether a channel is open, or asked for, in either direction."""
        return bool(self._received or self._sent)

    # --- ours -----------------------------------------------------------------------------------------------

    def next_number(self) -> int:
        """A number that no channel of ours has."""
        while self._next_number in self._sent:
            self._next_number = self._next_number % LAST_NUMBER + 1
        number = self._next_number
        self._next_number = number % LAST_NUMBER + 1
        return number

    def open(self, kind: StreamKind, media: MediaFormat, now: float, *, number: int = 0) -> int:
        """Ask for a channel of ours; its number."""
        number = number or self.next_number()
        session = open_channel.SESSIONS.get(kind, 0)
        if not session and self.is_master:
            session = self._free_session()
        key, sync = b"", None
        if media.ciphered and self.is_master and self.keys is not None:
            key, sync = self.keys.make(media.payload_type)
        asked = OpenLogicalChannel(
            number=number, session=session, kind=kind, media=media, rtcp=self._media[kind].rtcp, sync=sync
        )
        self._sent[number] = _Entry(asked, kind, media, State.AWAITING_ESTABLISHMENT, deadline=now + T103, key=key)
        self._messages.append(asked)
        return number

    def close(self, kind: StreamKind, now: float) -> None:
        """Close all channels of ours of this kind."""
        for number, entry in list(self._sent.items()):
            if entry.kind is kind and entry.state is not State.AWAITING_RELEASE:
                self._release(number, entry, now, source="user")

    def request_close(self, kind: StreamKind) -> None:
        """Ask the peer to close its channel of this kind. No answer counts: only that it closes it."""
        number = self.received_number(kind)
        if number:
            self._messages.append(RequestChannelClose(number, "normal"))

    def move(self, media: Mapping[StreamKind, LocalMedia]) -> None:
        """What is opened from now on is at other ports."""
        self._media = media

    def outdate(self) -> None:
        """What the peer opened until now went to former ports."""
        self._outdated = set(self._received)

    @property
    def has_outdated(self) -> bool:
        return bool(self._outdated)

    def acknowledge_again(self) -> None:
        """Say of each channel of the peer where it goes now, as if it had just been opened."""
        for number, entry in self._received.items():
            media = self._media[entry.kind]
            self._messages.append(
                OpenLogicalChannelAck(
                    number=number,
                    session=entry.asked.session,
                    rtp=media.rtp,
                    rtcp=media.rtcp,
                    payload_type=entry.media.payload_type,
                )
            )

    def ask_to_reopen(self) -> None:
        """Ask the peer to close what goes to former ports, and to open others."""
        self._messages += [RequestChannelClose(number, "reopen") for number in sorted(self._outdated)]

    def forget_outdated(self) -> None:
        """What goes to former ports counts as closed."""
        for number in sorted(self._outdated):
            self._drop(self._received, number)

    def sent_format(self, kind: StreamKind) -> MediaFormat | None:
        """What our channel of this kind carries, be it open or only asked for; None where there is none."""
        found = [entry for entry in self._sent.values() if entry.kind is kind]
        return next((entry.media for entry in reversed(found) if entry.state is not State.AWAITING_RELEASE), None)

    def sent_kind(self, number: int) -> StreamKind | None:
        """The kind of the channel that a command of the peer means; some number our channels like their own."""
        entry = self._sent.get(number) or self._received.get(number)
        return None if entry is None or entry.state is State.AWAITING_RELEASE else entry.kind

    def received_number(self, kind: StreamKind) -> int:
        """The number of the peer's channel of this kind, 0 where there is none."""
        entry = self._current(self._received, kind)
        return 0 if entry is None else entry.asked.number

    def received_codec(self, kind: StreamKind) -> str:
        """The codec of the peer's channel of this kind, "" where there is none."""
        entry = self._current(self._received, kind)
        return "" if entry is None else entry.media.codec

    def adopt(self, channel: Channel, *, number: int, session: int) -> None:
        """Take over a channel that fastStart opened."""
        asked = OpenLogicalChannel(number=number, session=session, kind=channel.kind, media=channel.media)
        entry = _Entry(asked, channel.kind, channel.media, State.ESTABLISHED, channel)
        self._table(channel.direction)[number] = entry
        self._events.append(ChannelOpened(channel))

    # --- messages -------------------------------------------------------------------------------------------

    def receive(self, message: Message, now: float) -> None:
        """A message of this procedure, whenever it comes."""
        match message:
            case OpenLogicalChannel():
                self._asked(message)
            case OpenLogicalChannelAck():
                self._granted(message, now)
            case OpenLogicalChannelReject(number, cause):
                self._refused(number, cause)
            case CloseLogicalChannel(number):
                self._messages.append(CloseLogicalChannelAck(number))
                self._drop(self._received, number)
            case CloseLogicalChannelAck(number):
                entry = self._sent.get(number)
                if entry is not None and entry.state is State.AWAITING_RELEASE:
                    del self._sent[number]
            case RequestChannelClose(number, reason):
                self._asked_to_close(number, reason, now)

    def next_timer(self) -> float | None:
        return min((entry.deadline for entry in self._sent.values() if entry.deadline is not None), default=None)

    def handle_timer(self, now: float) -> None:
        for number, entry in list(self._sent.items()):
            if entry.deadline is None or now < entry.deadline:
                continue
            if entry.state is State.AWAITING_RELEASE:
                del self._sent[number]
            else:
                self._release(number, entry, now, source="lcse")
                self._events.append(OpeningRefused(entry.kind, entry.media, "T103"))

    # --- channels of ours -----------------------------------------------------------------------------------

    def _granted(self, ack: OpenLogicalChannelAck, now: float) -> None:
        entry = self._sent.get(ack.number)
        if entry is None or entry.state is not State.AWAITING_ESTABLISHMENT:
            return
        media = entry.media
        payload_type = ack.payload_type or open_channel.agreed_type(ack.sync)
        if payload_type and media.payload_type >= open_channel.FIRST_DYNAMIC_PAYLOAD_TYPE:
            media = replace(media, payload_type=payload_type)
        asked = replace(
            entry.asked, media=media, session=ack.session or entry.asked.session, rtp=ack.rtp, rtcp=ack.rtcp
        )
        channel = open_channel.channel_of(asked, Direction.SENT, entry.key or told_key(self.keys, ack.sync))
        if channel is None:
            self._release(ack.number, entry, now, source="lcse")
            cause = "no key" if open_channel.usable(ack.rtp) else "no address to send to"
            self._events.append(OpeningRefused(entry.kind, entry.media, cause))
            return
        self._sent[ack.number] = _Entry(asked, entry.kind, entry.media, State.ESTABLISHED, channel)
        self._events.append(ChannelOpened(channel))
        if ack.flow_control_to_zero:
            self._events.append(BitrateLimited(entry.kind, 0))

    def _refused(self, number: int, cause: str) -> None:
        entry = self._sent.get(number)
        if entry is None:
            return
        self._drop(self._sent, number)
        if entry.state is not State.AWAITING_RELEASE:
            self._events.append(OpeningRefused(entry.kind, entry.media, cause))

    def _asked_to_close(self, number: int, reason: str, now: float) -> None:
        entry = self._sent.get(number)
        if entry is None:
            self._messages.append(RequestChannelCloseReject(number))
            return
        self._messages.append(RequestChannelCloseAck(number))
        if entry.state is not State.AWAITING_RELEASE:
            self._release(number, entry, now, source="user")
            self._events.append(CloseRequested(entry.kind, wants_another=reason == "reopen"))

    def _release(self, number: int, entry: _Entry, now: float, *, source: str) -> None:
        self._messages.append(CloseLogicalChannel(number, source))
        was_open = self._current(self._sent, entry.kind) is entry
        entry.state, entry.channel, entry.deadline = State.AWAITING_RELEASE, None, now + T103
        if was_open:
            self._tell_closed(self._sent, entry.kind)

    # --- channels of the peer -------------------------------------------------------------------------------

    def _asked(self, asked: OpenLogicalChannel) -> None:
        self._drop(self._received, asked.number)
        asked = self._as_content(asked)
        cause = self._cause_against(asked)
        key, sync = told_key(self.keys, asked.sync), None
        if not (key or cause) and asked.media is not None and self.is_master and self.keys is not None:
            key, sync = self.keys.make(asked.media.payload_type) if asked.media.ciphered else (b"", None)
        channel = None if cause else open_channel.channel_of(asked, Direction.RECEIVED, key)
        if channel is None:
            self.rejected += 1
            self._messages.append(OpenLogicalChannelReject(asked.number, cause or "securityDenied"))
            return
        session = asked.session or self._free_session()
        self._messages.append(
            OpenLogicalChannelAck(
                number=asked.number,
                session=session,
                rtp=self._media[channel.kind].rtp,
                rtcp=self._media[channel.kind].rtcp,
                payload_type=channel.media.payload_type,
                sync=sync,
            )
        )
        asked = replace(asked, session=session)
        self._received[asked.number] = _Entry(asked, channel.kind, channel.media, State.ESTABLISHED, channel)
        self._events.append(ChannelOpened(channel))

    def _cause_against(self, asked: OpenLogicalChannel) -> str:
        """Why the peer may not have this channel (OpenLogicalChannelReject), "" when it may."""
        if asked.kind is None or asked.media is None:
            return "unknownDataType" if asked.is_unknown else "dataTypeNotSupported"
        if asked.is_bidirectional or asked.is_reverse:
            return "unsuitableReverseParameters"
        if asked.is_multicast:
            return "multicastChannelNotAllowed"
        if asked.kind not in self._media:
            return "dataTypeNotAvailable"
        if asked.replacement_for and asked.replacement_for not in self._received:
            return "replacementForRejected"
        if len(self._received) >= MAX_CHANNELS:
            return "insufficientBandwidth"
        return self._refuse(asked.kind, asked.media)

    def renew_key(self, number: int, sync: KeySync, direction: str) -> bool:
        """The master tells another key for a channel, under another payload type. Whether it is in use now."""
        key, payload_type = told_key(self.keys, sync), open_channel.agreed_type(sync)
        is_sent = bool(direction) and (direction == "masterToSlave") == self.is_master
        table = self._sent if is_sent or (not direction and number not in self._received) else self._received
        entry = table.get(number)
        if entry is None or entry.channel is None or not (entry.media.ciphered and key and payload_type):
            return False
        media = replace(entry.channel.media, payload_type=payload_type)
        entry.channel = replace(entry.channel, key=key, media=media)
        entry.media = entry.media if table is self._sent else media
        if self._current(table, entry.kind) is entry:
            self._events.append(ChannelOpened(entry.channel))
        return True

    def _as_content(self, asked: OpenLogicalChannel) -> OpenLogicalChannel:
        """A second picture in another session is content, though it was not opened with a role."""
        main = self._current(self._received, StreamKind.MAIN)
        if asked.kind is not StreamKind.MAIN or main is None or asked.replacement_for:
            return asked
        if asked.session == main.asked.session or StreamKind.CONTENT not in self._media:
            return asked
        return replace(asked, kind=StreamKind.CONTENT)

    def _free_session(self) -> int:
        """A session that no channel has; the last one when all have been taken."""
        taken = {entry.asked.session for table in (self._sent, self._received) for entry in table.values()}
        sessions = range(open_channel.FIRST_DYNAMIC_SESSION, open_channel.LAST_SESSION)
        return next((number for number in sessions if number not in taken), open_channel.LAST_SESSION)

    # --- both -----------------------------------------------------------------------------------------------

    def _table(self, direction: Direction) -> dict[int, _Entry]:
        return self._sent if direction is Direction.SENT else self._received

    def _current(self, table: Mapping[int, _Entry], kind: StreamKind) -> _Entry | None:
        found = (entry for entry in reversed(list(table.values())) if entry.kind is kind)
        return next((entry for entry in found if entry.channel is not None), None)

    def _drop(self, table: dict[int, _Entry], number: int) -> None:
        entry = table.get(number)
        if entry is None:
            return
        if table is self._received:
            self._outdated.discard(number)
        counted = self._current(table, entry.kind) is entry
        del table[number]
        if counted:
            self._tell_closed(table, entry.kind)

    def _tell_closed(self, table: Mapping[int, _Entry], kind: StreamKind) -> None:
        """A channel that was open is not: whether another takes its place."""
        earlier = self._current(table, kind)
        direction = Direction.SENT if table is self._sent else Direction.RECEIVED
        if earlier is not None and earlier.channel is not None:
            self._events.append(ChannelOpened(earlier.channel))
        else:
            self._events.append(ChannelClosed(direction, kind))
