"""Encoded loops as values: what a synthetic participant sends, and their form on disk."""

from __future__ import annotations

import msgspec

from mcu.errors import ProtocolError

PACKET_SECONDS = 0.020  # one Opus packet
CODECS = ("VP8", "H264")
MAX_FPS = 120
MAX_FILE = 64 << 20  # bytes; the largest real one is a few hundred kilobytes


class MediaSettings(msgspec.Struct, frozen=True):
    """How clips are made. Everything here is part of the name under which they are kept."""

    width: int = 320
    height: int = 180
    fps: int = 15
    codec: str = "VP8"  # one of CODECS
    bitrate: int = 180_000  # bits per second of the picture
    audio_bitrate: int = 32_000
    keyframe_seconds: float = 1.0  # how long a keyframe request can cost, at most, in lost movement
    listen_seconds: float = 4.0
    speak_seconds: float = 6.0
    smaller: tuple[int, ...] = (360, 180, 144)  # lines that the pictures are coded in as well, where that is less
    coded: bool = False  # paint the mark that says who and which frame
    chirped: bool = False  # mix the audible mark into speech, see `chirp`
    signed: bool = False  # no two voices are alike, even of one recording: each is known by itself, see `signature`
    tone: bool = False  # a sine instead of a voice, see `library.tone_frequency`
    sketched: bool = False  # faces that move by fits and starts: quicker to draw and to code, for crowds


class SmallerPictures(msgspec.Struct, frozen=True, array_like=True):
    """The pictures of a clip in another size, keyframes at the same places."""

    width: int
    height: int
    frames: tuple[bytes, ...]


class Clip(msgspec.Struct, frozen=True, array_like=True):
    """A loop of picture and sound of equal length. `frames[i]` is keyframe when i is in `keyframes`; [0] always is."""

    codec: str
    width: int
    height: int
    fps: int
    frames: tuple[bytes, ...]
    keyframes: tuple[int, ...]
    first_frame: int  # number painted into frames[0]; the others count up
    packets: tuple[bytes, ...]  # Opus, PACKET_SECONDS each
    levels: tuple[int, ...]  # -dBov of each packet, 0 to 127 (RFC 6464)
    smaller: tuple[SmallerPictures, ...] = ()  # the largest first

    @property
    def seconds(self) -> float:
        return len(self.packets) * PACKET_SECONDS

    def keyframe_after(self, index: int) -> int:
        """The index of the first keyframe at or after `index`, going round."""
        return next((key for key in self.keyframes if key >= index), self.keyframes[0])


class Performance(msgspec.Struct, frozen=True, array_like=True):
    """All that one person can send."""

    person: int
    listening: Clip
    speaking: Clip


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Performance)


def dump(performance: Performance) -> bytes:
    """The bytes that `load` reads."""
    return _encoder.encode(performance)


def load(data: bytes) -> Performance:
    """A performance from a file of ours. Raises ProtocolError for anything else."""
    if len(data) > MAX_FILE:
        raise ProtocolError(f"clip file of {len(data)} bytes")
    try:
        performance = _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError(f"clip file: {error}") from error
    for clip in (performance.listening, performance.speaking):
        _check(clip)
    return performance


def _check(clip: Clip) -> None:
    if not clip.frames or not clip.packets or len(clip.levels) != len(clip.packets) or clip.fps < 1:
        raise ProtocolError("clip file: empty or uneven loop")
    if clip.codec not in CODECS or not all(clip.frames) or not all(clip.packets):
        raise ProtocolError("clip file: unknown codec or empty picture")
    if min(clip.levels) < 0 or max(clip.levels) > 127 or clip.fps > MAX_FPS:
        raise ProtocolError("clip file: level or rate out of range")
    if not clip.keyframes or clip.keyframes[0] != 0 or not all(0 <= key < len(clip.frames) for key in clip.keyframes):
        raise ProtocolError("clip file: loop without a keyframe at its start")
    if not all(len(each.frames) == len(clip.frames) and all(each.frames) for each in clip.smaller):
        raise ProtocolError("clip file: uneven or empty pictures of another size")
