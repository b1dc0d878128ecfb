"""Made pages for evaluation: every kind draws, depends on its seed alone, and shows what it says is written."""

import ast
import io
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ml.data.cases import held_out_letters, held_out_signs
from ml.data.cases.case_lines import (
    BARE_ONES,
    Glyph,
    draw_marked_zero,
    draw_one,
    draw_text,
    group_hands,
    set_line,
    stroke_box,
    template_pens,
)
from ml.data.cases.case_page import as_strokes, place_line
from ml.data.cases.case_pages import KINDS, draw_case_pages
from ml.data.cases.number_cases import NUMBER_KINDS
from ml.data.cases.sign_cases import SIGN_KINDS
from ml.data.datasets import PenDigit
from ml.evaluation.reading import page_of
from ml.preprocessing.images import page_from_image
from ml.preprocessing.ink import BlankDrawing
from ml.types import CROSSED_OUT, OTHER_INK, SIGNS

PENS = template_pens()
HAND = group_hands(PENS)[0]
KNOWN = {*"0123456789", *SIGNS, OTHER_INK, CROSSED_OUT, "^", " "}


def dots(count):
    """Return strokes from which a digit can be told however it is scaled: `count` + 1 short dashes."""
    return [np.array([[0.0, place / 10], [0.2 + place / 100, place / 10]]) for place in range(count + 1)]


