"""Synthetic participants on a real server: what they share, in which codec, and that one who only counts stays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import numpy as np
import pytest
from numpy.typing import NDArray

from mcu.media.types import EncodedFrame, StreamKind
from mcu.media.video_codecs import VideoDecoder
from mcu.synthetic import voice
from mcu.synthetic.client import Attention
from mcu.synthetic.clips import MediaSettings
from mcu.synthetic.participant import Entry, Participant
from mcu.synthetic.player import Reels
from mcu.webrtc.dtls import Certificate
from tests.support.attendees import Attendee, Meeting, meeting, quiet_reels, reels, until
from tests.support.observe import people_in_tiles
from tests.support.server import Server, running_server

DOCUMENT = 9  # what the mark in the shared pictures says
CONTENT = MediaSettings(width=960, height=540, fps=5, bitrate=600_000)
H264 = MediaSettings(codec="H264", listen_seconds=1.0)
LARGE = 0.5  # of the width of the composite: what is shared takes at least this

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
async def room(server: Server) -> AsyncIterator[Meeting]:
    link = server.post("/api/v1/conferences", {"title": "시험"})["link"]
    async with meeting(server.url, link) as made:
        yield made


def shown_large(attendee: Attendee) -> bool:
    """Whether the document fills, uncut, a tile of at least half the width."""
    luma, tiles = attendee.look(), attendee.tiles
    large = next((tile for tile in tiles.tiles if tile.content), None) if tiles is not None else None
    if luma is None or tiles is None or large is None or large.width < LARGE * tiles.width:
        return False
    height = large.width * CONTENT.height // CONTENT.width
    place = {"x": large.x, "y": large.y + (large.height - height) // 2, "width": large.width, "height": height}
    return people_in_tiles(luma, [place], tiles.width) == [DOCUMENT]


class Viewing:
    """Decodes what a participant is sent."""

    def __init__(self, codec: str) -> None:
        self.picture: NDArray[np.uint8] | None = None  # luma
        self._codec = codec
        self._decoder = VideoDecoder(codec)

    def frame_received(self, participant: Participant, kind: StreamKind, frame: EncodedFrame) -> None:
        assert frame.codec == self._codec
        picture = self._decoder.decode(frame)
        if picture is not None:
            self.picture = picture.y

    def people(self, participant: Participant) -> list[int | None]:
        tiles = participant.tiles
        if self.picture is None or tiles is None:
            return []
        places = [{key: getattr(tile, key) for key in ("x", "y", "width", "height")} for tile in tiles.tiles]
        return people_in_tiles(self.picture, places, tiles.width)


@asynccontextmanager
async def entering(
    room: Meeting, server: Server, link: str, media: Reels, **options: object
) -> AsyncIterator[Participant]:
    entry = Entry(server.url, link, "이하나", "중구청장")
    someone = Participant(entry, media, stage=room.stage, certificate=Certificate(), order=20, **options)  # type: ignore[arg-type]
    task = asyncio.create_task(someone.run())
    try:
        await until(someone.ready.is_set, what="media")
        yield someone
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_what_somebody_shares_is_shown_large(room: Meeting) -> None:
    presenter, other = await room.join(1, quiet_reels(1)), await room.join(2, quiet_reels(2))
    await until(lambda: other.people() == [1, 2], what="two people")
    shared = reels(DOCUMENT, voice.room(seconds=2.0, seed="shared"), CONTENT).listening
    for _ in range(2):  # a second time, RTP's clock and numbers go on
        await presenter.share(shared)
        await until(lambda: shown_large(other), what="the document")
        assert {1, 2} <= set(other.people())
        await presenter.share(None)
        await until(lambda: other.people() == [1, 2], what="two people again")


async def test_what_is_shared_comes_back_with_a_new_connection(room: Meeting) -> None:
    presenter, other = await room.join(1, quiet_reels(1)), await room.join(2, quiet_reels(2))
    await presenter.share(reels(DOCUMENT, voice.room(seconds=2.0, seed="shared"), CONTENT).listening)
    await until(lambda: shown_large(other), what="the document")
    assert presenter.client is not None
    before = presenter.media_connects
    presenter.client.connection_broken("test")
    await until(lambda: presenter.media_connects > before, what="a new connection")
    seen = len(other.frames)
    await until(lambda: len(other.frames) > seen + 25 and shown_large(other), what="the document again")


async def test_h264_goes_both_ways(room: Meeting, server: Server) -> None:
    first = await room.join(1, quiet_reels(1))
    viewing = Viewing("H264")
    link = first.entry.conference
    async with entering(room, server, link, quiet_reels(2, H264), codec="H264", receiver=viewing) as someone:
        await until(lambda: first.people() == [1, 2], what="the sender of H.264 in VP8")
        await until(lambda: viewing.people(someone) == [1, 2], what="both in H.264")


async def test_who_only_counts_reports_and_is_seen(room: Meeting, server: Server) -> None:
    first = await room.join(1, quiet_reels(1))
    async with entering(room, server, first.entry.conference, quiet_reels(2), attention=Attention.COUNTED) as crowd:
        await until(lambda: first.people() == [1, 2], what="one of the crowd")
        assert crowd.client is not None
        session = crowd.client.session
        assert session is not None
        assert session.audio is None
        assert session.video(StreamKind.MAIN) is None
        await until(lambda: session.counters["rtcp_sent"] > 10, what="reports and congestion feedback")
        reception = session.reception(StreamKind.MAIN)
        assert reception is not None
        assert crowd.client.packets_received > 0
        assert session.counters["unroutable"] == 0
