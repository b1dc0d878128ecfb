"""Separate ink from paper: how far each pixel is from the paper around it, whatever the colours and the light."""

from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter

from ml.preprocessing.filters import spread

Levels = NDArray[np.uint8]  # (h, w), 0 to 255

FLAT = 3  # of 255 levels: paper that varies no more than this counts as flat
FLAT_SHARE = 0.5  # of the border is flat paper
EVEN_SHARE = 0.7  # of flat paper has exactly the same colour if the picture was drawn
LIGHT_SHARE = 0.35  # of the border: lighter colour that is paper although the ink takes more of the border
DRAWN_SHARE = 0.6  # of a picture on flat paper is ink at most, unless there are only two colours
SAMPLED_SIDE_PX = 160  # flat paper is recognized by so many rows and columns
PAPER_SIDE_PX = 320  # uneven paper is estimated at this size
COLOUR_SIDE_PX = 96
BROAD = 0.04  # of the longer side: ink has less than twice this breadth, broader things are paper ...
BOLD = 0.14  # ... unless most of what would be ink is broader
BOLD_KEPT, BOLD_AREA, BOLD_CONTRAST = 0.4, 0.35, 40  # share kept of what would be bold ink, its area, its levels
THIN = 2  # px at PAPER_SIDE_PX and its half: which of dark and light is thinner tells the ink
LIGHT_INK = 1.5  # times the contrast of dark ink that thin light ink must have: most people write dark on light
SHADE = 32.0  # levels added to the paper's when contrast is made relative to it
GRAIN = 1.5  # times the median contrast, which is the grain of bare paper: as much is no ink where shade is made bright
EDGE_STEP = 0.2  # of the paper's brightness, within two cells of EDGE_SIDE_PX
EDGE_SIDE_PX = 64


def contrast_to_paper(flat: Image.Image) -> tuple[Image.Image, bool]:
    """Return the contrast of ink to the paper around it as L, and whether the edge of a shadow lies on the page."""
    colour = _flat_paper(flat)
    if colour is not None:
        paper = Image.new(flat.mode, flat.size, colour if flat.mode == "RGB" else colour[0])
        return reduce(ImageChops.lighter, ImageChops.difference(flat, paper).split()), False
    return _contrast_to_uneven_paper(_project_colours(flat) if flat.mode == "RGB" else flat)


