"""The plain aiortc server is found to its limit, and what it sends is looked at."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from mcu.bench.contenders import aiortc_server
from mcu.bench.contenders.aiortc_mixing import without
from mcu.bench.contenders.aiortc_peers import Peer, check_answer
from mcu.bench.contenders.aiortc_server import fewer, largest
from mcu.bench.contenders.panes import panes
from mcu.bench.workload import Workload
from mcu.media.video_codecs import VideoDecoder
from mcu.synthetic.picture_code import Code, covering, read
from mcu.webrtc import stun
from mcu.webrtc.stun import Attribute, MessageClass

PEOPLE = Workload(name="two", participants=2, speakers=1)
SECONDS = 1.0
LAST = 10  # frames that are looked at


@pytest.fixture(autouse=True)
def _folder(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(str(tmp_path))


def shown(peer: Peer) -> Iterator[list[Code | None]]:
    """The marks in the panes of the last pictures."""
    decoder = VideoDecoder("VP8")
    pictures = [picture for frame in peer.kept if (picture := decoder.decode(frame)) is not None]
    for picture in pictures[-LAST:]:
        yield [
            read(picture.y, covering(pane.x, pane.y, pane.width, pane.height, aspect=16 / 9)) for pane in panes(PEOPLE)
        ]


def test_both_stand_in_the_picture_that_both_receive() -> None:
    taken: list[Peer] = []
    trial = aiortc_server.carry(PEOPLE, SECONDS, taker=taken.extend)
    assert trial.people == 2
    assert trial.cpu_seconds > 0
    assert all(peer.pictures > 0 for peer in taken)
    seen = list(shown(taken[0]))
    assert len(seen) == LAST
    for number, row in enumerate(zip(*seen, strict=True)):
        found = [code for code in row if code is not None]
        assert len(found) >= LAST // 2
        assert {code.person for code in found} == {number}
        assert len({code.frame for code in found}) > 1


@pytest.mark.long
def test_one_who_only_looks_is_served_as_well() -> None:
    workload = Workload(participants=1, speakers=1, viewers=1)
    assert aiortc_server.carry(workload, SECONDS).frames > 0


def test_sound_alone_is_counted_by_packets() -> None:
    workload = Workload(participants=2, speakers=1, audio_only=True)
    taken: list[Peer] = []
    trial = aiortc_server.carry(workload, SECONDS, taker=taken.extend)
    assert trial.frames > 0
    assert [peer.pictures for peer in taken] == [0, 0]


@pytest.mark.long
def test_h264_is_carried_as_well() -> None:
    workload = Workload(participants=1, speakers=1, codec_in="H264", codec_out="H264")
    taken: list[Peer] = []
    aiortc_server.carry(workload, SECONDS, taker=taken.extend)
    assert {frame.codec for frame in taken[0].kept} == {"H264"}


@pytest.mark.parametrize("limit", range(1, 31))
def test_the_largest_number_is_found_whatever_it_is(limit: int) -> None:
    asked: list[int] = []

    def carries(people: int) -> bool:
        asked.append(people)
        return people <= limit

    assert largest(carries, most=30) == limit
    assert len(asked) == len(set(asked)) <= 8


def test_where_not_even_one_is_carried_one_is_measured_all_the_same() -> None:
    assert largest(lambda _: False, most=30) == 1
    assert largest(lambda _: True, most=3) == 3


def test_viewers_are_left_out_first() -> None:
    workload = Workload(participants=2, speakers=2, viewers=10)
    assert (fewer(workload, 5).participants, fewer(workload, 5).viewers) == (2, 3)
    assert (fewer(workload, 1).participants, fewer(workload, 1).viewers, fewer(workload, 1).speakers) == (1, 0, 1)


def test_nobody_hears_themselves() -> None:
    own, other = np.array([100, -3], np.int16), np.array([32_767, 5], np.int16)
    total = own.astype(np.int32) + other
    assert without(total, own).tolist() == other.tolist()
    assert without(total, None).tolist() == [32_767, 2]


def test_a_check_is_answered_to_whoever_knows_the_password() -> None:
    username = (Attribute.USERNAME, b"ours:theirs")
    request = stun.build(MessageClass.REQUEST, b"t" * 12, [username], password="secret")
    answer = check_answer(request, ("192.0.2.7", 40_000), "secret")
    assert answer is not None
    message = stun.parse(answer)
    assert message.message_class == MessageClass.SUCCESS
    assert message.integrity_matches("secret")
    mapped = message.get(Attribute.XOR_MAPPED_ADDRESS)
    assert mapped is not None
    assert stun.parse_xor_address(mapped, message.transaction) == ("192.0.2.7", 40_000)
    assert check_answer(request, ("192.0.2.7", 40_000), "another") is None
    assert check_answer(answer, ("192.0.2.7", 40_000), "secret") is None
    assert check_answer(b"\x00\x01not stun", ("192.0.2.7", 40_000), "secret") is None
