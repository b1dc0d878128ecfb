"""Pages from which the scorer learns to part ink: numbers of every kind, with marks too, single digits, no digits."""

import contextlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ml.data.canvas_variants import SIDE_PX, VARIANTS, draw_variant
from ml.data.datasets import PenDigit
from ml.data.hard_negatives import nondigit_strokes
from ml.data.synthetic_numbers import Number, compose_numbers
from ml.preprocessing.images import page_from_image
from ml.preprocessing.ink import BlankDrawing, Page
from ml.preprocessing.strokes import render_strokes
from ml.recognition.reader import Reader
from ml.recognition.text_line import TextLine, find_text_line
from ml.training.lattices import ALIKE, Lattice, number_lattice, whole_lattice

NUMBERS = {"touching": (1400, 700), "in one go": (1200, 800), "close": (700, 500), "separate": (500, 300)}
MARKED, SINGLE, NONE = 480, 1000, 1200
WITHOUT_MARK = 0.985  # of an edge's ink is a digit's: a point beside it is not
STRAIGHT_SHARE, STROKES_SHARE = 0.4, 0.4
TOGETHER = 16  # pages


def draw_lattices(
    reader: Reader, pens: Sequence[PenDigit], rng: np.random.Generator, share: float, tell: Callable[[str, int], object]
) -> list[Lattice]:
    """Return the lattices of a `share` of all lessons; those without any right path teach nothing and are left out.

    tell: called with each kind of page and how many lattices there are by then. Cost: 100 ms a page.
    """
    found: list[Lattice] = []
    for kind, counts in NUMBERS.items():
        for is_picture, count in zip((True, False), counts, strict=True):
            numbers = [_slanted(one, rng) for one in compose_numbers(pens, kind, round(count * share), rng)]
            found += _of_numbers(reader, numbers, is_picture)
        tell(kind, len(found))
    for is_picture in (True, False):
        numbers = [_marked(one, rng) for one in compose_numbers(pens, "separate", round(MARKED / 2 * share), rng)]
        found += _of_numbers(reader, numbers, is_picture, WITHOUT_MARK)
    tell("with marks", len(found))
    found += _of_whole(reader, lambda: _draw_single(pens, rng), round(SINGLE * share))
    tell("single digits", len(found))
    found += _of_whole(reader, lambda: _draw_none(rng), round(NONE * share))
    tell("no digits", len(found))
    return [lattice for lattice in found if lattice.has_right_path]


def _of_numbers(reader: Reader, numbers: Sequence[Number], is_picture: bool, pure: float = ALIKE) -> Iterator[Lattice]:
    for start in range(0, len(numbers), TOGETHER):
        some = numbers[start : start + TOGETHER]
        pages = [page_from_image(one.as_picture()) if is_picture else one.as_strokes() for one in some]
        for number, (line, known) in zip(some, reader.classify([find_text_line(page) for page in pages]), strict=True):
            yield number_lattice(line, known, number, is_picture, pure)


def _of_whole(reader: Reader, draw: Callable[[], Page], count: int) -> Iterator[Lattice]:
    lines: list[TextLine] = []
    while len(lines) < count:
        with contextlib.suppress(BlankDrawing):
            lines.append(find_text_line(draw()))
    for start in range(0, count, TOGETHER):
        for line, known in reader.classify(lines[start : start + TOGETHER]):
            yield whole_lattice(line, known)


def _slanted(number: Number, rng: np.random.Generator) -> Number:
    """Return most numbers in another hand: slanted, wider or narrower."""
    if rng.uniform() < STRAIGHT_SHARE:
        return number
    turn = np.array([[np.exp(rng.normal(0, 0.12)), 0.0], [rng.normal(0, 0.18), 1.0]])
    parts = tuple([stroke @ turn for stroke in part] for part in number.parts)
    return Number(number.text, [stroke @ turn for stroke in number.strokes], number.pen_px, parts)


def _marked(number: Number, rng: np.random.Generator) -> Number:
    """Return a number with a point, a comma, a dash or a colon behind its first digit."""
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


def _draw_none(rng: np.random.Generator) -> Page:
    strokes = nondigit_strokes([], rng)
    if strokes is None:
        raise BlankDrawing("It would be noise.")
    if rng.uniform() < STROKES_SHARE:
        return render_strokes([stroke.tolist() for stroke in strokes])
    ways = [way for way in VARIANTS.values() if way.width == SIDE_PX]
    return page_from_image(draw_variant(strokes, ways[int(rng.integers(len(ways)))], rng))
