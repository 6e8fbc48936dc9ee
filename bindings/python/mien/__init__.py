"""Recognizes emotions in faces.

    analyzer = mien.Analyzer()
    for face in analyzer.analyze("photo.jpg"):
        print(face.display_label)
"""

from ._core import Analyzer, Baseline, __version__, read_image
from ._types import Box, Error, Face, PhotoAnalysis, Point, Provenance

__all__ = [
    "Analyzer",
    "Baseline",
    "Box",
    "Error",
    "Face",
    "PhotoAnalysis",
    "Point",
    "Provenance",
    "__version__",
    "read_image",
]
