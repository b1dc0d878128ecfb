"""Make image files that are dear to decode, from a few parameters each."""

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image

PNG_KINDS = {"L": (0, 1), "RGB": (2, 3), "P": (3, 1), "LA": (4, 2), "RGBA": (6, 4)}  # colour type, channels
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
TILE_PX = 509
ASPECTS = (1.0, 1.0, 1.7, 4.0, 100.0, 0.01)  # width to height
MOST_PX = 8190
START_OF_SCAN = b"\xff\xda"

PNG_SPACE: dict[str, tuple[Any, ...]] = {
    "kind": tuple(PNG_KINDS),
    "depth": (1, 2, 4, 8, 16),
    "megapixels": (0.3, 2, 3.9, 6, 8.3, 9, 12, 16),
    "aspect": ASPECTS,
    "interlaced": (False, True),
    "filter": (0, 1, 2, 3, 4, 5),
    "bits": (0, 1, 2, 4, 8),  # of noise in each byte
    "repeated": (1, 8, 64),
    "level": (0, 1),
    "chunk": (64, 1 << 10, 1 << 13, 1 << 30),
}
JPEG_SPACE: dict[str, tuple[Any, ...]] = {
    "mode": ("L", "RGB", "CMYK"),
    "megapixels": (2, 4, 9, 12, 16, 24, 49),
    "aspect": ASPECTS,
    "quality": (5, 30, 60, 75, 90, 97, 100),
    "subsampling": (0, 1, 2),
    "progressive": (False, True),
    "scans": (0, 5, 40),  # repeated
    "which": (0, 3, -1),
    "bits": (0, 3, 6, 8),
    "restart": (0, 1, 100),
}
WEBP_SPACE: dict[str, tuple[Any, ...]] = {
    "mode": ("RGB", "RGBA"),
    "megapixels": (0.3, 2, 3.9, 6, 8.3, 9, 12, 16),
    "aspect": ASPECTS,
    "lossless": (False, True),
    "quality": (0, 50, 80, 100),
    "bits": (0, 2, 3, 4, 8),
    "frames": (1, 3),
}


def size_of(p: dict[str, Any]) -> tuple[int, int]:
    """Return the width and height of so many megapixels, as far as the longest side allows."""
    width = min(MOST_PX, max(1, round((p["megapixels"] * 1e6 * p["aspect"]) ** 0.5)))
    return width, min(MOST_PX, max(1, round(p["megapixels"] * 1e6 / width)))


def noise(rng: np.random.Generator, width: int, height: int, channels: int, bits: int) -> np.ndarray:
    """Return (height, width, channels) of noise in the upper `bits` of each byte; repeated in tiles."""
    mask = (0xFF << (8 - bits)) & 0xFF
    tile = rng.integers(0, 256, (TILE_PX, TILE_PX, channels), dtype=np.uint8) & np.uint8(mask)
    across, down = -(-width // TILE_PX), -(-height // TILE_PX)
    return np.tile(tile, (down, across, 1))[:height, :width]


def png(rng: np.random.Generator, p: dict[str, Any]) -> bytes:
    """Return a PNG of noise."""
    colour, channels = PNG_KINDS[p["kind"]]
    allowed = {0: (1, 2, 4, 8, 16), 3: (1, 2, 4, 8)}.get(colour, (8, 16))
    depth = min(allowed, key=lambda one: abs(one - p["depth"]))
    (width, height), bits = size_of(p), channels * depth
    passes = PASSES if p["interlaced"] else ((0, 0, 1, 1),)
    packer = zlib.compressobj(p["level"])
    packed = []
    for left, top, across, down in passes:
        wide, rows = -(-(width - left) // across), -(-(height - top) // down)
        if wide > 0 and rows > 0:
            packed.append(packer.compress(_rows(rng, rows, -(-wide * bits // 8), p)))
    data = b"".join([*packed, packer.flush()])
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(p["interlaced"]))
    palette = [("PLTE", rng.bytes(3 << depth))] if p["kind"] == "P" else []
    pixels = [("IDAT", data[at : at + p["chunk"]]) for at in range(0, len(data), p["chunk"])]
    chunks = [("IHDR", header), *palette, *pixels, ("IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(name.encode(), body) for name, body in chunks)


def png_chunk(name: bytes, body: bytes) -> bytes:
    """Return a chunk with its length and checksum."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _rows(rng: np.random.Generator, rows: int, stride: int, p: dict[str, Any]) -> bytes:
    count = -(-rows // p["repeated"])
    mask = (0xFF >> (8 - p["bits"])) if p["bits"] else 0
    some = rng.integers(0, 256, (count, stride + 1), dtype=np.uint8) & np.uint8(mask)
    found = np.tile(some, (p["repeated"], 1))[:rows]
    found[:, 0] = rng.integers(0, 5, rows) if p["filter"] == 5 else p["filter"]
    return found.tobytes()


def jpeg(rng: np.random.Generator, p: dict[str, Any]) -> bytes:
    """Return a JPEG of noise, some of whose scans are repeated."""
    channels = {"L": 1, "RGB": 3, "CMYK": 4}[p["mode"]]
    pixels = noise(rng, *size_of(p), channels, p["bits"])
    kept = io.BytesIO()
    options = {"restart_marker_blocks": p["restart"]} if p["restart"] else {}
    Image.fromarray(pixels.squeeze(), p["mode"]).save(
        kept,
        "JPEG",
        quality=p["quality"],
        subsampling=p["subsampling"],
        progressive=p["progressive"],
        **options,
    )
    whole = kept.getvalue()
    if not p["scans"] or not p["progressive"]:
        return whole
    starts = _find_scans(whole)
    starts.append(len(whole) - 2)
    one = p["which"] % (len(starts) - 1)
    return whole[: starts[one + 1]] + whole[starts[one] : starts[one + 1]] * p["scans"] + whole[starts[one + 1] :]


def _find_scans(whole: bytes) -> list[int]:
    found, at = [], whole.find(START_OF_SCAN)
    while at >= 0:
        found.append(at)
        at = whole.find(START_OF_SCAN, at + 2)
    return found


def webp(rng: np.random.Generator, p: dict[str, Any]) -> bytes:
    """Return a WebP of noise, animated if it has several frames."""
    channels = len(p["mode"])
    frames = [Image.fromarray(noise(rng, *size_of(p), channels, p["bits"]), p["mode"]) for _ in range(p["frames"])]
    kept = io.BytesIO()
    options = {"save_all": True, "append_images": frames[1:]} if p["frames"] > 1 else {}
    frames[0].save(
        kept, "WEBP", lossless=p["lossless"], quality=0 if p["lossless"] else p["quality"], method=0, **options
    )
    return kept.getvalue()
