"""The form of a template: what it takes, what it refuses, and where it puts things on paper."""

import re

import pytest

from ml.sheets.layout import MARGIN_MM, Rect, lay_out
from ml.sheets.template import ColumnKind, InvalidTemplate, parse_template

MARKS = {
    "title": " Marks,  class 7b ",
    "rows": 30,
    "columns": [
        {"name": "Name", "kind": "label", "width": 2, "labels": ["Ada", "Emmy"]},
        {"name": "Oral", "expects": {"kind": "digits", "max_length": 2, "max": 15}, "boxes": 2},
        {"name": "Written", "expects": {"kind": "digits", "max_length": 2, "max": 15}},
        {"name": "Total"},
        {"name": "Remark", "kind": "text"},
    ],
    "sums": [{"kind": "row", "total": 3, "parts": [1, 2]}, {"kind": "column", "total": 3}],
}


def changed(**fields):
    return MARKS | fields


def test_the_canonical_form_is_parsed_as_the_same_template():
    template = parse_template(MARKS)
    assert template.title == "Marks, class 7b"
    assert [column.kind for column in template.columns] == [
        ColumnKind.LABEL, ColumnKind.READ, ColumnKind.READ, ColumnKind.READ, ColumnKind.TEXT
    ]  # fmt: skip
    assert parse_template(template.as_dict()) == template


def test_the_row_of_totals_is_read_only_where_there_is_a_total():
    template = parse_template(MARKS)
    assert (template.rows, template.all_rows) == (30, 31)
    assert [template.is_read(0, column) for column in range(5)] == [False, True, True, True, False]
    assert [template.is_read(30, column) for column in range(5)] == [False, False, False, True, False]


def test_a_total_may_have_more_digits_than_the_numbers_that_it_adds_up():
    template = parse_template(changed(sums=[{"kind": "column", "total": 1}]))
    assert template.expects_at(29, 1).problem("16") == "max"
    assert template.expects_at(30, 1).problem("450") is None
    assert template.expects_at(30, 1).problem("4,5") == "pattern"
    assert template.expects_at(30, 3) is None
    boxes = {(cell.row, cell.column): cell.boxes for page in lay_out(template) for cell in page.cells}
    assert (len(boxes[29, 1]), len(boxes[30, 1])) == (2, 0)


@pytest.mark.parametrize(
    ("form", "path"),
    [
        ([], ()),
        (changed(extra=1), ()),
        (changed(title=""), ("title",)),
        (changed(title="x" * 81), ("title",)),
        (changed(title="a\x00b"), ("title",)),
        (changed(rows=0), ("rows",)),
        (changed(rows=401), ("rows",)),
        (changed(rows=True), ("rows",)),
        (changed(rows="30"), ("rows",)),
        (changed(row_mm=6.9), ("row_mm",)),
        (changed(row_mm=float("nan")), ("row_mm",)),
        (changed(paper="a5"), ("paper",)),
        (changed(paper=["a4"]), ("paper",)),
        (changed(landscape=1), ("landscape",)),
        (changed(columns=[]), ("columns",)),
        (changed(columns="abc"), ("columns",)),
        (changed(columns=[{"name": "A"}] * 2), ("columns", 1, "name")),
        (changed(columns=[{"name": "A", "kind": "text"}], sums=[]), ("columns",)),
        (changed(columns=[{"name": "A", "expects": "word"}], sums=[]), ("columns", 0, "expects")),
        (changed(columns=[{"name": "A", "labels": ["x"]}], sums=[]), ("columns", 0)),
        (changed(columns=[{"name": "A", "boxes": 17}], sums=[]), ("columns", 0, "boxes")),
        (changed(columns=[{"name": "A"}, {"name": "B", "kind": "label", "labels": [3]}]), ("columns", 1, "labels", 0)),
        (changed(sums=[{"kind": "row", "total": 0, "parts": [1]}]), ("sums", 0, "total")),
        (changed(sums=[{"kind": "row", "total": 3, "parts": [3]}]), ("sums", 0, "parts")),
        (changed(sums=[{"kind": "row", "total": 3, "parts": []}]), ("sums", 0, "parts")),
        (changed(sums=[{"kind": "column", "total": 3}] * 2), ("sums", 1, "total")),
        (changed(sums=[{"kind": "column", "total": True}]), ("sums", 0, "total")),
        (changed(sums=[{"kind": "column", "total": [1]}]), ("sums", 0, "total")),
    ],
)  # fmt: skip
def test_a_wrong_form_is_refused_with_the_place_of_the_error(form, path):
    with pytest.raises(InvalidTemplate) as raised:
        parse_template(form)
    assert raised.value.path == path
    assert str(raised.value).endswith(".")


def labeled(label):
    return changed(columns=[{"name": "A"}, {"name": "B", "kind": "label", "labels": [label]}], sums=[])


@pytest.mark.parametrize(
    ("label", "says"),
    [
        ("a\u200db", "can't be printed: U+200D (zero width joiner)."),
        ("a\u00adb\u0007", "can't be printed: U+00AD (soft hyphen), U+0007."),
        ("x" * 41, "at most 40 characters"),
        (7, "Send a text"),
    ],
)
def test_a_label_is_refused_for_what_is_wrong_with_it(label, says):
    with pytest.raises(InvalidTemplate, match=re.escape(says)):
        parse_template(labeled(label))


def test_a_title_is_refused_for_the_character_that_nobody_sees():
    with pytest.raises(InvalidTemplate, match=r"can't be printed: U\+200E \(left-to-right mark\)\."):
        parse_template(changed(title="Marks\u200e"))


def test_tabs_and_line_breaks_in_a_label_are_spaces():
    assert parse_template(labeled(" a\t b\u00a0\nc ")).columns[1].labels == ("a b c",)


def is_inside(inner: Rect, outer: Rect) -> bool:
    return (
        inner.x >= outer.x - 1e-6
        and inner.y >= outer.y - 1e-6
        and inner.x + inner.width <= outer.x + outer.width + 1e-6
        and inner.y + inner.height <= outer.y + outer.height + 1e-6
    )


def overlap(one: Rect, other: Rect) -> bool:
    across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    return across > 1e-6 and down > 1e-6


@pytest.mark.parametrize("paper", ["a4", "letter"])
@pytest.mark.parametrize("landscape", [False, True])
@pytest.mark.parametrize(("rows", "row_mm"), [(1, 10), (12, 12.5), (100, 7), (20, 20)])
def test_every_page_has_room_for_everything_on_it(paper, landscape, rows, row_mm):
    template = parse_template(changed(paper=paper, landscape=landscape, rows=rows, row_mm=row_mm, columns=[
        *({**column, "labels": []} if "labels" in column else column for column in MARKS["columns"])
    ]))  # fmt: skip
    pages = lay_out(template)
    cells = [(cell.row, cell.column) for page in pages for cell in page.cells]
    assert cells == [(row, column) for row in range(template.all_rows) for column in range(5)]
    for page in pages:
        printable = Rect(MARGIN_MM, MARGIN_MM, page.width_mm - 2 * MARGIN_MM, page.height_mm - 2 * MARGIN_MM)
        things = [page.title, page.code, *(mark.rect for mark in page.marks), *page.heads]
        things += [cell.rect for cell in page.cells]
        assert all(is_inside(thing, printable) for thing in things)
        apart = [(one, other) for place, one in enumerate(things) for other in things[:place]]
        assert not any(overlap(one, other) for one, other in apart)
        assert all(is_inside(box, cell.rect) for cell in page.cells for box in cell.boxes)
