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
2. Session 0 asks the master to assign one (H.245 B.3.1), and is answered with one whoever is master. A number that a
   peer chose itself is taken as it is.
3. Channels in both directions at once are for data, which this server has no use for: they are rejected (B-LCSE).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from mcu.h323 import open_channel
from mcu.h323.channel_table import ChannelTable, CloseRequested, Entry, OpeningRefused, State
from mcu.h323.channels import Direction, LocalMedia, MediaFormat
from mcu.h323.events import BitrateLimited, ChannelOpened
from mcu.h323.h245_messages import (
    CloseLogicalChannel,
    CloseLogicalChannelAck,
    Message,
    OpenLogicalChannelReject,
    RequestChannelClose,
    RequestChannelCloseAck,
    RequestChannelCloseReject,
)
from mcu.h323.media_keys import told_key
from mcu.h323.open_channel import OpenLogicalChannel, OpenLogicalChannelAck
from mcu.media.types import StreamKind

T103 = 15.0  # seconds until an answer to an opening or a closing
MAX_CHANNELS = 16  # of a peer, open at a time; three are of use


class LogicalChannels(ChannelTable):
    """All channels of one call. `refuse` says why a channel of the peer is not wanted, "" when it is."""

    def __init__(
        self, *, media: Mapping[StreamKind, LocalMedia], refuse: Callable[[StreamKind, MediaFormat], str]
    ) -> None:
        super().__init__()
        self.rejected = 0
        self._media = media
        self._refuse = refuse

    # --- what the owner wants -------------------------------------------------------------------------------

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
        self._sent[number] = Entry(asked, kind, media, State.AWAITING_ESTABLISHMENT, deadline=now + T103, key=key)
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
        self._sent[ack.number] = Entry(asked, entry.kind, entry.media, State.ESTABLISHED, channel)
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

    def _release(self, number: int, entry: Entry, now: float, *, source: str) -> None:
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
        self._received[asked.number] = Entry(asked, channel.kind, channel.media, State.ESTABLISHED, channel)
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

    def _as_content(self, asked: OpenLogicalChannel) -> OpenLogicalChannel:
        """A second picture in another session is content, though it was not opened with a role."""
        main = self._current(self._received, StreamKind.MAIN)
        if asked.kind is not StreamKind.MAIN or main is None or asked.replacement_for:
            return asked
        if asked.session == main.asked.session or StreamKind.CONTENT not in self._media:
            return asked
        return replace(asked, kind=StreamKind.CONTENT)
