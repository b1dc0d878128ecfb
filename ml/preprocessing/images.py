"""Extract ink from a picture: composite transparency, find the polarity, subtract the paper's brightness."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml.png import encode_png
from ml.preprocessing.form_lines import remove_form_lines
from ml.preprocessing.ink import BlankDrawing, Ink, Page
from ml.preprocessing.paper import contrast_to_paper
from ml.preprocessing.ruled_lines import remove_ruled_lines
from ml.preprocessing.surroundings import remove_surroundings
from ml.types import Reason
from ml.uploads import drop_needless_colour

INK_SIDE_PX = 1024
MIN_CONTRAST = 20  # of 255 levels
LOW_CONTRAST = 45  # of 255 levels: fainter ink is hard to read
SMALL_PX = 12  # of the sender's: lower and narrower writing is hard to read
MIN_INK_LEVEL = 0.06  # relative to a full stroke
MIN_INK_PX = 6


def page_from_image(image: Image.Image, scale: float | None = None) -> Page:
    """Return the ink on a picture: dark on light or light on dark, any colour, plain, shaded or ruled paper.

    Args:
        image: as `ml.uploads.decode` returns it.
        scale: pixels of `image` per pixel of the upload; None takes what `decode` noted.

    Raises:
        BlankDrawing: if there is next to no ink.

    Takes about 0.6 ms for 280 x 280.
    """
    scale = scale if scale is not None else float(image.info.get("scale", 1.0))
    size = image.width / scale, image.height / scale
    shrink = min(1.0, INK_SIDE_PX / max(image.size))
    small = (max(1, round(image.width * shrink)), max(1, round(image.height * shrink)))
    flat = _flatten(image if shrink == 1 else image.resize(small, Image.Resampling.BOX))
    contrast, has_edge = contrast_to_paper(flat)
    writing = remove_form_lines(remove_ruled_lines(remove_surroundings(np.asarray(contrast))))
    ink, left, top, full = _stretch_to_ink(writing)
    scale *= shrink
    notes = {
        Reason.EDGE_OF_SHADOW: has_edge,
        Reason.LOW_CONTRAST: full < LOW_CONTRAST,
        Reason.TOO_SMALL: max(ink.shape) / scale < SMALL_PX,
    }
    noted = frozenset(reason for reason, holds in notes.items() if holds)
    return Page(ink, scale, (left / scale, top / scale), size, notes=noted)


def thumbnail(page: Page, side_px: int = 96) -> bytes:
    """Return a PNG of the whole page, black on white, whose longer side is `side_px`."""
    ink_height, ink_width = page.ink.shape
    left, top, wide, high = page.box_of(0, 0, ink_width, ink_height)
    right, bottom = max(left + wide, page.size[0]), max(top + high, page.size[1])
    origin_x, origin_y = min(left, 0.0), min(top, 0.0)
    shrink = side_px / max(right - origin_x, bottom - origin_y)
    paper = Image.new("L", (_px((right - origin_x) * shrink), _px((bottom - origin_y) * shrink)), 255)
    drawn = Image.fromarray(255 - np.round(page.ink * 255).astype(np.uint8))
    drawn = drawn.resize((_px(wide * shrink), _px(high * shrink)), Image.Resampling.BOX)
    paper.paste(drawn, (round((left - origin_x) * shrink), round((top - origin_y) * shrink)))
    return encode_png(paper)


def _px(length: float) -> int:
    return max(1, round(length))


def _flatten(image: Image.Image) -> Image.Image:
    """Return the picture as L if it is grey, else RGB, with transparency replaced by white or black paper."""
    if image.mode == "RGBA" and image.getchannel("A").getextrema() != (255, 255):
        image = _composite(image)
    return drop_needless_colour(image if image.mode in ("L", "RGB") else image.convert("RGB"))


def _composite(image: Image.Image) -> Image.Image:
    """Composite RGBA on white, or on black if the ink is light and most of the picture is transparent."""
    pixels = np.asarray(image, dtype=np.float32) / 255
    alpha = pixels[:, :, 3]
    visible = float(alpha.sum())
    ink_level = float((pixels[:, :, :3].sum(axis=2) * alpha).sum()) / (3 * visible) if visible else 0.0
    is_light_ink = float(alpha.mean()) < 0.5 and ink_level > 0.6
    paper = Image.new("RGB", image.size, (0, 0, 0) if is_light_ink else (255, 255, 255))
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def _stretch_to_ink(contrast: NDArray[np.uint8]) -> tuple[Ink, int, int, float]:
    """Stretch contrast, (h, w), 0 to 255, to ink in [0, 1]: the paper's grain becomes 0 and a full stroke 1.

    Returns the part that holds all the ink, (h, w) float32, its left and top, and a full stroke's contrast.
    """
    levels, count = np.arange(256), np.array(Image.fromarray(contrast).histogram())
    peak = int(np.flatnonzero(count)[-1])
    paper = count * (levels <= peak / 2)  # a bold digit may fill more than half of the picture
    middle = _median(levels, paper)
    grain = middle + 4.5 * _median(np.abs(levels - middle), paper)
    if peak - grain < MIN_CONTRAST:
        raise BlankDrawing("There is nothing drawn here.")
    strokes = count * (levels > (grain + peak) / 2)
    if strokes.sum() < MIN_INK_PX:
        raise BlankDrawing("There is next to nothing drawn here.")
    full = _median(levels, strokes)
    grain = max(grain, MIN_INK_LEVEL * full)  # a JPEG's halo, a shadow's edge
    ink = np.round(np.clip((levels - grain) / (full - grain), 0, 1) * 255).astype(np.float32) / 255
    least = int(np.flatnonzero(ink)[0])
    box = Image.fromarray((contrast >= least).view(np.uint8)).getbbox()
    assert box is not None  # noqa: S101 - there are strokes
    left, top, right, bottom = box
    return ink.take(contrast[top:bottom, left:right]), left, top, full


def _median(values: NDArray[Any], count: NDArray[Any]) -> float:
    """Return the median of `values`, each counted `count` times."""
    order = np.argsort(values, kind="stable")
    upto = np.cumsum(count[order])
    return float(values[order[np.searchsorted(upto, upto[-1] / 2)]])
