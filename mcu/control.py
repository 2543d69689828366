"""The control protocol between MC and MP: every message. `control_framing` puts them into bytes.

Rules:
1. The MC asks, the MP answers each request once with the same `id`; the MP may send events at any time.
2. `UpdateConference` carries the whole state that the mixers need, so an MP that missed one is healed by the next;
   `UpdateRtpLeg` the whole state of a leg.
"""

from __future__ import annotations

import msgspec

PROTOCOL_VERSION = 1


class Message(msgspec.Struct, frozen=True, tag=True, omit_defaults=True, forbid_unknown_fields=True):
    """Base of all messages; the class name is the tag on the wire."""


# --- values -----------------------------------------------------------------------------------------


class PictureSettings(msgspec.Struct, frozen=True):
    """Size, rate and bitrate of the composite."""

    width: int = 1280
    height: int = 720
    fps: int = 25
    bitrate: int = 1_200_000


class SlotRule(msgspec.Struct, frozen=True, omit_defaults=True):
    """One rectangle of a custom layout on its logical canvas and who may stand in it."""

    x: int
    y: int
    width: int
    height: int
    holds: str = "rolling"  # "seat", "speaker", "content" or "rolling"
    seat: int = 0  # with holds="seat": the seat's number, from 1


class LayoutChoice(msgspec.Struct, frozen=True, omit_defaults=True):
    """A layout by name, with its data where the name is "custom"."""

    name: str = "grid"  # grid, speaker, single, lecture, presentation, custom
    strip: int = 5  # small tiles beside the large one in "speaker", "lecture" and "presentation"
    fit: str = "cover"  # "cover" crops to the tile, "contain" shows all with bars
    slots: tuple[SlotRule, ...] = ()
    canvas: tuple[int, int] = (1920, 1080)  # logical size that `slots` refer to


