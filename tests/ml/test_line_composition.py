"""Composed lines: seeded, of known symbols alone, with ink for every symbol."""

import ast
from pathlib import Path

import numpy as np
import pytest

from ml.data.datasets import PenDigit
from ml.data.lines import signs, styled_digits
from ml.data.lines.composition import Stamp, compose_line, gather_sources
from ml.data.lines.drawing import MAX_WIDTH_PX, Layout, LineTooWide, draw_layout
from ml.data.lines.pool import CODES, MAX_LABELS, WIDTHS_PX, compose_lines
from ml.data.lines.texts import RAISED, draw_number, draw_text
from ml.golden import golden_drawing
from ml.recognition.line_image import FIELD_PX
from ml.recognition.line_recognizer import ALPHABET
from ml.types import CLASSES, CROSSED_OUT, OTHER_INK, SIGNS

DATA = Path(styled_digits.__file__).parent.parent


@pytest.fixture(scope="module")
def sources():
    """Return two writers of golden digits, and rings in place of MNIST's images."""
    pens = [
        PenDigit(digit, writer, [np.array(stroke) for stroke in golden_drawing(digit, writer + seed)["strokes"]])
        for writer in (1, 2)
        for digit in range(CLASSES)
        for seed in (0, 2)
    ]
    images = np.zeros((CLASSES, 28, 28), dtype=np.float32)
    images[:, 4:24, 8:20] = 1
    images[:, 8:20, 11:17] = 0
    return gather_sources(pens, images, np.arange(CLASSES))


def compose(sources, count, seed=3):
    return list(compose_lines(sources, count, np.random.default_rng(seed)))


def test_lines_depend_only_on_the_seed(sources):
    one, again, other = compose(sources, 30), compose(sources, 30), compose(sources, 30, seed=4)
    assert all((mine[0] == its[0]).all() and mine[1] == its[1] for mine, its in zip(one, again, strict=True))
    assert [text for _, text in one] != [text for _, text in other]


def test_lines_are_images_of_known_symbols(sources):
    for pixels, text in compose(sources, 150):
        assert pixels.dtype == np.uint8 and pixels.shape[0] == FIELD_PX and pixels.shape[1] <= WIDTHS_PX[-1]
        assert 1 <= len(text) <= MAX_LABELS and set(text) <= set(ALPHABET)


def test_there_is_ink_for_every_symbol(sources):
    for pixels, text in compose(sources, 150):
        inked = (pixels > 60).any(axis=0).sum()
        assert inked >= 2 * len(text.replace(".", "").replace(",", "").replace(":", "") or text[:1]), text


def test_texts_are_of_the_alphabet_and_hold_every_symbol():
    rng = np.random.default_rng(1)
    texts = [draw_text(rng) for _ in range(4000)]
    assert set("".join(texts)) == {*"0123456789", *SIGNS, OTHER_INK, RAISED}
    assert sum(text.isdigit() and len(text) == 1 for text in texts) > 600 < sum(not text.isdigit() for text in texts)
    assert max(map(len, texts)) <= MAX_LABELS


def test_numbers_have_the_lengths_asked_for():
    rng = np.random.default_rng(1)
    lengths = {len(draw_number(rng, 2, 4)) for _ in range(200)}
    assert lengths == {2, 3, 4}


def test_crossed_out_digits_are_labelled(sources):
    rng, texts = np.random.default_rng(2), []
    while len(texts) < 300:
        try:
            texts.append(compose_line(sources, rng)[1])
        except LineTooWide:
            continue
    assert any(CROSSED_OUT in text for text in texts)
    assert any(set(text) == {CROSSED_OUT} and len(text) > 1 for text in texts), "a whole line is struck at times"


def test_codes_are_those_of_the_alphabet():
    assert {symbol: place for place, symbol in enumerate(ALPHABET, start=1)} == CODES


