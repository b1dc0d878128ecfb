"""Numbers drawn from the project's own templates, and the pages, forms and light around them."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from ml.data.templates import draw_template, rare_digit_templates
from ml.golden import golden_drawing
from ml.preprocessing.strokes import render_strokes

BARE = {"1": [[[0, 0], [0, 100]]], "-": [[[0, 55], [50, 55]]], "7": [[[0, 0], [55, 0], [20, 100]]]}
PAPER, PEN = 236, 35


def draw_digit(symbol, rng):
    """Return strokes of one digit or a minus, 100 high."""
    draw = rng.uniform()
    if symbol == "-" or (symbol in BARE and draw < 0.4):
        lean = rng.normal(0, 3)
        return [np.array([[x + lean * (50 - y) / 50, y] for x, y in stroke], float) for stroke in BARE[symbol]]
    if draw < 0.7:
        strokes = [
            np.array(stroke, float) for stroke in golden_drawing(int(symbol), int(rng.integers(1000)))["strokes"]
        ]
    else:
        own = [template for digit, template in rare_digit_templates() if digit == int(symbol)]
        strokes = [
            np.asarray(stroke, float) for stroke in draw_template(own[rng.integers(len(own))], rng, rng.uniform() < 0.5)
        ]
    points = np.concatenate(strokes)
    scale = 100 / max(float(np.ptp(points[:, 1])), 1)
    return [(stroke - points.min(axis=0)) * scale for stroke in strokes]


def number_strokes(text, rng, height=100.0, gap=0.25):
    """Return strokes of a number whose digits are about `height` high and `gap` of that apart."""
    strokes, x = [], 0.0
    for symbol in text:
        own, size = draw_digit(symbol, rng), height / 100 * rng.uniform(0.93, 1.07)
        shift = [x, rng.normal(0, 0.02) * height]
        strokes += [stroke * size + shift for stroke in own]
        x += max(float(stroke[:, 0].max()) for stroke in own) * size + gap * height
    return strokes


def number_ink(text, rng, height=100.0, gap=0.25, pen=8.0):
    """Return (h, w) float in [0, 1]: the ink of a number, cropped to it. A pen of over 12% of the height is thinner."""
    page = render_strokes([s.tolist() for s in number_strokes(text, rng, height, gap)], pen_px=pen)
    size = [max(1, round(side / page.scale)) for side in reversed(page.ink.shape)]
    drawn = np.asarray(Image.fromarray(page.ink).resize(size, Image.Resampling.BOX))
    rows, columns = np.flatnonzero((drawn > 0.1).any(axis=1)), np.flatnonzero((drawn > 0.1).any(axis=0))
    return drawn[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def thicken(ink, by):
    """Return (h + 2 by, w + 2 by): ink whose strokes are `by` px broader on each side."""
    drawn = Image.fromarray(np.round(np.pad(ink, by) * 255).astype(np.uint8))
    return np.asarray(drawn.filter(ImageFilter.MaxFilter(2 * by + 1))) / 255


def on_page(ink, margins, paper=255, pen=15):
    """Return a grey page, uint8, with ink and margins: left, top, right, bottom in px."""
    left, top, right, bottom = margins
    whole = np.pad(ink, ((top, bottom), (left, right)))
    return np.round(paper + (pen - paper) * whole).astype(np.uint8)


def as_photo(page, rng, light=None, noise=3.0, blur=0.8):
    """Return the page as a JPEG's pixels, under `light`, (h, w) or a number, with blur and grain."""
    lit = np.asarray(Image.fromarray(page).filter(ImageFilter.GaussianBlur(blur)), float) * (
        1 if light is None else light
    )
    kept = io.BytesIO()
    grainy = np.clip(lit + rng.normal(0, noise, page.shape), 0, 255).astype(np.uint8)
    Image.fromarray(grainy).save(kept, "JPEG", quality=85)
    return Image.open(kept).convert("L")


def draw_lines(page, lines, width=3, level=15):
    """Return the page with straight lines, ((x0, y0), (x1, y1)) each."""
    picture = Image.fromarray(page)
    pen = ImageDraw.Draw(picture)
    for line in lines:
        pen.line([tuple(point) for point in line], fill=level, width=width)
    return np.asarray(picture)


def shadow(shape, rng, depth=0.5, soft=4.0):
    """Return light, (h, w) from `depth` to 1, with the nearly upright edge of a shadow somewhere in the middle."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    at = shape[1] * rng.uniform(0.25, 0.75) + (y - shape[0] / 2) * rng.uniform(-0.25, 0.25)
    return 1 - (1 - depth) / (1 + np.exp(-np.clip((x - at) / soft * rng.choice([-1, 1]), -50, 50)))
