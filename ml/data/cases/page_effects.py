"""What is on a page besides the number, and what a camera makes of it: paper, lines, light, a table, a JPEG."""

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from ml.data.augmentation import Strokes
from ml.preprocessing.ink import Ink

Colour = tuple[int, int, int]
Pixels = NDArray[np.float32]  # (h, w, 3), 0 to 255

FINER = 3  # strokes are painted this many times larger, and averaged
WHITE: Colour = (255, 255, 255)
INK_COLOURS: tuple[Colour, ...] = ((18, 18, 22), (28, 30, 60), (25, 45, 120), (40, 40, 40))
PAPER_COLOURS: tuple[Colour, ...] = ((236, 233, 226), (225, 226, 228), (240, 236, 222))
PENCIL_ON_PAPER = 0.22, 0.4  # how much darker pencil is than paper
TABLES: tuple[Colour, ...] = ((78, 50, 36), (60, 62, 66), (120, 92, 62), (35, 38, 48))
SKIN: tuple[Colour, ...] = ((226, 178, 150), (190, 138, 108), (120, 82, 62))


def paint_strokes(strokes: Strokes, pen_px: float, size: tuple[int, int]) -> Ink:
    """Return (height, width) float32 in [0, 1] of strokes in px, drawn by a round pen. size: width, height."""
    image = Image.new("L", (size[0] * FINER, size[1] * FINER))
    canvas = ImageDraw.Draw(image)
    wide = max(pen_px * FINER, 1.0)
    for stroke in strokes:
        points = [(float(x) * FINER, float(y) * FINER) for x, y in stroke]
        if len(points) > 1:
            canvas.line(points, fill=255, width=round(wide))
        for x, y in points:
            canvas.ellipse((x - wide / 2, y - wide / 2, x + wide / 2, y + wide / 2), fill=255)
    return np.asarray(image.reduce(FINER), dtype=np.float32) / 255


def ink_on_paper(ink: Ink, paper: Colour = WHITE, pen: Colour = INK_COLOURS[0]) -> Pixels:
    """Return the ink in colour on paper of one colour."""
    light, dark = np.array(paper, dtype=np.float32), np.array(pen, dtype=np.float32)
    return np.asarray(light + (dark - light) * ink[:, :, None], dtype=np.float32)


def add_shadow(pixels: Pixels, place: float, rng: np.random.Generator) -> Pixels:
    """Darken one side of an edge that crosses the page near x = `place` (a share of the width) to about half."""
    height, width = pixels.shape[:2]
    lean, soft = rng.uniform(-0.3, 0.3), float(np.exp(rng.uniform(np.log(1.0), np.log(14.0))))
    y, x = np.mgrid[:height, :width]
    distance = x - place * width + lean * (y - height / 2)
    lit = 1 / (1 + np.exp(-np.clip(distance / soft * (1 if rng.uniform() < 0.5 else -1), -30, 30)))
    darkest = rng.uniform(0.45, 0.65)
    return np.asarray(pixels * (darkest + (1 - darkest) * lit)[:, :, None], dtype=np.float32)


