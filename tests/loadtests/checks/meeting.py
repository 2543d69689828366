"""Meetings of which one participant's recording is made: drawn people with marks, coded as their senders code them,
composed and coded as the server does, in a time of its own, with one fault where it is asked for.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
from av import VideoFrame

from loadtests.recording import Frame, Known, Layout, Place, Present, Recording, Sent
from mcu.control import LayoutChoice, ParticipantState
from mcu.media.types import SAMPLE_RATE, VIDEO_CLOCK_RATE, EncodedFrame, Picture, VideoProfile
from mcu.media.video_codecs import VideoDecoder, VideoEncoder
from mcu.mixer.compositor import Compositor
from mcu.mixer.layout import Tile, arrange
from mcu.mixer.reduction import Reduction
from mcu.mixer.style import TileStyle, style_of
from mcu.processor.rungs import ladder
from mcu.synthetic.clips import MediaSettings
from mcu.synthetic.encoding import encode_pictures
from mcu.synthetic.figure import Artist
from mcu.synthetic.look import look_of
from mcu.synthetic.motion import Motion
from mcu.synthetic.people import person
from mcu.synthetic.picture_code import Code, paint

BEGIN = 1_000.0
BEFORE = 4.0  # seconds of sending before the check that are told
CAMERA_FPS, COMPOSITE_FPS = 15, 25
LOOP, DRAWN = 60, 12  # pictures of a loop, and different ones among them: drawing is what takes time
SCREEN_AHEAD = 25  # numbers by which a shared screen is ahead of its owner's camera: it is a loop of its own
GRID = LayoutChoice("grid")
BEST = VideoProfile("VP8", 1280, 720, COMPOSITE_FPS, 1_200_000)
TRANSIT, PATH = 0.004, 0.012  # seconds: from a sender into the server, and a composite to who receives it
SMALL_TILE = 130  # pixels of height; for these the server asks for 144 lines

PAGE = Picture(
    np.full((720, 1280), 200, np.uint8), np.full((360, 640), 128, np.uint8), np.full((360, 640), 128, np.uint8)
)


@dataclass(frozen=True, kw_only=True)
class Broken:
    """What the server does wrong. Times are seconds after the beginning."""

    shows: Mapping[int, int] = field(default_factory=dict)  # in the tile of the one stands the picture of the other
    black: frozenset[int] = frozenset()
    frozen: Mapping[int, float] = field(default_factory=dict)  # whose picture stands still from when on
    missing: frozenset[int] = frozenset()  # who has no tile
    stopped: tuple[float, float] = (0.0, 0.0)  # when no composite leaves
    delay: float = 0.0  # seconds by which all composites leave later
    every: int = 1  # how many ticks a composite leaves
    slow: Mapping[int, float] = field(default_factory=dict)  # in whose tile a new picture comes every so many seconds
    blind_screen: bool = False  # nothing is painted where it is
    still_screen: float = float("inf")  # seconds after the beginning, from when on it stands


@dataclass(frozen=True, kw_only=True)
class Scene:
    """From a time on."""

    at: float = 0.0  # seconds after the beginning
    choice: LayoutChoice = GRID
    people: tuple[int, ...] | None = None  # all by default
    cameras_off: frozenset[int] = frozenset()
    speaker: int = 0
    shares: int | None = None  # whose screen is shown
    told: float = 0.03  # seconds after the picture that participants are told; before it when negative


@dataclass(frozen=True, kw_only=True)
class Meeting:
    people: int = 4
    seconds: float = 3.0
    seed: int = 0
    profile: VideoProfile = BEST
    rung: int = 0
    rung_later: tuple[float, int] = (math.inf, 0)  # seconds after the beginning, and another one from then on
    size: tuple[int, int] | None = None  # in which it is coded, with bars, instead of the rung's
    scenes: tuple[Scene, ...] = (Scene(),)
    paused: Mapping[int, tuple[float, float]] = field(default_factory=dict)  # who sends nothing, from when to when
    marked_screen: bool = True
    own_words: float | None = None  # seconds within which the agent hears of its own people's changes; None: of none
    strangers: frozenset[int] = frozenset()  # people who are not of this run
    broken: Broken = Broken()


@cache
def face(number: int, height: int) -> tuple[Picture, ...]:
    """A loop of one person as the server decodes it."""
    width = round(height * 16 / 9 / 2) * 2
    artist, motion = Artist(look_of(number, woman=person(number).woman), 320, 180), Motion(f"{number}", seconds=4)
    drawn = [artist.draw(motion.pose(index * LOOP // DRAWN)) for index in range(DRAWN)]
    marked = []
    for index in range(LOOP):
        picture = drawn[index * DRAWN // LOOP].copy()
        paint(picture, Code(number, index))
        marked.append(picture)
    share = (width * height / (320 * 180)) ** 0.75
    frames, keyframes = encode_pictures(
        marked, MediaSettings(width=width, height=height, bitrate=round(180_000 * share))
    )
    decoder = VideoDecoder("VP8")
    decoded = [decoder.decode(EncodedFrame("VP8", data, 0, n in keyframes)) for n, data in enumerate(frames)]
    assert all(decoded)
    return tuple(picture for picture in decoded if picture is not None)


@dataclass
class Camera:
    """When one person sends which picture, and which of them the server has at a time."""

    number: int
    meeting: Meeting
    chance: random.Random
    sent: list[tuple[int, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        phase, first = self.chance.random() / CAMERA_FPS, self.chance.randrange(LOOP)
        count = round((BEFORE + self.meeting.seconds + 0.5) * CAMERA_FPS)
        for index in range(count):
            due = BEGIN - BEFORE + phase + index / CAMERA_FPS
            begin, end = self.meeting.paused.get(self.number, (0.0, 0.0))
            if not BEGIN + begin <= due < BEGIN + end and not self._off(due):
                self.sent.append(((first + index) % LOOP, due + 0.004 * self.chance.random()))

    def newest(self, now: float) -> int:
        """The number of the picture that the server has, -1 for none."""
        return next((number for number, left in reversed(self.sent) if left + TRANSIT <= now), -1)

    def _off(self, now: float) -> bool:
        scene = scene_at(self.meeting, now)
        return self.number in scene.cameras_off or self.number not in people_of(self.meeting, scene)


def scene_at(meeting: Meeting, now: float) -> Scene:
    return next((scene for scene in reversed(meeting.scenes) if BEGIN + scene.at <= now), meeting.scenes[0])


def people_of(meeting: Meeting, scene: Scene) -> tuple[int, ...]:
    return tuple(range(meeting.people)) if scene.people is None else scene.people


def tiles_of(meeting: Meeting, scene: Scene) -> tuple[Tile, ...]:
    members = [
        ParticipantState(f"{number}", person(number).name, person(number).office)
        for number in people_of(meeting, scene)
        if number not in meeting.broken.missing
    ]
    width, height = meeting.profile.width, meeting.profile.height
    content = None if scene.shares is None else f"{scene.shares}"
    return arrange(
        scene.choice, members=members, speaker=f"{scene.speaker}", content=content, width=width, height=height
    )


def record(meeting: Meeting) -> Recording:
    """What somebody in it receives."""
    chance = random.Random(f"meeting {meeting.seed}")
    cameras = {number: Camera(number, meeting, chance) for number in range(meeting.people)}
    frames = tuple(_frames(meeting, cameras, chance))
    layouts = tuple(
        Layout(
            told if index else BEGIN - 60,
            meeting.profile.width,
            meeting.profile.height,
            tuple(_place(meeting, tile) for tile in tiles_of(meeting, scene)),
            scene.choice.name,
            scene.choice.name,
            scene.choice.strip,
        )
        for index, (told, scene) in enumerate(_told(meeting))
        if told <= BEGIN + meeting.seconds
    )
    return Recording(
        who=0,
        codec=meeting.profile.codec,
        begin=BEGIN,
        end=BEGIN + meeting.seconds,
        frames=frames,
        layouts=layouts,
        present=tuple(_present(meeting)),
        sound=np.zeros(round(meeting.seconds * SAMPLE_RATE), np.float32).tobytes(),
        sound_begin=BEGIN,
        concealed_samples=0,
        played_samples=round(meeting.seconds * SAMPLE_RATE),
        sent=tuple(
            Sent(
                person=number,
                pictures=tuple(camera.sent),
                spoken=(),
                speaking=(),
                screens=tuple(_screen(meeting, number, camera)),
            )
            for number, camera in cameras.items()
            if number not in meeting.strangers
        ),
        fps=meeting.profile.fps,
        known=tuple(_known(meeting, random.Random(f"known {meeting.seed}"))),
    )


def _screen(meeting: Meeting, number: int, camera: Camera) -> Iterator[tuple[int, float]]:
    """It goes on with its owner's camera."""
    for picture, left in camera.sent:
        if meeting.marked_screen and scene_at(meeting, left).shares == number:
            yield (picture + SCREEN_AHEAD) % LOOP, left


