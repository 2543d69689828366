"""A screen that somebody shares on a real server, as a stream of its own: who gets it, in which size, how repaired."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mcu.media.types import StreamKind
from mcu.media.video_codecs import VideoDecoder
from mcu.synthetic import picture_code, voice
from mcu.synthetic.clips import MediaSettings
from mcu.synthetic.player import Reel
from tests.support.attendees import Attendee, meeting, quiet_reels, reels, until
from tests.support.network import Weather, relay
from tests.support.server import Server, running_server

DOCUMENT = 9  # what the mark in the shared pictures says
CONTENT = MediaSettings(width=960, height=540, fps=5, bitrate=600_000)
ONE_IN_TEN = Weather(delay=0.03, loss=0.10)

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module")
def document() -> Reel:
    return reels(DOCUMENT, voice.room(seconds=2.0, seed="shared"), CONTENT).listening


class Viewing:
    """Decodes the screens that an attendee is sent."""

    def __init__(self, attendee: Attendee) -> None:
        self.sizes: set[tuple[int, int]] = set()
        self.numbers: set[int] = set()  # painted into the pictures of the document
        self._attendee = attendee
        self._decoder = VideoDecoder("VP8")
        self._seen = 0

    def look(self) -> int:
        """How many different pictures of the document there were."""
        for frame in self._attendee.screens[self._seen :]:
            self._seen += 1
            picture = self._decoder.decode(frame)
            if picture is None:
                continue
            self.sizes.add((picture.width, picture.height))
            code = picture_code.read(picture.y, picture_code.covering(0, 0, picture.width, picture.height))
            if code is not None:
                assert code.person == DOCUMENT
                self.numbers.add(code.frame)
        return len(self.numbers)


def conference(server: Server) -> str:
    return str(server.post("/api/v1/conferences", {"title": "시험"})["link"])


async def test_who_takes_it_is_sent_the_screen_in_its_own_size(server: Server, document: Reel) -> None:
    async with meeting(server.url, conference(server)) as room:
        presenter = await room.join(1, quiet_reels(1), takes_content=True)
        taking = await room.join(2, quiet_reels(2), takes_content=True)
        viewer = await room.join(3, None, role="viewer", takes_content=True)
        older = await room.join(4, quiet_reels(4))
        await presenter.share(document)
        for attendee in (taking, viewer):
            viewing = Viewing(attendee)
            await until(lambda viewing=viewing: viewing.look() > 3, what="the document")  # type: ignore[misc]
            assert viewing.sizes == {(CONTENT.width, CONTENT.height)}
        assert not presenter.screens
        assert not older.screens
        await presenter.share(None)
        await until(lambda: _over(taking), what="its end")
        seen = len(taking.screens)
        frames = len(taking.frames)
        await until(lambda: len(taking.frames) > frames + 25, what="the composite, which goes on")
        assert len(taking.screens) <= seen + 2  # under way when it ended


async def test_who_takes_over_is_seen_by_who_shared_before(server: Server, document: Reel) -> None:
    async with meeting(server.url, conference(server)) as room:
        first = await room.join(1, quiet_reels(1), takes_content=True)
        second = await room.join(2, quiet_reels(2), takes_content=True)
        await first.share(document)
        viewing = Viewing(second)
        await until(lambda: viewing.look() > 1, what="the screen of the first")
        await second.share(document)
        viewing = Viewing(first)
        await until(lambda: viewing.look() > 1, what="the screen of the second")


async def test_what_a_bad_line_loses_of_the_screen_is_sent_again(server: Server, document: Reel) -> None:
    async with relay(server.media_port, ONE_IN_TEN, seed=5) as bad, meeting(server.url, conference(server)) as room:
        presenter = await room.join(1, quiet_reels(1))
        ways = {"server_port": server.media_port, "relay_port": bad.port}
        lossy = await room.join(2, quiet_reels(2), takes_content=True, **ways)
        await presenter.share(document)
        viewing = Viewing(lossy)
        await until(lambda: viewing.look() >= 5 and _repaired(lossy) > 0, what="the document, some of it repaired")


def _repaired(attendee: Attendee) -> int:
    """Packets of the screen that came after they were asked for again."""
    session = attendee.client.session if attendee.client is not None else None
    receiver = session.video(StreamKind.CONTENT) if session is not None else None
    return receiver.counters.repaired if receiver is not None else 0


def _over(attendee: Attendee) -> bool:
    return attendee.tiles is not None and not any(tile.content for tile in attendee.tiles.tiles)