def _flat_paper(flat: Image.Image) -> tuple[int, ...] | None:
    """Return the paper's colour if the picture was drawn or scanned on flat paper, else None."""
    pixels = np.asarray(flat).reshape(flat.height, flat.width, -1)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    colour, is_paper = border[0], np.ones(len(border), dtype=bool)
    if not (border == colour).all():
        colour = np.sort(border, axis=0)[len(border) // 2]
        lightest = border[int(border.sum(axis=1, dtype=np.int64).argmax())]
        if float(_is_near(border, lightest).mean()) >= LIGHT_SHARE:
            colour = lightest
        is_paper = _is_near(border, colour)
        if float(is_paper.mean()) < min(FLAT_SHARE, LIGHT_SHARE if (colour == lightest).all() else 1):
            return None
    step = -(-max(flat.size) // SAMPLED_SIDE_PX)
    sampled = pixels[::step, ::step].astype(np.int16)
    away = reduce(np.maximum, [np.abs(sampled[:, :, one] - int(level)) for one, level in enumerate(colour)])
    drawn = away > FLAT
    if float(drawn.mean()) > DRAWN_SHARE and float((away[drawn] > 0.8 * away.max()).mean()) < 0.7:
        return None  # a photo with a plain frame
    if float(is_paper.mean()) < 0.98 and not (_is_two_level(away) and _is_even(border[is_paper])):
        return None
    return tuple(int(level) for level in colour)


def _is_near(pixels: NDArray[Any], colour: NDArray[Any]) -> NDArray[np.bool_]:
    return np.asarray(np.abs(pixels.astype(np.int16) - colour.astype(np.int16)).max(axis=1) <= FLAT)


def _is_even(paper: NDArray[np.uint8]) -> bool:
    """Return whether pixels of (n, channels) are all of one colour, as they never are in a photo."""
    return float((paper == np.median(paper, axis=0)).all(axis=1).mean()) > EVEN_SHARE


def _is_two_level(away: NDArray[np.int16]) -> bool:
    """Return whether nearly all pixels are paper or full ink."""
    full = away > 0.6 * float(away.max())
    return float((full | (away <= 2 * FLAT)).mean()) > 0.85


def _project_colours(flat: Image.Image) -> Image.Image:
    """Return L: the weighted sum of the channels in which ink and paper differ most."""
    shrink = min(1.0, COLOUR_SIDE_PX / max(flat.size))
    small = flat.resize((max(1, round(flat.width * shrink)), max(1, round(flat.height * shrink))), Image.Resampling.BOX)
    around = small.filter(ImageFilter.BoxBlur(max(2, max(small.size) // 16)))
    detail = (np.asarray(small, dtype=np.float32) - np.asarray(around, dtype=np.float32)).reshape(-1, 3)
    axis = np.linalg.eigh(detail.T @ detail)[1][:, -1]
    axis = axis if axis.sum() >= 0 else -axis
    weights = axis / np.abs(axis).sum()
    offset = -255.0 * float(weights[weights < 0].sum())
    return flat.convert("L", (*weights.tolist(), offset))


def _contrast_to_uneven_paper(grey: Image.Image) -> tuple[Image.Image, bool]:
    """Return the contrast of thin dark or light ink to what is around it, and whether a shadow has an edge."""
    shrink = min(1.0, PAPER_SIDE_PX / max(grey.size))
    size = max(1, round(grey.width * shrink)), max(1, round(grey.height * shrink))
    small = np.asarray(grey.resize(size, Image.Resampling.BOX) if shrink < 1 else grey)
    is_light = _has_light_ink(small)
    if is_light:
        grey, small = ImageChops.invert(grey), 255 - small
    paper = _paper_levels(small)
    found = Image.fromarray(paper)
    found = found.resize(grey.size, Image.Resampling.BILINEAR) if shrink < 1 else found
    contrast = ImageChops.subtract(found, grey)
    has_edge = not is_light and _has_step(paper)
    if not is_light and int(np.ptp(paper)) > 2 * FLAT:
        contrast = _relative(contrast, found, _level_at(paper, 0.9))
    return contrast, has_edge


def _relative(contrast: Image.Image, paper: Image.Image, full: float) -> Image.Image:
    """Return contrast as it would be if all the paper were as bright as `full`, and the grain no stronger."""
    gain = (full + SHADE) / (np.arange(256, dtype=np.float32) + SHADE)
    found = np.asarray(contrast)
    grain = GRAIN * _level_at(found, 0.5) * np.maximum(gain - 1, 0)
    of_paper = np.asarray(paper)
    levels = np.maximum(found * gain[of_paper] - grain[of_paper], 0)
    return Image.fromarray(np.minimum(levels + 0.5, 255).astype(np.uint8))


def _has_light_ink(small: Levels) -> bool:
    """Return whether the strokes are lighter than what lies on both sides of them; the thinnest contrast decides."""
    half = np.asarray(Image.fromarray(small).reduce(2))
    found = []
    for levels, reach in ((half, 2 * THIN), (half, THIN), (small, THIN)):  # the broadest first
        dark = spread(spread(levels, reach, np.maximum), reach, np.minimum) - levels
        light = levels - spread(spread(levels, reach, np.minimum), reach, np.maximum)
        found.append((_level_at(dark, 0.995), _level_at(light, 0.995)))
    dark_level, light_level = next(pair for pair in reversed(found) if 2 * max(pair) >= max(found[0]))
    return light_level > LIGHT_INK * max(dark_level, 4)


def _level_at(levels: Levels, share: float) -> int:
    """Return the level that a share of the pixels does not exceed."""
    return int(np.searchsorted(np.cumsum(Image.fromarray(levels).histogram()), share * levels.size))


def _paper_levels(small: Levels) -> Levels:
    """Return (h, w) levels of the paper, without ink; a shadow's edge stays where it is, or moves into the shadow."""
    longer = max(small.shape)
    narrow = _close(small, max(2, round(BROAD * longer)))
    coarse = np.ascontiguousarray(small[::2, ::2])
    inner = slice(longer // 32, -(longer // 32) or None)
    bold = (_close(coarse, max(2, round(BOLD * longer / 2))) - coarse)[inner, inner]
    full = int(bold.max(initial=0))
    is_full = bold > full // 2
    thin = (narrow[::2, ::2].astype(np.int16) - coarse)[inner, inner] > full // 2
    is_bold = float((thin & is_full).sum()) < BOLD_KEPT * float(is_full.sum()) and float(is_full.mean()) < BOLD_AREA
    return _close(small, max(2, round(BOLD * longer))) if full > BOLD_CONTRAST and is_bold else narrow


def _close(small: Levels, reach: int) -> Levels:
    """Return levels without dark things narrower than twice the reach; light that fades to an edge fades on there."""
    closed = spread(spread(small, reach, np.maximum), reach + 1, np.minimum)
    if min(closed.shape) > 4 * reach:
        for rows in (closed, closed[::-1], closed.T, closed.T[::-1]):
            _fade_to_edge(rows, reach)
    return closed


def _fade_to_edge(paper: Levels, reach: int) -> None:
    """Let the light of the first rows go on falling, in place; the closing gave them the light of the row at `reach`.

    Only light that already falls over the rows before does so.
    """
    near, far, farther = (paper[place * reach].astype(np.float32) for place in (1, 2, 3))
    fall = np.maximum(np.minimum(far - near, farther - far), 0)
    left = np.arange(reach, 0, -1, dtype=np.float32)[:, None] / reach
    paper[:reach] = np.minimum(paper[:reach], np.maximum(near - fall * left, 0))


def _has_step(paper: Levels) -> bool:
    """Return whether the paper's brightness changes abruptly."""
    step = max(1, max(paper.shape) // EDGE_SIDE_PX)
    cells = paper[::step, ::step].astype(np.float32) + SHADE
    changes = [np.abs(cells[2:] - cells[:-2]) / np.maximum(cells[2:], cells[:-2])]
    changes.append(np.abs(cells[:, 2:] - cells[:, :-2]) / np.maximum(cells[:, 2:], cells[:, :-2]))
    return any(change.size and int((change > EDGE_STEP).sum()) > 8 for change in changes)
