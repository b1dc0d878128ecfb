"""Draw the site's icons for home screens from the curve of its wordmark.

python -m docs.make_icons
"""

from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageDraw

FOLDER = Path(__file__).resolve().parent.parent / "static" / "img"
PAPER, INK = "#fffdf8", "#24416f"
SIDE = 24  # units of the curve, as in static/img/inkling.svg
START = (4.0, 17.5)
CURVE = [  # cubic Bézier segments, each relative to its start
    ((3.2, -1.0), (4.6, -9.8), (7.4, -11.2)),
    ((1.9, -0.9), (2.6, 1.2), (1.5, 3.6)),
    ((-1.0, 2.3), (-2.6, 5.0), (-1.0, 6.4)),
    ((1.9, 1.6), (5.0, -1.6), (8.1, -3.6)),
]
PEN = 2.4  # units
CORNER = 5.0  # units; systems round the corners of icons without transparency themselves
SUPERSAMPLING = 4
COLORS = 64
STEPS = 64  # of each segment
ICONS = {  # px, whether the corners are round, and the size of the curve
    "icon-192.png": (192, True, 1.0),
    "icon-512.png": (512, True, 1.0),
    "icon-maskable-512.png": (512, False, 0.72),  # inside the circle that every mask leaves, 80% of the side
    "apple-touch-icon.png": (180, False, 0.88),
}


def main() -> None:
    """Draw all icons."""
    for name, (side_px, is_rounded, size) in ICONS.items():
        icon = draw_icon(side_px, is_rounded=is_rounded, size=size)
        icon.quantize(COLORS, method=Image.Quantize.FASTOCTREE).save(FOLDER / name, optimize=True)


def draw_icon(side_px: int, *, is_rounded: bool, size: float) -> Image.Image:
    """Return an icon `side_px` wide; `size` 1 draws the curve as large as in the SVG."""
    scale = side_px * SUPERSAMPLING / SIDE
    whole = side_px * SUPERSAMPLING - 1
    icon = Image.new("RGBA" if is_rounded else "RGB", (whole + 1, whole + 1), (0, 0, 0, 0) if is_rounded else PAPER)
    canvas = ImageDraw.Draw(icon)
    if is_rounded:
        canvas.rounded_rectangle((0, 0, whole, whole), CORNER * scale, fill=PAPER)
    middle = SIDE / 2
    points = [((x - middle) * size + middle, (y - middle) * size + middle) for x, y in curve_points()]
    radius = PEN * size / 2
    for (ax, ay), (bx, by) in pairwise(points):
        canvas.line((ax * scale, ay * scale, bx * scale, by * scale), fill=INK, width=round(2 * radius * scale))
    for x, y in points:
        box = (x - radius, y - radius, x + radius, y + radius)
        canvas.ellipse(tuple(edge * scale for edge in box), fill=INK)
    return icon.resize((side_px, side_px), Image.Resampling.LANCZOS)


def curve_points() -> list[tuple[float, float]]:
    """Return points along the curve, in units."""
    points = [START]
    for segment in CURVE:
        x, y = points[-1]
        controls = [(0.0, 0.0), *segment]
        for step in range(1, STEPS + 1):
            t = step / STEPS
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
            dx, dy = (sum(w * point[axis] for w, point in zip(weights, controls, strict=True)) for axis in (0, 1))
            points.append((x + dx, y + dy))
    return points


if __name__ == "__main__":
    main()
