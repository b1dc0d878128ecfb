"""Photograph a page by script: perspective, turning, bending, a table top, light, shadow, blur, noise and JPEG."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.data.tables.forms import PAPER_MM, PX_PER_MM, Form

Floats = NDArray[np.floating[Any]]

TABLE_TOPS = ((45, 62, 88), (70, 68, 66), (150, 170, 190), (30, 30, 34), (215, 218, 222))  # blue, green, red
LONG_SIDE_PX = (2000, 3200)
FOCAL = 1.1  # of the longer side


@dataclass(frozen=True)
class Photograph:
    """Pixels of a photograph, with the truth.

    Attributes:
        pixels: (h, w, 3) uint8: red, green, blue.
        corners: (rows + 1, columns + 1, 2) px, of the rows to fill in.
        turned: the degrees that the page stands turned clockwise, from -180 to 180.
    """

    form: Form
    pixels: NDArray[np.uint8]
    corners: NDArray[np.float64]
    turned: float


def take_photograph(
    form: Form,
    rng: np.random.Generator,
    tilt: float = 30.0,
    turn: float = 180.0,
    sides_px: tuple[int, int] = LONG_SIDE_PX,
    *,
    is_wrinkled: bool = False,
    blur_px: float | None = None,
) -> Photograph:
    """Return a photograph of a form, tilted and turned by at most so many degrees, with a longer side in `sides_px`.

    A wrinkled page is also bent more, and lies on a table top with a grain. Without `blur_px`, it is sharp.
    """
    turned = float(rng.uniform(-turn, turn))
    long_side = float(rng.uniform(*sides_px))
    matrix, size = _camera(rng, long_side, np.radians(rng.uniform(0, tilt)), np.radians(turned))
    bend = _Bend.of(rng, is_wrinkled)
    inverse = np.linalg.inv(matrix)
    x, y = np.meshgrid(np.arange(size[0], dtype=np.float32), np.arange(size[1], dtype=np.float32))
    scale = inverse[2, 0] * x + inverse[2, 1] * y + inverse[2, 2]
    page_x = (inverse[0, 0] * x + inverse[0, 1] * y + inverse[0, 2]) / scale
    page_y = (inverse[1, 0] * x + inverse[1, 1] * y + inverse[1, 2]) / scale
    shift_x, shift_y = bend.shift(page_x, page_y)
    table_top = TABLE_TOPS[int(rng.integers(len(TABLE_TOPS)))]
    source = np.asarray(form.picture)[:, :, ::-1]
    warped = cv2.remap(
        source,
        ((page_x + shift_x) * PX_PER_MM).astype(np.float32),
        ((page_y + shift_y) * PX_PER_MM).astype(np.float32),
        cv2.INTER_AREA if size[0] < 1000 else cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=table_top,
    )
    if is_wrinkled:
        grain = rng.normal(0, 7, (size[1] // 5, size[0] // 30)).astype(np.float32)
        is_outside = (page_x < 0) | (page_y < 0) | (page_x > PAPER_MM[0]) | (page_y > PAPER_MM[1])
        warped = warped + cv2.resize(grain, size, interpolation=cv2.INTER_CUBIC)[..., None] * is_outside[..., None]
    pixels = _light(np.clip(warped, 0, 255).astype(np.uint8), rng, blur_px)
    placed = form.corners_mm.copy()
    for _ in range(8):
        placed = form.corners_mm - np.stack(bend.shift(placed[..., 0], placed[..., 1]), axis=-1)
    seen = cv2.perspectiveTransform(placed.reshape(1, -1, 2), matrix)
    corners = np.asarray(seen, dtype=np.float64).reshape(placed.shape)
    return Photograph(form, pixels, corners, turned)


def _camera(
    rng: np.random.Generator, long_side: float, tilt: float, turned: float
) -> tuple[NDArray[np.float64], tuple[int, int]]:
    """Return the homography from mm of the page to px, and the photograph's width and height."""
    width, height = PAPER_MM
    wide, high = (0.75, 1.0) if abs(np.cos(turned)) > 0.7 else (1.0, 0.75)
    axis = rng.uniform(0, 2 * np.pi)
    around = cv2.Rodrigues(np.array([np.cos(axis), np.sin(axis), 0.0]) * tilt)[0]
    flat = cv2.Rodrigues(np.array([0.0, 0.0, turned]))[0]
    turn = np.asarray(around @ flat)
    focal = FOCAL * long_side
    middle = np.array([width / 2, height / 2, 0.0])
    corners = np.array([[0, 0, 0], [width, 0, 0], [width, height, 0], [0, height, 0]], dtype=float)

    def project(distance: float) -> NDArray[np.float64]:
        seen = (corners - middle) @ turn.T + [0, 0, distance]
        return np.asarray(seen[:, :2] / seen[:, 2:] * focal)

    room = np.array([wide, high]) * long_side * rng.uniform(0.86, 0.97)
    distance = 300.0
    for _ in range(30):
        distance *= float((np.ptp(project(distance), axis=0) / room).max())
    seen = project(distance)
    size = round(wide * long_side), round(high * long_side)
    offset = (np.array(size) - seen.min(axis=0) - seen.max(axis=0)) / 2
    matrix = cv2.getPerspectiveTransform(corners[:, :2].astype(np.float32), (seen + offset).astype(np.float32))
    return np.asarray(matrix, dtype=np.float64), size