def _known(meeting: Meeting, chance: random.Random) -> Iterator[Known]:
    """As an agent has it: unknown from a little before a change until the server has said so to whom it is about."""
    if meeting.own_words is None:
        return
    for number in sorted(set(range(meeting.people)) - meeting.strangers):
        before = None
        for index, scene in enumerate(meeting.scenes):
            now = number in people_of(meeting, scene), number in scene.cameras_off
            if now != before:
                at = BEGIN + scene.at if index else BEGIN - 60
                if index:
                    yield Known(
                        at - 0.02,
                        number,
                        here=before is not None and before[0] and now[0],
                        muted=False,
                        camera_off=None,
                    )
                yield Known(
                    at + chance.random() * meeting.own_words, number, here=now[0], muted=False, camera_off=now[1]
                )
            before = now


def _told(meeting: Meeting) -> Iterator[tuple[float, Scene]]:
    for scene in meeting.scenes:
        yield BEGIN + scene.at + scene.told, scene


def _place(meeting: Meeting, tile: Tile) -> Place:
    number = int(tile.participant) if tile.participant is not None else -1
    number = -1 if number in meeting.strangers else number
    return Place(number, tile.content, tile.x, tile.y, tile.width, tile.height)


def _present(meeting: Meeting) -> Iterator[Present]:
    before: dict[int, Present] = {}
    for index, (told, scene) in enumerate(_told(meeting)):
        since, people = told if index else BEGIN - 60, people_of(meeting, scene)
        for number in range(meeting.people):
            here, off = number in people, number in scene.cameras_off
            state = Present(since, -1 if number in meeting.strangers else number, False, off, here)
            known = before.get(number, Present(since, state.person, False, False, here=False))
            if (known.here, known.camera_off) != (here, off) and since <= BEGIN + meeting.seconds:
                before[number] = state
                yield state


