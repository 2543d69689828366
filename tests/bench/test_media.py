from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import av
import msgspec
import pytest

from mcu.bench.media import Source, content, sources
from mcu.bench.workload import TURN_SECONDS, Workload, speakers_at
from mcu.media.types import EncodedFrame
from mcu.media.video_codecs import VideoDecoder
from mcu.synthetic.clips import PACKET_SECONDS, SmallerPictures
from mcu.synthetic.player import Player, load_reels

WORKLOAD = Workload(participants=2, speakers=1, width=160, height=90, fps=10, bitrate=60_000)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Source]:
    cache: Path = tmp_path_factory.mktemp("clips")
    return sources(WORKLOAD, cache=cache)


def test_the_row_of_pictures_is_decodable_without_a_gap(made: list[Source]) -> None:
    for source in made:
        decoder = VideoDecoder("VP8")
        for index, coded in enumerate(source.pictures(2.5 * TURN_SECONDS)):
            picture = decoder.decode(EncodedFrame("VP8", coded.data, index * 9000, coded.keyframe))
            assert picture is not None, index
            assert (picture.width, picture.height) == (160, 90)


def test_smaller_pictures_are_those_of_so_many_lines(made: list[Source]) -> None:
    listening = made[1].performance.listening
    frames = tuple(b"small %d" % number for number in range(len(listening.frames)))
    clip = msgspec.structs.replace(listening, smaller=(SmallerPictures(82, 46, frames),))
    performance = msgspec.structs.replace(made[1].performance, listening=clip)
    source = replace(made[1], performance=performance)
    small, whole = source.picture(3, lines=46), source.picture(3)
    assert (small.data, whole.data) == (b"small 3", listening.frames[3])
    assert (small.number, small.keyframe) == (whole.number, whole.keyframe)
    assert source.picture(3, lines=90) == whole


def test_a_stream_is_what_a_player_sends(made: list[Source]) -> None:
    """Sound and numbers of the pictures, through a change of loops."""
    for source in made:
        player = Player(load_reels(source.performance), start=0.0)
        player.set_speaking(source.participant in speakers_at(WORKLOAD, 0.0))
        for index in range(math.ceil(1.5 * TURN_SECONDS * WORKLOAD.fps)):
            now = index / WORKLOAD.fps
            player.set_speaking(source.participant in speakers_at(WORKLOAD, now))
            assert player.next_pictures(now)[-1].number == source.picture(index).number
            while player.sound_due < (index + 1) / WORKLOAD.fps - 1e-9:
                which = round(player.sound_due / PACKET_SECONDS)
                sound = player.next_sound(player.sound_due)
                assert (sound.payload, sound.level) == (source.packet(which), source.level(which))


def test_speech_is_louder_than_listening(made: list[Source]) -> None:
    levels = [[source.level(index) for index in range(500)] for source in made]
    speaking, listening = sorted(levels, key=sum)
    assert sum(speaking) + 10 * 500 < sum(listening)


def test_sound_is_opus(made: list[Source]) -> None:
    decoder = av.CodecContext.create("libopus", "r")
    for packet in made[0].packets(1.0):
        assert sum(frame.samples for frame in decoder.decode(av.Packet(packet))) == 960


def test_content_is_shared_only_where_the_workload_says_so(tmp_path: Path) -> None:
    assert content(WORKLOAD, cache=tmp_path) is None
