"""GStreamer as a mixer: every picture into one by `compositor`, every voice into one by `audiomixer`.

It does less than the server: nobody's own voice is left out of what they hear (one mix and one Opus encoder instead of
one for each who speaks), and there is no network. Tuned for the least CPU, by measurement of 30 people (CPU seconds per
second, one after the other on a busy machine):

- libav's decoder of Opus: 0.48; `opusdec`: 0.53 to 0.55. Its decoder of VP8 and `vp8dec` cost the same
- a file and one thread for each stream, and no queue before a mixer, which has its own; the mixers' outputs are held to
  real time, which costs the same as holding every input
- a picture is scaled by `videoscale` when it comes, 15 times a second; `compositor` would do it at every output, which
  costs the same or more
- one thread per codec and per mixer
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from mcu.bench import scratch
from mcu.bench.contender import NotInstalled, Result, main
from mcu.bench.contenders import paced_files
from mcu.bench.contenders.child_program import Program, measure, media_seconds
from mcu.bench.contenders.floor import AUDIO_BITRATE, BUFFER_SECONDS, OPUS_COMPLEXITY
from mcu.bench.contenders.panes import Pane, panes
from mcu.bench.workload import Composite, Workload
from mcu.media.types import SAMPLE_RATE

NAME = "gstreamer"
CONTAINER = "matroska"
INSPECT_SECONDS = 60.0  # the first time on a machine every plugin is loaded
MAX_KEYFRAME_DISTANCE = 100_000  # frames: an hour
NOTE = "compositor + audiomixer; one mix and one Opus encoder for all, no network"
PACKAGES = {  # of Debian, and what is wanted of them
    "gstreamer1.0-tools": ("",),
    "gstreamer1.0-plugins-base": ("compositor", "audiomixer", "videoscale", "audioconvert", "opusenc"),
    "gstreamer1.0-plugins-good": ("matroskademux", "matroskamux", "videocrop", "vp8dec", "vp8enc"),
    "gstreamer1.0-plugins-bad": ("h264parse",),
    "gstreamer1.0-plugins-ugly": ("x264enc",),
    "gstreamer1.0-libav": ("avdec_opus", "avdec_h264"),
}
DECODERS = {"VP8": "vp8dec threads=1", "H264": "h264parse ! avdec_h264 max-threads=1"}


def run(workload: Workload, seconds: float, *, record: Path | None = None) -> Result:
    """Raises NotInstalled."""
    program = _find()
    shown = panes(workload)
    with scratch.folder() as folder:
        length = media_seconds(seconds)
        pictures = _write(folder, "picture", paced_files.picture_tracks(workload, shown), length)
        sounds = _write(folder, "sound", paced_files.sound_tracks(workload), length)
        command = _command(program, workload, shown, pictures, sounds)
        return measure(Program(NAME, command, CONTAINER, NOTE), workload, seconds, record=record)


def _find() -> str:
    """The program, when all that it needs is there. Raises NotInstalled."""
    inspect, launch = shutil.which("gst-inspect-1.0"), shutil.which("gst-launch-1.0")
    missing = [
        package
        for package, elements in PACKAGES.items()
        if inspect is None or not all(_has(inspect, element) for element in elements)
    ]
    if missing or launch is None:
        packages = " ".join(missing)
        raise NotInstalled(f"no GStreamer here; Debian: apt-get install --no-install-recommends {packages}")
    return launch


def _has(inspect: str, element: str) -> bool:
    command = [inspect, "--exists", element] if element else [inspect, "--version"]
    return subprocess.run(command, capture_output=True, timeout=INSPECT_SECONDS, check=False).returncode == 0


def _write(folder: Path, name: str, tracks: Sequence[paced_files.Track], seconds: float) -> list[Path]:
    """A file for each track."""
    written = []
    for index, track in enumerate(tracks):
        path = folder / f"{name}{index}.mkv"
        paced_files.write(path, [track], seconds=seconds)
        written.append(path)
    return written


def _command(
    program: str, workload: Workload, shown: Sequence[Pane], pictures: Sequence[Path], sounds: Sequence[Path]
) -> Callable[[int], Sequence[str]]:
    chains = [_sound_mixer()]
    chains += [f"{_read(path)} avdec_opus ! audioconvert ! sounds." for path in sounds]
    if shown:
        chains.append(_picture_mixer(workload.codec_out, workload.composite, shown))
        chains += [
            f"{_read(path)} {DECODERS[workload.codec_in]} ! {_cut(pane)} pictures.sink_{index}"
            for index, (pane, path) in enumerate(zip(shown, pictures, strict=True))
        ]
    words = " ".join(chains).split()

    def command(descriptor: int) -> Sequence[str]:
        output = f"matroskamux name=out streamable=true ! fdsink fd={descriptor}"
        return [program, "-q", *output.split(), *words]

    return command


def _read(path: Path) -> str:
    return f"filesrc location={path} ! matroskademux !"


def _cut(pane: Pane) -> str:
    """Crop and scale as the pane wants it."""
    crop = (
        f"videocrop left={pane.left} right={pane.right} top={pane.top} bottom={pane.bottom} ! " if pane.is_cut else ""
    )
    return f"{crop}videoscale n-threads=1 ! video/x-raw,width={pane.width},height={pane.height} !"


def _picture_mixer(codec: str, composite: Composite, shown: Sequence[Pane]) -> str:
    places = " ".join(f"sink_{index}::xpos={pane.x} sink_{index}::ypos={pane.y}" for index, pane in enumerate(shown))
    caps = f"video/x-raw,format=I420,width={composite.width},height={composite.height},framerate={composite.fps}/1"
    mixer = f"compositor name=pictures background=black max-threads=1 {places} ! {caps}"
    return f"{mixer} ! clocksync ! {_picture_encoder(codec, composite)} ! queue ! out."


def _sound_mixer() -> str:
    caps = f"audio/x-raw,rate={SAMPLE_RATE},channels=1"
    encoder = f"opusenc bitrate={AUDIO_BITRATE} audio-type=voice frame-size=20 complexity={OPUS_COMPLEXITY}"
    return f"audiomixer name=sounds ! {caps} ! audioconvert ! clocksync ! {encoder} ! queue ! out."


def _picture_encoder(codec: str, composite: Composite) -> str:
    """With the settings of the floor's, which are not those of the server since docs/decisions/0013."""
    buffer = int(1000 * BUFFER_SECONDS)  # milliseconds
    if codec == "H264":
        return (
            f"x264enc bitrate={composite.bitrate // 1000} speed-preset=superfast tune=zerolatency threads=1"
            f" key-int-max={MAX_KEYFRAME_DISTANCE} vbv-buf-capacity={buffer} option-string=scenecut=0"
            " ! video/x-h264,profile=constrained-baseline"
        )
    return (
        f"vp8enc deadline=1 cpu-used=-10 threads=1 target-bitrate={composite.bitrate} end-usage=cbr lag-in-frames=0"
        f" keyframe-max-dist={MAX_KEYFRAME_DISTANCE} static-threshold=100 undershoot=100 overshoot=15"
        f" max-intra-bitrate=450 buffer-size={buffer} buffer-optimal-size={buffer * 5 // 6}"
        f" buffer-initial-size={buffer * 3 // 4}"
    )


if __name__ == "__main__":
    main(NAME, run)
