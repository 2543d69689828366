"""Stories of who gets the large tile."""

from __future__ import annotations

import random

from mcu.mixer.active_speaker import ActiveSpeaker

ROOM, VOICE, COUGH = -65.0, -22.0, -10.0


class Meeting:
    """Levels of some people over time, 50 a second."""

    def __init__(self, *names: str) -> None:
        self.active = ActiveSpeaker()
        self.names = list(names)
        self.now = 0.0
        self._random = random.Random(2)

    def pass_time(self, seconds: float, **levels: float) -> list[str | None]:
        """Everybody is quiet but those given, who speak in syllables: 160 ms loud, 60 ms quiet."""
        seen = []
        for _ in range(round(seconds * 50)):
            self.now += 0.02
            loud = self.now % 0.22 < 0.16
            now_levels = {name: ROOM + self._random.uniform(-3, 3) for name in self.names}
            now_levels |= {name: level if loud else level - 25 for name, level in levels.items()}
            self.active.update(now_levels, self.now)
            if not seen or seen[-1] != self.active.speaker:
                seen.append(self.active.speaker)
        return seen


def test_nobody_speaks_in_a_quiet_room():
    meeting = Meeting("a", "b")
    assert meeting.pass_time(10) == [None]
    assert meeting.active.speaking == ()


def test_speech_takes_about_a_second_to_get_the_picture():
    meeting = Meeting("a", "b")
    meeting.pass_time(3)
    assert meeting.pass_time(0.7, a=VOICE) == [None]
    assert meeting.pass_time(0.6, a=VOICE) == [None, "a"]


def test_the_floor_passes_on_after_a_second_of_another_voice():
    meeting = Meeting("a", "b")
    meeting.pass_time(3, a=VOICE)
    assert meeting.pass_time(0.7, b=VOICE) == ["a"]
    assert meeting.pass_time(0.6, b=VOICE) == ["a", "b"]


def test_a_cough_never_gets_the_picture():
    meeting = Meeting("a", "b")
    meeting.pass_time(3, a=VOICE)
    for pause in (0.5, 1.0, 2.0, 0.7):
        assert meeting.pass_time(0.48, b=COUGH) == ["a"]
        assert meeting.pass_time(pause) == ["a"]


def test_a_cough_into_speech_changes_nothing():
    meeting = Meeting("a", "b")
    meeting.pass_time(3, a=VOICE)
    assert meeting.pass_time(0.48, a=VOICE, b=COUGH) == ["a"]
    assert meeting.pass_time(3, a=VOICE) == ["a"]


def test_the_speaker_stays_through_pauses():
    meeting = Meeting("a", "b")
    meeting.pass_time(3, a=VOICE)
    assert meeting.pass_time(60) == ["a"]


def test_two_who_talk_at_once_do_not_flicker():
    meeting = Meeting("a", "b")
    meeting.pass_time(3, a=VOICE)
    assert meeting.pass_time(20, a=VOICE, b=VOICE + 1) == ["a"]


def test_a_fan_is_not_a_voice():
    meeting = Meeting("a", "b")
    for _ in range(600):
        meeting.now += 0.02
        meeting.active.update({"a": -40.0, "b": ROOM}, meeting.now)
    assert meeting.active.speaker is None


def test_who_leaves_is_not_the_speaker_any_more():
    meeting = Meeting("a", "b")
    meeting.pass_time(3, a=VOICE)
    meeting.names.remove("a")
    assert meeting.pass_time(0.02) == [None]
    assert meeting.active.speaking == ()


def test_everybody_audible_is_listed_in_order_and_leaves_after_a_pause():
    meeting = Meeting("a", "b", "c")
    meeting.pass_time(2, b=VOICE)
    meeting.pass_time(2, b=VOICE, a=VOICE)
    assert meeting.active.speaking == ("b", "a")
    meeting.pass_time(1, a=VOICE)
    assert meeting.active.speaking == ("a",)
    meeting.pass_time(1)
    assert meeting.active.speaking == ()


def test_update_tells_of_changes_only():
    active = ActiveSpeaker()
    changes = [active.update({"a": VOICE if 50 <= tick < 150 else ROOM}, tick * 0.02) for tick in range(300)]
    assert changes.count(True) == 3  # speaking, speaker, not speaking
