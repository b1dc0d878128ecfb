"""Photograph a page: tilted, turned, bent, wrinkled, badly lit, on a surface; blurred, noisy, as a JPEG.

Where each point of the page lies in the photograph is known exactly, so that cells that were cut can be measured.
"""

import io
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.floating]
Picture = NDArray[np.uint8]
Rng = np.random.Generator

MAX_TILT = 30.0  # degrees
SURFACES = ((70, 52, 38), (48, 50, 54), (98, 76, 56), (120, 118, 112), (30, 32, 40))
ROW = 256  # points that are looked up together
FIELD_MM = 2.0  # between the points at which the paper's height is known


@dataclass(frozen=True)
class View:
    """How the camera sees the page.

    Attributes:
        homography: (3, 3) from mm on the flat page to px of the photograph.
        lift: (h, w) mm, the paper's height every FIELD_MM.
        lean: mm on the page that a point moves for a mm of height.
    """

    homography: Floats
    lift: Floats
    lean: tuple[float, float]

    def find_px(self, points: Floats) -> Floats:
        """Return where points of the page, (n, 2) in mm, lie in the photograph, (n, 2) in px."""
        moved = points + self.find_lift(points)[:, None] * np.array(self.lean)
        return np.asarray(cv2.perspectiveTransform(moved[None].astype(np.float64), self.homography)[0])

    def find_lift(self, points: Floats) -> Floats:
        """Return the height of the paper at points of the page, (n,) in mm."""
        padded = np.zeros((-(-len(points) // ROW) * ROW, 2), np.float32)
        padded[: len(points)] = points / FIELD_MM
        x, y = (np.ascontiguousarray(padded.reshape(-1, ROW, 2)[:, :, axis]) for axis in (0, 1))
        found = cv2.remap(self.lift.astype(np.float32), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(found.ravel()[: len(points)], np.float64)


@dataclass(frozen=True)
class Photograph:
    """A photograph as it is sent, and the truth about where it was taken from."""

    data: bytes
    view: View


def photograph(page: Picture, size_mm: tuple[float, float], rng: Rng) -> Photograph:
    """Return a photograph of a page of so many mm."""
    lift, shade = _lay_down(size_mm, rng)
    tilt = float(rng.uniform(0, MAX_TILT))
    view, size_px = _aim(size_mm, lift, tilt, rng)
    seen, inside = _render(page, size_mm, view, shade, size_px)
    pixels = _lay_on_surface(seen, inside, rng)
    pixels = _light(pixels, rng)
    return Photograph(_develop(pixels, rng), view)


def _lay_down(size_mm: tuple[float, float], rng: Rng) -> tuple[Floats, Floats]:
    """Return the paper's height, bent and wrinkled, and how bright its slopes make it."""
    width, height = (round(side / FIELD_MM) + 2 for side in size_mm)
    y, x = np.mgrid[:height, :width] * FIELD_MM
    angle = rng.uniform(0, np.pi)
    along = (np.cos(angle) * (x - size_mm[0] / 2) + np.sin(angle) * (y - size_mm[1] / 2)) / max(size_mm)
    lift = rng.uniform(0, 9) * (np.cos(np.pi * along * rng.uniform(0.6, 1.2)) - rng.uniform(0, 1))
    if rng.uniform() < 0.5:
        for _ in range(int(rng.integers(1, 6))):
            lift = lift + _crease(x, y, size_mm, rng)
        rough = cv2.GaussianBlur(rng.normal(0, 1, x.shape).astype(np.float32), (0, 0), rng.uniform(4, 9))
        lift = lift + rough / max(float(rough.std()), 1e-6) * rng.uniform(0.1, 0.5)
    slope_y, slope_x = np.gradient(lift, FIELD_MM)
    light = rng.uniform(0, 2 * np.pi)
    shade = 1 + rng.uniform(0.3, 0.9) * (np.cos(light) * slope_x + np.sin(light) * slope_y)
    return lift, np.clip(shade, 0.6, 1.3)


def _crease(x: Floats, y: Floats, size_mm: tuple[float, float], rng: Rng) -> Floats:
    angle, offset = rng.uniform(0, np.pi), rng.uniform(-0.35, 0.35) * max(size_mm)
    distance = np.cos(angle) * (x - size_mm[0] / 2) + np.sin(angle) * (y - size_mm[1] / 2) - offset
    return np.asarray(rng.uniform(-0.9, 0.9) * np.exp(-np.abs(distance) / rng.uniform(3, 10)))


def _aim(size_mm: tuple[float, float], lift: Floats, tilt: float, rng: Rng) -> tuple[View, tuple[int, int]]:
    """Return the view of a camera that is tilted and turned, and the photograph's width and height."""
    turn = np.deg2rad(90 * int(rng.integers(4)) + rng.normal(0, 8))
    axis, lean = rng.uniform(0, 2 * np.pi), np.deg2rad(tilt)
    about = np.array([np.cos(axis), np.sin(axis), 0.0]) * lean
    rotation = cv2.Rodrigues(about)[0] @ cv2.Rodrigues(np.array([0.0, 0.0, turn]))[0]
    long_px = int(rng.integers(2600, 4001))
    focal = rng.uniform(0.9, 1.3) * long_px
    corners = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]]) * size_mm
    placed = np.concatenate([corners, np.zeros((4, 1))], axis=1) @ rotation.T
    size_px = (
        (long_px, long_px * 3 // 4) if np.ptp(placed[:, 0]) > np.ptp(placed[:, 1]) else (long_px * 3 // 4, long_px)
    )
    distance = float(max(size_mm)) * 1.1
    for _ in range(40):  # step back until the page fits
        seen = focal * placed[:, :2] / (placed[:, 2:] + distance)
        spans = np.ptp(seen, axis=0) / size_px
        if spans.max() < rng.uniform(0.82, 0.95):
            break
        distance *= 1.03
    middle = np.array(size_px) / 2 - (seen.max(axis=0) + seen.min(axis=0)) / 2
    middle = middle + rng.uniform(-0.02, 0.02, 2) * size_px
    inner = np.array([[focal, 0, middle[0]], [0, focal, middle[1]], [0, 0, 1.0]])
    outer = np.stack([rotation[:, 0], rotation[:, 1], np.array([0.0, 0.0, distance])], axis=1)
    centred = np.array([[1, 0, -size_mm[0] / 2], [0, 1, -size_mm[1] / 2], [0, 0, 1.0]])
    towards = rotation.T @ np.array([0.0, 0.0, -1.0])  # where the camera stands, as the page sees it
    return View(inner @ outer @ centred, lift, (-towards[0] / -towards[2], -towards[1] / -towards[2])), size_px


def _render(
    page: Picture, size_mm: tuple[float, float], view: View, shade: Floats, size_px: tuple[int, int]
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the page as it is seen, (h, w, 3), and where in the photograph it is."""
    width, height = size_px
    back = np.linalg.inv(view.homography)
    y, x = np.mgrid[:height:8, :width:8].astype(np.float64)
    seen = np.stack([x.ravel(), y.ravel()], axis=-1)
    flat = cv2.perspectiveTransform(seen[None], back)[0]
    points = flat.copy()
    for _ in range(4):  # the point of the page that its height moves to here
        points = flat - view.find_lift(points)[:, None] * np.array(view.lean)
    coarse = points.reshape(*x.shape, 2).astype(np.float32)
    fine = cv2.warpAffine(
        coarse, np.array([[8.0, 0, 0], [0, 8.0, 0]]), size_px, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    scale = page.shape[1] / size_mm[0]
    x_mm, y_mm = (np.asarray(fine[:, :, axis], np.float32) for axis in (0, 1))
    pixels = cv2.remap(page, x_mm * np.float32(scale), y_mm * np.float32(scale), cv2.INTER_AREA).astype(np.float32)
    bright = cv2.remap(
        shade.astype(np.float32), x_mm / np.float32(FIELD_MM), y_mm / np.float32(FIELD_MM), cv2.INTER_LINEAR
    )
    inside = ((fine >= 0) & (fine < np.array(size_mm, np.float32))).all(axis=2)
    return pixels * bright[:, :, None], np.asarray(inside, bool)


def _lay_on_surface(seen: Floats, inside: NDArray[np.bool_], rng: Rng) -> Floats:
    height, width = inside.shape
    surface = np.array(SURFACES[int(rng.integers(len(SURFACES)))], np.float32)
    grain = cv2.resize(
        rng.normal(0, 7, (height // 6, 40)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
    )
    edge = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 1.2)[:, :, None]
    under = np.clip(surface + grain[:, :, None], 0, 255)
    dark = 1 - 0.35 * cv2.GaussianBlur(np.roll(inside, (9, 6), (0, 1)).astype(np.float32), (0, 0), 9)[:, :, None]
    return np.asarray(seen * edge + under * dark * (1 - edge), np.float32)


def _light(pixels: Floats, rng: Rng) -> Floats:
    """Let the light fall off, tint it, and let a hand or a phone cast its shadow."""
    height, width = pixels.shape[:2]
    y, x = np.mgrid[: height // 8 + 1, : width // 8 + 1].astype(np.float32) * 8
    angle = rng.uniform(0, 2 * np.pi)
    along = (np.cos(angle) * (x / width - 0.5) + np.sin(angle) * (y / height - 0.5)) + 0.5
    light = rng.uniform(0.7, 1.02) * (1 - rng.uniform(0, 0.45) * np.clip(along, 0, 1))
    if rng.uniform() < 0.5:
        tilt, place = rng.uniform(0, 2 * np.pi), rng.uniform(-0.35, 0.35)
        distance = (np.cos(tilt) * (x / width - 0.5) + np.sin(tilt) * (y / height - 0.5) - place) * width
        light = light * (1 - rng.uniform(0.15, 0.5) / (1 + np.exp(-np.clip(distance / rng.uniform(6, 120), -30, 30))))
    light = cv2.resize(light.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    tint = np.array([1.0, rng.uniform(0.94, 1.0), rng.uniform(0.82, 1.0)], np.float32)
    return np.asarray(pixels * light[:, :, None] * tint, np.float32)


def _develop(pixels: Floats, rng: Rng) -> bytes:
    """Blur, add noise, and compress."""
    blurred = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.5, 1.5))
    if rng.uniform() < 0.25:
        length = int(rng.integers(3, 7))
        kernel = np.zeros((length, length), np.float32)
        cv2.line(kernel, (0, int(rng.integers(length))), (length - 1, int(rng.integers(length))), 1.0)
        blurred = cv2.filter2D(blurred, -1, kernel / kernel.sum())
    grain = rng.normal(0, rng.uniform(1, 5), pixels.shape[:2]).astype(np.float32)
    taken = np.clip(blurred + grain[:, :, None], 0, 255).astype(np.uint8)
    kept = io.BytesIO()
    Image.fromarray(taken).save(kept, "JPEG", quality=int(rng.integers(60, 96)))
    return kept.getvalue()
