"""FFmpeg's command line as a mixer: every picture into one by `xstack`, every voice into one by `amix`.

It does less than the server: nobody's own voice is left out of what they hear (one mix and one Opus encoder instead of
one for each who speaks), and there is no network. Tuned for the least CPU, by measurement of 30 people (CPU seconds per
second, one after the other on a busy machine):

- one file with all streams: 0.35; a file, and with it a thread, for each person: 0.37 to 0.42
- held to real time at the output by `realtime`: 0.33; at the input by `-re`: 0.35
- FFmpeg's own decoder of Opus, not libopus: 0.34 against 0.40; of VP8, not libvpx: 0.34 against 0.35
- one thread per codec; `fast_bilinear` is within the noise of `bilinear` and `neighbor`
- a picture is scaled when it comes (15 times a second), repeated by `fps`, and then stacked
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from mcu.bench import scratch
from mcu.bench.contender import NotInstalled, Result, main
from mcu.bench.contenders import paced_files
from mcu.bench.contenders.child_program import Program, measure, media_seconds
from mcu.bench.contenders.floor import AUDIO_BITRATE, BUFFER_SECONDS, NO_KEYFRAMES, OPUS_ENCODER, VIDEO_ENCODERS
from mcu.bench.contenders.panes import Pane, panes
from mcu.bench.workload import Composite, Workload

NAME = "ffmpeg"
PACKAGE = "ffmpeg"  # of Debian
CONTAINER = "nut"  # written packet by packet; Matroska's clusters hold them back
SCALER = "fast_bilinear"
DECODERS = {"VP8": "vp8", "H264": "h264"}
NOTE = "xstack + amix; one mix and one Opus encoder for all, no network"


def run(workload: Workload, seconds: float, *, record: Path | None = None) -> Result:
    """Raises NotInstalled."""
    program = shutil.which("ffmpeg")
    if program is None:
        raise NotInstalled(f"no ffmpeg here; Debian: apt-get install --no-install-recommends {PACKAGE}")
    shown = panes(workload)
    with scratch.folder() as folder:
        media = folder / "people.mkv"
        tracks = [*paced_files.picture_tracks(workload, shown), *paced_files.sound_tracks(workload)]
        paced_files.write(media, tracks, seconds=media_seconds(seconds))
        command = _command(program, workload, shown, media)
        return measure(Program(NAME, command, CONTAINER, NOTE), workload, seconds, record=record)


def _command(program: str, workload: Workload, shown: Sequence[Pane], media: Path) -> Callable[[int], Sequence[str]]:
    quiet = ["-hide_banner", "-nostdin", "-loglevel", "error", "-filter_complex_threads", "1"]
    decoders = ["-threads", "1", "-c:v", DECODERS[workload.codec_in], "-c:a", "opus"]
    output = ["-map", "[sound]", *_sound_encoder()]
    if shown:
        output += ["-map", "[picture]", *_picture_encoder(workload.codec_out, workload.composite)]
    graph = _graph(workload, shown)

    def command(descriptor: int) -> Sequence[str]:
        to = ["-f", CONTAINER, "-flush_packets", "1", f"pipe:{descriptor}"]
        return [program, *quiet, *decoders, "-i", str(media), "-filter_complex", graph, *output, *to]

    return command


def _graph(workload: Workload, shown: Sequence[Pane]) -> str:
    people = workload.participants
    voices = "".join(f"[0:a:{number}]" for number in range(people))
    pace = "" if shown else ",arealtime"
    chains = [f"{voices}amix=inputs={people}:normalize=0{pace}[sound]"]
    if shown:
        chains += [_pane_chain(index, pane, workload.composite.fps) for index, pane in enumerate(shown)]
        chains.append(f"{_stack(shown, workload.composite)},realtime[picture]")
    return ";".join(chains)


def _pane_chain(index: int, pane: Pane, fps: int) -> str:
    crop = f"crop={pane.cut_width}:{pane.cut_height}:{pane.left}:{pane.top}"
    return f"[0:v:{index}]{crop},scale={pane.width}:{pane.height}:flags={SCALER},fps={fps}[pane{index}]"


def _stack(shown: Sequence[Pane], composite: Composite) -> str:
    whole = f"{composite.width}:{composite.height}"
    if len(shown) == 1:  # xstack wants two at least
        return f"[pane0]pad={whole}:{shown[0].x}:{shown[0].y}"
    labels = "".join(f"[pane{index}]" for index in range(len(shown)))
    layout = "|".join(f"{pane.x}_{pane.y}" for pane in shown)
    return f"{labels}xstack=inputs={len(shown)}:layout={layout}:fill=black,pad={whole}:0:0"


def _picture_encoder(codec: str, composite: Composite) -> list[str]:
    name, options = VIDEO_ENCODERS[codec]
    rate = {
        "b:v": composite.bitrate,
        "maxrate": composite.bitrate,
        "bufsize": int(composite.bitrate * BUFFER_SECONDS),
        "g": NO_KEYFRAMES,
        "keyint_min": NO_KEYFRAMES,
        "threads:v": 1,
    }
    constant = {"minrate": composite.bitrate} if codec == "VP8" else {}
    return ["-c:v", name, *_flags({**rate, **constant, **options})]


def _sound_encoder() -> list[str]:
    return ["-c:a", "libopus", *_flags({"b:a": AUDIO_BITRATE, "ac": 1, **OPUS_ENCODER})]


def _flags(options: dict[str, str | int] | dict[str, object]) -> list[str]:
    return [word for name, value in options.items() for word in (f"-{name}", str(value))]


if __name__ == "__main__":
    main(NAME, run)
