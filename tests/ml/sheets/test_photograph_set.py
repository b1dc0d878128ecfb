"""Photographs from good to bad: how many pages are found, how many cells are cut rightly and read exactly."""

import numpy as np
import pytest
from PIL import Image

from ml.data.sheets.photographs import draw_conditions, photograph
from ml.preprocessing.images import page_from_image
from ml.preprocessing.ink import BlankDrawing
from ml.recognition.text_line import find_text_line
from ml.sheets.cutting import cut_page
from ml.sheets.registration import find_page
from tests.ml.sheets.photographed import CODE, draw_page
from tests.ml.sheets.test_cutting import find_off


def read(reader, cells, template):
    """Return the text of each cell, "" for one without ink."""
    lines = []
    for cell in cells:
        try:
            lines.append((cell, find_text_line(page_from_image(Image.fromarray(cell.pixels)))))
        except BlankDrawing:
            continue
    readings = reader.read([line for _, line in lines], [template.columns[cell.column].expects for cell, _ in lines])
    return {(cell.row, cell.column): reading.text for (cell, _), reading in zip(lines, readings, strict=True)}


@pytest.mark.long  # 20 photographs of 3 megapixels are drawn, found, cut and read
def test_nearly_all_photographs_are_found_cut_and_read(shipped_reader):
    page = draw_page(rows=19)
    found, off, exact = [], [], []
    for seed in range(20):
        rng = np.random.default_rng([17, seed])
        taken = photograph(page, draw_conditions(rng, (1500, 2000)), rng)
        one = find_page(taken.pixels)
        found.append(one is not None and one.is_good and one.code == CODE)
        if not found[-1]:
            continue
        cells = cut_page(taken.pixels, one, page.layout, page.template).cells
        off.append(find_off(cells, page.layout, taken.camera))
        written = [cell for cell in cells if page.texts.get((cell.row, cell.column))]
        texts = read(shipped_reader, written, page.template)
        exact += [texts.get((cell.row, cell.column)) == page.texts[cell.row, cell.column] for cell in written]
    figures = np.mean(found), np.mean(np.concatenate(off) < 0.03), np.mean(exact)
    print("found, cut, exact:", *(f"{one:.4f}" for one in figures))
    assert figures[0] >= 0.98
    assert figures[1] >= 0.99
    assert figures[2] >= 0.96
