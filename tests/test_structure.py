"""The shape of the house: imports go one way, I/O stays in its modules, modules stay readable."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MCU = ROOT / "mcu"
LOADTESTS = ROOT / "loadtests"

# A package may import those of its own layer that are named, and everything below its layer.
LAYERS = [
    {"__main__", "cli"},
    {"bench"},
    {"synthetic"},
    {"signaling", "gateway", "controller", "booking", "processor"},
    {"store"},
    {"webrtc", "h323"},
    {"conference", "mixer"},
    {"media"},
    {
        "_native",
        "allocator",
        "aside",
        "config",
        "config_words",
        "errors",
        "metrics",
        "control",
        "control_framing",
        "text",
        "lifetime",
        "limits",
        "listening",
        "loop_watch",
        "thread_name",
    },
]
SAME_LAYER = {
    ("__main__", "cli"),
    ("signaling", "controller"),
    ("signaling", "gateway"),
    ("gateway", "controller"),
    ("booking", "controller"),
    ("controller", "signaling"),
    ("mixer", "conference"),
    ("_native", "errors"),
    ("config", "errors"),
    ("config", "config_words"),
    ("control_framing", "control"),
    ("control_framing", "errors"),
    ("text", "errors"),
}
NEVER = {
    ("controller", "processor"),
    ("signaling", "processor"),
    ("gateway", "processor"),
    ("webrtc", "h323"),
    ("h323", "webrtc"),
}
# Modules that may touch sockets, loops and threads; all others are told the time and given bytes.
IO_MODULES = {
    "bench.*",
    "cli.*",
    "controller.*",
    "gateway.*",
    "h323.rtp_ports",
    "signaling.*",
    "store.*",
    "processor.*",
    "synthetic.*",
    "webrtc.endpoint",
    "webrtc.ice_tcp",
    "webrtc.dtls",
    "webrtc.leg",
    "webrtc.sockets",
}
IO_IMPORTS = {"asyncio", "socket", "selectors", "threading", "uvloop", "websockets", "starlette", "uvicorn"}
ONE_SEAM = {"aiortc": 1}  # packages under which at most this many modules of each folder may import the name
MAX_LINES, MOST_LINES, MEDIAN_LINES, MOST_SHARE = 400, 250, 150, 0.8


def modules() -> list[Path]:
    return sorted(path for path in MCU.rglob("*.py") if "migrations" not in path.parts)


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            if node.module == "mcu":
                yield from (f"mcu.{alias.name}" for alias in node.names)
            else:
                yield node.module


def package_of(path: Path) -> str:
    return path.relative_to(MCU).with_suffix("").parts[0]


def layer_of(package: str) -> int:
    return next(index for index, layer in enumerate(LAYERS) if package in layer)


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_one_way(path: Path) -> None:
    package = package_of(path)
    if package == "__init__":
        return
    for name in imported(path):
        parts = name.split(".")
        if parts[0] != "mcu" or len(parts) < 2 or parts[1] in {package, "__version__"}:
            continue
        target = parts[1]
        assert (package, target) not in NEVER, f"{package} must not import {target}"
        allowed = layer_of(target) > layer_of(package) or (package, target) in SAME_LAYER
        assert allowed, f"{package} must not import {target}"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_the_server_never_imports_its_load_tests(path: Path) -> None:
    forbidden = {name for name in imported(path) if name.split(".")[0] in {"loadtests", "locust", "gevent"}}
    assert not forbidden, f"{path.name} imports {forbidden}"


def test_agents_and_checks_know_nothing_of_locust() -> None:
    """They run on asyncio, in processes of their own."""
    for folder in ("agent", "checks"):
        for path in (LOADTESTS / folder).glob("*.py"):
            forbidden = {name for name in imported(path) if name.split(".")[0] in {"locust", "gevent"}}
            assert not forbidden, f"{folder}/{path.name} imports {forbidden}"


def test_conference_needs_the_standard_library_only() -> None:
    for path in (MCU / "conference").glob("*.py"):
        for name in imported(path):
            assert name.split(".")[0] not in {"msgspec", "numpy", "av", "aiortc", "sqlalchemy"}, f"{path.name}: {name}"
            assert not name.startswith("mcu.") or name.startswith("mcu.conference") or name == "mcu.errors", name


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_only_io_modules_do_io(path: Path) -> None:
    name = ".".join(path.relative_to(MCU).with_suffix("").parts)
    if name in IO_MODULES or f"{name.split('.')[0]}.*" in IO_MODULES or "." not in name:
        return
    forbidden = {module.split(".")[0] for module in imported(path)} & IO_IMPORTS
    assert not forbidden, f"{name} imports {forbidden}; add it to IO_MODULES only if it is a driver"


def test_asn1_library_has_one_seam() -> None:
    users = [path for path in modules() if any(name.startswith("pycrate") for name in imported(path))]
    assert [path.relative_to(MCU).as_posix() for path in users] in ([], ["h323/asn1.py"])


def test_modules_stay_readable() -> None:
    assert_readable(modules(), also=list(MCU.glob("_native/*.p*")))


def test_modules_of_load_tests_stay_readable() -> None:
    assert_readable(sorted(LOADTESTS.rglob("*.py")))


def assert_readable(paths: list[Path], *, also: list[Path] | None = None) -> None:
    """`also` may be of any usual length, but not too long either."""
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    others = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in also or []}
    too_long = {str(path.relative_to(ROOT)): n for path, n in (lengths | others).items() if n > MAX_LINES}
    assert not too_long
    counted = [n for n in lengths.values() if n > 5]
    assert statistics.median(counted) <= MEDIAN_LINES
    assert sum(n <= MOST_LINES for n in counted) / len(counted) >= MOST_SHARE


def test_every_package_says_what_it_is_for() -> None:
    for init in (*MCU.rglob("__init__.py"), *LOADTESTS.rglob("__init__.py")):
        docstring = ast.get_docstring(ast.parse(init.read_text(encoding="utf-8")))
        assert docstring, f"{init} has no charter"
        assert len(docstring.splitlines()) == 1 or init == MCU / "__init__.py", f"{init}: one line"


@pytest.mark.parametrize("path", [*modules(), *sorted(LOADTESTS.rglob("*.py"))], ids=lambda p: str(p.relative_to(ROOT)))
def test_modules_begin_with_their_purpose(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), f"{path} has no docstring"
