"""The same handwriting on other canvases: other pens, places, tilts and colours, as pictures that a stranger sends."""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from ml.data.augmentation import Strokes
from ml.data.render_augmentation import shake_as_mouse
from ml.preprocessing.ink import Ink
from ml.preprocessing.strokes import render_strokes

SIDE_PX = 280
WHITE, BLACK, BLUE, CREAM = (255, 255, 255), (0, 0, 0), (30, 60, 160), (250, 240, 215)
PAPER, BALLPOINT = (238, 235, 226), (35, 45, 110)


@dataclass(frozen=True)
class Rules:
    """Lines that are printed on paper, `apart_px` from one another; squares where `is_squared`."""

    apart_px: float
    is_squared: bool = False
    wide_px: int = 2
    colour: tuple[int, int, int] = (165, 185, 215)


@dataclass(frozen=True)
class Canvas:
    """How a digit lies on a canvas.

    pen_px, tall_px: the pen, and the longer side of the digit without it. corner: small in a corner, not somewhere in
    the middle. tilt_degrees: turned so far, to either side. shake: of a mouse, in parts of the digit.
    """

    pen_px: float = 20.0
    tall_px: float = 160.0
    width: int = SIDE_PX
    height: int = SIDE_PX
    in_corner: bool = False
    tilt_degrees: tuple[float, float] = (0.0, 0.0)
    shake: float = 0.0
    paper: tuple[int, int, int] = WHITE
    pen_colour: tuple[int, int, int] = BLACK
    rules: Rules | None = None
    finish: Callable[[Image.Image, np.random.Generator], Image.Image] | None = None


def _blurred(picture: Image.Image, _: np.random.Generator) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(4))


def _as_jpeg(picture: Image.Image, _: np.random.Generator, quality: int = 25) -> Image.Image:
    saved = io.BytesIO()
    picture.save(saved, "JPEG", quality=quality)
    return Image.open(saved)


