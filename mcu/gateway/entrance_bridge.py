"""The bridge in which a room stands while it presses number and PIN: a card that says what to press, and a voice."""

from __future__ import annotations

import itertools

from mcu import control
from mcu.controller.legs import RtpState
from mcu.controller.member import Pool
from mcu.errors import RefusedError
from mcu.gateway.dialing import NUMBER_DIGITS, PIN_DIGITS
from mcu.gateway.entrance import Say, Step

ROOM, CARD = "room", "card"
LANGUAGES = {"ko": ("ko", "en"), "en": ("en", "ko")}  # the server's own first
_LENGTHS = {Step.NUMBER: NUMBER_DIGITS, Step.PIN: PIN_DIGITS}
_TITLES = {
    ("ko", Step.NUMBER): "회의 번호와 #을 누르십시오",
    ("en", Step.NUMBER): "Enter the meeting number, then #",
    ("ko", Step.PIN): "비밀번호와 #을 누르십시오",
    ("en", Step.PIN): "Enter the PIN, then #",
    ("ko", Step.TRYING): "잠시 기다리십시오",
    ("en", Step.TRYING): "One moment, please",
    ("ko", Step.OVER): "들어갈 수 없습니다",
    ("en", Step.OVER): "The meeting cannot be entered",
}


class EntranceBridge:
    """`open`, then `show` and `update` as often as wanted, perhaps `part`, then `close`.

    `leg` is the room's, for notices of the MP.
    """

    def __init__(self, pool: Pool, name: str, *, language: str) -> None:
        self.id = f"entrance.{name}"
        self.leg = f"{self.id}.leg"
        self._pool = pool
        self._languages = LANGUAGES[language]
        self._revisions = itertools.count(1)

    async def open(self, host: str) -> tuple[control.RtpPorts, ...]:
        """The reserved ports at `host`. Raises RefusedError."""
        await self._show(Step.TRYING, "")
        answer = await self._pool.request(
            self.id, control.AddRtpLeg(conference=self.id, participant=ROOM, leg=self.leg, host=host)
        )
        if not isinstance(answer, control.RtpLegAnswer):
            raise RefusedError("media-unavailable", f"the processor answered {type(answer).__name__}")
        return answer.ports

    async def show(self, said: Say) -> None:
        """Show what is asked for and the digits pressed so far, and speak. Raises RefusedError."""
        length = _LENGTHS.get(said.step, 0)
        digits = said.digits if said.step is Step.NUMBER else "•" * len(said.digits)
        await self._show(said.step, " ".join(digits + "_" * (length - len(digits))))
        if said.sentences:
            spoken = tuple(f"{language}-{name}" for name in said.sentences for language in self._languages)
            await self._pool.request(self.id, control.PlayPrompts(self.id, spoken))

    async def part(self, sentence: str) -> None:
        """Show that it is over, and say why: in the server's own language alone, as the call ends soon."""
        await self._show(Step.OVER, "")
        await self._pool.request(self.id, control.PlayPrompts(self.id, (f"{self._languages[0]}-{sentence}",)))

    async def update(self, state: RtpState) -> None:
        """What is open on the room's leg. Raises RefusedError."""
        await self._pool.request(
            self.id,
            control.UpdateRtpLeg(
                leg=self.leg,
                channels=state.channels,
                sources=state.sources,
                limits=dict(state.limits),
                telephone_event=state.telephone_event,
                paused=state.paused,
            ),
        )

    async def send_keyframe(self, kind: str) -> None:
        """Raises RefusedError."""
        await self._pool.request(self.id, control.SendKeyframe(self.leg, kind))

    async def close(self) -> None:
        """The leg is closed too, unless it was moved. Raises RefusedError."""
        await self._pool.request(self.id, control.CloseBridge(self.id))

    async def _show(self, step: Step, entered: str) -> None:
        titles = (_TITLES[language, step] for language in self._languages)
        card = control.ParticipantState(CARD, name="", camera_off=True, muted=True, notice=(*titles, entered))
        room = control.ParticipantState(ROOM, name="", seen=False, muted=True)
        await self._pool.request(
            self.id,
            control.UpdateConference(self.id, next(self._revisions), (card, room), control.LayoutChoice("single")),
        )
