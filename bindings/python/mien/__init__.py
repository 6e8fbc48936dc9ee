"""Recognises emotions in faces.

    analyzer = mien.Analyzer()
    for face in analyzer.analyze_file("photo.jpg").faces:
        print(face.answer, face.confidence)
"""

from ._core import Analyzer, __version__, read_image
from ._types import Box, Error, Face, PhotoAnalysis, Point

__all__ = ["Analyzer", "Box", "Error", "Face", "PhotoAnalysis", "Point", "__version__", "read_image"]
