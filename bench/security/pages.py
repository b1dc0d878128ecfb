"""Make pages that are dear to read: many components, many lines, ruled and noisy, from a few parameters."""

import io
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

PAGES_SPACE: dict[str, tuple[Any, ...]] = {
    "content": ("dots", "bars", "digits", "grid", "smooth"),
    "side": (500, 1024, 2048, 2800),
    "across": (3, 8, 17, 26, 34, 60, 120),  # things in a line
    "down": (1, 3, 8, 11, 20, 40),
    "ink": (0.2, 0.5, 0.8),  # of the room of a thing
    "jitter": (0.0, 0.2, 0.6),
    "noise": (0, 0, 8, 64),
    "mode": ("L", "RGB", "RGBA"),
    "ruled": (0, 0, 8, 40),
    "is_light": (False, True),
    "format": ("PNG", "JPEG"),
}


def page(rng: np.random.Generator, p: dict[str, Any]) -> bytes:
    """Return an encoded page."""
    side = p["side"]
    paper = Image.new("L", (side, side), 255)
    canvas = ImageDraw.Draw(paper)
    wide, high = side / p["across"], side / p["down"]
    for row in range(p["down"]):
        for column in range(p["across"]):
            away = rng.uniform(-p["jitter"], p["jitter"], 4) * np.array([wide, high, wide, high]) / 2
            left, top = column * wide + 1, row * high + 1
            box = np.array([left, top, left + wide * p["ink"], top + high * p["ink"]]) + away
            _draw(canvas, p["content"], box, rng)
    for y in range(0, side, p["ruled"] * side // 500 or side + 1):
        canvas.line((0, y, side, y), fill=120, width=2)
    if p["content"] == "smooth":
        small = rng.integers(0, 256, (p["across"], p["across"]), dtype=np.uint8)
        paper = Image.fromarray(small).resize((side, side), Image.Resampling.BICUBIC)
    pixels = np.asarray(paper.convert(p["mode"]), dtype=np.int16)
    if p["noise"]:
        pixels = pixels + rng.integers(-p["noise"], p["noise"] + 1, pixels.shape)
    levels = np.clip(pixels if not p["is_light"] else 255 - pixels, 0, 255).astype(np.uint8)
    image = Image.fromarray(levels)
    kept = io.BytesIO()
    (image.convert("RGB") if p["format"] == "JPEG" else image).save(kept, p["format"], compress_level=1)
    return kept.getvalue()


def _draw(canvas: ImageDraw.ImageDraw, content: str, box: np.ndarray, rng: np.random.Generator) -> None:
    left, top, right, bottom = box.tolist()
    right, bottom = max(right, left + 1), max(bottom, top + 1)
    match content:
        case "dots":
            canvas.ellipse((left, top, right, bottom), fill=0)
        case "bars":
            canvas.line((left, top, (left + right) / 2, bottom), fill=0, width=max(2, int(right - left) // 6))
        case "digits":
            canvas.text((left, top), str(rng.integers(0, 10)), fill=0, font_size=max(6, int(bottom - top)))
        case "grid":
            canvas.rectangle((left, top, right, bottom), outline=0, width=2)
