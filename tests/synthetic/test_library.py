"""The shelf: made once, found again, bounded, healed."""

from __future__ import annotations

import itertools
import multiprocessing
import multiprocessing.util
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.process import BaseProcess
from pathlib import Path

import msgspec
import numpy as np
import pytest
from rich.console import Console

from mcu.errors import ProtocolError
from mcu.media.types import EncodedFrame
from mcu.media.video_codecs import VideoDecoder
from mcu.synthetic import clips, library, picture_code
from mcu.synthetic.clips import Clip, MediaSettings, Performance, SmallerPictures
from mcu.synthetic.encoding import sizes
from mcu.synthetic.library import GivenUp, Library
from mcu.synthetic.staging import Order, make, uncoded

SHORT = MediaSettings(listen_seconds=1, speak_seconds=1)
SILENT = Console(quiet=True)


def tiny(person: int = 0) -> Performance:
    clip = Clip(
        codec="VP8",
        width=320,
        height=180,
        fps=15,
        frames=(b"x" * 1000,),
        keyframes=(0,),
        first_frame=0,
        packets=(b"y",),
        levels=(127,),
    )
    return Performance(person=person, listening=clip, speaking=clip)


@pytest.fixture
def made_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shelves are what is tested here, not the making."""

    def quick(self: Library, orders: list[Order], *_: object) -> dict[int, Performance]:
        for order in orders:
            self._keep(order, clips.dump(tiny(order.person)))
            self.made += 1
        return {order.person: tiny(order.person) for order in orders}

    monkeypatch.setattr(Library, "_make", quick)


@pytest.mark.usefixtures("made_quickly")
def test_what_is_missing_is_what_would_be_made(tmp_path: Path) -> None:
    shelf = Library(tmp_path)
    assert len(shelf.missing(range(3), settings=SHORT)) == 3
    shelf.performances([1], settings=SHORT, console=SILENT)
    assert len(shelf.missing(range(3), settings=SHORT)) == 2
    assert len(shelf.missing(range(3), settings=MediaSettings())) == 3


def test_a_performance_is_whole() -> None:
    performance = make(Order(person=1, settings=SHORT))
    for clip in (performance.listening, performance.speaking):
        assert len(clip.frames) == 15
        assert len(clip.packets) == 50
        assert clip.keyframes == (0,)
        assert all(clip.frames)
    assert performance.speaking.first_frame == 15
    assert min(performance.speaking.levels) < 30 < 55 < min(performance.listening.levels)


def test_a_sketch_holds_its_poses_and_its_mark_goes_on() -> None:
    plain, coded = (
        list(
            uncoded(Order(person=1, settings=msgspec.structs.replace(SHORT, sketched=True, coded=coded)), speaking=True)
        )
        for coded in (False, True)
    )
    assert [np.array_equal(a, b) for a, b in itertools.pairwise(plain)] == [True, True, True, True, False] * 2 + [
        True
    ] * 4
    assert [picture_code.read(picture[..., 1]) for picture in coded] == [
        picture_code.Code(1, 15 + n) for n in range(15)
    ]


def test_worker_processes_make_what_is_missing(tmp_path: Path) -> None:
    shelf = Library(tmp_path)
    first = shelf.performances([0, 1], settings=SHORT, console=SILENT)
    second = shelf.performances([1, 0], settings=SHORT, console=SILENT)
    assert (shelf.made, shelf.found) == (2, 2)
    assert list(second) == [1, 0]
    assert first == {number: second[number] for number in first}


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, GivenUp])
def test_whoever_is_interrupted_does_not_wait_for_the_workers(
    interruption: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers: list[BaseProcess] = []

    def interrupt(*_: object) -> None:
        workers.extend(set(multiprocessing.active_children()) - others)
        raise interruption

    others = set(multiprocessing.active_children())
    monkeypatch.setattr(library, "wait", interrupt)
    with pytest.raises(interruption):
        Library(tmp_path).performances([0, 1, 2], settings=SHORT, console=SILENT)
    assert [worker.exitcode for worker in workers] == [-signal.SIGTERM] * len(workers) != []
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("run", [lambda work: work(), lambda work: ThreadPoolExecutor(1).submit(work).result()])
def test_workers_are_born_deaf_to_ctrl_c(
    run: Callable[[Callable[[], object]], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaf: list[bool] = []

    def spawn(path: bytes, command: list[str], descriptors: list[int]) -> int:
        deaf.append(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ()))
        return spawned(path, command, descriptors)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    def work() -> None:
        with pytest.raises(KeyboardInterrupt):
            Library(tmp_path).performances([0, 1], settings=SHORT, console=SILENT)
        assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())

    spawned = multiprocessing.util.spawnv_passfds
    monkeypatch.setattr(multiprocessing.util, "spawnv_passfds", spawn)
    monkeypatch.setattr(library, "wait", interrupt)
    run(work)
    assert all(deaf)
    assert deaf


@pytest.mark.usefixtures("made_quickly")
def test_other_settings_are_other_clips(tmp_path: Path) -> None:
    shelf = Library(tmp_path)
    shelf.performances([0], settings=SHORT)
    shelf.performances([0], settings=MediaSettings(coded=True))
    shelf.performances([0], settings=SHORT)
    assert (shelf.made, shelf.found) == (2, 1)


@pytest.mark.usefixtures("made_quickly")
def test_a_damaged_file_is_made_again(tmp_path: Path) -> None:
    shelf = Library(tmp_path)
    shelf.performances([0])
    (path,) = tmp_path.glob("*.clip")
    path.write_bytes(path.read_bytes()[:-3])
    shelf.performances([0])
    assert shelf.made == 2


@pytest.mark.usefixtures("made_quickly")
def test_the_oldest_goes_when_the_shelf_is_full(tmp_path: Path) -> None:
    size = len(clips.dump(tiny()))
    shelf = Library(tmp_path, max_bytes=3 * size + size // 2)
    for number in range(3):
        shelf.performances([number])
    for age, path in enumerate(sorted(tmp_path.glob("*.clip"), key=lambda file: file.stat().st_mtime_ns)):
        os.utime(path, (1000 + age, 1000 + age))
    shelf.performances([3])
    assert len(list(tmp_path.glob("*.clip"))) == 3
    shelf.performances([0])
    assert shelf.made == 5


@pytest.mark.usefixtures("made_quickly")
def test_a_changed_media_folder_gives_new_clips(tmp_path: Path) -> None:
    media = tmp_path / "media"
    media.mkdir()
    (media / "one.264").write_bytes(b"1")
    shelf = Library(tmp_path / "shelf")
    shelf.performances([0], media_folder=media)
    (media / "two.264").write_bytes(b"2")
    shelf.performances([0], media_folder=media)
    assert shelf.made == 2


@pytest.mark.parametrize("data", [b"", b"\x93\x00\x00\x00", clips.dump(tiny())[:-1], b"\xff" * 100])
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        clips.load(data)


def test_a_loop_without_a_keyframe_first_is_refused() -> None:
    good = tiny()
    bad = Clip(**{name: getattr(good.listening, name) for name in Clip.__struct_fields__} | {"keyframes": (1,)})
    with pytest.raises(ProtocolError):
        clips.load(clips.dump(Performance(person=0, listening=bad, speaking=good.speaking)))


@pytest.mark.parametrize("frames", [(), (b"x",) * 3, (b"",)])
def test_another_size_with_other_pictures_is_refused(frames: tuple[bytes, ...]) -> None:
    good = tiny()
    bad = msgspec.structs.replace(good.listening, smaller=(SmallerPictures(256, 144, frames),))
    with pytest.raises(ProtocolError):
        clips.load(clips.dump(Performance(person=0, listening=bad, speaking=good.speaking)))


def test_clips_are_coded_in_the_smaller_sizes_that_fit() -> None:
    assert sizes(MediaSettings()) == [(320, 180), (256, 144)]
    assert sizes(MediaSettings(width=1280, height=720)) == [(1280, 720), (640, 360), (320, 180), (256, 144)]
    assert sizes(MediaSettings(width=640, height=480, smaller=(240, 480))) == [(640, 480), (320, 240)]
    assert sizes(MediaSettings(width=160, height=90)) == [(160, 90)]


def test_every_size_shows_the_same() -> None:
    clip = make(Order(person=3, settings=MediaSettings(coded=True, listen_seconds=1, speak_seconds=1))).listening
    (smaller,) = clip.smaller
    assert len(smaller.frames) == len(clip.frames)
    large, small = VideoDecoder(clip.codec), VideoDecoder(clip.codec)
    for index, (one, other) in enumerate(zip(clip.frames, smaller.frames, strict=True)):
        keyframe = index in clip.keyframes
        whole, part = (
            decoder.decode(EncodedFrame(clip.codec, data, index * 6000, keyframe))
            for decoder, data in ((large, one), (small, other))
        )
        assert whole is not None
        assert part is not None
        assert (part.width, part.height) == (256, 144)
        for picture in (whole, part):
            code = picture_code.read(picture.y, picture_code.covering(0, 0, picture.width, picture.height))
            assert code == picture_code.Code(3, index)


def test_keyframe_after_goes_round() -> None:
    clip = Clip("VP8", 320, 180, 15, (b"x",) * 40, (0, 15, 30), 0, (b"y",), (127,))
    assert [clip.keyframe_after(index) for index in (0, 1, 15, 31)] == [0, 15, 15, 0]


def test_the_file_name_is_the_same_in_every_process() -> None:
    assert library._key(Order(person=1, settings=SHORT)) == library._key(Order(person=1, settings=SHORT))
