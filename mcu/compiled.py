"""Which modules run compiled, and whether they do: setup.py makes a native module from each, beside its source.

Rules:
1. The Python source is the only one; a .pxd beside it gives the types. Nothing may depend on which of the two runs.
2. All or none, because they use each other's C interfaces.
3. A source that is newer than what was built from it wins, and so does MCU_COMPILED=0.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType

MODULES = (
    "mcu.media.audio_receiver",
    "mcu.media.fragments",
    "mcu.media.intake",
    "mcu.media.jitter_buffer",
    "mcu.media.nack",
    "mcu.media.payload_vp8",
    "mcu.media.received_streams",
    "mcu.media.reception_statistics",
    "mcu.media.reorder_buffer",
    "mcu.media.rtcp",
    "mcu.media.keyframe_requests",
    "mcu.media.sequence",
    "mcu.media.transit",
    "mcu.media.transport_feedback",
    "mcu.media.video_receiver",
)
SWITCH = "MCU_COMPILED"  # environment: 0 runs the sources

_PACKAGE = Path(__file__).parent


class _Sources(MetaPathFinder):
    """Finds the sources of MODULES, where Python would rather take what was built."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None, /
    ) -> ModuleSpec | None:
        return spec_from_file_location(fullname, _source(fullname)) if fullname in MODULES else None


def choose() -> str:
    """Decide for this process, before any of MODULES is imported. Why the sources run; "" when what was built does."""
    reason = "switched off" if os.environ.get(SWITCH) == "0" else _unusable()
    if reason:
        sys.meta_path.insert(0, _Sources())
    return reason


def _unusable() -> str:
    for module in MODULES:
        source = _source(module)
        built = source.with_suffix(EXTENSION_SUFFIXES[0])
        if not built.exists():
            return "not built"
        newest = max(part.stat().st_mtime for part in (source, source.with_suffix(".pxd")) if part.exists())
        if newest > built.stat().st_mtime:
            return f"{module} was changed since it was built"
    return ""


def _source(module: str) -> Path:
    return _PACKAGE.joinpath(*module.split(".")[1:]).with_suffix(".py")