def _photographed(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Take a photo by poor light: askew, darker to one side and under a shadow, unsharp, grainy, saved as a JPEG."""
    angle = float(rng.uniform(-2, 2))
    askew = picture.rotate(angle, Image.Resampling.BICUBIC, fillcolor=PAPER)
    height, width = askew.height, askew.width
    y, x = np.mgrid[:height, :width] / max(height, width)
    angle = float(rng.uniform(0, 2 * np.pi))
    along = np.cos(angle) * (x - x.mean()) + np.sin(angle) * (y - y.mean())
    shadow = 1 / (1 + np.exp(-(along - rng.uniform(-0.3, 0.3)) / rng.uniform(0.02, 0.1)))
    light = (0.72 + 0.4 * along) * (1 - rng.uniform(0.1, 0.35) * shadow)
    grain = rng.normal(0, 4, (height, width, 1))
    unsharp = np.asarray(askew.filter(ImageFilter.GaussianBlur(1.2)), dtype=np.float32)
    taken = np.clip(unsharp * light[:, :, None] + grain, 0, 255)
    return _as_jpeg(Image.fromarray(taken.astype(np.uint8)), rng, quality=75)


def _transparent(picture: Image.Image, _: np.random.Generator) -> Image.Image:
    """Black ink on nothing at all."""
    alpha = picture.convert("L").point(lambda value: 255 - value)
    return Image.merge("RGBA", (*[Image.new("L", picture.size)] * 3, alpha))


PHOTO = Canvas(
    pen_px=7, tall_px=130, width=480, height=400, paper=PAPER, pen_colour=BALLPOINT,
    rules=Rules(apart_px=75), finish=_photographed,
)  # fmt: skip

VARIANTS = {
    "plain": Canvas(),
    "pen 1 px": Canvas(pen_px=1),
    "pen 2 px": Canvas(pen_px=2),
    "pen 6 px": Canvas(pen_px=6),
    "pen 34 px": Canvas(pen_px=34),
    "pen 40 px": Canvas(pen_px=40),
    "60 px in a corner": Canvas(pen_px=8, tall_px=60, in_corner=True),
    "filling the canvas": Canvas(tall_px=SIDE_PX - 24.0),
    "tilted 12 to 22 degrees": Canvas(tilt_degrees=(12, 22)),
    "blurred 4 px": Canvas(finish=_blurred),
    "JPEG quality 25": Canvas(finish=_as_jpeg),
    "white on black": Canvas(paper=BLACK, pen_colour=WHITE),
    "transparent": Canvas(finish=_transparent),
    "blue on cream": Canvas(paper=CREAM, pen_colour=BLUE),
    "mouse, 1 to 2 px in 800 x 1050": Canvas(pen_px=1.5, tall_px=600, width=800, height=1050, shake=0.008),
    "photo of a pen on paper": replace(PHOTO, rules=None),
    "photo, ruled paper": PHOTO,
    "photo, squared paper": replace(PHOTO, rules=Rules(apart_px=40, is_squared=True)),
    "squared paper, scanned": replace(PHOTO, rules=Rules(apart_px=40, is_squared=True), finish=None),
}


def draw_variant(strokes: Strokes, how: Canvas, rng: np.random.Generator) -> Image.Image:
    """Return the picture of a digit on such a canvas; its place varies by `rng`."""
    points = np.concatenate(strokes)
    angle = np.deg2rad(rng.uniform(*how.tilt_degrees) * rng.choice([-1, 1]))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned = [(stroke - points.mean(axis=0)) @ turn.T for stroke in strokes]
    scale = how.tall_px / max(float(np.ptp(np.concatenate(turned), axis=0).max()), 1e-6)
    placed = [stroke * scale for stroke in turned]
    if how.shake:
        placed = shake_as_mouse(placed, how.tall_px, how.shake, rng)
    picture = _painted(_laid(placed, how, rng), _paper_of(how, rng), how)
    return how.finish(picture, rng) if how.finish else picture


def _laid(strokes: Strokes, how: Canvas, rng: np.random.Generator) -> Ink:
    """Return (height, width) of ink, the digit in a corner or anywhere about the middle."""
    page = render_strokes([stroke.tolist() for stroke in strokes], pen_px=how.pen_px)
    size = [max(1, round(side / page.scale)) for side in reversed(page.ink.shape)]
    drawn = np.asarray(Image.fromarray(page.ink).resize((size[0], size[1]), Image.Resampling.BOX))
    room = np.maximum(np.array([how.height, how.width]) - drawn.shape, 0)
    part = rng.choice([0.03, 0.97], 2) if how.in_corner else rng.uniform(0.3, 0.7, 2)
    top, left = (room * part).astype(int)
    ink = np.zeros((max(how.height, drawn.shape[0]), max(how.width, drawn.shape[1])), dtype=np.float32)
    ink[top : top + drawn.shape[0], left : left + drawn.shape[1]] = drawn
    return ink


def _paper_of(how: Canvas, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return (height, width, 3) of empty paper, ruled if it is; where the first line lies varies."""
    paper = np.full((how.height, how.width, 3), how.paper, dtype=np.float32)
    if how.rules:
        for length, lines in ((how.height, paper), (how.width, paper.swapaxes(0, 1)))[: 1 + how.rules.is_squared]:
            for place in np.arange(rng.uniform(0, how.rules.apart_px), length, how.rules.apart_px).astype(int):
                lines[place : place + how.rules.wide_px] = how.rules.colour
    return paper


def _painted(ink: Ink, paper: NDArray[np.float32], how: Canvas) -> Image.Image:
    height, width = np.maximum(ink.shape, paper.shape[:2]) - paper.shape[:2]
    paper = np.pad(paper, ((0, height), (0, width), (0, 0)), mode="edge")
    pen = np.array(how.pen_colour, dtype=np.float32)
    return Image.fromarray(np.round(paper + (pen - paper) * ink[:, :, None]).astype(np.uint8))