def hand_of_dots():
    return [PenDigit(digit, 1, dots(digit)) for digit in range(10)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_draws_the_same_pages_for_the_same_seed(kind):
    pages = list(draw_case_pages(kind, PENS, 4))
    assert pages == list(draw_case_pages(kind, PENS, 4)) != list(draw_case_pages(kind, PENS, 4, seed=8))
    assert len({str(page.sent) for page in pages}) == 4
    for page in pages:
        assert page.kind == kind and page.written and set(page.written) <= KNOWN
        assert page.text == (page.written if kind in NUMBER_KINDS else None)
        assert page.text is None or page.text.isdecimal()


@pytest.mark.parametrize("kind", KINDS)
def test_no_page_is_blank(kind):
    for page in draw_case_pages(kind, PENS, 4):
        if isinstance(page.sent, dict):
            assert page_of(page.sent).ink.max() == 1
            continue
        pixels = np.asarray(Image.open(io.BytesIO(page.sent)).convert("RGB"), dtype=int)
        middle = np.median(pixels.reshape(-1, 3), axis=0)
        assert (np.abs(pixels - middle).max(axis=2) > 25).mean() > 0.002
        assert 28 <= max(pixels.shape[:2]) < 2000


def test_pages_of_plain_ink_are_found_by_preprocessing():
    for kind in ("plain numbers", "bare ones", "in a box", "slash", "percent", "struck-out number"):
        for page in draw_case_pages(kind, PENS, 3):
            try:
                assert page_of(page.sent).ink.any()
            except BlankDrawing:
                pytest.fail(f"{kind}: {page.written}")


@pytest.mark.parametrize("kind", ["11 to 16 digits", "17 to 32 digits", "6 to 10 digits on the drawing page"])
def test_written_is_what_is_drawn(kind):
    for page in draw_case_pages(kind, hand_of_dots(), 3):
        strokes, reached = iter(page.sent["strokes"]), -1.0
        for digit in page.written:
            dashes = [next(strokes) for _ in range(int(digit) + 1)]
            assert all(reached < point[0] for dash in dashes for point in dash), "it stands behind the one before"
            reached = max(point[0] for dash in dashes for point in dash)
        assert next(strokes, None) is None


def test_glyphs_stand_side_by_side_in_the_order_of_the_text():
    rng = np.random.default_rng(1)
    line = set_line(draw_text("28/08", HAND, rng), rng, (0.05, 0.3))
    boxes = [glyph.box for glyph in line.glyphs]
    assert line.written == "28/08"
    gaps = [right[0] - left[2] - line.pen for left, right in pairwise(boxes)]
    assert all(0.05 <= gap <= 0.3 for gap in gaps)


def test_a_page_holds_all_the_ink_of_its_line():
    rng = np.random.default_rng(2)
    placed = place_line(set_line(draw_text("904", HAND, rng), rng), rng, height_px=100)
    left, top, right, bottom = placed.box
    assert 20 <= left < right <= placed.size[0] - 19 and 20 <= top < bottom <= placed.size[1] - 19
    sent = as_strokes(placed)
    assert page_of(sent).size == placed.size and sent["pen_px"] == pytest.approx(placed.pen_px, abs=0.01)
    assert 85 < stroke_box(placed.strokes)[3] - stroke_box(placed.strokes)[1] < 125


@pytest.mark.parametrize("sign", [*SIGNS, *held_out_letters.OTHERS])
def test_every_sign_has_several_families_and_lies_where_people_write_it(sign):
    drawn = [held_out_signs.draw_sign(sign, np.random.default_rng(seed)) for seed in range(30)]
    assert len(held_out_signs.VARIANTS.get(sign, held_out_letters.OTHERS.get(sign, ()))) >= 2
    assert len({strokes[0].tobytes() for strokes in drawn}) == 30
    boxes = np.array([stroke_box(strokes) for strokes in drawn])
    assert (boxes[:, 0] == 0).all() and (boxes[:, 1] > -0.6).all() and (boxes[:, 3] < 1.6).all()
    middle = (boxes[:, 1] + boxes[:, 3]).mean() / 2
    low, high = {"°": (0, 0.3), ".": (0.9, 1.1), ",": (0.9, 1.2), "-": (0.4, 0.7)}.get(sign, (0.2, 0.9))
    assert low < middle < high


def test_ones_and_zeros_are_drawn_in_their_styles():
    rng = np.random.default_rng(3)
    ones = {style: draw_one(style, rng) for style in BARE_ONES}
    widths = {style: one.box[2] for style, one in ones.items()}
    assert widths["bare"] < 0.2 < widths["footed"] and widths["flagged"] > 0.12 and len(ones["footed"].strokes) == 2
    plain = len(HAND[0][0])
    assert all(len(draw_marked_zero(HAND, mark, rng).strokes) == plain + 1 for mark in ("slash", "dot"))


def test_writers_who_did_not_write_all_digits_are_taken_together():
    some = [PenDigit(digit, digit % 2, dots(digit)) for digit in range(8)]
    [hand] = group_hands(some)
    assert set(hand) == set(range(10)) and all(len(hand[digit][0]) == digit + 1 for digit in range(8))
    assert len(group_hands(PENS)) == len({pen.writer for pen in PENS})


def test_glyphs_move_as_a_whole():
    glyph = Glyph("1", [np.array([[0.0, 0.0], [0.0, 1.0]])])
    assert glyph.moved(2, 1, 0.5).box == (2, 1, 2, 1.5) and glyph.moved(2).symbol == "1"


def test_signs_of_evaluation_share_no_code_with_those_of_training():
    folder = Path(held_out_signs.__file__).parent
    held_out, training = {"held_out_signs", "held_out_letters"}, {"signs", "styled_digits", "line_drawing"}
    for names, forbidden in ((held_out, training), (training, held_out)):
        for path in (folder / f"{name}.py" for name in names if (folder / f"{name}.py").exists()):
            imported = {
                (node.module or "").rpartition(".")[2]
                for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                if isinstance(node, ast.ImportFrom)
            }
            assert not imported & forbidden, path.name


def test_kinds_are_either_numbers_or_signs():
    assert set(KINDS) == {*NUMBER_KINDS, *SIGN_KINDS} and not set(NUMBER_KINDS) & set(SIGN_KINDS)
    assert all(
        page_from_image(Image.open(io.BytesIO(page.sent))).ink.any() for page in draw_case_pages("in a box", PENS, 2)
    )
