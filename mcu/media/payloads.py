"""Which payload format belongs to which codec."""

from __future__ import annotations

from mcu.errors import ProtocolError
from mcu.media import payload_h261, payload_h263, payload_h264, payload_vp8
from mcu.media.fragments import PayloadFormat
from mcu.media.payload_h261 import H261Format
from mcu.media.payload_h263 import H263Format, H263PlusFormat
from mcu.media.payload_h264 import H264Format
from mcu.media.payload_vp8 import Vp8Format
from mcu.media.types import CodecParameters, EncodedFrame, VideoProfile

VIDEO_CODECS = ("VP8", "H264", "H261", "H263", "H263-1998", "H263-2000")


def packetize(frame: EncodedFrame, profile: VideoProfile, max_payload: int) -> list[bytes]:
    """RTP payloads for one frame, each at most `max_payload` bytes; the last one carries the marker."""
    match profile.codec:
        case "VP8":
            return payload_vp8.packetize(frame.data, max_payload, picture_id=frame.picture_id)
        case "H261":
            return payload_h261.packetize(frame.data, max_payload)
        case "H263":
            return payload_h263.packetize(frame.data, max_payload)
        case "H263-1998":
            return payload_h263.packetize_plus(frame.data, max_payload)
        case _:
            return payload_h264.packetize(frame.data, max_payload, packetization_mode=profile.packetization_mode)


def make_format(codec: CodecParameters) -> PayloadFormat:
    """A depacketiser for one stream of `codec`. Raises ProtocolError for a codec that is not video."""
    match codec.name:
        case "VP8":
            return Vp8Format()
        case "H264":
            return H264Format(codec.parameters.get("sprop-parameter-sets", ""))
        case "H261":
            return H261Format()
        case "H263":
            return H263Format()
        case "H263-1998" | "H263-2000":
            return H263PlusFormat()
        case _:
            raise ProtocolError(f"no video payload format {codec.name}")
