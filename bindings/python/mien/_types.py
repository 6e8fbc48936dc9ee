"""What the analyzer answers, and the one exception that it raises."""

from __future__ import annotations

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
    """A face and what its expression looks like to the network. It tells of the picture, not of the person's feelings."""

    box: Box
    emotion: str
    """The most probable one."""
    confidence: float
    """Its probability."""
    probabilities: dict[str, float]
    """By emotion, in the order of Analyzer.labels; their sum is 1."""
    uncertain: bool
    """confidence is below the analyzer's min_confidence."""
    detection_score: float
    """On the detector's own scale."""
    landmarks: tuple[Point, ...] | None
    """Right eye, left eye (the person's own), tip of the nose, right and left corner of the mouth, where the detector knows them."""

    @property
    def answer(self) -> str:
        """The emotion, or "uncertain"."""
        return "uncertain" if self.uncertain else self.emotion


@dataclass(frozen=True)
class PhotoAnalysis:
    """What a photograph's file holds."""

    width: int
    """In pixels, after the EXIF orientation; boxes and landmarks are in these pixels."""
    height: int
    faces: list[Face]
    """Largest first."""


class Error(Exception):
    """What went wrong: the text says it to people, `code` to programs.

    The codes: invalid_argument, not_found, io, bad_format, unsupported, too_large.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code

    def __str__(self) -> str:
        return str(self.args[1])
