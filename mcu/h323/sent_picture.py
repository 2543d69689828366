"""Which picture a room is sent: one that browsers are sent too wherever its channel allows, else one made for it.

Rules:
1. `pictures` are the sizes of the composite as H.264, best first, with their rates. The largest that fits is taken
   whole: legs with equal profiles share an encoder.
2. A channel that allows less bitrate or fewer frames than that gets the size all the same, down to LEAST_SHARE
   of its bitrate: then the next smaller one is the better picture.
3. H.261 and H.263 know five sizes, of which CIF and QCIF are spoken by everybody (H.261, H.263 table 2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mcu.control import RtpChannel
from mcu.media.types import SHARED_SCREEN, VideoProfile

LEAST_SHARE = 0.5  # of a size's bitrate
LEAST_FPS = 1
OLD_SIZES = ((352, 288), (176, 144))  # CIF, QCIF
OLD_FPS = 30
SMALLEST_SIDE = 16  # pixels
CONTENT_PROFILE = "constrained-baseline"  # every H.264 decoder of a room takes it


def codec_name(channel: RtpChannel) -> str:
    """As RTP has it: H.263 in the payload format of RFC 4629 is "H263-1998"."""
    return "H263-1998" if channel.codec == "H263" and channel.h263_plus else channel.codec


def video_profile(channel: RtpChannel, pictures: Sequence[VideoProfile]) -> VideoProfile:
    """What to send on `channel`."""
    if channel.codec in ("H261", "H263"):
        return _old(channel, pictures[0])
    fitting = [picture for picture in pictures if _fits(picture, channel)]
    for picture in fitting:
        if not channel.bitrate or channel.bitrate >= LEAST_SHARE * picture.bitrate:
            return _limited(picture, channel)
    return _limited(fitting[-1] if fitting else _made_to_fit(pictures[-1], channel), channel)


def content_profile(channel: RtpChannel) -> VideoProfile:
    """The most that a shared screen may be on `channel`: browsers have it in another codec, so nothing is shared."""
    if channel.codec in ("H261", "H263"):
        return replace(_old(channel, SHARED_SCREEN), bitrate=_least(SHARED_SCREEN.bitrate, channel.bitrate))
    return VideoProfile(
        channel.codec,
        _least(SHARED_SCREEN.width, channel.width) // 2 * 2,
        _least(SHARED_SCREEN.height, channel.height) // 2 * 2,
        max(LEAST_FPS, _least(SHARED_SCREEN.fps, channel.fps)),
        _least(SHARED_SCREEN.bitrate, channel.bitrate),
        CONTENT_PROFILE,
        channel.packetization_mode,
    )


def _least(ours: int, allowed: int) -> int:
    return min(ours, allowed or ours)


def _fits(picture: VideoProfile, channel: RtpChannel) -> bool:
    return (not channel.width or picture.width <= channel.width) and (
        not channel.height or picture.height <= channel.height
    )


def _made_to_fit(picture: VideoProfile, channel: RtpChannel) -> VideoProfile:
    """The largest of the same aspect; the channel is smaller than all that browsers are sent."""
    share = min(
        channel.width / picture.width if channel.width else 1.0,
        channel.height / picture.height if channel.height else 1.0,
    )
    width, height = (max(SMALLEST_SIDE, int(side * share) // 2 * 2) for side in (picture.width, picture.height))
    return replace(picture, width=width, height=height)


def _limited(picture: VideoProfile, channel: RtpChannel) -> VideoProfile:
    return replace(
        picture,
        fps=max(LEAST_FPS, min(picture.fps, channel.fps or picture.fps)),
        bitrate=min(picture.bitrate, channel.bitrate or picture.bitrate),
        packetization_mode=channel.packetization_mode,
    )


def _old(channel: RtpChannel, best: VideoProfile) -> VideoProfile:
    width, height = next(
        (size for size in OLD_SIZES if size[0] <= (channel.width or 352) and size[1] <= (channel.height or 288)),
        OLD_SIZES[-1],
    )
    return VideoProfile(
        codec_name(channel),
        width,
        height,
        max(LEAST_FPS, min(best.fps, channel.fps or OLD_FPS)),
        min(best.bitrate, channel.bitrate or best.bitrate),
    )
