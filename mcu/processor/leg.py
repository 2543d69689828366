"""What a bridge asks of a participant's connection, whichever kind it is: a browser's is in `mcu.webrtc.leg`, that of
a terminal with call control in the MC in `mcu.h323.leg`.

Rules:
1. How many RTP sessions, sockets and keys a leg has is its own affair: streams are named by their kind alone.
2. `sent` may be used while `connected`; a kind that is not in it is not sent now. Ask again for every packet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from mcu._native.packets import SendStream
from mcu.media.audio_receiver import AudioReceiver
from mcu.media.reception_statistics import ReceptionStatistics
from mcu.media.types import AudioProfile, StreamKind, VideoProfile
from mcu.media.video_receiver import VideoReceiver


class Leg(Protocol):
    """One participant's media, both ways."""

    @property
    def id(self) -> str: ...

    @property
    def connected(self) -> bool:
        """Media may be sent, and the leg is not closed."""

    @property
    def last_received(self) -> float:
        """Monotonic seconds of the last thing that was certainly the peer's."""

    # --- what is sent -----------------------------------------------------------------------------------

    @property
    def sent(self) -> Mapping[StreamKind, SendStream]: ...

    @property
    def audio_profile(self) -> AudioProfile:
        """How the peer hears; meaningless while no sound is sent."""

    @property
    def video_profile(self) -> VideoProfile | None:
        """What to send as main video; None when nothing is."""

    @property
    def content_profile(self) -> VideoProfile | None:
        """The most that the peer takes of a shared screen as a stream of its own; None when it takes none."""

    @property
    def loss(self) -> float:
        """Share of what is sent that the peer says it lacks, 0 to 1, smoothed."""

    @property
    def repaired(self) -> float:
        """What repairs add to the pictures that are sent, as a share of them."""

    def budget(self, now: float, least: float = 0.0) -> float:
        """Bit/s of pictures that the line to the peer carries, math.inf for no limit; `least` is what the smallest
        picture takes."""

    def limit(self, kind: StreamKind) -> float:
        """The most bit/s on the line that the peer takes of one kind of picture; math.inf for no limit."""

    def probe(self, bitrate: float, now: float) -> None:
        """Find out whether it would carry so many bit/s of pictures."""

    # --- what is received -------------------------------------------------------------------------------

    @property
    def scales(self) -> bool:
        """Whether the peer can send its camera in any size that it is told."""

    @property
    def audio(self) -> AudioReceiver | None:
        """The received voice; None while there is none."""

    def video(self, kind: StreamKind) -> VideoReceiver | None:
        """The receiver of a picture's current source; None when the kind is not received."""

    def reception(self, kind: StreamKind) -> ReceptionStatistics | None:
        """Loss and jitter of a received stream's current source; None before its first packet."""

    def request_keyframe(self, kind: StreamKind) -> None:
        """Ask the peer for a keyframe of a received stream."""

    # --- all of it --------------------------------------------------------------------------------------

    @property
    def rtp_counters(self) -> Mapping[str, int]:
        """Since the beginning of the leg, as in RtpSession.counters."""

    def close(self, reason: str) -> None:
        """End it and tell the handler. A second time nothing happens."""
