"""Photograph a page: a camera above a sheet of paper that is bent, wrinkled, shaded and lies on a dark table."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.data.sheets.filling import PX_PER_MM, FilledPage

Rng = np.random.Generator
Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]

STEP_PX = 8  # of the grid on which the camera's rays are traced


@dataclass(frozen=True)
class Conditions:
    """How a photograph is taken.

    Attributes:
        size: width and height of the photograph in px.
        tilt_degrees: of the camera from straight above.
        turn_degrees: of the page on the photograph.
        fill: share of the photograph's narrower side that the page takes.
        bend_mm: how far the middle of the page is lifted.
        wrinkle_mm: the height of creases.
        light: the darkest part's brightness, relative to the brightest.
        shadow: brightness in a shadow that lies over a part of the page; 1 is none.
        blur_px, grain: of the photograph, standard deviations.
        hidden: ids of marks that are covered.
    """

    size: tuple[int, int] = (3000, 4000)
    tilt_degrees: float = 0.0
    turn_degrees: float = 0.0
    fill: float = 0.9
    bend_mm: float = 0.0
    wrinkle_mm: float = 0.0
    light: float = 1.0
    shadow: float = 1.0
    blur_px: float = 0.7
    grain: float = 2.0
    brightness: float = 0.9
    jpeg_quality: int = 85
    hidden: tuple[int, ...] = ()


def draw_conditions(rng: Rng, size: tuple[int, int] = (3000, 4000)) -> Conditions:
    """Return what a phone in a hand gives, from good to bad."""
    scale = size[0] / 3000
    return Conditions(
        size=size,
        tilt_degrees=float(rng.uniform(0, 30)),
        turn_degrees=float(rng.choice([0, 90, 180, 270], p=[0.7, 0.1, 0.1, 0.1]) + rng.normal(0, 6)),
        fill=float(rng.uniform(0.75, 0.97)),
        bend_mm=float(rng.uniform(-1, 1) * rng.choice([0, 4, 10])),
        wrinkle_mm=float(rng.choice([0, 0.4, 1.0])),
        light=float(rng.uniform(0.5, 1)),
        shadow=float(rng.choice([1, rng.uniform(0.45, 0.8)])),
        blur_px=float(rng.uniform(0.5, 2.2)) * scale,
        grain=float(rng.uniform(1, 6)),
        brightness=float(rng.uniform(0.6, 0.97)),
        jpeg_quality=int(rng.integers(60, 96)),
        hidden=tuple(rng.choice(6, int(rng.choice([0, 1, 2], p=[0.75, 0.17, 0.08])), replace=False).tolist()),
    )


class Camera:
    """Where each point of the page is on the photograph."""

    def __init__(self, page: FilledPage, conditions: Conditions, rng: Rng) -> None:
        self.centre = np.array([page.layout.width_mm, page.layout.height_mm]) / 2
        self.half = float(self.centre.max())
        self.conditions = conditions
        bend = rng.uniform(0, np.pi) if rng.random() < 0.5 else rng.choice([0, np.pi / 2])
        self.bend = np.array([np.cos(bend), np.sin(bend)])
        self.creases = [
            (rng.uniform(0, np.pi), rng.uniform(-0.8, 0.8) * self.half, rng.normal(0, 1), rng.uniform(5, 14))
            for _ in range(int(rng.integers(2, 6)))
        ]
        turn, tilt, toward = (
            np.deg2rad(conditions.turn_degrees),
            np.deg2rad(conditions.tilt_degrees),
            rng.uniform(0, 2 * np.pi),
        )
        axis = np.array([np.cos(toward), np.sin(toward), 0.0]) * tilt
        self.rotation = cv2.Rodrigues(axis)[0] @ cv2.Rodrigues(np.array([0.0, 0.0, turn]))[0]
        self.distance = self.half * float(rng.uniform(3.2, 5))
        self.focal, self.shift = 1.0, np.zeros(2)
        edge = np.linspace(0, 1, 5)
        size = 2 * self.centre
        frame = np.array([(x * size[0], y * size[1]) for x in edge for y in edge])
        seen = self.locate(frame)
        low, high = seen.min(axis=0), seen.max(axis=0)
        room = np.array(conditions.size, dtype=float)
        self.focal = float((room * conditions.fill / (high - low)).min())
        spare = room - self.focal * (high - low)
        self.shift = -self.focal * low + spare * rng.uniform(0.3, 0.7, 2)

    def lift(self, points: Points) -> NDArray[np.float64]:
        """Return how high above the table each point of the page is, in mm."""
        own = points - self.centre
        along = own @ self.bend / self.half
        height = self.conditions.bend_mm * (1 - along**2 + 0.3 * along**3)
        for angle, offset, sign, width in self.creases:
            away = own @ np.array([np.cos(angle), np.sin(angle)]) - offset
            height = height + self.conditions.wrinkle_mm * sign * np.exp(-np.sqrt(away**2 + 2.0) / width)
        return np.asarray(height)

    def locate(self, points: Points, is_flat: bool = False) -> Points:
        """Return the px of points (n, 2) in mm of the page; of a flat page if asked."""
        height = np.zeros(len(points)) if is_flat else self.lift(points)
        seen = np.column_stack([points - self.centre, -height]) @ self.rotation.T + [0, 0, self.distance]
        return np.asarray(self.focal * seen[:, :2] / seen[:, 2:] + self.shift)

    def trace(self) -> NDArray[np.float32]:
        """Return (h, w, 2): the page's mm at each pixel of a grid of STEP_PX, by fixed-point iteration."""
        size = 2 * self.centre
        corners = np.array([[0, 0], [size[0], 0], size, [0, size[1]]])
        back = cv2.getPerspectiveTransform(
            self.locate(corners, is_flat=True).astype(np.float32), corners.astype(np.float32)
        )
        wide, high = self.conditions.size
        xs, ys = np.meshgrid(np.arange(0, wide + STEP_PX, STEP_PX), np.arange(0, high + STEP_PX, STEP_PX))
        pixels = np.stack([xs, ys], axis=-1).reshape(-1, 2).astype(float)
        found = cv2.perspectiveTransform(pixels[None], back)[0]
        for _ in range(5):
            inside = np.clip(found, -30, size + 30)
            off = self.locate(inside) - self.locate(inside, is_flat=True)
            found = cv2.perspectiveTransform((pixels - off)[None], back)[0]
        return found.reshape(*xs.shape, 2).astype(np.float32)


