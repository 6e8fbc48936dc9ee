"""Results of the analyzer, and the exception that it raises."""

from __future__ import annotations

import warnings
from dataclasses import dataclass


@dataclass(frozen=True)
class Point:
    """A point of an image in pixels; (0, 0) is the top left corner of the top left pixel."""

    x: float
    y: float


@dataclass(frozen=True)
class Box:
    """A rectangle of an image in pixels; it may reach outside the image."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Face:
    """A face with its predicted expression. The prediction describes the image, not what the person feels."""

    box: Box
    emotion: str
    """The most probable one, also if `uncertain`."""
    confidence: float
    """Its probability."""
    probabilities: dict[str, float]
    """By emotion, in the order of Analyzer.labels; their sum is 1."""
    uncertain: bool
    """confidence is below the analyzer's min_confidence."""
    score: float
    """Of the detector, on its own scale."""
    landmarks: tuple[Point, ...] | None
    """Right eye, left eye (the person's own), tip of the nose, right and left corner of the mouth, if the detector reports them."""

    @property
    def display_label(self) -> str:
        """For text: "happy 93 %", or the two most probable emotions: "unclear: sad 38 %, happy 35 %"."""
        count = 2 if self.uncertain else 1
        best = sorted(self.probabilities.items(), key=lambda item: -item[1])[:count]
        return ("unclear: " if self.uncertain else "") + ", ".join(f"{label} {100 * p:.0f} %" for label, p in best)

    @property
    def answer(self) -> str:
        """Deprecated: use emotion and uncertain, or display_label."""
        warnings.warn("Face.answer is deprecated; use Face.display_label", DeprecationWarning, stacklevel=2)
        return "uncertain" if self.uncertain else self.emotion

    @property
    def detection_score(self) -> float:
        """Deprecated: use score."""
        warnings.warn("Face.detection_score is deprecated; use Face.score", DeprecationWarning, stacklevel=2)
        return self.score


@dataclass(frozen=True)
class PhotoAnalysis:
    """The content of a photo file."""

    width: int
    """In pixels, after the EXIF orientation; boxes and landmarks are in these pixels."""
    height: int
    faces: list[Face]
    """Largest first."""


@dataclass(frozen=True)
class Provenance:
    """What produced a result."""

    model: str
    """The file's name without folder and extension."""
    model_hash: str
    """Of the file's content, 16 hexadecimal digits."""
    head: str
    precision: str
    detector: str
    version: str
    """Of Mien."""


class Error(Exception):
    """An error: its text is for people, `code` for programs.

    The codes: invalid_argument, not_found, io, bad_format, unsupported, too_large.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code

    def __str__(self) -> str:
        return str(self.args[1])
