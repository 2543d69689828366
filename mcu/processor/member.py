"""A participant inside a bridge: the leg, its decoded pictures, and what the MC says of it."""

from __future__ import annotations

from functools import partial

from mcu import control
from mcu.media.types import EncodedFrame, Picture, StreamKind
from mcu.processor.decoding import Batch, DecodedStream, DecoderPool
from mcu.processor.leg import Leg

MAIN, CONTENT = StreamKind.MAIN, StreamKind.CONTENT  # asked for all the time


class Member:
    """Made when a leg is added, closed with it."""

    def __init__(self, participant: str, leg: Leg, *, decoders: DecoderPool, batch: Batch | None = None) -> None:
        """Cameras are decoded with what else is in `batch`; a shared screen, which is coded by itself, is not."""
        self.participant = participant
        self.leg = leg
        self.state: control.ParticipantState | None = None  # None until the MC's state knows the participant
        self.audible = False  # whether the others may hear this participant
        self.may_speak = False  # whether what is heard may be a voice; the sound of content makes nobody a speaker
        self._streams = {
            kind: DecodedStream(
                decoders,
                on_keyframe_needed=partial(leg.request_keyframe, kind),
                batch=batch if kind is MAIN else None,
                coded_again=kind is CONTENT,
            )
            for kind in (MAIN, CONTENT)
        }
        self._shown = {MAIN: False, CONTENT: False}

    @property
    def dropped(self) -> int:
        return sum(stream.dropped for stream in self._streams.values())

    @property
    def decoded(self) -> int:
        return sum(stream.decoded for stream in self._streams.values())

    @property
    def rested(self) -> int:
        return sum(stream.rested for stream in self._streams.values())

    def rest(self, resting: bool) -> None:
        """Whether the camera's last picture is enough; a shared screen always moves."""
        self._streams[MAIN].rest(resting)

    def renew(self) -> None:
        """Have one new picture of a camera that rests."""
        if self._shown[MAIN]:
            self._streams[MAIN].renew()

    def take_state(self, state: control.ParticipantState | None) -> None:
        if state is not None and state.camera_off and not (self.state is not None and self.state.camera_off):
            self._streams[MAIN].clear_picture()
        self.state = state
        self.may_speak = state is not None and not state.muted
        self.audible = self.may_speak or (state is not None and state.sounding)

    def show(self, *, main: bool, content: bool) -> None:
        """Which streams stand in the picture; only those are decoded."""
        for kind, wanted in ((MAIN, main), (CONTENT, content)):
            if wanted and not self._shown[kind]:
                self.leg.request_keyframe(kind)
            if not wanted and self._shown[kind]:
                self._streams[kind].clear_picture()
            self._shown[kind] = wanted

    def put_frame(self, kind: StreamKind, frame: EncodedFrame) -> None:
        """A frame arrived; it is decoded when it is shown."""
        camera_off = kind is MAIN and self.state is not None and self.state.camera_off
        if self._shown[kind] and not camera_off:
            self._streams[kind].put(frame)

    def picture(self, *, content: bool) -> Picture | None:
        """The newest picture; may be called from any thread."""
        return self._streams[CONTENT if content else MAIN].picture

    def clear_pictures(self) -> None:
        """Show a card until there is something new."""
        for stream in self._streams.values():
            stream.clear_picture()

    def release(self) -> None:
        """The leg belongs to somebody else from now on."""
        for stream in self._streams.values():
            stream.close()

    def close(self, reason: str) -> None:
        self.release()
        self.leg.close(reason)
