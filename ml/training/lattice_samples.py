"""Generate training pages for the candidate scorer: numbers with and without marks, single digits and non-digits."""

import contextlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ml.data.canvas_variants import SIDE_PX, VARIANTS, draw_variant
from ml.data.datasets import PenDigit
from ml.data.hard_negatives import hard_negative_strokes
from ml.data.synthetic_numbers import Number, compose_numbers
from ml.preprocessing.images import page_from_image
from ml.preprocessing.ink import BlankDrawing, Page
from ml.preprocessing.strokes import render_strokes
from ml.recognition.reader import Reader
from ml.recognition.text_line import TextLine, find_text_line
from ml.training.lattices import MIN_OVERLAP, Lattice, number_lattice, whole_lattice

NUMBER_COUNTS = {"touching": (1400, 700), "in one go": (1200, 800), "close": (700, 500), "separate": (500, 300)}
MARKED_COUNT, SINGLE_COUNT, NEGATIVE_COUNT = 480, 1000, 1200
MIN_PURITY_WITH_MARKS = 0.985  # a candidate that includes a mark is not the digit
UNDISTORTED_SHARE, STROKES_SHARE = 0.4, 0.4
BATCH = 16  # pages


def sample_lattices(
    reader: Reader,
    pens: Sequence[PenDigit],
    rng: np.random.Generator,
    share: float,
    on_kind: Callable[[str, int], object],
) -> list[Lattice]:
    """Return the lattices of random pages, without those that have no correct path. Cost: 100 ms a page.

    Args:
        reader: finds and classifies the candidates.
        pens: the digits to compose pages of.
        rng: source of everything random.
        share: of the full number of pages.
        on_kind: called after each kind of page with its name and the number of lattices so far.
    """
    found: list[Lattice] = []
    for kind, counts in NUMBER_COUNTS.items():
        for is_picture, count in zip((True, False), counts, strict=True):
            numbers = [_distort(one, rng) for one in compose_numbers(pens, kind, round(count * share), rng)]
            found += _number_lattices(reader, numbers, is_picture)
        on_kind(kind, len(found))
    for is_picture in (True, False):
        numbers = [
            _add_mark(one, rng) for one in compose_numbers(pens, "separate", round(MARKED_COUNT / 2 * share), rng)
        ]
        found += _number_lattices(reader, numbers, is_picture, MIN_PURITY_WITH_MARKS)
    on_kind("with marks", len(found))
    found += _whole_lattices(reader, lambda: _draw_single(pens, rng), round(SINGLE_COUNT * share))
    on_kind("single digits", len(found))
    found += _whole_lattices(reader, lambda: _draw_negative(rng), round(NEGATIVE_COUNT * share))
    on_kind("no digits", len(found))
    return [lattice for lattice in found if lattice.has_correct_path]


def _number_lattices(
    reader: Reader, numbers: Sequence[Number], is_picture: bool, min_purity: float = MIN_OVERLAP
) -> Iterator[Lattice]:
    for start in range(0, len(numbers), BATCH):
        some = numbers[start : start + BATCH]
        pages = [page_from_image(one.as_picture()) if is_picture else one.as_strokes() for one in some]
        for number, (line, known) in zip(some, reader.classify([find_text_line(page) for page in pages]), strict=True):
            yield number_lattice(line, known, number, is_picture, min_purity)


def _whole_lattices(reader: Reader, draw: Callable[[], Page], count: int) -> Iterator[Lattice]:
    lines: list[TextLine] = []
    while len(lines) < count:
        with contextlib.suppress(BlankDrawing):
            lines.append(find_text_line(draw()))
    for start in range(0, count, BATCH):
        for line, known in reader.classify(lines[start : start + BATCH]):
            yield whole_lattice(line, known)


def _distort(number: Number, rng: np.random.Generator) -> Number:
    """Shear and stretch most numbers."""
    if rng.uniform() < UNDISTORTED_SHARE:
        return number
    turn = np.array([[np.exp(rng.normal(0, 0.12)), 0.0], [rng.normal(0, 0.18), 1.0]])
    parts = tuple([stroke @ turn for stroke in part] for part in number.parts)
    return Number(number.text, [stroke @ turn for stroke in number.strokes], number.pen_px, parts)


def _add_mark(number: Number, rng: np.random.Generator) -> Number:
    """Insert a period, comma, dash or colon after the first digit."""
    first = np.concatenate(number.parts[0])
    top, foot = first[:, 1].min(), first[:, 1].max()
    tall = foot - top
    gap = 0.5 * tall + 2 * number.pen_px
    middle = first[:, 0].max() + gap / 2
    dash = 0.14 * tall
    marks = [
        [[[middle, foot - 2], [middle + 3, foot]]],
        [[[middle + 4, foot - 4], [middle - 4, foot + 18]]],
        [[[middle - dash, foot - tall / 2], [middle + dash, foot - tall / 2 + rng.normal(0, 3)]]],
        [[[middle, top + tall / 3], [middle + 2, top + tall / 3 + 3]], [[middle, foot - 10], [middle + 2, foot - 8]]],
    ]
    mark = [np.array(stroke) for stroke in marks[int(rng.integers(len(marks)))]]
    moved = [[stroke + np.array([gap, 0.0]) for stroke in part] for part in number.parts[1:]]
    parts = (number.parts[0], *moved)
    return Number(number.text, [stroke for part in parts for stroke in part] + mark, number.pen_px, parts)


def _draw_single(pens: Sequence[PenDigit], rng: np.random.Generator) -> Page:
    pen = pens[int(rng.integers(len(pens)))]
    if rng.uniform() < STROKES_SHARE:
        return render_strokes([stroke.tolist() for stroke in pen.strokes], pen_px=float(rng.uniform(8, 70)))
    ways = list(VARIANTS.values())
    return page_from_image(draw_variant(pen.strokes, ways[int(rng.integers(len(ways)))], rng))


def _draw_negative(rng: np.random.Generator) -> Page:
    strokes = hard_negative_strokes([], rng)
    if strokes is None:
        raise BlankDrawing("Noise has no strokes.")
    if rng.uniform() < STROKES_SHARE:
        return render_strokes([stroke.tolist() for stroke in strokes])
    ways = [way for way in VARIANTS.values() if way.width == SIDE_PX]
    return page_from_image(draw_variant(strokes, ways[int(rng.integers(len(ways)))], rng))
