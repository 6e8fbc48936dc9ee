"""Images of other libraries as arrays that the C++ module reads."""

from __future__ import annotations

from typing import Any

import numpy
from numpy.typing import NDArray


def to_pixels(image: Any) -> NDArray[numpy.uint8]:
    """An array of uint8 from an array of uint8 or of floats from 0 to 1, or from a Pillow image."""
    if hasattr(image, "mode") and hasattr(image, "convert"):  # Pillow
        return numpy.asarray(image if image.mode in ("L", "RGB") else image.convert("RGB"))
    if not isinstance(image, numpy.ndarray):
        raise TypeError(f"an image must be a path, bytes, a NumPy array or a Pillow image, not {type(image).__name__}")
    if image.dtype == numpy.uint8:
        return image
    if image.dtype.kind != "f":
        raise TypeError(f"an image array must be of uint8 or float, not {image.dtype}")
    if image.size and not (image.min() >= 0 and image.max() <= 1):  # false for NaN too
        raise ValueError("an image array of floats must be between 0 and 1")
    return (image * 255 + 0.5).astype(numpy.uint8)