class ParticipantState(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the mixers must know of a participant."""

    participant: str
    name: str
    office: str = ""
    seat: int = 0
    muted: bool = False  # by whomever: the mixer does not hear this participant
    sounding: bool = False  # although muted: what comes is the sound of the content, and nobody's voice
    camera_off: bool = False
    seen: bool = True  # False for a viewer: no tile
    notice: tuple[str, ...] = ()  # lines to show large in place of a camera; nobody is behind such a tile


class TileState(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where one participant stands in the composite, in pixels."""

    participant: str
    x: int
    y: int
    width: int
    height: int
    content: bool = False


class NeededPicture(msgspec.Struct, frozen=True):
    """The most that a participant's tiles show of a camera: a picture of this size, upright, and its rates."""

    width: int
    height: int
    fps: int
    bitrate: int


class RtpChannel(msgspec.Struct, frozen=True, omit_defaults=True):
    """An open logical channel of an RTP leg (H.323): what is coded how, and the addresses of the peer.

    `width`, `height` and `fps` are the most that may be sent; `bitrate` likewise, in bit/s, 0 for the codec's own.
    `rtp` is where to send, ("", 0) for a received channel; `rtcp` is where the peer wants reports, ("", 0) if untold.
    """

    direction: str  # "received" or "sent"
    kind: str  # "audio", "main" or "content"
    codec: str  # "PCMU", "PCMA", "G722", "G729", "H261", "H263", "H264"
    payload_type: int
    clock_rate: int
    rtp: tuple[str, int] = ("", 0)
    rtcp: tuple[str, int] = ("", 0)
    bitrate: int = 0
    packet_ms: int = 20
    width: int = 0
    height: int = 0
    fps: int = 0
    h264_profile: str = ""
    packetization_mode: int = 0
    h263_plus: bool = False  # RFC 4629 instead of RFC 2190
    parameters: dict[str, str] = {}
    key: bytes = b""  # H.235.6, AES-128 in CBC mode; b"" for none


class RtpPorts(msgspec.Struct, frozen=True):
    """Where an RTP leg receives one kind of stream."""

    kind: str
    rtp: int
    rtcp: int


# --- requests, MC to MP -----------------------------------------------------------------------------


class OpenBridge(Message, frozen=True):
    conference: str
    picture: PictureSettings


class CloseBridge(Message, frozen=True):
    conference: str


class UpdateConference(Message, frozen=True):
    """The whole of what the mixers need, in roster order (the order of tiles)."""

    conference: str
    revision: int
    participants: tuple[ParticipantState, ...]
    layout: LayoutChoice
    content: str | None = None  # the participant whose content stream is shown


class AddLeg(Message, frozen=True):
    """Connect a participant with an SDP offer. Answered by `LegAnswer`.

    `direction` limits what the server will do, in the server's words: "both", "receive" (WHIP) or "send" (WHEP).
    """

    conference: str
    participant: str
    leg: str
    offer: str
    direction: str = "both"


class UpdateLeg(Message, frozen=True):
    """A later offer on the same leg: ICE restart. Answered by `LegAnswer`."""

    leg: str
    offer: str


class AddCandidate(Message, frozen=True):
    """A trickled candidate of the peer (RFC 8838); "" is end-of-candidates."""

    leg: str
    candidate: str


class RemoveLeg(Message, frozen=True):
    leg: str


class AddRtpLeg(Message, frozen=True):
    """Reserve ports for a participant that speaks RTP with call control in the MC. Answered by `RtpLegAnswer`.

    `host` is the address of ours that the peer reached, numeric: the ports are on it.
    """

    conference: str
    participant: str
    leg: str
    host: str


class UpdateRtpLeg(Message, frozen=True):
    """All channels of an RTP leg that are open now; `sources` are the addresses that its packets may come from.

    `limits` are bit/s by kind that the peer asked not to exceed (H.245 flowControlCommand), beside the channels' own.
    """

    leg: str
    channels: tuple[RtpChannel, ...]
    sources: tuple[str, ...] = ()
    limits: dict[str, int] = {}
    telephone_event: int = 0  # payload type of RFC 4733 in the received sound, 0 for none
    paused: tuple[str, ...] = ()  # kinds that the peer wants nothing of for the moment


class MoveRtpLeg(Message, frozen=True):
    """Into another bridge of the same MP, ports and channels and all: a room that stood at the entrance."""

    leg: str
    conference: str
    participant: str


class PlayPrompts(Message, frozen=True):
    """Say these prompts (mcu.media.prompts) to all of a bridge, in place of what is being said."""

    conference: str
    prompts: tuple[str, ...]


class SendKeyframe(Message, frozen=True):
    """The peer of an RTP leg asked for one by its call control (H.245 videoFastUpdatePicture)."""

    leg: str
    kind: str


class CheckLine(Message, frozen=True):
    """Connect somebody who only tries the line, in no conference, for a few seconds. Answered by `LegAnswer`."""

    leg: str
    offer: str


class ReportLoad(Message, frozen=True):
    """Ask for a `Load` now."""


class Stop(Message, frozen=True):
    """Close everything and exit."""


Command = (
    OpenBridge
    | CloseBridge
    | UpdateConference
    | AddLeg
    | UpdateLeg
    | AddCandidate
    | RemoveLeg
    | AddRtpLeg
    | UpdateRtpLeg
    | MoveRtpLeg
    | PlayPrompts
    | SendKeyframe
    | CheckLine
    | ReportLoad
    | Stop
)

# --- answers, MP to MC ------------------------------------------------------------------------------


class Done(Message, frozen=True):
    """The request was carried out and has nothing to tell."""


class LegAnswer(Message, frozen=True):
    answer: str  # SDP


class RtpLegAnswer(Message, frozen=True):
    """The reserved ports, for sound, picture and content."""

    ports: tuple[RtpPorts, ...]


class Refused(Message, frozen=True):
    """`code` as in mcu.errors.RefusedError: "sdp-invalid", "sdp-nothing-in-common", "no-such-leg", "busy"..."""

    code: str
    detail: str = ""


class BridgeLoad(msgspec.Struct, frozen=True):
    conference: str
    legs: int
    encoders: int
    ticks: int
    ticks_missed: int


class Load(Message, frozen=True):
    """What the MP is doing; counters since its start, by Prometheus name, labels in braces as in exposition format."""

    cpu_seconds: float
    rss_bytes: int
    strain: float  # share of time in which the busiest thread ran or waited for a CPU since the last report
    bridges: tuple[BridgeLoad, ...]
    counters: dict[str, float]


Answer = Done | LegAnswer | RtpLegAnswer | Refused | Load

# --- events, MP to MC -------------------------------------------------------------------------------


class Ready(Message, frozen=True):
    """First message of an MP on the control connection."""

    version: int
    pid: int
    port: int
    addresses: tuple[str, ...]


class LegState(Message, frozen=True):
    """`state`: "connected" (media flows), "disconnected" (silent; may return), "closed" (gone; `reason` says why)."""

    leg: str
    state: str
    reason: str = ""


class TilesChanged(Message, frozen=True):
    conference: str
    revision: int
    layout: str
    width: int
    height: int
    tiles: tuple[TileState, ...]


class SpeakerChanged(Message, frozen=True):
    """The dominant speaker and everybody who is audible now."""

    conference: str
    speaker: str | None
    speaking: tuple[str, ...] = ()


class LinesChanged(Message, frozen=True):
    """Whose line is poor now, by participant; and whether the MP does less for pictures, for want of CPU."""

    conference: str
    poor: tuple[str, ...] = ()
    strained: bool = False


class PictureNeeded(Message, frozen=True):
    """What the peer of a leg should send of its camera from now on; None: nothing, nobody is shown it."""

    leg: str
    picture: NeededPicture | None


class KeyframeNeeded(Message, frozen=True):
    """A received stream of an RTP leg cannot be shown without a keyframe; the MC asks by call control."""

    leg: str
    kind: str


class DigitReceived(Message, frozen=True):
    """A key was pressed, told in the sound of an RTP leg (RFC 4733): one of 0123456789*#ABCD."""

    leg: str
    digit: str


Notice = (
    Ready | LegState | TilesChanged | SpeakerChanged | LinesChanged | PictureNeeded | KeyframeNeeded | DigitReceived
)


# --- envelopes --------------------------------------------------------------------------


class Request(Message, frozen=True):
    id: int
    body: Command


class Reply(Message, frozen=True):
    id: int
    body: Answer


class Event(Message, frozen=True):
    body: Notice


Envelope = Request | Reply | Event
