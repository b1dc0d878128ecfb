"""Find a page printed by us on a photograph: its marks, the code that names its template, and what is wrong with it."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ml.sheets.layout import MARK_MM, Frame, Mark, frame_of
from ml.sheets.pages import Point, Quad
from ml.sheets.photographs.code_reading import read_code
from ml.sheets.photographs.detection import detect_blurred_marks, detect_marks, is_clear_mark
from ml.sheets.photographs.quality import LEAST_PAPER, find_problems
from ml.sheets.places import name_places
from ml.sheets.problems import FATAL_PROBLEMS, Problem
from ml.sheets.template import Paper

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]
Marks = dict[int, Points]  # the corners of each mark in px, clockwise from its own upper left

SEARCH_SIDES_PX = (1600, 2800, 1000)  # of the longer side: at the first most marks are found, at the others all
LEAST_MARKS = 3
SURE_MARKS = 2  # so many tell a page of ours from a table; one, if it is as clear as a printed one
CORNERS = {0: "upper left", 1: "upper right", 2: "lower right", 3: "lower left"}  # of the page, by their marks
MOST_OFF_MM = 8.0  # of a mark from where the others expect it: a bent page's are off by less, a stranger's by more
MOST_ALIKE = 2  # marks of one id: of this page, and of one that lies beside or under it
LOST_MARK_MM = 16.0  # beside the middle of a mark that was not found, where it is searched again


@dataclass(frozen=True)
class FoundPage:
    """A page on a photograph.

    Attributes:
        code: what its code says; "" if it can't be read.
        problems: what is wrong with the photograph, the worst first.
        corners: of the paper, in px of the photograph, clockwise from the upper left of the upright page.
        marks: the corners of those found, by id.
    """

    code: str
    problems: list[Problem]
    corners: Quad
    marks: Marks = field(repr=False)

    @property
    def is_good(self) -> bool:
        """Whether the page can be read, so that no other photograph has to be taken."""
        return not any(problem.kind in FATAL_PROBLEMS for problem in self.problems)

    def as_dict(self) -> dict[str, Any]:
        """Return what is told of the photograph, ready for JSON."""
        return {
            "is_good": self.is_good,
            "problems": [problem._asdict() for problem in self.problems],
            "corners": [list(corner) for corner in self.corners],
        }


def find_page(pixels: Pixels) -> FoundPage | None:
    """Return the page on a photograph, (h, w) or (h, w, 3) uint8, or None if it shows none of our marks."""
    grey = to_grey(pixels)
    marks = _find_marks(grey)
    if len(marks) < LEAST_MARKS:
        blurred = _find_blurred(grey, marks)
        if blurred or not marks:
            return blurred
    frame, transform = _fit_frame(marks)
    if len(marks) >= LEAST_MARKS:
        marks = _find_lost_marks(grey, _without_strangers(marks, frame, transform), frame)
        frame, transform = _fit_frame(marks)
    code = read_code(grey, transform, frame, marks)
    corners = _find_corners(frame, transform)
    if len(marks) < LEAST_MARKS or not _is_spread(marks.keys()):
        if not code and len(marks) < SURE_MARKS and not all(is_clear_mark(grey, *mark) for mark in marks.items()):
            return None  # a box of somebody else's table may look like a mark
        missing = [place for number, place in CORNERS.items() if number not in marks]
        return FoundPage(code, name_places("marks_missing", missing), corners, marks)
    return FoundPage(code, find_problems(grey, transform, frame, code), corners, marks)


def _find_blurred(grey: Pixels, marks: Marks) -> FoundPage | None:
    """Return the page if more of its marks are seen once the photograph is sharpened."""
    sharpened = detect_blurred_marks(grey)
    if len(sharpened) < SURE_MARKS or len(sharpened) <= len(marks):
        return None
    frame, transform = _fit_frame(sharpened)
    places = {mark.id: mark for mark in frame.marks}
    if any(_off_mm(sharpened[number], places[number], transform) > MOST_OFF_MM for number in sharpened):
        return None
    problem = Problem("dark" if float(np.median(grey[::4, ::4])) < LEAST_PAPER else "blurred")
    return FoundPage("", [problem], _find_corners(frame, transform), sharpened)


def _find_corners(frame: Frame, transform: NDArray[np.float64]) -> Quad:
    wide, high = frame.width_mm, frame.height_mm
    return _to_quad(_project([(0, 0), (wide, 0), (wide, high), (0, high)], transform))


def to_grey(pixels: Pixels) -> Pixels:
    """Return (h, w) of (h, w) or (h, w, 3), red first."""
    return pixels if pixels.ndim == 2 else np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def fit_marks(marks: Marks, places: Mapping[int, Mark]) -> NDArray[np.float64]:
    """Return the homography from mm of a page to px of its photograph that fits the marks best."""
    known = [number for number in marks if number in places]
    page = np.concatenate([places[number].rect.corners for number in known])
    return np.asarray(cv2.findHomography(page, np.concatenate([marks[number] for number in known]), 0)[0])


def _find_marks(grey: Pixels) -> Marks:
    """Return the marks of one page, searched at one size after another until there are all."""
    seen: dict[int, list[Points]] = {}
    longer = max(grey.shape)
    for side in SEARCH_SIDES_PX:
        scale = min(1.0, side / longer)
        small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else grey
        for number, corners in detect_marks(np.asarray(small)):
            placed = (corners + 0.5) / scale - 0.5
            known = seen.setdefault(number, [])
            if len(known) < MOST_ALIKE and all(_are_apart(placed, one) for one in known):
                known.append(placed)
        if len(seen) >= LEAST_MARKS and _is_spread(seen.keys()):
            break
    refined = {number: [_refine(grey, one) for one in alike] for number, alike in sorted(seen.items())}
    return _choose_page(refined)


def _are_apart(corners: Points, others: Points) -> bool:
    away = np.linalg.norm(corners.mean(axis=0) - others.mean(axis=0))
    return bool(away > 0.5 * min(_side_px(corners), _side_px(others)))


def _choose_page(seen: Mapping[int, Sequence[Points]]) -> Marks:
    """Return the marks of the largest page, or of the one whose marks fit best: a second one may lie beside it."""
    pages = [dict(zip(seen, marks, strict=True)) for marks in product(*seen.values())]
    if len(pages) == 1 or len(seen) < LEAST_MARKS:
        return max(pages, key=_mean_side_px)
    fits = [(_worst_mm(page), number) for number, page in enumerate(pages)]
    good = [pages[number] for off, number in fits if off < MOST_OFF_MM]
    return max(good, key=_mean_side_px) if good else pages[min(fits)[1]]


def _worst_mm(marks: Marks) -> float:
    """Return how far the marks are off that fit one page least."""
    frame, transform = _fit_frame(marks)
    places = {mark.id: mark for mark in frame.marks}
    return max(_off_mm(marks[number], places[number], transform) for number in marks)


def _mean_side_px(marks: Marks) -> float:
    return float(np.mean([_side_px(corners) for corners in marks.values()])) if marks else 0.0


def _refine(grey: Pixels, corners: Points) -> Points:
    reach = max(2, round(_side_px(corners) / 12))
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.03)
    start = corners.astype(np.float32).reshape(-1, 1, 2)
    fine = cv2.cornerSubPix(grey, start, (reach, reach), (-1, -1), criteria).reshape(4, 2).astype(np.float64)
    return fine if np.abs(fine - corners).max() <= 1.5 * reach else corners


def _fit_frame(marks: Marks) -> tuple[Frame, NDArray[np.float64]]:
    """Return the size of paper whose marks fit best, and its homography from mm to px."""
    fits: list[tuple[float, int, Frame, NDArray[np.float64]]] = []
    for paper, is_landscape in product(Paper, (False, True)):
        frame = frame_of(paper, is_landscape)
        places = {mark.id: mark for mark in frame.marks}
        transform = fit_marks(marks, places)
        if transform.size:
            off = [_off_mm(marks[number], places[number], transform) for number in marks]
            fits.append((float(np.median(off)), len(fits), frame, transform))
    _, _, frame, transform = min(fits)
    return frame, transform


def _off_mm(corners: Points, place: Mark, transform: NDArray[np.float64]) -> float:
    seen = _project(place.rect.corners, transform)
    return float(np.abs(seen - corners).max() / _side_px(corners) * MARK_MM)


def _without_strangers(marks: Marks, frame: Frame, transform: NDArray[np.float64]) -> Marks:
    """Return the marks without one that stands where the others do not expect it, as on a second page."""
    places = {mark.id: mark for mark in frame.marks}
    if len(marks) < LEAST_MARKS + 1 or all(_off_mm(marks[n], places[n], transform) < MOST_OFF_MM for n in marks):
        return marks
    without = [{n: marks[n] for n in marks if n != left_out} for left_out in marks]
    return min(without, key=lambda kept: max(_off_mm(kept[n], places[n], _fit_frame(kept)[1]) for n in kept))


def _find_lost_marks(grey: Pixels, marks: Marks, frame: Frame) -> Marks:
    """Return the marks, with those that are found where the others say that they are."""
    places = {mark.id: mark for mark in frame.marks}
    transform = fit_marks(marks, places)
    found = dict(marks)
    for number in places.keys() - marks.keys():
        rect = places[number].rect
        x, y = rect.x + rect.width / 2, rect.y + rect.height / 2
        around = _project(
            [(x + dx, y + dy) for dx in (-LOST_MARK_MM, LOST_MARK_MM) for dy in (-LOST_MARK_MM, LOST_MARK_MM)],
            transform,
        )
        low = np.maximum(np.floor(around.min(axis=0)), 0).astype(int)
        high = np.ceil(around.max(axis=0)).astype(int)
        part = grey[low[1] : max(high[1], 0), low[0] : max(high[0], 0)]
        if min(part.shape) < 20:
            continue
        clear = cv2.normalize(cv2.GaussianBlur(part, (0, 0), 0.8), part.copy(), 0, 255, cv2.NORM_MINMAX)
        for other, corners in detect_marks(np.asarray(clear, dtype=np.uint8)):
            if other == number:
                found[number] = _refine(grey, corners + low)
    return dict(sorted(found.items()))


def _is_spread(numbers: Set[int]) -> bool:
    """Return whether the marks are not all on one side of the page."""
    return not numbers <= {0, 3, 4} and not numbers <= {1, 2, 5}


def _side_px(corners: Points) -> float:
    return float(np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1).mean())


def _project(points: Any, transform: NDArray[np.float64]) -> Points:
    found = cv2.perspectiveTransform(np.asarray(points, dtype=np.float64).reshape(1, -1, 2), transform)
    return np.asarray(found[0])


def _to_quad(points: Points) -> Quad:
    one, two, three, four = ((float(x), float(y)) for x, y in points)
    return one, two, three, four


__all__ = ["FoundPage", "Point", "find_page", "fit_marks", "to_grey"]
