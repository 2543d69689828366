"""What a scenario is: who comes, when, for how long, what they do there, and what is expected. A value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from loadtests.shapes import Pace

# Classes of which there is a number, not a share.
CHAIR, ONE_TOO_MANY, BAD_LEG, PUBLISHER = "Chair", "OneTooMany", "BadLeg", "Publisher"
FAR_RECEIVER = "FarReceiver"
EVERYBODY = {"DistrictHead": 6.0, "RemoteExpert": 3.0, "Viewer": 1.0, "ConferenceRoom": 1.0}
BY_BROWSER = {"DistrictHead": 3.0, "RemoteExpert": 1.0}
WATCHING = {"Viewer": 1.0}
LATE_SECONDS = 30.0  # that experts from outside come after the others, at the most
SETTLE_SECONDS = 4.0  # tiles are rearranged, and loops of speaking begin
# What is expected where nothing else is said: what people in a meeting do not notice, or bear. Each kind of check has
# to be made, and nothing at all may fail; where nothing breaks the connections, nobody has to come back.
CHECKED = (
    "join p95 < 3 s",
    "first frame p95 < 4 s",
    "tile check fails = 0",
    "voice check fails = 0",
    "glass-to-glass fails = 0",
    "voice delay fails = 0",
    "any fails = 0",
)
WELL = (*CHECKED, "reconnect count = 0")
# Of a server that has warmed up: the last third of the run against the middle one.
NO_GROWTH = (
    "server_bytes late growth < 5%",
    "descriptors late growth < 10%",
    "tasks late growth < 10%",
    "threads late growth < 5%",
    "video_encoders late growth < 2",
    "audio_encoders late growth < 2",
    "lip_sync late growth < 40 ms",
    "lip_sync late growth > -40 ms",
)
STORM = ("join p95 < 8 s", "join fails = 0", "first frame p95 < 10 s", *WELL[2:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One of them. Numbers of people are those without -u."""

    name: str
    title_ko: str
    title_en: str
    users: int
    duration: float  # seconds; -t sets another
    pace: Pace | None  # None: as -u, -r and -t say, and for ever without -t
    mix: Mapping[str, float] = field(default_factory=lambda: EVERYBODY)  # shares of the classes of users
    people: int = 25  # in one conference
    is_one: bool = False  # all in one conference, which takes exactly them: one more is refused
    at_once: bool = False  # who usually comes late does not
    stay: tuple[float, float] | None = None  # seconds that people stay before they leave and come again
    restarts: bool = False  # the server is restarted in the middle
    forwards: bool = False  # in each conference one sends by WHIP and others watch by WHEP: any such server will do
    bad_legs: int = 0  # of the users, in one conference: they take nothing in (loadtests.users.bad_leg)
    weather: str = ""  # of a line between the server and who is far (loadtests.line.forecast); "" for no such line
    far_receivers: int = 0  # of the users: only they are far (loadtests.users.far_receiver); 0: everybody is
    settle: float = SETTLE_SECONDS  # seconds from being in to the first check
    checks_every: float | None = None  # seconds between two checks by one participant, where --check-every says more
    expectations: tuple[str, ...] = WELL
    report: str = ""  # the public report of a known failure, by its address

    def conferences(self, users: int) -> int:
        """How many it takes for so many."""
        return 1 if self.is_one else max(1, -(-users // self.people))

    def is_far(self, name: str) -> bool:
        """Whether people of this class are beyond the line."""
        return bool(self.weather) and (not self.far_receivers or name == FAR_RECEIVER)

    @property
    def lead(self) -> float:
        """Seconds from a user's beginning to the first check, at the most."""
        return self.settle + (0.0 if self.at_once else LATE_SECONDS)

    @property
    def extra(self) -> int:
        """Users beside those who are let in."""
        return int(self.is_one)
