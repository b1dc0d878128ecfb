"""Cells that are written, empty, crossed out or hold ditto marks, drawn small and grey as a photograph shows them."""

import cv2
import numpy as np
import pytest

from ml.data.cases.case_lines import draw_one, draw_text, group_hands, set_line, template_pens
from ml.evaluation.sheets.entries import Entry
from ml.evaluation.sheets.handwriting import InkLayer, make_writer, write_entry
from ml.sheets.cell_states import find_cell_state
from ml.sheets.layout import Cell, Rect
from ml.sheets.states import CellState

PX_PER_MM = 8.0
HANDS = group_hands(template_pens())
NUMBERS = ("7", "1", "4", "0", "18", "405", "12.50", "3,75", "7:45", "24.6.26", "-12", "10:15")


def _photograph(ink, rng, contrast=110, blur=1.0):
    """Return a cell of dim paper, shaded from left to right, with grain."""
    light = np.linspace(rng.uniform(120, 160), rng.uniform(180, 230), ink.shape[1])[None, :]
    seen = light - ink / 255 * contrast * light / 200
    return np.clip(cv2.GaussianBlur(seen, (0, 0), blur) + rng.normal(0, 2, ink.shape), 0, 255).astype(np.uint8)


def _draw(entry, rng, width_mm=22.0, height_mm=10.0):
    ink = InkLayer(width_mm, height_mm, PX_PER_MM)
    writer = make_writer(HANDS[int(rng.integers(len(HANDS)))], (), rng)
    write_entry(ink, Cell(0, 0, Rect(0, 0, width_mm, height_mm), ()), entry, writer, rng)
    return _photograph(ink.pixels, rng)


def _states(entries, seed=3):
    rng = np.random.default_rng(seed)
    return [find_cell_state(_draw(entry, rng), 0.6 * 10 * PX_PER_MM) for entry in entries]


def test_written_numbers_are_written():
    states = _states([Entry(CellState.WRITTEN, text, text) for text in NUMBERS * 4])
    assert set(states) == {CellState.WRITTEN}


@pytest.mark.parametrize("strokes", [[[(9, 1.5), (8.6, 8)]], [[(9, 5), (12, 4.9)]]], ids=["a thin 1", "a minus"])
def test_a_single_thin_stroke_is_written(strokes):
    rng = np.random.default_rng(1)
    ink = InkLayer(20, 10, PX_PER_MM)
    ink.draw_strokes([np.array(stroke, float) for stroke in strokes], 0.3)
    assert find_cell_state(_photograph(ink.pixels, rng, contrast=70)) is CellState.WRITTEN


def test_blank_paper_is_empty_with_specks_shadows_and_the_remains_of_lines():
    rng = np.random.default_rng(2)
    for _ in range(10):
        ink = InkLayer(20, 10, PX_PER_MM)
        for _ in range(3):
            ink.draw_strokes([rng.uniform([1, 1], [19, 9], (1, 2))], 0.3)
        ink.draw_strokes([np.array([(0, 0.1), (rng.uniform(5, 20), 0.2)])], 0.3)
        ink.draw_strokes([np.array([(19.9, 0), (19.8, 10)])], 0.3)
        pixels = _photograph(ink.pixels, rng).astype(np.float32)
        pixels *= np.where(np.arange(pixels.shape[1]) > rng.integers(20, 140), 0.6, 1.0)[None, :]
        assert find_cell_state(cv2.GaussianBlur(pixels, (0, 0), 3).astype(np.uint8)) is CellState.EMPTY


def test_most_ditto_marks_are_found_and_no_eleven_is_one():
    assert _states([Entry(CellState.DITTO, "5", "")] * 40).count(CellState.DITTO) >= 34
    assert CellState.DITTO not in _states([Entry(CellState.WRITTEN, "11", "11")] * 20)


@pytest.mark.parametrize("digit_mm", [3.0, 4.0, 5.0])
def test_what_is_written_small_in_a_high_cell_is_neither_empty_nor_ditto_marks(digit_mm):
    rng = np.random.default_rng(6)
    for text in ("11", "7", "1", "17", "-1", "4") * 3:
        ink = InkLayer(30, 18, PX_PER_MM)
        line = set_line(draw_text(text, HANDS[int(rng.integers(len(HANDS)))], rng), rng, pen=0.1)
        ink.draw_strokes([stroke * digit_mm + [10.0, 6.0] for stroke in line.strokes], 0.45)
        assert find_cell_state(_photograph(ink.pixels, rng), digit_mm * PX_PER_MM) is CellState.WRITTEN, text


def test_small_digits_are_no_ditto_marks():
    """A 4 in one stroke and an 11 half as high as the cell, too."""
    rng = np.random.default_rng(5)
    for text in ("4", "11", "6", "2") * 5:
        glyphs = [draw_one("bare", rng) if text == "11" else glyph for glyph in draw_text(text, HANDS[0], rng)]
        ink = InkLayer(20, 10, PX_PER_MM)
        strokes = [stroke * 5.0 + [8.0, 2.5] for stroke in set_line(glyphs, rng, pen=0.1).strokes]
        ink.draw_strokes(strokes, 0.45)
        assert find_cell_state(_photograph(ink.pixels, rng)) is CellState.WRITTEN


def test_most_long_numbers_that_were_crossed_out_are_found():
    """The others are read, and the reader says that they are struck through."""
    states = _states([Entry(CellState.CROSSED_OUT, "", text) for text in ("405", "12.50", "3,75", "24.6.26") * 10])
    assert states.count(CellState.CROSSED_OUT) >= 26


def test_a_cell_without_any_room_is_empty():
    assert find_cell_state(np.full((4, 60), 200, np.uint8)) is CellState.EMPTY
