"""One running conference: its legs, what each is shown and hears, on the audio and video clocks of the MP.

Rules:
1. Everything here runs on the main thread; the composing thread and the decoders meet it in immutable values.
2. The MC's `UpdateConference` says who is there; a leg without a participant in it neither shows nor sounds.
3. Whatever a leg does wrong costs that leg.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import structlog

from mcu import control
from mcu.media.types import BLOCK_SECONDS, EncodedFrame, Picture, StreamKind
from mcu.mixer.director import Director
from mcu.mixer.layout import Tile
from mcu.mixer.style import style_of
from mcu.processor.asking import Asking
from mcu.processor.composing import ComposingThread, Scene
from mcu.processor.content_thread import ContentThread
from mcu.processor.decoding import Batch, DecoderPool
from mcu.processor.leg import Leg
from mcu.processor.lines import Lines
from mcu.processor.member import Member
from mcu.processor.overload import STEPS, Moving, Step
from mcu.processor.presenting import Presenting
from mcu.processor.resting import Resting
from mcu.processor.showing import Showing
from mcu.processor.sounding import SoundMixer
from mcu.processor.totals import Totals

log = structlog.get_logger()


class Bridge:
    """Made by OpenBridge, ended by `close`."""

    def __init__(
        self,
        conference: str,
        picture: control.PictureSettings,
        *,
        decoders: DecoderPool,
        call_main: Callable[..., object],
        call_later: Callable[..., object],
        notify: Callable[[control.Notice], None],
        totals: Totals,
        begins: float | None = None,
    ) -> None:
        """The first pictures are due when it `begins`, in monotonic seconds; None for now."""
        self.conference = conference
        self.picture = picture
        self.members: dict[str, Member] = {}  # by participant
        self.sound = SoundMixer()
        self._by_leg: dict[Leg, Member] = {}
        self._decoders = decoders
        self._batch = Batch(decoders)
        self._notify = notify
        self._totals = totals
        self._state = control.UpdateConference(conference, 0, (), control.LayoutChoice())
        self._director = Director(picture.width, picture.height)
        self._tiles: tuple[Tile, ...] = ()
        self._speaker: tuple[str | None, tuple[str, ...]] = (None, ())
        self._step = STEPS[0]
        self._resting = Resting()
        self.video = ComposingThread(
            width=picture.width,
            height=picture.height,
            fps=picture.fps,
            pictures=self._pictures,
            deliver=lambda frame: call_main(self.showing.send, frame),
            begins=begins,
        )
        self.content = ContentThread(
            picture=self._shared_screen,
            deliver=lambda frame: call_main(self.presenting.send, frame),
            begins=begins,
        )
        self.presenting = Presenting(
            self.content, is_shared=lambda: self._shared_screen() is not None, call_later=call_later
        )
        self.showing = Showing(self.video, self.presenting, call_later=call_later)
        self._asking = Asking(picture.fps, notify=notify)
        self._lines = Lines(conference, notify=notify)

    # --- who is there ---------------------------------------------------------------------------------

    def update(self, state: control.UpdateConference) -> None:
        """Take over the MC's state when it is newer."""
        if state.revision <= self._state.revision:
            return
        self._state = state
        present = {participant.participant: participant for participant in state.participants}
        for name, member in self.members.items():
            member.take_state(present.get(name))
        self._director.update(state.layout, state.participants, state.content)
        now = time.monotonic()
        self._arrange(now, restyle=True)
        self._receivers_changed(now)

    def add_leg(self, leg: Leg, participant: str) -> None:
        """Connect a participant; an earlier leg of the same participant is closed."""
        self.remove_participant(participant, reason="replaced")
        member = Member(participant, leg, decoders=self._decoders, batch=self._batch)
        member.take_state(next((p for p in self._state.participants if p.participant == participant), None))
        self.members[participant] = self._by_leg[leg] = member
        self._show(member)
        self._asking.look(self.members, self._tiles, time.monotonic())

    def leg_connected(self, leg: Leg) -> None:
        """Media flows: from now on the leg is sent the picture, beginning with a keyframe."""
        self._receivers_changed(time.monotonic())
        for kind in (StreamKind.MAIN, StreamKind.CONTENT):
            leg.request_keyframe(kind)

    def leg_updated(self) -> None:
        """A leg took a new offer: it may want another picture, or none."""
        self._receivers_changed(time.monotonic())

    def leg_disconnected(self, leg: Leg) -> None:
        """Nothing has come for a while: a card says more than a face that no longer moves."""
        member = self._by_leg.get(leg)
        if member is not None:
            member.clear_pictures()

    def remove_participant(self, participant: str, *, reason: str) -> None:
        """Take a participant's leg away and close it."""
        member = self.members.pop(participant, None)
        if member is None:
            return
        del self._by_leg[member.leg]
        self._totals.close(member)
        member.close(reason)
        self.sound.forget(participant)
        self._receivers_changed(time.monotonic())

    def release(self, leg: Leg) -> None:
        """Let a leg go that goes on in another bridge."""
        member = self._by_leg.pop(leg, None)
        if member is not None:
            del self.members[member.participant]
            self._totals.close(member)
            member.release()
            self.sound.forget(member.participant)
            self._receivers_changed(time.monotonic())

    def leg_closed(self, leg: Leg) -> None:
        """A leg ended by itself."""
        member = self._by_leg.get(leg)
        if member is not None:
            self.remove_participant(member.participant, reason="closed")

    def close(self) -> None:
        for participant in list(self.members):
            self.remove_participant(participant, reason="conference-ended")
        for thread in (self.video, self.content):
            thread.close()
        self._totals.close_pictures(self)

    # --- pictures -------------------------------------------------------------------------------------

    def frame_received(self, leg: Leg, kind: StreamKind, frame: EncodedFrame) -> None:
        """Decode it when it is shown; otherwise the packets were all it cost."""
        member = self._by_leg.get(leg)
        if member is not None:
            member.put_frame(kind, frame)

    def keyframe_requested(self, leg: Leg, kind: StreamKind) -> None:
        member = self._by_leg.get(leg)
        if member is not None:
            sending = self.presenting if kind is StreamKind.CONTENT else self.showing
            sending.keyframe_requested(member, time.monotonic())

    def _receivers_changed(self, now: float) -> None:
        self.presenting.update(self.members, self._state.content, now)
        self.showing.update(self.members, now)

    def _arrange(self, now: float, *, restyle: bool) -> None:
        """Tell the composing thread what to show, and the MC when places changed. Costs nothing while nothing did."""
        speaker, speaking = self._speaker
        tiles = self._director.tiles(speaker=speaker, now=now)
        moved = tiles is not self._tiles
        if not moved and not restyle:
            return
        self._tiles = tiles
        styles = {p.participant: style_of(p, speaking=p.participant in speaking) for p in self._state.participants}
        self.video.scene = Scene(tiles, styles)
        for member in self.members.values():
            self._show(member)
        if moved:
            self._notify(self._tiles_notice())
        self._asking.look(self.members, self._tiles, now)

    def _show(self, member: Member) -> None:
        """Tell a member which of its streams stand in the picture."""
        shown = {tile.content for tile in self._tiles if tile.participant == member.participant}
        member.show(main=False in shown, content=True in shown)

    def _tiles_notice(self) -> control.TilesChanged:
        return control.TilesChanged(
            self.conference,
            self._state.revision,
            self._state.layout.name,
            self.picture.width,
            self.picture.height,
            tuple(
                control.TileState(t.participant, t.x, t.y, t.width, t.height, t.content)
                for t in self._tiles
                if t.participant is not None
            ),
        )

    def _pictures(self, scene: Scene) -> Mapping[tuple[str, bool], Picture]:
        """The newest picture of each participant on screen. Called by the composing thread: reads only."""
        found: dict[tuple[str, bool], Picture] = {}
        for tile in scene.tiles:
            member = self.members.get(tile.participant) if tile.participant else None
            picture = member.picture(content=tile.content) if member else None
            if picture is not None and tile.participant is not None:
                found[tile.participant, tile.content] = picture
        return found

    def _shared_screen(self) -> Picture | None:
        """The newest picture of who shares, while the layout has a place for it.

        Called by the content's thread as well: reads only.
        """
        member = self.members.get(self._state.content) if self._state.content else None
        return member.picture(content=True) if member else None

    # --- too little CPU -------------------------------------------------------------------------------

    def shed(self, step: Step, now: float) -> None:
        """Do so much for pictures now; said again and again."""
        if step is not self._step:
            self._step = step
            self._batch.spread(step is not STEPS[0])
            self.video.shed(step)
            self.content.shed(step)
            self._rest(now)
        elif step.moving is not Moving.ALL:
            self._rest(now)

    def take_longest_wait(self) -> float:
        """Seconds that a picture waited to be composed or coded, the most since this was called last."""
        return max(self.video.take_longest_wait(), self.content.take_longest_wait())

    def _rest(self, now: float) -> None:
        """Let pictures stand still, or move again."""
        dominant, speaking = self._speaker
        resting = self._resting.choose(self._step.moving, self.members, dominant, speaking, now)
        for name, member in self.members.items():
            member.rest(name in resting)
        self._asking.shed(self._step, resting)
        for name in self._resting.renewals(now) if not self._step.pauses else ():
            self.members[name].renew()

    # --- sound ----------------------------------------------------------------------------------------

    def audio_tick(self, index: int, due: float, now: float) -> None:
        """One block of 20 ms: pull, mix, encode, send. Then the cameras are decoded, if the next composite is before
        the next block."""
        try:
            self._audio_tick(index, due, now)
        finally:
            composed = self.video.ticks.due
            if composed < due + BLOCK_SECONDS:
                self._batch.release(composed)

    def _audio_tick(self, index: int, due: float, now: float) -> None:
        speaker = self.sound.tick(self.members, index, due, now)
        changed = speaker != self._speaker
        if changed:
            self._speaker = speaker
            self._notify(control.SpeakerChanged(self.conference, *speaker))
        self._arrange(now, restyle=changed)
        self._asking.tick(self.members, self._tiles, now)
        if index % self._step.adapt_every == 0:
            self.showing.adapt(now)
        self._lines.tick(
            self.members,
            sheds=self._step is not STEPS[0],
            narrow=self.showing.is_narrow,
            asked=self._asking.asks,
            now=now,
        )
