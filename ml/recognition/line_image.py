"""Scale a line of ink to the line recognizer's input."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from ml.preprocessing.ink import MIN_INK, Ink, ink_bounds

FIELD_PX, DIGIT_PX, MARGIN_PX = 32, 22, 6  # height of the input, height of a digit in it, paper left and right
MAX_WIDTH_PX = 704  # of the input: a longer line is drawn smaller
MIN_PEN = 0.065  # of a digit's height: thinner strokes are thickened to this


@dataclass(frozen=True)
class LineImage:
    """The line recognizer's input, and where it came from.

    Attributes:
        pixels: (FIELD_PX, w) float32 in [0, 1]; 1 is ink.
        scale: its px per cell of the ink.
        left: the cell at its first column of ink.
    """

    pixels: Ink
    scale: float
    left: float

    def column_of(self, x_px: float) -> float:
        """Return the ink's column, in cells, of a column of the image."""
        return (x_px - MARGIN_PX) / self.scale + self.left


def draw_line_image(ink: Ink, digit_height: float, pen_width: float) -> LineImage:
    """Draw the ink of a line with digits DIGIT_PX high.

    Args:
        ink: (h, w) in [0, 1].
        digit_height: in cells of `ink`.
        pen_width: in cells.

    Raises:
        BlankDrawing: if there is no ink.
    """
    left, top, right, bottom = ink_bounds(ink)
    inked = Image.fromarray(np.round(ink[top:bottom, left:right] * 255).astype(np.uint8))
    growth = max(round((MIN_PEN * digit_height - pen_width) / 2), 0)
    if growth:
        framed = Image.new("L", (inked.width + 2 * growth, inked.height + 2 * growth))
        framed.paste(inked, (growth, growth))
        inked = framed.filter(ImageFilter.MaxFilter(2 * growth + 1))
    scale = min(DIGIT_PX / digit_height, (FIELD_PX - 2) / inked.height, (MAX_WIDTH_PX - 2 * MARGIN_PX) / inked.width)
    size = max(1, round(inked.width * scale)), max(1, round(inked.height * scale))
    method = Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR
    small = np.asarray(inked.resize(size, method), dtype=np.float32) / 255
    pixels = np.zeros((FIELD_PX, size[0] + 2 * MARGIN_PX), dtype=np.float32)
    upper = (FIELD_PX - size[1]) // 2
    pixels[upper : upper + size[1], MARGIN_PX : MARGIN_PX + size[0]] = small / max(float(small.max()), MIN_INK)
    return LineImage(pixels, scale, left - growth)