@dataclass(frozen=True)
class _Bend:
    """How far the paper's height moves what is seen of it.

    Attributes:
        bend_mm, phase: of a long wave, in x and in y.
        waves: (n, 5) of a bent page and its creases: direction in radians, where it is in mm, its width in mm, and
            the mm that it moves x and y.
    """

    bend_mm: Floats
    phase: Floats
    waves: Floats

    @classmethod
    def of(cls, rng: np.random.Generator, is_wrinkled: bool) -> "_Bend":
        bend_mm = rng.uniform(0, 1.6, 2) * (rng.uniform() < 0.6)
        phase = rng.uniform(0, np.pi, 2)
        waves = np.zeros((0, 5))
        if is_wrinkled:
            count = 1 + int(rng.integers(1, 6))
            height = np.where(np.arange(count) == 0, rng.uniform(-8, 8), rng.uniform(-0.9, 0.9, count))
            width = np.where(np.arange(count) == 0, rng.uniform(60, 120), rng.uniform(3, 10, count))
            moves = height[:, None] * rng.uniform(-0.45, 0.45, 2)
            waves = np.column_stack([rng.uniform(0, np.pi, count), rng.uniform(-100, 100, count), width, moves])
        return cls(bend_mm, phase, waves)

    def shift(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Return by how many mm points of the page are moved."""
        along = np.pi * (x / PAPER_MM[0] + y / PAPER_MM[1]) / 1.3
        moved = [self.bend_mm[axis] * np.sin(along + self.phase[axis]) for axis in (0, 1)]
        for direction, place, width, *moves in self.waves:
            off = np.cos(direction) * (x - PAPER_MM[0] / 2) + np.sin(direction) * (y - PAPER_MM[1] / 2) - place
            height = np.exp(-((off / width) ** 2))
            moved = [one + by * height for one, by in zip(moved, moves, strict=True)]
        return moved[0], moved[1]


def _light(pixels: NDArray[np.uint8], rng: np.random.Generator, blur_px: float | None) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    along = np.cos(angle) * x / width + np.sin(angle) * y / height
    light = 1 - rng.uniform(0, 0.45) * (along - along.min()) / np.ptp(along)
    if rng.uniform() < 0.35:
        edge = np.cos(angle + 1) * (x - width * rng.uniform(0.3, 0.7)) + np.sin(angle + 1) * (y - height / 2)
        light *= 1 - rng.uniform(0.2, 0.45) / (1 + np.exp(-np.clip(edge / rng.uniform(8, 80), -30, 30)))
    lit = pixels * (light * rng.uniform(0.75, 1.0))[:, :, None]
    sharp_px = rng.uniform(0.5, 1.4)
    blurred = cv2.GaussianBlur(lit.astype(np.float32), (0, 0), sharp_px if blur_px is None else blur_px)
    noisy = blurred + rng.normal(0, rng.uniform(1, 4), (height, width, 1)).astype(np.float32)
    quality = int(rng.integers(60, 96))
    _, data = cv2.imencode(".jpg", np.clip(noisy, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)
    return decoded[:, :, ::-1]
