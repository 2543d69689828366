"""What each kind of user does once it is in, and in which order."""

from __future__ import annotations

from typing import Any, TypeVar

import pytest

from loadtests.faces import SCREENS
from loadtests.users.bad_leg import BadLeg
from loadtests.users.chair import LAYOUTS, MUTED_SECONDS, Chair
from loadtests.users.conference_room import ConferenceRoom
from loadtests.users.district_head import WORD_SECONDS, DistrictHead
from loadtests.users.far_receiver import FarReceiver
from loadtests.users.person import Person
from loadtests.users.presence import Presence
from loadtests.users.publisher import Publisher
from loadtests.users.remote_expert import RemoteExpert
from loadtests.users.viewer import Viewer
from loadtests.wire import Act, Enter, Reply
from mcu.synthetic.people import person
from tests.loadtests.fakes import Stand, conference
from tests.loadtests.rest_server import running

P = TypeVar("P", bound=Person)


@pytest.fixture
def stand() -> Stand:
    return Stand()


def seated(stand: Stand, kind: type[P], count: int = 1) -> list[P]:
    users = [kind(stand.environment) for _ in range(count)]
    for user in users:
        user.attend()
        assert user.is_staying
    stand.agents.asked.clear()
    return users


@pytest.mark.parametrize(
    "kind", [BadLeg, Chair, ConferenceRoom, DistrictHead, FarReceiver, Publisher, RemoteExpert, Viewer]
)
def test_everybody_who_is_let_in_does_something(kind: type[Person]) -> None:
    assert kind.take_part is not Presence.take_part


# --- the chair ----------------------------------------------------------------------------------------------


def test_one_chair_has_the_key(stand: Stand) -> None:
    entered: list[Enter] = []

    def answer(command: Any) -> None:
        entered.append(command)

    stand.agents.answer = answer
    first, second = Chair(stand.environment), Chair(stand.environment)
    first.attend()
    second.attend()
    assert [command.chair_key for command in entered] == ["key", ""]
    assert first.may_lead
    assert not second.may_lead


def test_each_conference_gets_its_chair() -> None:
    stand = Stand(scenario="churn", places=2)
    chairs = seated(stand, Chair, 2)
    assert all(chair.may_lead for chair in chairs)
    assert {meeting.chair for meeting in stand.run.meetings} == {chair.who for chair in chairs}


def test_layouts_one_after_the_other(stand: Stand) -> None:
    (chair,) = seated(stand, Chair)
    stand.agents.answer = lambda command: Reply(number=0, figures={"layout change": 0.6})
    for _ in range(4):
        chair.change_layout()
    assert stand.agents.wishes == [{"layout": name} for name in (*LAYOUTS, LAYOUTS[0])]
    changes = [each for each in stand.told.requests if each["request_type"] == "layout change"]
    assert [each["response_time"] for each in changes] == [600.0] * 4


def test_a_layout_that_does_not_come_fails_as_a_layout_change(stand: Stand) -> None:
    (chair,) = seated(stand, Chair)
    stand.agents.answer = lambda command: Reply(number=0, failed="timeout", detail="a frame after the new layout")
    chair.change_layout()
    assert stand.told.rows()[-1][0] == "layout change"
    assert "a frame after the new layout" in stand.told.rows()[-1][2]


def test_who_speaks_is_muted_first_and_unmuted_after_a_while(stand: Stand) -> None:
    heads = seated(stand, DistrictHead, 4)
    (chair,) = seated(stand, Chair)
    meeting = stand.run.meetings[0]
    meeting.begin_to_speak(heads[2].who)
    chair.mute()
    assert stand.agents.wishes == [{"mute": heads[2].who}]
    assert heads[2].who in meeting.muted
    assert not chair.unmute()
    stand.time.sleep(MUTED_SECONDS)
    assert chair.unmute()
    assert stand.agents.wishes[-1] == {"unmute": heads[2].who}
    assert not chair.unmute()


def test_nobody_is_muted_twice_and_nobody_but_people_at_browsers(stand: Stand) -> None:
    heads = seated(stand, DistrictHead, 2)
    seated(stand, ConferenceRoom)
    (chair,) = seated(stand, Chair)
    for _ in range(5):
        chair.mute()
    assert sorted(wish["mute"] for wish in stand.agents.wishes) == sorted(head.who for head in heads)


