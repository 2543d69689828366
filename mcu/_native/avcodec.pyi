import numpy as np
from numpy.typing import NDArray

PYAV: str
UNUSABLE_BECAUSE: str

class AvcodecError(Exception): ...

class Vp8Decoder:
    def __init__(self, options: dict[str, str]) -> None: ...
    def decode(self, data: bytes) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]] | None: ...
