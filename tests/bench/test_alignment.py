"""What lies beside the pixel is no loss; what is missing is."""

from __future__ import annotations

import numpy as np

from mcu.bench.alignment import residual
from mcu.media.types import Plane


def picture(*, moved: float = 0.0, stretched: float = 1.0) -> Plane:
    """Waves of 25 to 40 pixels, as smooth as the picture of a lens."""
    y, x = np.mgrid[0:134, 0:204]
    x = (x - 102) * stretched + 102 + moved
    return np.asarray(128 + 60 * np.sin(x / 4) * np.cos(y / 6), np.uint8)


def squares(wanted: Plane, got: Plane) -> tuple[float, float]:
    """Mean squared error, and of the residual."""
    return float(np.mean((got.astype(float) - wanted) ** 2)), float(np.mean(residual(wanted, got) ** 2))


def test_a_move_and_a_stretch_by_parts_of_a_pixel_are_not_counted() -> None:
    plain, left = squares(picture(), picture(moved=0.4, stretched=1.004))
    assert plain > 10
    assert left < 0.06 * plain


def test_noise_and_blur_are_counted() -> None:
    noise = np.random.default_rng(1).normal(0, 6, (134, 204))
    wanted = picture()
    noisy = np.asarray(np.clip(wanted + noise, 0, 255), np.uint8)
    plain, left = squares(wanted, noisy)
    assert left > 0.99 * plain
    flat = np.asarray(wanted * 0.8 + 128 * 0.2, np.uint8)
    plain, left = squares(wanted, flat)
    assert left > 0.95 * plain


def test_a_move_by_several_pixels_is_a_fault() -> None:
    _, left = squares(picture(), picture(moved=5.0))
    assert left > 100


def test_flat_and_equal_pictures_are_equal() -> None:
    flat = np.full((16, 16), 90, np.uint8)
    assert squares(flat, flat) == (0.0, 0.0)
