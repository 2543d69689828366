"""Making one person's performance: pictures and sound drawn, spoken or taken from files, marked, encoded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from mcu.synthetic import chirp, real_media, signature, voice
from mcu.synthetic.clips import Clip, MediaSettings, Performance
from mcu.synthetic.encoding import Rgb, encode_loop
from mcu.synthetic.figure import Artist
from mcu.synthetic.look import look_of
from mcu.synthetic.motion import Motion
from mcu.synthetic.people import Person, person
from mcu.synthetic.picture_code import Code, paint

MAKER_VERSION = 5  # counted up when the same settings give other clips
MOUTH_FULL = 1.5  # times the mean loudness of speech at which the mouth is wide open
SKETCH_HELD = 5  # pictures that a sketched person holds a pose
FILMED_EACH = 3  # every so many people are shown by a real clip, when there are any; the others are drawn
MAX_USES = 2  # of one clip: as it is, and mirrored
TONE_FIRST, TONE_STEP, TONE_COUNT = 320.0, 2 ** (1 / 6), 24  # Hz: whole tones from 320 up to 4560, told apart easily


class Order(msgspec.Struct, frozen=True):
    """What is wanted: one person's performance."""

    person: int
    settings: MediaSettings
    folder: str = ""  # MCU_MEDIA, or "" for generated media


def tone_frequency(number: int) -> float:
    """The pitch of person `number` when voices are tones; repeats after TONE_COUNT people."""
    return float(TONE_FIRST * TONE_STEP ** (number % TONE_COUNT))


def make(order: Order) -> Performance:
    """Draw, speak and encode. Takes about a second. Raises ConfigurationError when a file cannot be played."""
    settings = order.settings
    who = person(order.person)
    quiet = voice.room(seconds=settings.listen_seconds, seed=f"room {who.number}")
    said = spoken(order)
    return Performance(
        person=who.number,
        listening=_loop(order, who, quiet, speaking=False),
        speaking=_loop(order, who, said, speaking=True),
    )


def uncoded(order: Order, *, speaking: bool) -> Iterator[Rgb]:
    """The pictures of one loop as they were before `make` coded them."""
    who = person(order.person)
    return _pictures(order, who, spoken(order) if speaking else None)


def spoken(order: Order) -> voice.Sound:
    """The sound of the loop of speaking, before it is marked and coded."""
    who, settings = person(order.person), order.settings
    if settings.tone:
        return voice.tone(tone_frequency(who.number), seconds=settings.speak_seconds)
    if order.folder:
        folder = real_media.open_folder(Path(order.folder))
        if folder.voices:
            turn, row = divmod(who.number, len(folder.voices))
            speed = signature.speed(turn) if settings.signed else 1.0
            return real_media.voice(folder.voices[row], seconds=settings.speak_seconds, variant=turn, speed=speed)
    timbre = voice.voice_of(who.number, woman=who.woman)
    return voice.speak(timbre, seconds=settings.speak_seconds, seed=f"speech {who.number}")


def _loop(order: Order, who: Person, sound: voice.Sound, *, speaking: bool) -> Clip:
    marked = _pictures(order, who, sound if speaking else None)
    heard = chirp.marked(sound, who.number) if speaking and order.settings.chirped else sound
    return encode_loop(marked, heard, order.settings, first_frame=_first_frame(order, speaking=speaking))


def _first_frame(order: Order, *, speaking: bool) -> int:
    return round(order.settings.listen_seconds * order.settings.fps) if speaking else 0


def _pictures(order: Order, who: Person, said: voice.Sound | None) -> Iterator[Rgb]:
    """Of speaking where something is said, else of listening."""
    speaking = said is not None
    first_frame = _first_frame(order, speaking=speaking)
    seconds = order.settings.speak_seconds if speaking else order.settings.listen_seconds
    count = round(seconds * order.settings.fps)
    film = _film(order, who)
    if film is not None:
        pictures = _filmed(film, order, count, first_frame)
    else:
        pictures = _drawn(order, who, said, seconds, count)
    return _marked(pictures, who, first_frame) if order.settings.coded else pictures


def _drawn(order: Order, who: Person, sound: voice.Sound | None, seconds: float, count: int) -> Iterator[Rgb]:
    settings = order.settings
    mouth = None
    if sound is not None:
        volume = voice.loudness(sound, rate=settings.fps)
        mouth = np.clip(volume / (MOUTH_FULL * voice.SPEECH_RMS), 0.0, 1.0)
    motion = Motion(f"{who.number} {sound is None}", seconds=seconds, mouth=mouth, fps=settings.fps)
    artist = Artist(look_of(who.number, woman=who.woman), settings.width, settings.height)
    held = SKETCH_HELD if settings.sketched else 1
    for index in range(0, count, held):
        picture = artist.draw(motion.pose(index))
        for _ in range(min(held, count - index)):
            yield picture


@dataclass(frozen=True, slots=True)
class _Film:
    path: Path
    variant: int


def _film(order: Order, who: Person) -> _Film | None:
    """The real clip that shows this person, None for those who are drawn: few clips would make a meeting of twins."""
    if not order.folder:
        return None
    videos = real_media.open_folder(Path(order.folder)).videos
    place, rest = divmod(who.number, FILMED_EACH)
    if rest or place >= MAX_USES * len(videos):
        return None
    variant, row = divmod(place, len(videos))
    return _Film(videos[row], variant)


def _filmed(film: _Film, order: Order, count: int, first: int) -> Iterator[Rgb]:
    """Real pictures; those of speaking go on where those of listening ended."""
    settings = order.settings
    together = real_media.pictures(
        film.path,
        width=settings.width,
        height=settings.height,
        fps=settings.fps,
        count=first + count,
        variant=film.variant,
    )
    return iter(together[first:])


def _marked(pictures: Iterator[Rgb], who: Person, first_frame: int) -> Iterator[Rgb]:
    for index, picture in enumerate(pictures):
        marked = picture.copy()
        paint(marked, Code(person=who.number, frame=first_frame + index))
        yield marked
