"""Screenshots of every state of the page, in every size, light and dark, and one HTML page of them all.

`make gallery`, or `python -m tests.browser.gallery OUT [--state NAME]`.
"""

from __future__ import annotations

import argparse
import html
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Error, sync_playwright

from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.scene import Language, Scheme, scene
from tests.browser.states import STATES, USUAL, Size, State
from tests.support.demo import quiet_microphone, visitor_camera

SCHEMES: tuple[Scheme, ...] = ("light", "dark")
TOUCH_WIDTH = 900  # narrower windows are those of telephones and tablets
SETTLE_MS = 300  # transitions are over, the first frame is painted
INDEX = "index.html"
QUALITY = 92  # of the JPEG files


@dataclass(frozen=True, slots=True)
class Shots:
    """What was made of one state in one size and language."""

    state: str
    language: Language
    size: Size
    files: tuple[str, ...] = ()
    problem: str = ""

    @property
    def caption(self) -> str:
        return f"{self.state} · {self.size[0]}×{self.size[1]} · {self.language}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.gallery", description=__doc__)
    parser.add_argument("out", type=Path, help="folder for the pictures and index.html")
    parser.add_argument("--state", action="append", default=[], help="only states whose name begins so")
    parser.add_argument("--jobs", type=int, default=2, help="browsers at a time")
    options = parser.parse_args(arguments)
    chosen = [state for state in STATES if not options.state or state.name.startswith(tuple(options.state))]
    if not chosen:
        parser.error(f"no state begins with {', '.join(options.state)}; there are {', '.join(s.name for s in STATES)}")
    options.out.mkdir(parents=True, exist_ok=True)
    begin = time.monotonic()
    made = _all(chosen, options.out, options.jobs)
    failed = [shots for shots in made if shots.problem]
    count = sum(len(shots.files) for shots in made)
    print(f"\n{count} pictures in {time.monotonic() - begin:.0f} s: {options.out / INDEX}")
    for shots in failed:
        print(f"failed: {shots.caption}: {shots.problem}", file=sys.stderr)
    return 1 if failed else 0


def _all(states: Sequence[State], out: Path, jobs: int) -> list[Shots]:
    order = {state.name: place for place, state in enumerate(states)}
    found: list[Shots] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool,
    ):
        camera = visitor_camera(Path(folder) / "camera.y4m")
        microphone = quiet_microphone(Path(folder) / "microphone.wav")
        waiting = [pool.submit(shoot, state.name, out, camera, microphone) for state in states]
        for done, future in enumerate(as_completed(waiting), 1):
            shots = future.result()
            found = sorted([*found, *shots], key=lambda one: order[one.state])
            (out / INDEX).write_text(_index(found))
            bad = any(one.problem for one in shots)
            print(f"{done:3}/{len(waiting)}  {shots[0].state}{'  FAILED' if bad else ''}", flush=True)
    return found


def shoot(name: str, out: Path, camera: Path, microphone: Path) -> list[Shots]:
    """Every picture of one state, with a browser of its own."""
    state = next(state for state in STATES if state.name == name)
    files = [f"--use-file-for-fake-video-capture={camera}", f"--use-file-for-fake-audio-capture={microphone}"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *files])
        made = [
            shots
            for language, sizes in _visits(state)
            for shots in _visit(browser, state, out, language=language, sizes=sizes)
        ]
        browser.close()
    return made


def _visits(state: State) -> list[tuple[Language, list[Size]]]:
    """What one page can be for: one language, and sizes between which its window can be drawn, touched or not."""
    visits: list[tuple[Language, list[Size]]] = []
    for language in ("ko", "en") if state.english else ("ko",):
        sizes = state.sizes if language == "ko" else state.sizes[: len(USUAL)]
        groups = [[size] for size in sizes] if state.placed else [_touched(sizes, False), _touched(sizes, True)]
        visits += [(language, group) for group in groups]
    return visits


def _touched(sizes: Sequence[Size], touched: bool) -> list[Size]:
    return [size for size in sizes if (size[0] < TOUCH_WIDTH) == touched]


def _visit(browser: Browser, state: State, out: Path, *, language: Language, sizes: Sequence[Size]) -> list[Shots]:
    made: list[Shots] = []
    try:
        touch = sizes[0][0] < TOUCH_WIDTH
        with scene(browser, state.setting, language=language, size=sizes[0], touch=touch) as brought:
            state.show(brought)
            for size in sizes:
                brought.page.set_viewport_size({"width": size[0], "height": size[1]})
                names = []
                for scheme in SCHEMES:
                    brought.page.emulate_media(color_scheme=scheme)
                    brought.page.wait_for_timeout(SETTLE_MS)
                    names.append(f"{state.name}-{size[0]}x{size[1]}-{language}-{scheme}.jpg")
                    brought.page.screenshot(path=out / names[-1], type="jpeg", quality=QUALITY)
                made.append(Shots(state.name, language, size, tuple(names)))
    except (Error, AssertionError) as error:
        made += [Shots(state.name, language, size, problem=str(error).splitlines()[0]) for size in sizes[len(made) :]]
    return made


def _index(made: Sequence[Shots]) -> str:
    """A page of all pictures, each a link to itself in full size."""
    figures = []
    for shots in made:
        pictures = "".join(f'<a href="{name}"><img src="{name}" loading="lazy" alt=""></a>' for name in shots.files)
        words = html.escape(shots.caption + (f" FAILED: {shots.problem}" if shots.problem else ""))
        figures.append(f"<figure>{pictures}<figcaption>{words}</figcaption></figure>")
    style = (
        "body{font:14px sans-serif;margin:24px;background:#888}figure{margin:0 0 32px}"
        "img{height:360px;margin-right:12px;box-shadow:0 0 4px #0008}figcaption{padding:6px 0}"
    )
    return f"<!doctype html><meta charset=utf-8><title>Gallery</title><style>{style}</style>{''.join(figures)}\n"


if __name__ == "__main__":
    raise SystemExit(main())
