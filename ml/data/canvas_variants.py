"""Draw strokes as pictures with many pens, positions, tilts, colours and kinds of paper, to measure robustness."""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from ml.data.augmentation import Strokes
from ml.data.render_augmentation import jitter_as_mouse
from ml.preprocessing.ink import Ink
from ml.preprocessing.strokes import render_strokes

SIDE_PX = 280
WHITE, BLACK, BLUE, CREAM = (255, 255, 255), (0, 0, 0), (30, 60, 160), (250, 240, 215)
PAPER, BALLPOINT = (238, 235, 226), (35, 45, 110)


@dataclass(frozen=True)
class RuledLines:
    """Lines printed on the paper, `spacing_px` apart; a square grid if `is_squared`."""

    spacing_px: float
    is_squared: bool = False
    width_px: int = 2
    colour: tuple[int, int, int] = (165, 185, 215)


@dataclass(frozen=True)
class Canvas:
    """How a digit is drawn on a canvas, and how the canvas becomes a picture.

    Attributes:
        pen_px: pen width.
        size_px: the longer side of the digit, pen excluded.
        in_corner: place it in a corner, otherwise near the middle.
        tilt_degrees: range of the rotation, to either side.
        jitter: standard deviation of a mouse's jitter, as a fraction of the digit's size.
        finish: applied to the finished picture.
    """

    pen_px: float = 20.0
    size_px: float = 160.0
    width: int = SIDE_PX
    height: int = SIDE_PX
    in_corner: bool = False
    tilt_degrees: tuple[float, float] = (0.0, 0.0)
    jitter: float = 0.0
    paper: tuple[int, int, int] = WHITE
    pen_colour: tuple[int, int, int] = BLACK
    ruled_lines: RuledLines | None = None
    finish: Callable[[Image.Image, np.random.Generator], Image.Image] | None = None


def _blurred(picture: Image.Image, _: np.random.Generator) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(4))


def _as_jpeg(picture: Image.Image, _: np.random.Generator, quality: int = 25) -> Image.Image:
    saved = io.BytesIO()
    picture.save(saved, "JPEG", quality=quality)
    return Image.open(saved)


def _photographed(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Imitate a photo in poor light: rotated, unevenly lit, with a shadow, blur and noise, saved as a JPEG."""
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
    """Return black ink on a transparent background."""
    alpha = picture.convert("L").point(lambda value: 255 - value)
    return Image.merge("RGBA", (*[Image.new("L", picture.size)] * 3, alpha))


PHOTO = Canvas(
    pen_px=7, size_px=130, width=480, height=400, paper=PAPER, pen_colour=BALLPOINT,
    ruled_lines=RuledLines(spacing_px=75), finish=_photographed,
)  # fmt: skip

VARIANTS = {
    "plain": Canvas(),
    "pen 1 px": Canvas(pen_px=1),
    "pen 2 px": Canvas(pen_px=2),
    "pen 6 px": Canvas(pen_px=6),
    "pen 34 px": Canvas(pen_px=34),
    "pen 40 px": Canvas(pen_px=40),
    "60 px in a corner": Canvas(pen_px=8, size_px=60, in_corner=True),
    "filling the canvas": Canvas(size_px=SIDE_PX - 24.0),
    "tilted 12 to 22 degrees": Canvas(tilt_degrees=(12, 22)),
    "blurred 4 px": Canvas(finish=_blurred),
    "JPEG quality 25": Canvas(finish=_as_jpeg),
    "white on black": Canvas(paper=BLACK, pen_colour=WHITE),
    "transparent": Canvas(finish=_transparent),
    "blue on cream": Canvas(paper=CREAM, pen_colour=BLUE),
    "mouse, 1 to 2 px in 800 x 1050": Canvas(pen_px=1.5, size_px=600, width=800, height=1050, jitter=0.008),
    "photo of a pen on paper": replace(PHOTO, ruled_lines=None),
    "photo, ruled paper": PHOTO,
    "photo, squared paper": replace(PHOTO, ruled_lines=RuledLines(spacing_px=40, is_squared=True)),
    "squared paper, scanned": replace(PHOTO, ruled_lines=RuledLines(spacing_px=40, is_squared=True), finish=None),
}


def draw_variant(strokes: Strokes, canvas: Canvas, rng: np.random.Generator) -> Image.Image:
    """Return a picture of the strokes on `canvas`, at a random position."""
    points = np.concatenate(strokes)
    angle = np.deg2rad(rng.uniform(*canvas.tilt_degrees) * rng.choice([-1, 1]))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned = [(stroke - points.mean(axis=0)) @ turn.T for stroke in strokes]
    scale = canvas.size_px / max(float(np.ptp(np.concatenate(turned), axis=0).max()), 1e-6)
    placed = [stroke * scale for stroke in turned]
    if canvas.jitter:
        placed = jitter_as_mouse(placed, canvas.size_px, canvas.jitter, rng)
    picture = _paint(_place_ink(placed, canvas, rng), _draw_paper(canvas, rng), canvas)
    return canvas.finish(picture, rng) if canvas.finish else picture


def _place_ink(strokes: Strokes, canvas: Canvas, rng: np.random.Generator) -> Ink:
    """Return (height, width) float32 of ink with the digit in a corner or near the middle."""
    page = render_strokes([stroke.tolist() for stroke in strokes], pen_px=canvas.pen_px)
    size = [max(1, round(side / page.scale)) for side in reversed(page.ink.shape)]
    drawn = np.asarray(Image.fromarray(page.ink).resize((size[0], size[1]), Image.Resampling.BOX))
    room = np.maximum(np.array([canvas.height, canvas.width]) - drawn.shape, 0)
    part = rng.choice([0.03, 0.97], 2) if canvas.in_corner else rng.uniform(0.3, 0.7, 2)
    top, left = (room * part).astype(int)
    ink = np.zeros((max(canvas.height, drawn.shape[0]), max(canvas.width, drawn.shape[1])), dtype=np.float32)
    ink[top : top + drawn.shape[0], left : left + drawn.shape[1]] = drawn
    return ink


def _draw_paper(canvas: Canvas, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return (height, width, 3) of empty paper; the offset of its ruled lines is random."""
    paper = np.full((canvas.height, canvas.width, 3), canvas.paper, dtype=np.float32)
    if canvas.ruled_lines:
        for length, lines in ((canvas.height, paper), (canvas.width, paper.swapaxes(0, 1)))[
            : 1 + canvas.ruled_lines.is_squared
        ]:
            for place in np.arange(
                rng.uniform(0, canvas.ruled_lines.spacing_px), length, canvas.ruled_lines.spacing_px
            ).astype(int):
                lines[place : place + canvas.ruled_lines.width_px] = canvas.ruled_lines.colour
    return paper


def _paint(ink: Ink, paper: NDArray[np.float32], canvas: Canvas) -> Image.Image:
    height, width = np.maximum(ink.shape, paper.shape[:2]) - paper.shape[:2]
    paper = np.pad(paper, ((0, height), (0, width), (0, 0)), mode="edge")
    pen = np.array(canvas.pen_colour, dtype=np.float32)
    return Image.fromarray(np.round(paper + (pen - paper) * ink[:, :, None]).astype(np.uint8))