def add_falloff(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Let the light fall off across the page to about half."""
    height, width = pixels.shape[:2]
    angle, darkest = rng.uniform(0, 2 * np.pi), rng.uniform(0.42, 0.6)
    y, x = np.mgrid[:height, :width]
    along = np.cos(angle) * x / width + np.sin(angle) * y / height
    share = (along - along.min()) / np.ptp(along)
    return np.asarray(pixels * (1 - (1 - darkest) * share ** rng.uniform(0.8, 1.6))[:, :, None], dtype=np.float32)


def photograph(pixels: Pixels, rng: np.random.Generator) -> bytes:
    """Return a JPEG of the page as a phone takes it: a little blurred and noisy."""
    sharp = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    blurred = np.asarray(sharp.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.5, 1.2)))), dtype=np.float32)
    grain = rng.normal(0, rng.uniform(1.0, 3.0), (*pixels.shape[:2], 1))
    kept = io.BytesIO()
    Image.fromarray(np.clip(blurred + grain, 0, 255).astype(np.uint8)).save(
        kept, "JPEG", quality=int(rng.integers(70, 93))
    )
    return kept.getvalue()


def as_png(pixels: Pixels) -> bytes:
    """Return a PNG of the page."""
    kept = io.BytesIO()
    Image.fromarray(np.round(np.clip(pixels, 0, 255)).astype(np.uint8)).save(kept, "PNG", compress_level=1)
    return kept.getvalue()


def fill_box(pixels: Pixels, box: Sequence[float], colour: Colour) -> None:
    """Fill left, top, right, bottom, in px, with one colour."""
    left, top, right, bottom = (max(0, round(side)) for side in box)
    pixels[top:bottom, left:right] = colour


def draw_box(pixels: Pixels, box: Sequence[float], width_px: int, colour: Colour) -> None:
    """Draw the outline of a box, as a form prints it."""
    left, top, right, bottom = box
    fill_box(pixels, (left, top, right, top + width_px), colour)
    fill_box(pixels, (left, bottom - width_px, right, bottom), colour)
    fill_box(pixels, (left, top, left + width_px, bottom), colour)
    fill_box(pixels, (right - width_px, top, right, bottom), colour)


def lay_on_table(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Lay the sheet on a dark table that shows all around it, the sheet a little turned."""
    height, width = pixels.shape[:2]
    wood = np.array(TABLES[int(rng.integers(len(TABLES)))], dtype=np.float32)
    side = int(rng.uniform(0.15, 0.3) * max(height, width))
    sheet = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).convert("RGBA")
    turned = sheet.rotate(float(rng.uniform(-2.5, 2.5)), Image.Resampling.BICUBIC, expand=True)
    grain = rng.normal(0, 4, (turned.height + 2 * side, 1, 1)) + rng.normal(0, 2, (1, turned.width + 2 * side, 1))
    table = Image.fromarray(np.clip(wood + grain, 0, 255).astype(np.uint8))
    table.paste(turned, (side, side), turned)
    return np.asarray(table, dtype=np.float32)


def add_finger(pixels: Pixels, rng: np.random.Generator) -> None:
    """Let a fingertip hold the page at its lower edge or at a side."""
    height, width = pixels.shape[:2]
    skin = np.array(SKIN[int(rng.integers(len(SKIN)))], dtype=np.float32)
    y, x = np.mgrid[:height, :width]
    is_below = rng.uniform() < 0.6
    place = rng.uniform(0.1, 0.9) * width if is_below else rng.choice([0.0, float(width)])
    middle = (place, height * 1.02) if is_below else (place, rng.uniform(0.7, 0.95) * height)
    radii = 0.09 * width * rng.uniform(0.8, 1.2), 0.16 * height * rng.uniform(0.8, 1.2)
    inside = np.clip((1 - ((x - middle[0]) / radii[0]) ** 2 - ((y - middle[1]) / radii[1]) ** 2) * 8, 0, 1)
    shade = (1 - 0.25 * np.clip((y - middle[1]) / radii[1] + 1, 0, 1))[:, :, None]
    pixels += (skin * shade - pixels) * inside[:, :, None]


def add_title_bar(pixels: Pixels) -> None:
    """Draw the title bar of a window, with its three buttons, along the top edge."""
    high = max(12, round(0.06 * pixels.shape[0]))
    pixels[:high] = (60, 62, 74)
    for number, colour in enumerate(((236, 106, 94), (244, 190, 79), (97, 197, 84))):
        left, top = 8 + number * high, high // 3
        pixels[top : 2 * top, left : left + top] = colour


def add_punched_holes(pixels: Pixels, rng: np.random.Generator) -> None:
    """Punch two holes into the left margin, through which something dark shows."""
    height, width = pixels.shape[:2]
    y, x = np.mgrid[:height, :width]
    radius, left = 0.045 * height * rng.uniform(0.8, 1.3), rng.uniform(0.05, 0.09) * width
    for place in (0.25, 0.75):
        distance = np.hypot(x - left, y - place * height)
        pixels += (np.float32(45) - pixels) * np.clip(radius - distance, 0, 1)[:, :, None]
