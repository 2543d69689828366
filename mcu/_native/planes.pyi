from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

class _Picture(Protocol):
    @property
    def y(self) -> NDArray[np.uint8]: ...
    @property
    def u(self) -> NDArray[np.uint8]: ...
    @property
    def v(self) -> NDArray[np.uint8]: ...
    @property
    def rotation(self) -> int: ...
    @property
    def aspect(self) -> float: ...

def available_kernels() -> tuple[str, ...]: ...

class Sprite:
    def __init__(
        self,
        y: NDArray[np.uint8],
        u: NDArray[np.uint8],
        v: NDArray[np.uint8],
        alpha: NDArray[np.uint8],
        chroma_alpha: NDArray[np.uint8],
    ) -> None: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...

class Paint:
    def __init__(
        self,
        *,
        x: int,
        y: int,
        width: int,
        height: int,
        cover: bool,
        background: tuple[int, int, int],
        sprites: Sequence[tuple[Sprite, int, int]] = (),
    ) -> None: ...

class Canvas:
    def __init__(
        self, planes: Sequence[Any], strides: Sequence[int], width: int, height: int, *, kernels: str = ""
    ) -> None: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def refused(self) -> int: ...
    @property
    def kernel_name(self) -> str: ...
    def fill(self, x: int, y: int, width: int, height: int, colour: tuple[int, int, int]) -> None: ...
    def paint(self, work: Sequence[tuple[Paint, _Picture | None]]) -> None: ...
