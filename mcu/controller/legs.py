"""The media side of one conference: keeps its bridge informed and its participants' legs connected.

Rules:
1. A bridge is told the whole state (`UpdateConference`) before any leg is added, and again after every change.
2. One participant has at most one leg; the newest offer wins.
3. When the bridge is lost all legs are, and the next request opens a new bridge somewhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec
import structlog

from mcu import control
from mcu.conference.conference import Conference
from mcu.conference.participant import Participant, Role
from mcu.controller.member import Pool
from mcu.errors import RefusedError

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class RtpState:
    """What is open on an RTP leg; the fields are those of control.UpdateRtpLeg."""

    channels: tuple[control.RtpChannel, ...]
    sources: tuple[str, ...] = ()
    limits: Mapping[str, int] = field(default_factory=dict)
    telephone_event: int = 0
    paused: tuple[str, ...] = ()


class Legs:
    """Legs by participant. `on_index(leg, participant)` is told of new legs, `on_index(leg, None)` of gone ones."""

    def __init__(self, conference: Conference, *, pool: Pool, on_index: Callable[[str, str | None], None]) -> None:
        self._conference = conference
        self._id = conference.settings.id
        self._pool = pool
        self._on_index = on_index
        self._legs: dict[str, str] = {}
        self._running: set[str] = set()  # legs that have connected
        self._silent: set[str] = set()  # of these, legs from which nothing comes at the moment
        self._made = 0
        self._revision = 0
        self._told = -1  # the revision that the bridge has
        self._telling = asyncio.Lock()

    def is_running(self, participant: str) -> bool:
        """Whether the participant's leg has connected. One whose answer never reached the peer has not."""
        return self._legs.get(participant) in self._running

    def is_heard(self, participant: str) -> bool:
        """Whether packets come from the participant."""
        return self.is_running(participant) and self._legs[participant] not in self._silent

    # --- the bridge ---------------------------------------------------------------------------------

    def state_changed(self) -> None:
        """The bridge's picture of the conference is out of date."""
        self._revision += 1

    def bridge_lost(self) -> None:
        for participant in list(self._legs):
            self._forget(participant)
        self._told = -1

    @property
    def is_behind(self) -> bool:
        return self._told != self._revision

    async def update_bridge(self) -> None:
        """Tell the bridge the newest state if it does not have it. Raises RefusedError."""
        async with self._telling:
            while self.is_behind:
                revision = self._revision
                await self._pool.request(self._id, self._state(revision))
                self._told = revision

    def _state(self, revision: int) -> control.UpdateConference:
        conference = self._conference
        return control.UpdateConference(
            conference=self._id,
            revision=revision,
            participants=tuple(
                _participant_state(participant, sounding=_sounds(conference, participant))
                for participant in conference.roster()
            ),
            layout=msgspec.convert(conference.layout, control.LayoutChoice, from_attributes=True),
            content=conference.content,
        )

    # --- legs ---------------------------------------------------------------------------------------

    async def connect(self, participant: str, offer: str, *, direction: str) -> str:
        """Replace the participant's leg by one for `offer`; returns the SDP answer. Raises RefusedError."""
        return _sdp(
            await self._add(
                participant,
                lambda leg: control.AddLeg(
                    conference=self._id, participant=participant, leg=leg, offer=offer, direction=direction
                ),
            )
        )

    async def reserve_rtp(self, participant: str, host: str) -> tuple[control.RtpPorts, ...]:
        """Replace the participant's leg by one for RTP at `host`, an address of ours. Raises RefusedError."""
        answer = await self._add(
            participant,
            lambda leg: control.AddRtpLeg(conference=self._id, participant=participant, leg=leg, host=host),
        )
        if not isinstance(answer, control.RtpLegAnswer):
            raise RefusedError("media-unavailable", f"the processor answered {type(answer).__name__}")
        return answer.ports

    async def adopt_rtp(self, participant: str, leg: str) -> None:
        """Take over an RTP leg that stood at an entrance of the same MP. Raises RefusedError."""
        await self.remove(participant)
        self._legs[participant] = leg
        self._on_index(leg, participant)
        try:
            await self.update_bridge()
            await self._pool.request(self._id, control.MoveRtpLeg(leg, self._id, participant))
        except RefusedError:
            if self._legs.get(participant) == leg:
                self._forget(participant)
            raise
        self._running.add(leg)

    async def update_rtp(self, participant: str, state: RtpState) -> None:
        """All that is open on the participant's RTP leg now. Raises RefusedError."""
        await self._pool.request(
            self._id,
            control.UpdateRtpLeg(
                leg=self._leg(participant),
                channels=state.channels,
                sources=state.sources,
                limits=dict(state.limits),
                telephone_event=state.telephone_event,
                paused=state.paused,
            ),
        )

    async def send_keyframe(self, participant: str, kind: str) -> None:
        """The peer of the RTP leg asked for one. Raises RefusedError."""
        await self._pool.request(self._id, control.SendKeyframe(self._leg(participant), kind))

    async def _add(self, participant: str, command: Callable[[str], control.Command]) -> control.Answer:
        """Replace the participant's leg by that of `command(leg)`. Raises RefusedError."""
        await self.remove(participant)
        self._made += 1
        leg = f"{participant}.{self._made}"
        self._legs[participant] = leg
        self._on_index(leg, participant)
        try:
            await self.update_bridge()
            answer = await self._pool.request(self._id, command(leg))
        except RefusedError:
            if self._legs.get(participant) == leg:
                self._forget(participant)
            raise
        if self._legs.get(participant) != leg:
            await self._pool.request(self._id, control.RemoveLeg(leg))
            raise RefusedError("leg-replaced", "a newer offer came, or the bridge was lost")
        return answer

    async def restart(self, participant: str, offer: str) -> str:
        """ICE restart of the running leg; returns the SDP answer. Raises RefusedError."""
        return _sdp(await self._pool.request(self._id, control.UpdateLeg(self._leg(participant), offer)))

    async def add_candidate(self, participant: str, candidate: str) -> None:
        """Raises RefusedError."""
        await self._pool.request(self._id, control.AddCandidate(self._leg(participant), candidate))

    async def remove(self, participant: str) -> None:
        """Close the participant's leg, if any."""
        leg = self._legs.get(participant)
        if leg is None:
            return
        self._forget(participant)
        try:
            await self._pool.request(self._id, control.RemoveLeg(leg))
        except RefusedError as error:
            log.info("leg was gone already", conference=self._id, leg=leg, code=error.code)

    def connected(self, participant: str, leg: str) -> None:
        """Media flows through `leg`, for the first time or again."""
        if self._legs.get(participant) == leg:
            self._running.add(leg)
            self._silent.discard(leg)

    def disconnected(self, participant: str, leg: str) -> None:
        """Nothing comes through `leg` at the moment."""
        if self._legs.get(participant) == leg:
            self._silent.add(leg)

    def closed(self, participant: str, leg: str) -> bool:
        """The MP closed `leg`; False when it is not the participant's current one."""
        if self._legs.get(participant) != leg:
            return False
        self._forget(participant)
        return True

    def _leg(self, participant: str) -> str:
        leg = self._legs.get(participant)
        if leg is None:
            raise RefusedError("no-such-leg")
        return leg

    def _forget(self, participant: str) -> None:
        leg = self._legs.pop(participant)
        self._running.discard(leg)
        self._silent.discard(leg)
        self._on_index(leg, None)


def _sounds(conference: Conference, participant: Participant) -> bool:
    """Whether the participant's content has sound that may be heard although the microphone is off."""
    return conference.content_sound and conference.content == participant.id and not participant.muted_by_chair


def _participant_state(participant: Participant, *, sounding: bool) -> control.ParticipantState:
    return control.ParticipantState(
        participant=participant.id,
        name=participant.name,
        office=participant.office,
        seat=participant.seat,
        muted=participant.silent,
        sounding=sounding,
        camera_off=participant.camera_off,
        seen=participant.role is not Role.VIEWER,
    )


def _sdp(answer: control.Answer) -> str:
    if not isinstance(answer, control.LegAnswer):
        raise RefusedError("media-unavailable", f"the processor answered {type(answer).__name__}")
    return answer.answer