def test_a_mute_of_somebody_who_has_just_left_is_no_failure(stand: Stand) -> None:
    (head,) = seated(stand, DistrictHead)
    (chair,) = seated(stand, Chair)

    def leave(command: Any) -> Reply | None:
        if isinstance(command, Act):
            stand.run.meetings[0].left(head.who)
            return Reply(number=0, failed="refused", detail="no-such-participant: …")
        return None

    stand.agents.answer = leave
    chair.mute()
    assert not any(row[2] for row in stand.told.rows())
    assert stand.run.meetings[0].muted == {}


def test_a_hand_goes_up_the_word_is_given_and_taken(stand: Stand) -> None:
    (chair,) = seated(stand, Chair)
    (head,) = seated(stand, DistrictHead)
    stand.time.at(3.0, chair.give_word)
    assert head.ask_for_word()
    assert head.speak()
    assert stand.agents.wishes == [{"hand": True}, {"give_word": head.who}, {"speaking": True}, {"speaking": False}]


def test_a_hand_goes_down_when_the_word_is_not_given(stand: Stand) -> None:
    seated(stand, Chair)
    (head,) = seated(stand, DistrictHead)
    begun = stand.time.now
    assert not head.ask_for_word()
    assert stand.agents.wishes == [{"hand": True}, {"hand": False}]
    assert stand.time.now - begun == pytest.approx(WORD_SECONDS, abs=1.0)
    assert stand.run.meetings[0].next_hand() is None


def test_the_word_is_given_in_the_order_of_hands_while_turns_are_free(stand: Stand) -> None:
    (chair,) = seated(stand, Chair)
    heads = seated(stand, DistrictHead, 4)
    meeting = stand.run.meetings[0]
    for head in (heads[3], heads[1]):
        meeting.raise_hand(head.who)
    assert chair.give_word()
    assert chair.give_word()
    assert not chair.give_word()
    assert [wish["give_word"] for wish in stand.agents.wishes] == [heads[3].who, heads[1].who]


def test_a_chair_does_everything_that_a_chair_does(stand: Stand) -> None:
    (chair,) = seated(stand, Chair)
    seated(stand, DistrictHead, 3)
    for _ in range(200):
        chair.take_part()
        stand.time.sleep(2.0)
    done = {name for wish in stand.agents.wishes for name in wish}
    assert done == {"layout", "mute", "unmute", "speaking"}


def test_a_second_chair_only_speaks(stand: Stand) -> None:
    seated(stand, Chair)
    (second,) = seated(stand, Chair)
    for _ in range(100):
        second.take_part()
    assert {name for wish in stand.agents.wishes for name in wish} == {"speaking"}


# --- others -------------------------------------------------------------------------------------------------


def test_a_head_of_a_district_asks_only_where_there_is_a_chair(stand: Stand) -> None:
    (head,) = seated(stand, DistrictHead)
    for _ in range(60):
        head.take_part()
    assert {name for wish in stand.agents.wishes for name in wish} - {"camera_off", "muted"} == {"speaking"}


