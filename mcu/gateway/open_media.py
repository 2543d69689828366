"""What is open in a call, gathered from its events, in the words of the control protocol."""

from __future__ import annotations

from mcu import control
from mcu.controller.legs import RtpState
from mcu.h323.address import Address
from mcu.h323.capabilities import TELEPHONE_EVENT
from mcu.h323.channels import Channel, Direction, LocalMedia
from mcu.h323.events import BitrateLimited, ChannelClosed, ChannelOpened, Event, Paused
from mcu.media.types import StreamKind

MAX_SOURCES = 16  # addresses that a call's packets may come from; a call names its own, its bridge's and a proxy's


class OpenMedia:
    """`take` each event; `state` is what the MP must know after it."""

    def __init__(self) -> None:
        self._channels: dict[tuple[Direction, StreamKind], Channel] = {}
        self._limits: dict[StreamKind, int] = {}
        self._sources: dict[str, None] = {}
        self._paused = False

    def take(self, event: Event) -> bool:
        """Whether `state` is another now."""
        match event:
            case ChannelOpened(channel):
                self._channels[channel.direction, channel.kind] = channel
                for address in (channel.rtp, channel.rtcp):
                    if address is not None:
                        self.add_source(address.ip)
            case ChannelClosed(direction, kind):
                self._channels.pop((direction, kind), None)
            case BitrateLimited(kind, None):
                self._limits.pop(kind, None)
            case BitrateLimited(kind, int(bitrate)):
                self._limits[kind] = bitrate
            case Paused(paused):
                self._paused = paused
            case _:
                return False
        return True

    def add_source(self, ip: str) -> None:
        """An address of the peer: packets may come from there."""
        if len(self._sources) < MAX_SOURCES:
            self._sources[ip] = None

    def is_open(self, direction: Direction, kind: StreamKind) -> bool:
        return (direction, kind) in self._channels

    def clear(self) -> None:
        """All channels are closed."""
        self._channels.clear()
        self._limits.clear()

    @property
    def state(self) -> RtpState:
        sound = self._channels.get((Direction.RECEIVED, StreamKind.AUDIO))
        keys = sound is not None and sound.media.payload_type != TELEPHONE_EVENT
        return RtpState(
            channels=tuple(_channel(channel) for channel in self._channels.values()),
            sources=tuple(self._sources),
            limits={kind.value: bitrate for kind, bitrate in self._limits.items() if bitrate},
            telephone_event=TELEPHONE_EVENT if keys else 0,  # our capability set says so, fastStart or not
            paused=tuple(kind.value for kind in StreamKind if self._paused or self._limits.get(kind) == 0),
        )


def local_media(ports: tuple[control.RtpPorts, ...], host: str) -> dict[StreamKind, LocalMedia]:
    """The reserved ports as call control tells them."""
    return {
        StreamKind(each.kind): LocalMedia(rtp=Address(host, each.rtp), rtcp=Address(host, each.rtcp)) for each in ports
    }


def _channel(channel: Channel) -> control.RtpChannel:
    media = channel.media
    return control.RtpChannel(
        direction=channel.direction.value,
        kind=channel.kind.value,
        codec=media.codec,
        payload_type=media.payload_type,
        clock_rate=media.clock_rate,
        rtp=_pair(channel.rtp),
        rtcp=_pair(channel.rtcp),
        bitrate=media.bitrate,
        packet_ms=media.packet_ms,
        width=media.width,
        height=media.height,
        fps=media.fps,
        h264_profile=media.h264_profile,
        packetization_mode=media.packetization_mode,
        h263_plus=media.h263_plus,
        parameters=dict(media.parameters),
        key=channel.key,
    )


def _pair(address: Address | None) -> tuple[str, int]:
    return ("", 0) if address is None else (address.ip, address.port)
