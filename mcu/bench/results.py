"""All that a bench found, and its file: sections that were not measured this time stay as they were.

Each section carries the machine that it was measured on, with the time and the commit.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from mcu.bench import result_file
from mcu.bench.compare import Comparison
from mcu.bench.impaired import Outcome
from mcu.bench.machine import Machine
from mcu.bench.rows import ServerRow, Spread
from mcu.bench.workload import Workload
from mcu.errors import ProtocolError

FILE = Path("var/bench.json")
MAX_BYTES = 16 << 20
VERSION = 3
OTHER_LINES = 2  # the version whose rows of bad lines meant something else: all but they is read


class Grown(msgspec.Struct, frozen=True):
    """The server on one workload of a table."""

    label: str
    workload: Workload
    server: list[ServerRow]
    error: str = ""  # why it could not be measured


class Delays(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds that the server adds; None where nothing could be measured."""

    video_p50: float | None
    video_p95: float | None
    audio_p50: float | None
    audio_p95: float | None
    skew: float | None  # median of people: sound later than the own picture
    pictures: int  # that were followed through the server
    sounds: int
    late: float  # the most that the load woke up too late


class Quality(msgspec.Struct, frozen=True, kw_only=True):
    """What a viewer and listener gets, next to the plain way; None where nothing could be compared."""

    psnr: float | None  # dB, luma of the decoded composite against one of pictures that were never coded
    psnr_plain: float | None
    psnr_aligned: float | None = None  # likewise, less what moving by parts of a pixel explains
    psnr_aligned_plain: float | None = None
    kilobits: float | None  # per second
    kilobits_plain: float | None
    stoi: float | None  # intelligibility of the mix against the sum of the voices, 0 to 1
    stoi_plain: float | None
    distance: float | None  # dB between the spectra
    distance_plain: float | None


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """One figure to reach."""

    name: str
    value: Spread | None
    reach: float
    stretch: float
    more_is_better: bool
    reached: str  # "stretch", "yes", "no" or "unmeasured"


class Results(msgspec.Struct, frozen=True):
    """None, or empty: not measured."""

    version: int = VERSION
    machines: dict[str, Machine] = {}  # by section
    comparisons: dict[str, Comparison] = {}  # by variant
    aiortc: Comparison | None = None
    composite_ms: dict[str, Spread] = {}  # by variant
    participants: list[Grown] = []
    viewers: list[Grown] = []
    layouts: list[Grown] = []
    sizes: list[Grown] = []
    endurance: ServerRow | None = None
    delays: Delays | None = None
    quality: Quality | None = None
    lines: list[Outcome] = []
    figures: list[Judged] = []  # of all that is above


def read(path: Path) -> Results:
    """What `write` wrote, also in version OTHER_LINES; nothing measured when there is no such file.

    Raises ProtocolError for another one.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ProtocolError(f"{path}: {size} bytes")
        found = msgspec.json.decode(path.read_bytes(), type=Results)
    except FileNotFoundError:
        return Results()
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise ProtocolError(f"{path}: {error}") from error
    if found.version == OTHER_LINES:
        machines = {section: machine for section, machine in found.machines.items() if section != "lines"}
        found = msgspec.structs.replace(found, version=VERSION, machines=machines, lines=[])
    if found.version != VERSION:
        raise ProtocolError(f"{path}: version {found.version}")
    return found


def write(path: Path, results: Results) -> None:
    """Readable by people too. Raises OSError."""
    result_file.write(path, msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")
