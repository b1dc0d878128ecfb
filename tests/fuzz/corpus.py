"""Small image files of all kinds, drawn here: what the fuzzer starts from."""

import io
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from bench.security.files import png

EXIF = Image.Exif()
EXIF[0x0112] = 6
WHOLE = {"exif": EXIF.tobytes(), "icc_profile": b"a profile"}


def _drawing(mode: str) -> Image.Image:
    image = Image.new("L", (40, 56), 255)
    ImageDraw.Draw(image).line([(8, 8), (30, 8), (14, 48)], fill=0, width=5)
    return image.convert("RGB").convert(mode)


def _saved(mode: str, format_: str, **options: Any) -> bytes:
    kept = io.BytesIO()
    _drawing(mode).save(kept, format_, **options)
    return kept.getvalue()


def corpus() -> dict[str, bytes]:
    """Return the files by name."""
    files = {f"png-{mode}": _saved(mode, "PNG", **WHOLE) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")}
    basis = {"megapixels": 0.0001, "aspect": 0.7, "filter": 5, "bits": 8, "repeated": 1, "level": 6, "chunk": 64}
    for kind, depth in (("L", 2), ("L", 16), ("RGB", 16), ("P", 4), ("LA", 16), ("RGBA", 16)):
        for interlaced in (False, True):
            chosen = basis | {"kind": kind, "depth": depth, "interlaced": interlaced}
            files[f"png-{kind}-{depth}-{interlaced}"] = png(np.random.default_rng(0), chosen)
    for mode in ("L", "RGB", "CMYK"):
        for progressive in (False, True):
            options = {"progressive": progressive, "quality": 60, "restart_marker_blocks": 3, **WHOLE}
            files[f"jpeg-{mode}-{progressive}"] = _saved(mode, "JPEG", **options)
    for mode in ("RGB", "RGBA"):
        for lossless in (False, True):
            files[f"webp-{mode}-{lossless}"] = _saved(mode, "WEBP", lossless=lossless, **WHOLE)
            second = _drawing(mode).rotate(90)
            files[f"webp-{mode}-{lossless}-animated"] = _saved(
                mode, "WEBP", lossless=lossless, save_all=True, append_images=[second]
            )
    return files
