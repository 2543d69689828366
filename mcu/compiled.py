"""Which modules run compiled, and whether they do: setup.py makes a native module from each, beside its source.

Rules:
1. The Python source is the only one; a .pxd beside it gives types where they pay. Nothing may depend on which of the
   two runs.
2. All or none, because they use each other's C interfaces.
3. A source whose content is not what was built wins, and so does MCU_COMPILED=0. File times say nothing: a copied
   checkout has new ones.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType

MODULES = (
    "mcu.media.audio_codecs",
    "mcu.media.audio_receiver",
    "mcu.media.bandwidth_delay",
    "mcu.media.bandwidth_estimator",
    "mcu.media.bandwidth_feedback",
    "mcu.media.bandwidth_loss",
    "mcu.media.bandwidth_probe",
    "mcu.media.bandwidth_rates",
    "mcu.media.fragments",
    "mcu.media.intake",
    "mcu.media.jitter_buffer",
    "mcu.media.keyframe_requests",
    "mcu.media.nack",
    "mcu.media.payload_vp8",
    "mcu.media.playout",
    "mcu.media.received_streams",
    "mcu.media.receiver_line",
    "mcu.media.reception_statistics",
    "mcu.media.reorder_buffer",
    "mcu.media.report_schedule",
    "mcu.media.rtcp",
    "mcu.media.rtcp_allowance",
    "mcu.media.rtp_session",
    "mcu.media.sent_streams",
    "mcu.media.sequence",
    "mcu.media.transit",
    "mcu.media.transport_feedback",
    "mcu.media.video_codecs",
    "mcu.media.video_receiver",
    "mcu.media.voice_decoder",
    "mcu.mixer.active_speaker",
    "mcu.mixer.audio_mixer",
    "mcu.mixer.director",
    "mcu.mixer.loudest",
    "mcu.processor.asking",
    "mcu.processor.bridge",
    "mcu.processor.decoding",
    "mcu.processor.lines",
    "mcu.processor.member",
    "mcu.processor.protection",
    "mcu.processor.rungs",
    "mcu.processor.showing",
    "mcu.processor.sound_encoders",
    "mcu.processor.sounding",
    "mcu.webrtc.alarm",
    "mcu.webrtc.endpoint",
    "mcu.webrtc.gathering",
    "mcu.webrtc.leg",
    "mcu.webrtc.timer_wheel",
)
SWITCH = "MCU_COMPILED"  # environment: 0 runs the sources
RECORD = "compiled.json"  # in this package: what each module was built from

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


def digests() -> dict[str, str]:
    """What each module would be built from now: SHA-256 of its source and types."""
    return {module: hashlib.sha256(b"\0".join(map(Path.read_bytes, parts(module)))).hexdigest() for module in MODULES}


def parts(module: str) -> list[Path]:
    """The files that a module is built from."""
    source = _source(module)
    return [part for part in (source, source.with_suffix(".pxd")) if part.exists()]


def changed() -> list[str]:
    """Modules whose sources are not what they were built from last, as far as is known."""
    try:
        record = json.loads((_PACKAGE / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        record = {}
    return [module for module, digest in digests().items() if record.get(module) != digest]


def _unusable() -> str:
    if not all(_source(module).with_suffix(EXTENSION_SUFFIXES[0]).exists() for module in MODULES):
        return "not built"
    different = changed()
    return f"{different[0]} was changed since it was built" if different else ""


def _source(module: str) -> Path:
    return _PACKAGE.joinpath(*module.split(".")[1:]).with_suffix(".py")
