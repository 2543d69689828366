"""What a check found: faults by name, and figures. Values, made by `loadtests.checks`, carried by `loadtests.wire`."""

from __future__ import annotations

from enum import Enum

import msgspec


class Fault(Enum):
    """Names are what locust, the report and `--expect` call them."""

    NO_PICTURE = "no picture"  # nothing that could be decoded
    ROSTER_WRONG = "roster wrong"  # somebody who is in is not in it, or is muted or without a camera there, and is not
    TILES_WRONG = "tiles wrongly told"  # not at all, as none can stand, or anew so often that nobody can be judged
    TILE_MISSING = "tile missing"  # somebody with a camera has no tile though the layout has room
    TILE_BLACK = "tile black"  # a tile in which nothing can be read, of somebody whose camera is on
    WRONG_PERSON = "wrong person in tile"
    TWICE = "person twice in picture"
    TILE_FROZEN = "tile frozen"  # its frame number does not go on
    TILE_SLOW = "tile slow"  # goes on, but in far fewer pictures than its person sends
    CAMERA_OFF_SEEN = "person seen whose camera is off"
    SCREEN_MISSING = "shared screen missing"  # has no place in the picture
    SCREEN_BLACK = "shared screen black"
    SCREEN_FROZEN = "shared screen frozen"
    FROZEN = "picture frozen"  # no new composite for too long
    SLOW = "picture slow"  # composites come, but far fewer than there should be
    NO_SOUND = "no sound"
    SPEAKER_UNHEARD = "speaker not heard"
    MUTED_HEARD = "muted person heard"
    OWN_VOICE = "own voice heard"
    STRANGER_HEARD = "person of another conference heard"
    LATE_PICTURE = "picture late"
    LATE_SOUND = "sound late"
    LIPS = "lips and voice apart"
    GAPS = "gaps in sound"
    CLICKS = "clicks in sound"
    SPEECH_POOR = "speech hard to understand"


# Seconds of delay in 95 of 100, with a server in the same network. No delay is less than nothing, so what adds 0.2 s is
# always seen. With 30 participants and the server on two busy cores the worst checks had 0.11 s for pictures and 0.15 s
# for voices.
DELAY = 0.2


RATE_REPAIRED = 0.5  # of the shares of pictures where packets may be lost, and pictures wait for their repair
WORDS_REPAIRED = 10  # round trips until TCP has brought a word of which packets were lost again and again


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What is still good; seconds, unless the name says otherwise."""

    freeze: float = 1.0  # between two composites
    tile_freeze: float = 2.0  # between two pictures of a tile whose sender sends
    composites: float = 0.45  # least share of those that should come: every second one is what a server that is
    # behind for a moment makes, before it says that it is short of CPU
    tile_pictures: float = 0.5  # least share of those that a person sends
    picture_delay: float = DELAY
    sound_delay: float = DELAY
    lip_sync: float = 0.12  # either way
    gap: float = 0.2  # in sound while somebody speaks
    concealed: float = 0.05  # share of samples
    clicks: int = 1  # in one check
    stoi: float = 0.7  # least
    words: float = 4.0  # until everybody is told of who came, left, was muted or turned the camera

    def over(self, line: float) -> Limits:
        """Those of a server that a packet takes `line` seconds to reach and come back from."""
        return msgspec.structs.replace(
            self,
            composites=self.composites * (RATE_REPAIRED if line else 1.0),
            tile_pictures=self.tile_pictures * (RATE_REPAIRED if line else 1.0),
            picture_delay=self.picture_delay + line,
            sound_delay=self.sound_delay + line,
            words=self.words + WORDS_REPAIRED * line,
        )


class Finding(msgspec.Struct, frozen=True):
    """One fault, or several of a kind."""

    fault: Fault
    detail: str  # one English sentence with people and places
    people: tuple[int, ...] = ()


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured; None where it could not be. Milliseconds, unless the name says otherwise."""

    seconds: float  # that were looked at
    frames: int = 0
    fps: float | None = None  # composites a second, where somebody in them moved nearly all the time
    longest_freeze: float | None = None
    tiles: int = 0  # that should show somebody
    tiles_right: int = 0
    tile_fps: float | None = None  # median of how often tiles go on, a second
    tile_fps_least: float | None = None  # of the slowest
    picture_delay: float | None = None  # median, from leaving the sender to the whole composite at the receiver
    picture_delay_worst: float | None = None  # 95 in 100 are not longer
    sound_delay: float | None = None  # median, from leaving the sender to being played
    sound_delay_worst: float | None = None
    lip_sync: float | None = None  # sound after picture
    heard: tuple[int, ...] = ()  # whose signature is in the sound
    expected: tuple[int, ...] = ()  # whose should be
    concealed: float | None = None  # share of samples, 0 to 1
    longest_gap: float | None = None  # in sound while somebody speaks
    clicks: int | None = None
    stoi: float | None = None  # 0 to 1, of the mix against what was said


class Inspection(msgspec.Struct, frozen=True, kw_only=True):
    """One check by one participant."""

    who: int
    began: float  # monotonic
    figures: Figures
    picture_findings: tuple[Finding, ...] = ()
    voice_findings: tuple[Finding, ...] = ()
    unjudged: tuple[str, ...] = ()  # what could not be judged, in one sentence each
