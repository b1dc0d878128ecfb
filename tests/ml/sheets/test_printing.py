"""Templates on paper: what is printed is where the layout says, fits there, and is read back from the PDF."""

import string
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pypdfium2
import pytest

from ml.sheets.layout import lay_out
from ml.sheets.printing import Words, draw_pages
from ml.sheets.printing.drawing import draw_page
from ml.sheets.printing.fonts import BOLD, REGULAR, find_missing_characters, fit_text, measure_mm
from ml.sheets.printing.primitives import Area, Text
from ml.sheets.printing.svg import list_elements
from ml.sheets.template import parse_template

CODE = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234"
PX_PER_MM = 8
LONG = "Donaudampfschifffahrtsgesellscha"
COLUMNS = [
    {
        "name": "Имя · Όνομα · Tên",
        "kind": "label",
        "width": 2,
        "labels": ["Müller-Lüdenscheidt, Anna", "Ωmega", "x" * 40],
    },
    {"name": LONG, "boxes": 3, "width": 0.5},
    {"name": "Sum", "boxes": 2},
    {"name": "Remark", "kind": "text"},
]
FORM = {"title": "W" * 80, "rows": 30, "columns": COLUMNS, "sums": [{"kind": "column", "total": 2}]}


def photograph(pdf: bytes, page: int = 0) -> np.ndarray:
    """Return a page of a PDF as grey pixels."""
    return pypdfium2.PdfDocument(pdf)[page].render(scale=PX_PER_MM * 25.4 / 72, grayscale=True).to_numpy()


@pytest.mark.parametrize("paper", [{}, {"paper": "letter", "landscape": True}])
def test_marks_and_code_are_found_where_the_layout_has_them(paper):
    template = parse_template(FORM | paper)
    layouts = lay_out(template)
    picture = photograph(draw_pages(template, [CODE] * len(layouts)))
    detector = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50))
    corners, ids, _rest = detector.detectMarkers(picture)
    found = {int(number): quad[0] for number, quad in zip(ids.ravel(), corners, strict=True)}
    assert sorted(found) == [0, 1, 2, 3, 4, 5]
    for mark in layouts[0].marks:
        x, y, side = mark.rect.x, mark.rect.y, mark.rect.width
        printed = np.array([(x, y), (x + side, y), (x + side, y + side), (x, y + side)])
        assert np.abs(found[mark.id] / PX_PER_MM - printed).max() < 0.3
    assert cv2.QRCodeDetector().detectAndDecode(picture)[0] == CODE


def test_a_code_with_a_spoiled_part_is_read():
    template = parse_template(FORM)
    [layout, *rest] = lay_out(template)
    picture = photograph(draw_pages(template, [CODE] * (1 + len(rest)))).copy()
    x, y, side = (round(PX_PER_MM * value) for value in layout.code[:3])
    picture[y + side * 6 // 10 : y + side * 8 // 10, x + side * 5 // 10 : x + side] = 128  # about a tenth of it
    assert cv2.QRCodeDetector().detectAndDecode(picture)[0] == CODE


def test_the_pdf_has_every_text_and_is_the_same_each_time():
    template = parse_template(FORM | {"title": "Noten · Оценки"})
    pages = len(lay_out(template))
    words = Words(page="Seite {number} von {pages}", version="Version 3", total="Summe", hints=("", "0–20", "", ""))
    pdf = draw_pages(template, [CODE] * pages, words)
    assert pdf == draw_pages(template, [CODE] * pages, words)
    read = pypdfium2.PdfDocument(pdf)
    texts = [" ".join(page.get_textpage().get_text_bounded().split()) for page in read]
    assert len(texts) == pages == 2
    assert read.get_metadata_value("Title") == "Noten · Оценки"
    for wanted in (
        "Noten · Оценки",
        "Όνομα",
        "Tên",
        "Müller-Lüdenscheidt,",
        "Ωmega",
        "0–20",
        "Version 3",
        "Seite 1 von 2",
        CODE[:15],
    ):
        assert wanted in texts[0]
    assert "Summe" in texts[1]
    assert "Seite 2 von 2" in texts[1]


def test_no_text_leaves_its_place():
    """Texts that are as long as they may be are wrapped, made smaller, and elided at last."""
    wide = {"name": "W" * 40, "boxes": 1}
    columns = [wide | {"name": f"{number:02}{'W' * 38}"} for number in range(19)] + [
        {"name": "L", "kind": "label", "labels": ["W" * 40] * 30}
    ]
    template = parse_template(FORM | {"columns": columns, "sums": [], "row_mm": 7})
    for layout in lay_out(template):
        places = [layout.title, *layout.heads, *(cell.rect for cell in layout.cells)]
        for shape in draw_page(template, layout, CODE, Words(hints=("12 to 99 999 digits",) * 20)):
            if isinstance(shape, Text) and "WW" in shape.text:
                assert any(
                    rect.x <= shape.x - (shape.width_mm / 2 if shape.anchor == "middle" else 0)
                    and shape.x + shape.width_mm / (2 if shape.anchor == "middle" else 1) <= rect.x + rect.width + 0.01
                    and rect.y <= shape.y <= rect.y + rect.height
                    for rect in places
                ), shape


def test_texts_are_wrapped_before_they_are_made_smaller_and_elided_last():
    assert fit_text("one two", BOLD, 100, 5, (9, 5)).lines == ("one two",)
    assert fit_text("one two", BOLD, measure_mm("one t", BOLD, 9), 8, (9, 5)) == (("one", "two"), 9)
    assert fit_text("one two", BOLD, measure_mm("one t", BOLD, 9), 4, (9, 5)).size_pt == 5
    [first, last] = fit_text("x" * 60, BOLD, 10, 4.3, (9, 5)).lines
    assert last.endswith("…")
    assert max(measure_mm(line, BOLD, 5) for line in (first, last)) <= 10


def test_the_font_knows_its_characters():
    assert find_missing_characters(string.printable.strip() + "äßçñőžſơ ΑΩάώ АЯёѣ – „“ € № ½ ≤") == ""
    assert find_missing_characters("e\u0301") == ""  # composed as é
    assert find_missing_characters("a漢字漢b😀") == "漢字😀"
    assert measure_mm("i", REGULAR, 10) < measure_mm("W", REGULAR, 10)


def test_the_preview_has_the_same_texts_and_fewer_elements():
    template = parse_template(FORM)
    [layout, *_rest] = lay_out(template)
    shapes = list(draw_page(template, layout, CODE, Words()))
    elements = list(list_elements(shapes))
    assert [one.text for one in elements if one.name == "text"] == [one.text for one in shapes if isinstance(one, Text)]
    assert sum(isinstance(one, Area) for one in shapes) > 100
    assert sum(one.name == "path" for one in elements) < 40


def test_threads_draw_the_same_pages_as_one_alone():
    templates = [parse_template(FORM | {"title": f"Title {'абвг'[number]}", "rows": 12}) for number in range(4)]
    alone = [draw_pages(template, [CODE]) for template in templates]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda number: draw_pages(templates[number % 4], [CODE]), range(16)))
    assert together == alone * 4
