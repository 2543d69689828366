"""Things done until the server has said so; the server is the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest

from loadtests.agent import acts as module
from loadtests.agent.acts import Acts, FirstFrame
from loadtests.agent.awaiting import News
from loadtests.agent.media import Wardrobe
from loadtests.agent.member import Company, Failed
from loadtests.agent.proceedings import Proceedings
from loadtests.wire import Act, Enter
from mcu.signaling import protocol as p
from mcu.synthetic.clips import Clip, Performance
from mcu.synthetic.entry import Entry
from mcu.synthetic.participant import Participant
from mcu.synthetic.people import person
from mcu.synthetic.player import Reel, load_reels
from mcu.synthetic.stage import Stage
from mcu.webrtc.dtls import Certificate
from tests.loadtests.agent.told import entered, line, tiles

SENTENCE = p.Sentence(ko="아니요", en="No.")
OWN, OTHER = 5, 6
Answer = Callable[[p.ClientMessage], None]


class Mouth(Participant):
    """Says nothing to anybody: what it would send goes to the test."""

    answer: Answer

    async def send(self, message: p.ClientMessage) -> None:
        self.answer(message)

    async def share(self, reel: Reel | None) -> None:
        await self.send(p.Content(active=reel is not None))


class Screens(Wardrobe):
    """Of one frame, which is no picture."""

    async def screen(self, who: int) -> Reel:
        clip = Clip("VP8", 1280, 720, 5, (b"\x10\x00\x00frame",), (0,), 0, (b"sound",), (127,))
        return load_reels(Performance(who, clip, clip)).listening


class Scene:
    """One participant, alone with the server that the test is."""

    def __init__(self, company: Company) -> None:
        self.said: list[p.ClientMessage] = []
        self.answers: list[p.AnyServerMessage] = []  # to the next message
        self.retapped = 0
        self.proceedings, self.news = Proceedings(), News()
        participant = Mouth(
            Entry("https://x", "a" * 22, person(OWN).name), None, stage=company.stage, certificate=company.certificate
        )
        participant.answer = self.hear
        self.participant, self.company = participant, company
        self.acts = Acts(OWN, participant, self.proceedings, self.news, company)
        self.told(entered(self.mine(), self.other()))

    def mine(self, **fields: object) -> p.Participant:
        return line("a", person(OWN).name, **fields)

    def other(self, **fields: object) -> p.Participant:
        return line("b", person(OTHER).name, **fields)

    def hear(self, message: p.ClientMessage) -> None:
        self.said.append(message)
        answers, self.answers = self.answers, []
        for answer in answers:
            self.told(answer)

    def told(self, message: p.AnyServerMessage) -> None:
        self.proceedings.take(message, 1.0)
        self.acts.take(message)
        self.news.stir()

    def changed(self, line: p.Participant) -> None:
        """What the server says to the next message."""
        self.answers.append(p.ParticipantChanged(participant=line))

    async def do(self, **fields: object) -> Mapping[str, float]:
        act = Act(number=1, who=OWN, **fields)  # type: ignore[arg-type]
        return await self.acts.perform(act, self.retap)

    def retap(self) -> None:
        self.retapped += 1


@pytest.fixture
async def scene(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    monkeypatch.setattr(module, "ACT_SECONDS", 0.05)
    monkeypatch.setattr(module, "TILES_SECONDS", 0.05)
    stage = Stage()
    company = Company(
        stage=stage,
        certificate=Certificate(),
        wardrobe=Screens(),
        judge=None,  # type: ignore[arg-type]
        start=asyncio.create_task,
        tell=lambda happened: None,
        dismiss=lambda member: None,
    )
    yield Scene(company)
    stage.close()


async def test_own_switches_are_there_when_the_roster_says_so(scene: Scene) -> None:
    scene.changed(scene.mine(muted=True))
    assert list(await scene.do(muted=True)) == ["mute self"]
    scene.changed(scene.mine(muted=True, camera_off=True))
    scene.changed(scene.mine(muted=True, camera_off=True, hand=True))
    assert scene.said == [p.SetSelf(muted=True)]
    assert list(await scene.do(camera_off=True, hand=True)) == ["camera", "hand"]
    assert scene.said[1:] == [p.SetSelf(camera_off=True), p.SetSelf(hand=True)]
    assert scene.acts.switches == {"muted": True, "camera_off": True}
    with pytest.raises(Failed, match="timeout"):
        await scene.do(hand=False)


async def test_speaking_is_told_to_nobody(scene: Scene) -> None:
    assert await scene.do(speaking=True) == {}
    assert scene.acts.speaking
    assert (scene.said, scene.retapped) == ([], 1)


async def test_the_chair_speaks_of_people_by_their_numbers(scene: Scene) -> None:
    scene.changed(scene.other(muted=True, muted_by_chair=True))
    assert list(await scene.do(mute=OTHER)) == ["mute"]
    assert list(await scene.do(mute=OTHER)) == ["mute"]  # as it is already: nothing is said
    scene.changed(scene.other(muted=True))
    assert list(await scene.do(unmute=OTHER)) == ["unmute"]  # the other's own mute stays
    assert scene.said == [
        p.Moderate(participant="b", action="mute"),
        p.Moderate(participant="b", action="unmute"),
    ]
    with pytest.raises(Failed, match="unknown: nobody here has the number 9"):
        await scene.do(mute=9)


async def test_the_word_lifts_a_mute_and_lowers_the_hand(scene: Scene) -> None:
    scene.told(p.ParticipantChanged(participant=scene.other(hand=True, muted=True, muted_by_chair=True)))
    scene.changed(scene.other(hand=True))
    giving = asyncio.create_task(scene.do(give_word=OTHER))
    await asyncio.sleep(0)
    while len(scene.said) < 2:
        await asyncio.sleep(0)
    scene.told(p.ParticipantChanged(participant=scene.other()))
    assert list(await giving) == ["give word"]
    assert [each.action for each in scene.said if isinstance(each, p.Moderate)] == ["unmute", "lower_hand"]


async def test_a_refusal_is_told_with_its_code(scene: Scene) -> None:
    scene.answers = [p.Error(code="chair-only", message=SENTENCE, regarding="moderate")]
    with pytest.raises(Failed) as caught:
        await scene.do(mute=OTHER)
    assert (caught.value.kind, caught.value.detail) == ("refused", "chair-only: No.")
    scene.told(p.Error(code="too-fast", message=SENTENCE, regarding="chat"))  # of something else
    scene.changed(scene.other(muted=True))
    await scene.do(mute=OTHER)


async def test_sharing_lasts_until_the_server_says_whose_content_is_shown(scene: Scene) -> None:
    scene.told(p.ContentChanged(participant="b"))
    scene.answers = [p.ContentChanged(participant="a")]
    assert list(await scene.do(shares=True)) == ["share"]
    scene.answers = [p.ContentChanged(participant=None)]
    assert list(await scene.do(shares=False)) == ["share"]
    assert [each.active for each in scene.said if isinstance(each, p.Content)] == [True, False]


async def test_a_layout_has_changed_with_the_first_frame_after_its_tiles(scene: Scene) -> None:
    scene.told(p.LayoutChanged(choice=p.LayoutChoice(name="grid")))
    scene.answers = [p.LayoutChanged(choice=p.LayoutChoice(name="speaker"))]
    changing = asyncio.create_task(scene.do(layout="speaker"))
    await asyncio.sleep(0)
    first = scene.acts.first_frame
    assert first is not None
    assert not first.packet(90, False, 5.0)
    scene.told(tiles("a"))  # of the old layout, under way already
    assert not first.armed
    scene.told(p.Tiles(revision=2, layout="speaker", width=1, height=1, tiles=()))
    assert not first.packet(90, True, 6.0)
    assert first.packet(3690, True, 1e9)
    scene.news.stir()
    figures = await changing
    assert figures["layout change"] > 1e8
    assert scene.acts.first_frame is None
    assert scene.retapped == 2
    assert await scene.do(layout="speaker") == {}  # it is so already
    assert len(scene.said) == 1


async def test_a_layout_that_moves_nothing_has_no_figure(scene: Scene) -> None:
    scene.told(p.LayoutChanged(choice=p.LayoutChoice(name="grid")))
    scene.answers = [p.LayoutChanged(choice=p.LayoutChoice(name="speaker"))]
    assert await scene.do(layout="speaker") == {}
    with pytest.raises(Failed, match="unknown: layout pile"):
        await scene.do(layout="pile")
    assert scene.acts.first_frame is None


async def test_the_end_is_there_when_it_is_told(scene: Scene) -> None:
    scene.answers = [p.Ended(reason="conference-ended", message=SENTENCE)]
    assert list(await scene.do(end=True)) == ["end"]


async def test_nobody_waits_for_who_is_gone(scene: Scene) -> None:
    waiting = asyncio.create_task(scene.do(hand=True))
    await asyncio.sleep(0)
    scene.news.close(Failed("gone", "conference-ended"))
    with pytest.raises(Failed, match="gone: conference-ended"):
        await waiting


def test_the_first_frame_is_one_that_began_after_the_moment() -> None:
    first = FirstFrame()
    assert not first.packet(2**32 - 100, True, 1.0)
    first.arm()
    assert not first.packet(2**32 - 100, True, 2.0)  # its rest
    assert not first.packet(2**32 - 4000, True, 2.5)  # an older one that was overtaken
    assert not first.packet(3500, False, 3.0)
    assert first.packet(3500, True, 3.1)
    assert not first.packet(7100, True, 4.0)
    assert first.arrived == 3.1
    blind = FirstFrame()
    blind.arm()
    assert blind.packet(5, True, 1.0)


async def test_a_mute_is_known_when_the_server_has_said_so(scene: Scene) -> None:
    ledger = scene.company.ledger
    ledger.enter(Enter(number=0, who=OWN, server="x", conference="here", chair_key="key"))
    ledger.enter(Enter(number=0, who=OTHER, server="x", conference="here"))
    seen: list[bool | None] = []

    def hear(message: p.ClientMessage) -> None:
        seen.append(ledger.muted_by_chair(OTHER, True, {OWN}))
        scene.hear(message)

    scene.participant.answer = hear
    scene.changed(scene.other(muted=True, muted_by_chair=True))
    await scene.do(mute=OTHER)
    assert (seen, ledger.muted_by_chair(OTHER, False, {OWN})) == ([None], True)
    with pytest.raises(Failed, match="timeout"):
        await scene.do(unmute=OTHER)
    assert ledger.muted_by_chair(OTHER, False, {OWN}) is False  # as the server says: it was asked for in vain
    scene.changed(scene.other())
    await scene.do(unmute=OTHER)
    assert ledger.muted_by_chair(OTHER, True, {OWN}) is False


async def test_who_is_muted_already_is_not_muted_by_the_chair(scene: Scene) -> None:
    ledger = scene.company.ledger
    ledger.enter(Enter(number=0, who=OWN, server="x", conference="here", chair_key="key"))
    ledger.enter(Enter(number=0, who=OTHER, server="x", conference="here"))
    scene.told(p.ParticipantChanged(participant=scene.other(muted=True)))
    await scene.do(mute=OTHER)
    assert ledger.muted_by_chair(OTHER, True, {OWN}) is False


async def test_a_switch_is_not_known_until_it_is_answered(scene: Scene) -> None:
    with pytest.raises(Failed, match="timeout"):
        await scene.do(camera_off=True)
    assert scene.acts.switches == {"muted": False, "camera_off": None}
    scene.told(p.ParticipantChanged(participant=scene.mine(camera_off=True)))
    scene.acts.came_back()
    assert scene.acts.switches == {"muted": False, "camera_off": True}
    scene.answers.append(p.Error(code="muted-by-chair", message=SENTENCE, regarding="set_self"))
    with pytest.raises(Failed, match="refused"):
        await scene.do(muted=True)
    assert scene.acts.switches["muted"] is False
