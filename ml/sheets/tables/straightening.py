"""Find the two directions of a page's lines, and the homography that makes them horizontal and vertical."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.sheets.tables.runs import STEP_PX

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]

SEGMENT_SIDES_PX = (1200, 600)  # of the picture in which segments are found: dots and dashes join in the smaller one
CONTRAST_GAIN = 1.6
DARKEST_PAPER = 0.4  # of the brightest: in a shadow
MIN_SEGMENT_PX, LONG_SEGMENT_PX = 14.0, 160.0  # in the larger of the two; longer segments count no more than that
NEAREST_VANISHING_POINT = 1.2  # of the longer side, from the middle: of a page tilted by 40 degrees
INLIER_DEGREES, MIN_BETWEEN_DEGREES = 1.2, 40.0
TRIES = 400
FOCAL = 0.9  # of the longer side: between the cameras of most phones; it only changes width by height a little
MAX_GROWTH = 1.6  # of the picture's sides by straightening


class Straightened(NamedTuple):
    """A contrast picture with straight lines, and the homography from the photograph to it.

    Attributes:
        contrast: (h, w) float32, 0 is paper and 1 black.
        paper: how bright it is under the ink, every STEP_PX of `contrast`.
        matrix: (3, 3), px of the photograph to px of `contrast`.
    """

    contrast: NDArray[np.float32]
    paper: NDArray[np.float32]
    matrix: Floats


def find_contrast(gray: Pixels, *, keeps_edges: bool = False) -> NDArray[np.float32]:
    """Return (h, w) float32, how much darker than its surroundings each pixel is: 0 for paper, at most 1.

    The paper's edge upon a dark table top shows as a line only if it is kept.
    """
    height, width = gray.shape
    paper = find_paper(gray)
    bright = max(30.0, DARKEST_PAPER * float(np.quantile(paper, 0.95)))
    if not keeps_edges:
        paper = np.asarray(cv2.erode(paper, np.ones((5, 5), np.uint8)), np.uint8)  # wider than it was dilated
    level = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    dark = np.minimum(level / bright, 1)  # a dark table top's grain counts little
    return np.clip((level - gray) / np.maximum(level, bright) * dark, 0, 1).astype(np.float32)


def find_paper(gray: Pixels) -> Pixels:
    """Return (h / 4, w / 4): how bright the paper is, or what else is under the ink."""
    height, width = gray.shape
    small = cv2.resize(gray, (max(1, width // 4), max(1, height // 4)), interpolation=cv2.INTER_AREA)
    side = max(5, round(0.012 * max(height, width) / 4) * 2 + 1)
    paper = cv2.medianBlur(cv2.dilate(small, np.ones((3, 3), np.uint8)), 3)
    return np.asarray(cv2.morphologyEx(paper, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8)), dtype=np.uint8)


def darkest_channel(pixels: Pixels) -> Pixels:
    """Return (h, w): of colours the darkest channel, so that coloured lines are as dark as black ones."""
    return pixels if pixels.ndim == 2 else np.asarray(pixels.min(axis=2))


def find_segments(gray: Pixels) -> Floats:
    """Return (n, 4) x, y, x, y in px of straight segments of lines."""
    found = []
    for side in SEGMENT_SIDES_PX:
        scale = min(1.0, side / max(gray.shape))
        small = np.asarray(cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        contrast = np.clip(find_contrast(small, keeps_edges=True) * 255 * CONTRAST_GAIN, 0, 255).astype(np.uint8)
        detector = cv2.createLineSegmentDetector(cv2.LSD_REFINE_STD, 0.8)
        lines = detector.detect(cv2.GaussianBlur(contrast, (0, 0), 1.2))[0]
        if lines is not None and len(lines):
            lines = lines.reshape(-1, 4).astype(np.float64)
            is_long = np.hypot(*(lines[:, 2:] - lines[:, :2]).T) >= MIN_SEGMENT_PX * min(1.0, side / 900)
            found.append(lines[is_long] / scale)
    return np.concatenate(found) if found else np.zeros((0, 4))


def find_directions(segments: Floats, gray: Pixels) -> tuple[Floats, Floats] | None:
    """Return the vanishing points, homogeneous, of the lines that run along x and along y; None if there are none.

    Of lines turned by about 45 degrees, either may be the first.
    """
    if len(segments) < 4:
        return None
    shape = gray.shape
    side = float(max(shape))
    middle = np.array([shape[1], shape[0]]) / 2
    ends = (segments.reshape(-1, 2, 2) - middle) / side
    weight = np.minimum(np.hypot(*(ends[:, 1] - ends[:, 0]).T), LONG_SEGMENT_PX / SEGMENT_SIDES_PX[0])
    weight *= _find_brightness(segments, gray) ** 2  # so that the grain of a table top does not outweigh the page
    first = _vanishing_point(ends, weight)
    if first is None:
        return None
    across = _angles(ends, first) > MIN_BETWEEN_DEGREES
    second = _vanishing_point(ends[across], weight[across])
    if second is None:  # no line runs across: square to the first, where the middle is
        second = np.array([-first[1], first[0], 0.0])
    lift = np.array([[side, 0, middle[0]], [0, side, middle[1]], [0, 0, 1.0]])
    points = [first, second]
    if abs(first[1]) > abs(first[0]):
        points.reverse()
    return lift @ points[0], lift @ points[1]


def _find_brightness(segments: Floats, gray: Pixels) -> Floats:
    """Return from 0 to 1 how bright it is about the middle of each segment, as a share of the brightest paper."""
    paper = find_paper(gray)
    x, y = (segments.reshape(-1, 2, 2).mean(axis=1) / 4).astype(int).T
    level = paper[np.clip(y, 0, paper.shape[0] - 1), np.clip(x, 0, paper.shape[1] - 1)]
    return np.clip(level / max(1.0, float(np.quantile(paper, 0.95))), 0.01, 1)


def _vanishing_point(ends: Floats, weight: Floats) -> Floats | None:
    """Return where most segments meet, by random pairs of them, in units of the longer side from the middle."""
    if len(ends) < 2:
        return None
    rng = np.random.default_rng(5)
    ones = np.ones((len(ends), 1))
    lines = np.cross(np.hstack([ends[:, 0], ones]), np.hstack([ends[:, 1], ones]))
    lines /= np.hypot(lines[:, :1], lines[:, 1:2])
    picked = rng.choice(len(ends), (TRIES, 2), p=weight / weight.sum())
    points = np.cross(lines[picked[:, 0]], lines[picked[:, 1]])
    points = np.vstack(
        [points, np.hstack([(ends[:, 1] - ends[:, 0])[picked[: TRIES // 2, 0]], np.zeros((TRIES // 2, 1))])]
    )
    norm = np.linalg.norm(points, axis=1)
    points = points[norm > 1e-9] / norm[norm > 1e-9, None]
    points = points[np.hypot(points[:, 0], points[:, 1]) >= NEAREST_VANISHING_POINT * np.abs(points[:, 2])]
    if not len(points):
        return None
    off = np.stack([_angles(ends, point) for point in points])
    score = (np.maximum(0, 1 - (off / INLIER_DEGREES) ** 2) * weight).sum(axis=1)
    best = points[int(score.argmax())]
    for _ in range(3):
        inlier = _angles(ends, best) < INLIER_DEGREES
        if inlier.sum() < 2:
            break
        refined = np.linalg.svd(lines[inlier] * weight[inlier, None])[2][-1]
        if np.hypot(*refined[:2]) < NEAREST_VANISHING_POINT * abs(refined[2]):
            break
        best = refined
    return best


def _angles(ends: Floats, point: Floats) -> Floats:
    """Return the angle in degrees, from 0 to 90, between each segment and the direction to a vanishing point."""
    along = ends[:, 1] - ends[:, 0]
    towards = point[:2] - point[2] * ends.mean(axis=1)
    cross = np.abs(along[:, 0] * towards[:, 1] - along[:, 1] * towards[:, 0])
    return np.degrees(np.arctan2(cross, np.abs((along * towards).sum(axis=1))))


def straighten(gray: Pixels, along_x: Floats, along_y: Floats) -> Straightened:
    """Warp a picture's contrast so that lines towards the two vanishing points are horizontal and vertical.

    Width by height is right for a camera of FOCAL; the scale stays about what it was in the middle.
    """
    height, width = gray.shape
    side = float(max(height, width))
    inverse = np.linalg.inv(np.array([[FOCAL * side, 0, width / 2], [0, FOCAL * side, height / 2], [0, 0, 1]]))
    right, down = (_unit(inverse @ point) for point in (along_x, along_y))
    right *= np.sign(right[0]) or 1.0
    down *= np.sign(down[1]) or 1.0
    normal = _unit(np.cross(right, down))
    matrix = np.linalg.inv(np.stack([right, down, normal], axis=1)) @ inverse
    middle = matrix @ [width / 2, height / 2, 1]
    matrix = np.diag([middle[2] * FOCAL * side] * 2 + [1.0]) @ matrix
    corners = np.array([[0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]]) @ matrix.T
    corners = corners[:, :2] / np.maximum(corners[:, 2:] / middle[2], 0.25) / middle[2]
    low, size = corners.min(axis=0), np.ptp(corners, axis=0)
    scale = min(1.0, MAX_GROWTH * side / float(size.max()))
    move = np.array([[scale, 0, -low[0] * scale], [0, scale, -low[1] * scale], [0, 0, 1]])
    matrix = move @ matrix
    wide, high = np.ceil(size * scale).astype(int).tolist()
    warped = cv2.warpPerspective(find_contrast(gray), matrix, (wide, high), flags=cv2.INTER_LINEAR)
    coarse = np.diag([1 / STEP_PX, 1 / STEP_PX, 1.0]) @ matrix @ np.diag([4.0, 4.0, 1.0])
    steps = -(-wide // STEP_PX), -(-high // STEP_PX)
    paper = cv2.warpPerspective(find_paper(gray).astype(np.float32), coarse, steps, flags=cv2.INTER_LINEAR)
    return Straightened(np.asarray(warped, np.float32), np.asarray(paper, np.float32), matrix / matrix[2, 2])


def _unit(vector: Floats) -> Floats:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12))
