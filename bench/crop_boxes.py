#!/usr/bin/env python3
"""Prints how the face detectors frame FER2013's images, and the resulting crop geometry, for docs/model-format.md.

    bench/crop_boxes.py fer2013.csv[.xz]

Uses about a thousand evenly spaced images of PublicTest at twice their size, as `mien data filter` does.
"""
import csv
import json
import lzma
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import MIEN, Failure, detectors_of, mien, not_measured, reason

SIDE, UPSCALE, MAX_IMAGES = 48, 2, 1000


def read_images(path):
    """Images of PublicTest as rows of gray values, at most MAX_IMAGES, evenly spaced."""
    with (lzma.open if path.suffix == ".xz" else open)(path, "rt", newline="") as file:
        pixels = [row["pixels"] for row in csv.DictReader(file) if row["Usage"] == "PublicTest"]
    values = [[int(v) for v in text.split()] for text in pixels[::-(-len(pixels) // MAX_IMAGES) or 1]]
    if not values or any(len(image) != SIDE * SIDE for image in values):
        raise ValueError(f"no PublicTest rows, or images that are not {SIDE}x{SIDE} pixels")
    return [[image[i:i + SIDE] for i in range(0, SIDE * SIDE, SIDE)] for image in values], len(pixels)


def doubled(line):
    """A row of gray values at twice the length, bilinear."""
    before, after = [line[0], *line[:-1]], [*line[1:], line[-1]]
    return [value for b, x, a in zip(before, line, after) for value in ((b + 3 * x + 2) // 4, (3 * x + a + 2) // 4)]


def write_pgm(path, image):
    columns = [doubled(column) for column in zip(*map(doubled, image))]
    path.write_bytes(b"P5 %d %d 255\n" % (len(columns), len(columns)) + bytes(value for row in zip(*columns) for value in row))


def boxes(paths, detector):
    """The box of each image in which the detector finds exactly one face, in pixels of the original."""
    # A minimum face size under 80 pixels would make the detector enlarge the image again; faces fill the image.
    command = [MIEN, "predict", "-", "--format", "jsonl", "--detector", detector, "--min-face", "80"]
    lines = subprocess.run(command, input="\n".join(map(str, paths)), stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    found = [[face["box"] for face in json.loads(line)["faces"]] for line in lines]
    return [{key: value / UPSCALE for key, value in some[0].items()} for some in found if len(some) == 1]


def row(detector, found, count, stored):
    x = statistics.median(box["x"] + box["width"] / 2 for box in found)
    y = statistics.median(box["y"] + box["height"] / 2 for box in found)
    side = statistics.median(max(box["width"], box["height"]) for box in found)
    geometry = " ".join(f"{round(value, 2) + 0:g}" for value in (SIDE / side, (SIDE / 2 - x) / side, (SIDE / 2 - y) / side))
    return f"| {detector} | {100 * len(found) / count:.0f} | {x:.1f}, {y:.1f} | {side:.1f} | {geometry} | {stored} |"


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: crop_boxes.py fer2013.csv[.xz]")
    try:
        images, count = read_images(Path(sys.argv[1]))
    except (OSError, KeyError, ValueError, csv.Error, lzma.LZMAError) as error:
        sys.exit(f"{sys.argv[1]}: not a FER2013 file (emotion,pixels,Usage): {error}")
    metadata, left_out = mien("info", "mien")["metadata"], {}
    print(f"FER2013, PublicTest, {len(images)} of {count} images, enlarged {UPSCALE} times; medians, in pixels of the {SIDE}.\n")
    print("| detector | one face found, % | center x, y | larger side | scale shift_x shift_y | stored in mien.onnx |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{i:05}.pgm" for i in range(len(images))]
        for path, image in zip(paths, images):
            write_pgm(path, image)
        for detector in detectors_of(("hog", "yunet"), left_out):
            found = boxes(paths, detector)
            if found:
                print(row(detector, found, len(paths), metadata.get(f"crop.{detector}", "")), flush=True)
            else:
                left_out[detector] = "no image with exactly one face"
    print("\n".join(not_measured(left_out)))


if __name__ == "__main__":
    try:
        main()
    except Failure as error:
        sys.exit(reason(error))
