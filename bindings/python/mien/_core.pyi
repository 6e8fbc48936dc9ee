from os import PathLike
from pathlib import Path

import numpy
from numpy.typing import NDArray

from ._types import Face, PhotoAnalysis

__version__: str

class Analyzer:
    """Finds the faces of a photograph and recognises their emotions. May be used by several threads at once: the work
    is done without Python's lock."""

    def __init__(
        self,
        model: str | PathLike[str] = "",
        *,
        detector: str = "auto",
        min_face: int = 0,
        threads: int = 0,
        precision: str = "auto",
        min_confidence: float = 0.0,
        head: str = "",
        contempt: bool = False,
    ) -> None: ...
    def analyze(self, image: NDArray[numpy.uint8]) -> list[Face]: ...
    def analyze_file(self, path: str | PathLike[str]) -> PhotoAnalysis: ...
    def analyze_encoded(self, data: bytes, name: str = "image") -> PhotoAnalysis: ...
    def classify(self, face: NDArray[numpy.uint8]) -> Face: ...
    @property
    def labels(self) -> list[str]: ...
    @property
    def detector_name(self) -> str: ...
    @property
    def model_path(self) -> Path: ...

def read_image(path: str | PathLike[str]) -> NDArray[numpy.uint8]: ...
