"""Pixels become ink: transparency laid on paper, polarity found, the paper's own brightness taken away."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from ml.ink import BlankDrawing, Ink, Page, to_mnist
from ml.uploads import TooLarge, UnreadableImage, check_header, decode, encode

__all__ = [
    "BlankDrawing",
    "Page",
    "TooLarge",
    "UnreadableImage",
    "check_header",
    "decode",
    "encode",
    "page_of",
    "thumbnail",
    "to_mnist",
]

Pixels = NDArray[Any]  # (h, w, channels)

INK_SIDE_PX = 1024
PAPER_SIDE_PX = 48  # the paper's brightness is looked at so coarsely that no pen stroke fills a quarter of a side
FAINTEST_CONTRAST = 0.08
FEWEST_INK_PX = 6


def page_of(image: Image.Image, scale: float | None = None) -> Page:
    """Give the ink on a picture, dark on light or light on dark, in any colour.

    image: as `decode` gives it. scale: its pixels for one pixel of what was sent; None takes what `decode` noted.
    Raises BlankDrawing if there is no ink, or next to none.
    """
    scale = scale if scale is not None else float(image.info.get("scale", 1.0))
    size = image.width / scale, image.height / scale
    shrink = min(1.0, INK_SIDE_PX / max(image.size))
    small = (max(1, round(image.width * shrink)), max(1, round(image.height * shrink)))
    pixels = _on_paper(image if shrink == 1 else image.resize(small, Image.Resampling.BOX))
    contrast = np.maximum.reduce(_channels(np.abs(pixels - _paper(pixels))))
    return Page(_ink_of(contrast), scale * shrink, (0.0, 0.0), size)


def thumbnail(page: Page, side_px: int = 96) -> bytes:
    """Give a PNG of the drawing where it lies on its page, black on white, its longer side `side_px`."""
    ink_height, ink_width = page.ink.shape
    left, top, wide, high = page.box_of(0, 0, ink_width, ink_height)
    right, bottom = max(left + wide, page.size[0]), max(top + high, page.size[1])
    origin_x, origin_y = min(left, 0.0), min(top, 0.0)
    shrink = side_px / max(right - origin_x, bottom - origin_y)
    paper = Image.new("L", (_px((right - origin_x) * shrink), _px((bottom - origin_y) * shrink)), 255)
    drawn = Image.fromarray(255 - np.round(page.ink * 255).astype(np.uint8))
    drawn = drawn.resize((_px(wide * shrink), _px(high * shrink)), Image.Resampling.BOX)
    paper.paste(drawn, (round((left - origin_x) * shrink), round((top - origin_y) * shrink)))
    kept = io.BytesIO()
    paper.save(kept, "PNG", optimize=True)
    return kept.getvalue()


def _px(length: float) -> int:
    return max(1, round(length))


def _on_paper(image: Image.Image) -> Ink:
    """Give (h, w, 3), or (h, w, 1) where all is grey, in [0, 1]; what is transparent becomes white paper, or black."""
    if image.mode != "RGBA":
        return _without_needless_colour(np.asarray(image.convert("RGB"))).astype(np.float32) / 255
    pixels = np.asarray(image, dtype=np.float32) / 255
    alpha = pixels[:, :, 3:]
    visible = float(alpha.sum())
    ink_level = float((pixels[:, :, :3] * alpha).sum()) / (3 * visible) if visible else 0.0
    is_light_ink = float(alpha.mean()) < 0.5 and ink_level > 0.6
    return _without_needless_colour(pixels[:, :, :3] * alpha + (0.0 if is_light_ink else 1.0) * (1 - alpha))


def _without_needless_colour(pixels: Pixels) -> Pixels:
    """Give (h, w, 1) where all is grey, as most drawings are: a third of the work."""
    red, green, blue = _channels(pixels)
    is_grey = np.array_equal(red, green) and np.array_equal(red, blue)
    return np.ascontiguousarray(red)[:, :, None] if is_grey else pixels


def _channels(pixels: Pixels) -> list[Pixels]:
    return [pixels[:, :, channel] for channel in range(pixels.shape[2])]


def _paper(pixels: Ink) -> Ink:
    """Give (h, w, 1 or 3): how bright the paper is at each place, as if nothing were drawn on it."""
    height, width = pixels.shape[:2]
    bytes_ = Image.fromarray(np.round((pixels if pixels.shape[2] == 3 else pixels[:, :, 0]) * 255).astype(np.uint8))
    shrink = min(1.0, PAPER_SIDE_PX / max(width, height))
    coarse = bytes_.resize((_px(width * shrink), _px(height * shrink)), Image.Resampling.BOX)
    reach = max(coarse.size) // 8
    spread = _spread(np.asarray(coarse), reach, np.maximum if _is_light(pixels) else np.minimum)
    paper = Image.fromarray(spread).filter(ImageFilter.BoxBlur(reach))
    grown = np.asarray(paper.resize((width, height), Image.Resampling.BILINEAR), dtype=np.float32) / 255
    return grown.reshape(pixels.shape)


def _spread(pixels: Pixels, reach: int, extreme: np.ufunc) -> Pixels:
    """Give each pixel the extreme of all within `reach` of it, ten times faster than Pillow does."""
    for axis in (0, 1):
        sides = [(reach, reach) if side == axis else (0, 0) for side in range(pixels.ndim)]
        padded = np.pad(pixels, sides, mode="edge")
        length = pixels.shape[axis]
        pixels = extreme.reduce([padded.take(range(by, by + length), axis) for by in range(2 * reach + 1)])
    return pixels


def _is_light(pixels: Ink) -> bool:
    """Say whether paper is lighter than ink: paper is the usual brightness, all over and at the border; ink is rare."""
    grey = np.add.reduce(_channels(pixels)) / pixels.shape[2]
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    paper = (float(np.median(grey)) + float(np.median(border))) / 2
    return paper - float(grey.min()) >= float(grey.max()) - paper


def _ink_of(contrast: Ink) -> Ink:
    """Stretch (h, w) of contrast to ink in [0, 1]: the paper's grain becomes 0, a full stroke 1."""
    middle = float(np.median(contrast))
    grain = middle + 4.5 * float(np.median(np.abs(contrast - middle)))
    peak = float(contrast.max())
    if peak - grain < FAINTEST_CONTRAST:
        raise BlankDrawing("There is nothing drawn here.")
    strokes = contrast > (grain + peak) / 2
    if int(strokes.sum()) < FEWEST_INK_PX:
        raise BlankDrawing("There is next to nothing drawn here.")
    full = float(np.median(contrast[strokes]))
    return np.clip((contrast - grain) / (full - grain), 0, 1)
