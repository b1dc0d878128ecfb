"""Pixels become ink: transparency laid on paper, polarity found, the paper's own brightness taken away."""

import io

import numpy as np
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
    apart = np.abs(pixels - _paper(pixels))
    contrast = np.maximum.reduce([apart[:, :, channel] for channel in range(3)])
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
    """Give (h, w, 3) in [0, 1]; what is transparent becomes white paper, or black under light ink."""
    if image.mode != "RGBA":
        return np.asarray(image.convert("RGB"), dtype=np.float32) / 255
    pixels = np.asarray(image, dtype=np.float32) / 255
    alpha = pixels[:, :, 3:]
    visible = float(alpha.sum())
    ink_level = float((pixels[:, :, :3] * alpha).sum()) / (3 * visible) if visible else 0.0
    is_light_ink = float(alpha.mean()) < 0.5 and ink_level > 0.6
    return pixels[:, :, :3] * alpha + (0.0 if is_light_ink else 1.0) * (1 - alpha)


def _paper(pixels: Ink) -> Ink:
    """Give (h, w, 3): how bright the paper is at each place, as if nothing were drawn on it."""
    height, width = pixels.shape[:2]
    bytes_ = Image.fromarray(np.round(pixels * 255).astype(np.uint8))
    shrink = min(1.0, PAPER_SIDE_PX / max(width, height))
    coarse = bytes_.resize((_px(width * shrink), _px(height * shrink)), Image.Resampling.BOX)
    reach = 2 * (max(coarse.size) // 8) + 1
    spread = ImageFilter.MaxFilter(reach) if _is_light(pixels) else ImageFilter.MinFilter(reach)
    paper = coarse.filter(spread).filter(ImageFilter.BoxBlur(reach // 2))
    return np.asarray(paper.resize((width, height), Image.Resampling.BILINEAR), dtype=np.float32) / 255


def _is_light(pixels: Ink) -> bool:
    """Say whether paper is lighter than ink: paper is the usual brightness, all over and at the border; ink is rare."""
    grey = (pixels[:, :, 0] + pixels[:, :, 1] + pixels[:, :, 2]) / 3
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