@dataclass(frozen=True)
class Photograph:
    """A photograph and the camera that took it."""

    pixels: Pixels
    camera: Camera


def photograph(page: FilledPage, conditions: Conditions, rng: Rng) -> Photograph:
    """Return a photograph of a page, as it is after JPEG."""
    camera = Camera(page, conditions, rng)
    traced = camera.trace()
    wide, high = conditions.size
    grid = cv2.resize(traced, None, fx=STEP_PX, fy=STEP_PX, interpolation=cv2.INTER_LINEAR)
    half = (STEP_PX - 1) // 2  # resize takes a grid's point for the middle of its square
    mm = np.ascontiguousarray(grid[half : half + high, half : half + wide])
    paper = _hide_marks(page, conditions, rng)
    detail = PX_PER_MM * 2 * camera.half / (conditions.fill * max(conditions.size))
    if detail > 1.3:  # what the photograph has no pixels for
        paper = np.asarray(cv2.resize(paper, None, fx=1 / detail, fy=1 / detail, interpolation=cv2.INTER_AREA))
    at = mm * np.float32(paper.shape[1] / (2 * camera.centre[0])) - np.float32(0.5)
    lit = cv2.remap(paper, at[..., 0], at[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    size = np.float32(2 * camera.centre)
    outside = ((mm < 0) | (mm > size)).any(axis=-1)
    below = cv2.resize(rng.uniform(20, 90, (high // 40 + 2, wide // 40 + 2)).astype(np.float32), (wide, high))
    lit[outside] = below[outside]
    lit *= _shade(camera, traced, conditions, rng)
    blurred = np.asarray(cv2.GaussianBlur(lit, (0, 0), max(0.3, conditions.blur_px)), dtype=np.float32)
    grain = rng.standard_normal(blurred.shape, dtype=np.float32) * np.float32(conditions.grain)
    seen = np.clip(blurred + grain, 0, 255).astype(np.uint8)
    data = cv2.imencode(".jpg", seen, [cv2.IMWRITE_JPEG_QUALITY, conditions.jpeg_quality])[1]
    decoded = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    return Photograph(np.asarray(decoded, dtype=np.uint8), camera)


def _hide_marks(page: FilledPage, conditions: Conditions, rng: Rng) -> Pixels:
    """Return the page with thumbs on some of its marks."""
    covered = page.pixels.copy()
    for mark in page.layout.marks:
        if mark.id in conditions.hidden:
            middle = ((mark.rect.x + mark.rect.width / 2) * PX_PER_MM, (mark.rect.y + mark.rect.height / 2) * PX_PER_MM)
            axes = tuple(int(radius * PX_PER_MM) for radius in rng.uniform(6, 9, 2))
            cv2.ellipse(covered, (int(middle[0]), int(middle[1])), axes, 0, 0, 360, int(rng.integers(90, 190)), -1)
    return covered


def _shade(camera: Camera, traced: NDArray[np.float32], conditions: Conditions, rng: Rng) -> NDArray[np.float32]:
    """Return (h, w): how bright the light is at each pixel: it falls off, hits slopes, and a shadow may lie on it."""
    wide, high = conditions.size
    ys, xs = np.mgrid[0 : traced.shape[0], 0 : traced.shape[1]].astype(np.float32)
    ys, xs = ys / traced.shape[0] - 0.5, xs / traced.shape[1] - 0.5
    angle, edge = rng.uniform(0, 2 * np.pi, 2)
    falling = np.clip(0.5 + (np.cos(angle) * xs + np.sin(angle) * ys) / 1.4, 0, 1)
    light = conditions.light + (1 - conditions.light) * falling
    height = camera.lift(np.clip(traced.reshape(-1, 2), 0, 2 * camera.centre)).reshape(traced.shape[:2])
    slope_y, slope_x = np.gradient(height)
    light *= np.clip(1 + 0.25 * (slope_x * np.cos(angle) + slope_y * np.sin(angle)), 0.6, 1.3)
    side = np.cos(edge) * xs + np.sin(edge) * ys + rng.uniform(-0.25, 0.25)
    light *= conditions.shadow + (1 - conditions.shadow) / (1 + np.exp(-side / 0.012))
    return cv2.resize((conditions.brightness * light).astype(np.float32), (wide, high))