def test_a_head_of_a_district_turns_camera_and_microphone_off_at_times_and_on_again(stand: Stand) -> None:
    (head,) = seated(stand, DistrictHead)
    for _ in range(200):
        head.take_part()
    for switch in ("camera_off", "muted"):
        wishes = [wish[switch] for wish in stand.agents.wishes if switch in wish]
        assert wishes
        assert wishes == [True, False] * (len(wishes) // 2)


def test_who_is_muted_by_the_chair_leaves_the_microphone_alone(stand: Stand) -> None:
    (head,) = seated(stand, DistrictHead)
    head.meeting.muted[head.who] = 0.0
    head.switch_off("muted")
    assert stand.agents.wishes == []


def test_an_expert_shares_at_times_and_stops(stand: Stand) -> None:
    (expert,) = seated(stand, RemoteExpert)
    for _ in range(100):
        expert.take_part()
    shares = [wish["shares"] for wish in stand.agents.wishes if "shares" in wish]
    assert shares
    assert shares == [True, False] * (len(shares) // 2)
    assert len(shares) < sum("speaking" in wish for wish in stand.agents.wishes)


def test_one_shares_at_a_time(stand: Stand) -> None:
    first, second = seated(stand, RemoteExpert, 2)
    stand.run.meetings[0].begin_to_share(first.who)
    assert not second.share()
    assert stand.agents.wishes == []


def test_who_has_no_screen_does_not_share(stand: Stand) -> None:
    seated(stand, DistrictHead, SCREENS)
    (expert,) = seated(stand, RemoteExpert)
    assert not expert.share()
    assert stand.agents.wishes == []


def test_a_viewer_watches_with_a_token() -> None:
    with running() as fake:
        stand = Stand(host=fake.address)
        made = stand.run.server.create("회의")
        stand.run.meetings[0].conference = conference(id=made.id, link=made.link)
        viewer = Viewer(stand.environment)
        viewer.attend()
        (command,) = stand.agents.asked
    assert isinstance(command, Enter)
    assert (command.kind, command.server, command.token) == ("whep", f"{fake.address}/whep/c1", "secret-1")
    assert not command.camera
    assert fake.tokens[0][1]["name"] == person(0).name
    stand.agents.asked.clear()
    viewer.take_part()
    assert stand.agents.asked == []


def test_a_viewer_without_a_token_says_why(stand: Stand) -> None:
    viewer = Viewer(stand.environment)
    viewer.attend()
    ((kind, name, failure),) = stand.told.rows()
    assert (kind, name) == ("join", "Viewer")
    assert "does not answer" in failure
    assert not stand.agents.listeners


# --- one sends, the others watch ----------------------------------------------------------------------------

STREAM = conference(whip="https://x/whip/1", whep="https://x/whep/1", token="theirs", id="", link="stream 1")


def test_a_sender_at_our_own_server_has_a_token_from_rest() -> None:
    with running() as fake:
        stand = Stand(scenario="forward", host=fake.address)
        made = stand.run.server.create("회의")
        stand.run.meetings[0].conference = conference(id=made.id, link=made.link)
        Publisher(stand.environment).attend()
        Viewer(stand.environment).attend()
    sent, watched = stand.agents.asked
    assert isinstance(sent, Enter)
    assert isinstance(watched, Enter)
    assert (sent.kind, sent.token) == ("whip", "secret-1")
    assert (watched.kind, watched.token, watched.watches) == ("whep", "secret-2", sent.who)
    assert [body["kind"] for _, body in fake.tokens] == ["whip", "whep"]


def test_at_another_server_everybody_goes_where_the_flags_say() -> None:
    stand = Stand(scenario="forward")
    stand.run.meetings[0].conference = STREAM
    publisher, viewer = Publisher(stand.environment), Viewer(stand.environment)
    publisher.attend()
    viewer.attend()
    sent, watched = stand.agents.asked
    assert isinstance(sent, Enter)
    assert isinstance(watched, Enter)
    assert (sent.kind, sent.server, sent.token) == ("whip", "https://x/whip/1", "theirs")
    assert (watched.kind, watched.server, watched.token) == ("whep", "https://x/whep/1", "theirs")
    assert watched.watches == sent.who
    for _ in range(50):
        publisher.take_part()
    assert {name for wish in stand.agents.wishes for name in wish} == {"speaking"}
    assert viewer.looks
    assert not publisher.looks


def test_a_viewer_waits_for_the_sender_and_not_for_ever() -> None:
    stand = Stand(scenario="forward")
    stand.run.meetings[0].conference = STREAM
    publisher, viewer = Publisher(stand.environment), Viewer(stand.environment)
    viewer.attend()
    assert stand.told.rows() == [("join", "Viewer", "nobody to watch: no sender came within 30 s")]
    begun = stand.time.now
    stand.time.at(5.0, publisher.attend)
    viewer.attend()
    assert viewer.is_staying
    assert 5.0 <= stand.time.now - begun < 6.0


def test_who_has_the_sender_in_another_worker_does_not_wait() -> None:
    stand = Stand(scenario="forward")
    stand.run.meetings[0].conference, stand.run.meetings[0].chaired = STREAM, False
    Viewer(stand.environment).attend()
    (command,) = stand.agents.asked
    assert isinstance(command, Enter)
    assert command.watches == -1


def test_each_stream_gets_one_sender() -> None:
    stand = Stand(scenario="forward", places=2)
    for meeting in stand.run.meetings:
        meeting.conference = STREAM
    senders = seated(stand, Publisher, 2)
    assert {meeting.sender for meeting in stand.run.meetings} == {sender.who for sender in senders}
    Publisher(stand.environment).attend()
    assert stand.told.rows()[-1] == ("join", "Publisher", "every conference has its sender already")


def test_a_room_calls_with_number_and_pin(stand: Stand) -> None:
    room = ConferenceRoom(stand.environment)
    room.attend()
    (command,) = stand.agents.asked
    assert isinstance(command, Enter)
    assert (command.kind, command.server, command.conference) == ("room", "10.0.0.5:1720", "123456789##123456")
    for _ in range(50):
        room.take_part()
    assert {name for wish in stand.agents.wishes for name in wish} == {"speaking"}


def test_a_room_without_a_gateway_says_so(stand: Stand) -> None:
    stand.run.gateway = ""
    ConferenceRoom(stand.environment).attend()
    assert "gateway" in stand.told.rows()[0][2]
