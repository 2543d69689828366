from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

VERSION: str

class VpxError(Exception): ...

def advance(
    still: NDArray[np.uint8],
    sharp: NDArray[np.uint8],
    active: NDArray[np.uint8],
    parts: Sequence[tuple[int, int, int, int]],
    *,
    settled: int,
    refined: int,
    refresh: int,
    turn: int,
) -> None: ...

class Vp8Encoder:
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def fps(self) -> int: ...
    @property
    def bitrate(self) -> int: ...
    @property
    def rows(self) -> int: ...
    @property
    def columns(self) -> int: ...
    @property
    def quantizer(self) -> int: ...
    def __init__(
        self,
        width: int,
        height: int,
        *,
        fps: int,
        bitrate: int,
        speed: int = 10,
        version: int = 0,
        static_threshold: int = 0,
        golden_boost: int = 0,
        max_keyframe_percent: int = 0,
        max_quantizer: int = 56,
        screen_content: bool = False,
    ) -> None: ...
    def set_bitrate(self, bitrate: int) -> None: ...
    def set_static_threshold(self, threshold: int) -> None: ...
    def encode(
        self,
        planes: Sequence[Any],
        strides: Sequence[int],
        *,
        elapsed: int,
        keyframe: bool = False,
        active: NDArray[np.uint8] | None = None,
    ) -> bytes: ...