def _frames(meeting: Meeting, cameras: Mapping[int, Camera], chance: random.Random) -> Iterator[Frame]:
    whole = meeting.profile
    compositor, outlet = Compositor(whole.width, whole.height), _Outlet(meeting, meeting.rung)
    phase, broken = chance.random() / COMPOSITE_FPS, meeting.broken
    tiles = {scene: tiles_of(meeting, scene) for scene in meeting.scenes}
    for tick in range(round(meeting.seconds * COMPOSITE_FPS)):
        now = BEGIN + phase + tick / COMPOSITE_FPS
        scene, transit = scene_at(meeting, now), PATH + 0.004 * chance.random() ** 4 + 0.006 * chance.random()
        pictures = _pictures(meeting, tiles[scene], cameras, now)
        if tick % broken.every:
            continue
        outlet.changed += compositor.compose(tiles[scene], _styles(meeting, scene), pictures)
        arrived = now + transit + broken.delay
        if broken.stopped[0] <= now - BEGIN < broken.stopped[1] or arrived > BEGIN + meeting.seconds:
            continue
        if now - BEGIN >= meeting.rung_later[0] and outlet.rung != meeting.rung_later[1]:
            outlet = _Outlet(meeting, meeting.rung_later[1])
        coded = outlet.code(compositor.frame, tick)
        if coded is not None:
            yield Frame(arrived, coded.timestamp, coded.keyframe, coded.data)


class _Outlet:
    """The coding of one rung."""

    def __init__(self, meeting: Meeting, rung: int) -> None:
        self.rung = rung
        self.changed: list[tuple[int, int, int, int]] = []  # since the last frame
        profile = ladder(meeting.profile)[rung].profile
        if meeting.size is not None:
            profile = replace(profile, width=meeting.size[0], height=meeting.size[1])
        self._whole = meeting.profile.width, meeting.profile.height
        self._step = meeting.profile.fps // profile.fps
        self._encoder = VideoEncoder(profile)
        copied = (profile.width, profile.height) != self._whole
        self._copy = Reduction(profile.width, profile.height) if copied else None
        self._begun = False

    def code(self, frame: VideoFrame, tick: int) -> EncodedFrame | None:
        if tick % self._step:
            return None
        coded = self._encoder.encode(
            frame if self._copy is None else self._copy.reduce(frame),
            timestamp=tick * VIDEO_CLOCK_RATE // COMPOSITE_FPS,
            keyframe=not self._begun,
            changed=self.changed if self._begun else None,
            size=self._whole,
        )
        self._begun, self.changed = True, []
        return coded


def _styles(meeting: Meeting, scene: Scene) -> Mapping[str, TileStyle]:
    return {
        f"{number}": style_of(
            ParticipantState(
                f"{number}",
                person(number).name,
                person(number).office,
                camera_off=number in scene.cameras_off,
            ),
            speaking=number == scene.speaker,
        )
        for number in people_of(meeting, scene)
    }


def _pictures(
    meeting: Meeting, tiles: tuple[Tile, ...], cameras: Mapping[int, Camera], now: float
) -> Mapping[tuple[str, bool], Picture]:
    shown: dict[tuple[str, bool], Picture] = {}
    for tile in tiles:
        if tile.participant is None or int(tile.participant) in meeting.broken.black:
            continue
        owner = int(tile.participant)
        number = meeting.broken.shows.get(owner, owner)
        stands = BEGIN + meeting.broken.frozen.get(number, float("inf"))
        if tile.content and meeting.broken.blind_screen:
            continue
        if tile.content and not meeting.marked_screen:
            shown[tile.participant, True] = PAGE
            continue
        if tile.content:
            stands = min(stands, BEGIN + meeting.broken.still_screen)
        elif number in meeting.broken.slow:
            stands = min(stands, math.floor(now / meeting.broken.slow[number]) * meeting.broken.slow[number])
        newest = cameras[number].newest(min(now, stands))
        if newest >= 0:
            newest = (newest + SCREEN_AHEAD * tile.content) % LOOP
            shown[tile.participant, tile.content] = face(number, 144 if tile.height <= SMALL_TILE else 180)[newest]
    return shown
