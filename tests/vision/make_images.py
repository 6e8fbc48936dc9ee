#!/usr/bin/env python3
"""Makes tests/vision/images: one small gradient in every variant of every file type that the decoders read.

Needs Pillow and numpy. The image is 24 x 16 with red = 10 x, green = 15 y, blue = 128, and in gray 10 x.
"""
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

OUT = Path(__file__).parent / "images"
WIDTH, HEIGHT = 24, 16
X, Y = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
RGB = np.stack([X * 10, Y * 15, np.full_like(X, 128)], axis=2).astype(np.uint8)
GRAY = (X * 10).astype(np.uint8)
ALPHA = np.where(X < WIDTH // 2, 255, 0).astype(np.uint8)  # the right half is transparent

# What to do to the upright image so that a viewer who obeys the tag sees it upright.
STORE = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def stored(orientation):
    image = Image.fromarray(RGB)
    return image if STORE[orientation] is None else image.transpose(STORE[orientation])


def exif(orientation):
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags.tobytes()


def interlaced_png(pixels):
    """Adam7, which Pillow does not write."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b""
    for x0, y0, dx, dy in [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]:
        for row in pixels[y0::dy, x0::dx]:
            rows += b"\0" + row.tobytes()
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def main():
    OUT.mkdir(exist_ok=True)
    rgb, gray = Image.fromarray(RGB), Image.fromarray(GRAY)
    rgba = Image.fromarray(np.dstack([RGB, ALPHA]))
    gray16 = Image.fromarray(GRAY.astype(np.uint16) * 257)
    palette = Image.fromarray(RGB // 64 * 64).quantize(64)

    rgb.save(OUT / "rgb.jpg", quality=95, subsampling=0)
    gray.save(OUT / "gray.jpg", quality=95)
    rgb.save(OUT / "progressive.jpg", quality=95, subsampling=0, progressive=True)
    rgb.convert("CMYK").save(OUT / "cmyk.jpg", quality=95)
    for orientation in range(1, 9):
        stored(orientation).save(OUT / f"orientation_{orientation}.jpg", quality=95, subsampling=0, exif=exif(orientation))

    rgb.save(OUT / "rgb.png")
    gray.save(OUT / "gray.png")
    gray16.save(OUT / "gray16.png")
    rgba.save(OUT / "alpha.png")
    Image.fromarray(np.dstack([GRAY, ALPHA]), mode="LA").save(OUT / "gray_alpha.png")
    palette.save(OUT / "palette.png")
    Image.fromarray(GRAY > 115).save(OUT / "bilevel.png")
    stored(6).save(OUT / "orientation_6.png", exif=exif(6))
    (OUT / "interlaced.png").write_bytes(interlaced_png(RGB))

    rgb.save(OUT / "lossy.webp", quality=95)
    rgb.save(OUT / "lossless.webp", lossless=True)
    rgba.save(OUT / "alpha.webp", lossless=True, exact=True)
    stored(6).save(OUT / "orientation_6.webp", lossless=True, exif=exif(6))
    rgb.save(OUT / "animated.webp", save_all=True, append_images=[rgb.transpose(Image.Transpose.ROTATE_180)], lossless=True)

    rgb.save(OUT / "rgb.tif")
    rgb.save(OUT / "lzw.tif", compression="tiff_lzw")
    gray.save(OUT / "gray.tif")
    gray16.save(OUT / "gray16.tif")
    palette.save(OUT / "palette.tif")
    stored(6).save(OUT / "orientation_6.tif", tiffinfo={0x0112: 6})
    Image.fromarray(GRAY.astype(np.float32)).save(OUT / "float.tif")

    rgb.save(OUT / "rgb.bmp")
    gray.save(OUT / "gray.bmp")
    rgba.save(OUT / "alpha.bmp")
    palette.save(OUT / "palette.bmp")
    Image.fromarray(GRAY > 115).save(OUT / "bilevel.bmp")

    rgb.save(OUT / "rgb.ppm")
    gray.save(OUT / "gray.pgm")
    (OUT / "gray16.pgm").write_bytes(b"P5\n# big endian\n24 16\n65535\n" + (GRAY.astype(">u2") * 257).tobytes())
    ascii_rows = "\n".join(" ".join(map(str, row)) for row in GRAY)
    (OUT / "ascii.pgm").write_text(f"P2\n# ASCII\n24 16 # size\n255\n{ascii_rows}")
    rgb.save(OUT / "foreign.gif")


main()