@pytest.mark.parametrize("sign", SIGNS)
def test_every_sign_is_drawn_in_many_ways_near_the_line(sign):
    drawn = [signs.draw_sign(sign, np.random.default_rng(seed)) for seed in range(40)]
    assert len({np.concatenate(strokes).tobytes() for strokes in drawn}) > 36, "outlines of fonts may be drawn again"
    for strokes in drawn:
        points = np.concatenate(strokes)
        assert np.isfinite(points).all() and points[:, 1].min() > -0.5 and points[:, 1].max() < 1.6


@pytest.mark.parametrize("is_alone", [True, False])
def test_other_ink_is_drawn(is_alone):
    rng = np.random.default_rng(1)
    drawn = [np.concatenate(signs.draw_other_ink(rng, is_alone)) for _ in range(300)]
    assert all(np.isfinite(points).all() and len(points) > 1 for points in drawn)
    assert any(np.ptp(points[:, 1]) > 1.6 for points in drawn) != is_alone, "a long bar is never alone"


def test_every_letter_of_other_ink_is_in_a_font():
    assert set(signs.LETTERS) <= set(signs._font_strokes())
    assert set(signs.LIKE_DIGITS) <= set(signs.LETTERS) and not set(signs.LETTERS) & set(ALPHABET) - {OTHER_INK, "#"}


@pytest.mark.parametrize("digit", range(CLASSES))
def test_styled_digits_stand_on_the_line(digit):
    for seed in range(40):
        points = np.concatenate(styled_digits.styled_digit(digit, np.random.default_rng(seed)))
        assert np.isfinite(points).all() and -0.4 < points[:, 1].min() < 0.4 and 0.8 < points[:, 1].max() < 1.3


def test_zeros_and_sevens_are_struck_by_one_more_stroke():
    rng = np.random.default_rng(1)
    ring = [styled_digits.arc(0.3, 0.5, 0.3, 0.5, (0, 360))]
    assert len(styled_digits.slash_zero(ring, rng)) == len(styled_digits.cross_seven(ring, rng)) == 2
    assert all(len(styled_digits.cross_out(ring, np.random.default_rng(seed))) > 1 for seed in range(20))


def test_a_layout_is_drawn_with_its_strokes_and_stamps():
    rng = np.random.default_rng(1)
    stamp = Stamp(np.full((20, 10), 255, dtype=np.uint8), x=1.0, y=0.0, height=1.0, slant=0.0)
    layout = Layout([np.array([[0.0, 0.0], [0.0, 1.0]])], [stamp])
    ink = draw_layout(layout, 0.1, rng)
    height, width = ink.shape
    assert ink.dtype == np.float32 and ink.min() >= 0 and ink.max() <= 1 and width > height
    assert ink[:, : width // 4].max() > 0.4 < ink[:, width // 2 :].max()


def test_a_line_that_is_far_too_long_is_refused():
    layout = Layout([np.array([[0.0, 0.0], [MAX_WIDTH_PX, 1.0]])])
    with pytest.raises(LineTooWide):
        draw_layout(layout, 0.1, np.random.default_rng(1))


def imported_by(folder):
    """Return all modules that the modules of a folder import, and that those import, within ml.data."""
    found, new = set(), set((DATA / folder).glob("*.py"))
    while new:
        path = new.pop()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [f"{node.module}.{alias.name}" for alias in node.names] if isinstance(node, ast.ImportFrom) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                module = DATA.parent.parent / (name.replace(".", "/") + ".py")
                if name.startswith("ml.data.") and module.exists() and name not in found:
                    found.add(name)
                    new.add(module)
    return found


@pytest.mark.parametrize(("mine", "other"), [("lines", "cases"), ("cases", "lines")])
def test_signs_of_evaluation_are_kept_out_of_training(mine, other):
    imported = imported_by(mine)
    assert len(imported) > 4
    assert not [name for name in imported if name.startswith(f"ml.data.{other}.")]
