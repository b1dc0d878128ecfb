"""A sheet is settled once all its cells were read, under its sums; what a person confirmed stays."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from django.db.models.functions import Now

from predictions import lifecycle
from predictions.models import CellState, PageFile, Sheet, SheetCell, SheetPage, Submission, ValueSource
from predictions.services.sheets.tables import load_table
from predictions.services.sheets.taking import remove_page
from tests.factories import make_user
from tests.sheets import TEXTS, cut_page, make_sheet, make_unread_sheet, read_cells, settle_all

pytestmark = pytest.mark.django_db


def _texts(sheet: Sheet) -> list[list[str | None]]:
    return [[cell.text if cell else None for cell in row.cells] for row in load_table(sheet).rows]


def test_a_sheet_shows_what_was_read():
    sheet = make_sheet(make_user())
    assert sheet.settled_at is not None
    table = load_table(sheet)
    assert _texts(sheet) == [list(line) for line in TEXTS]
    assert table.wrong_sums == {}
    assert (table.progress.cells, table.progress.cells_done, table.progress.pages_done) == (6, 6, 1)
    assert {cell.source for cell in table.cells} == {ValueSource.READ}
    assert all(cell.confidence and cell.confidence > 0.9 for cell in table.cells)


def test_a_sheet_with_a_cell_that_waits_is_not_settled():
    sheet = make_unread_sheet(make_user())
    assert settle_all() == 0
    read_cells(sheet)
    assert settle_all() == 1
    assert settle_all() == 0


def test_a_sum_decides_between_two_texts_and_says_so():
    sheet = make_sheet(make_user(), doubtful={"r0c1": [("17", 0.6), ("12", 0.39)]})
    cell = SheetCell.objects.get(row=0, column=1)
    assert (cell.text, cell.read_text, cell.source) == ("12", "17", ValueSource.SUM)
    assert load_table(sheet).wrong_sums == {}


def test_a_sum_that_does_not_add_up_is_told():
    sheet = make_sheet(make_user(), (("", "12", "30", "43"), ("", "7", "8", "15")), confidence=1.0)
    [wrong] = load_table(sheet).wrong_sums[0]
    assert (wrong.total, wrong.written, Decimal(wrong.computed)) == ((0, 3), "43", 42)


def test_an_empty_cell_has_no_text_and_no_submission():
    sheet = make_sheet(make_user(), (("", "12", "", "12"), ("", "7", "8", "15")))
    cell = SheetCell.objects.get(row=0, column=2)
    assert (cell.text, cell.submission, cell.state) == ("", None, CellState.EMPTY)
    assert cell.confidence == pytest.approx(1.0, abs=0.01)
    assert load_table(sheet).wrong_sums == {}


def test_ditto_marks_take_the_value_above():
    sheet = make_unread_sheet(make_user(), (("", "12", "30", "42"), ("", "", "8", "20")))
    SheetCell.objects.filter(row=1, column=1).update(state=CellState.DITTO)
    read_cells(sheet, (("", "12", "30", "42"), ("", "", "8", "20")))
    settle_all()
    cell = SheetCell.objects.get(row=1, column=1)
    assert (cell.text, cell.source) == ("12", ValueSource.DITTO)


def test_what_a_person_confirmed_is_not_changed_by_settling_again():
    alice = make_user()
    sheet = make_sheet(alice)
    SheetCell.objects.filter(row=0, column=1).update(text="99", confirmed_by=alice, confirmed_at=Now(), source="person")
    Sheet.objects.update(settled_at=None)
    settle_all()
    cell = SheetCell.objects.get(row=0, column=1)
    assert (cell.text, cell.source, cell.read_text) == ("99", ValueSource.PERSON, "12")
    sheet.refresh_from_db()
    assert [wrong.computed for wrong in load_table(sheet).wrong_sums[0]] == ["129"]


def test_a_cell_that_failed_is_left_to_a_person():
    sheet = make_unread_sheet(make_user())
    lifecycle.cancel(Submission.objects.filter(cell__row=0, cell__column=2))
    read_cells(sheet)
    settle_all()
    cell = SheetCell.objects.get(row=0, column=2)
    assert (cell.text, cell.confidence) == ("", 0.0)


def _add_copy(sheet: Sheet, texts: Sequence[Sequence[str]]) -> None:
    """Add another copy of the page, and settle the sheet again."""
    page = SheetPage.objects.create(sheet=sheet, owner=sheet.owner, number=2, template_page=1, copy=1)
    PageFile.objects.create(page=page, data=b"photograph", content_type="image/jpeg")
    cut_page(sheet, texts)
    Sheet.objects.update(settled_at=None)
    read_cells(sheet, texts)
    settle_all()


def _kinds(sheet: Sheet) -> list[list[str]]:
    pages = SheetPage.objects.filter(sheet=sheet).order_by("number")
    return [[problem["kind"] for problem in (page.quality or {})["problems"]] for page in pages]


def test_a_page_that_was_photographed_twice_is_told_until_one_is_removed():
    sheet = make_sheet(make_user())
    _add_copy(sheet, TEXTS)
    assert _kinds(sheet) == [["repeated"], ["repeated"]]
    remove_page(SheetPage.objects.get(number=2))
    settle_all()
    assert _kinds(sheet) == [[]]


def test_another_copy_with_other_numbers_is_no_repeat():
    sheet = make_sheet(make_user())
    _add_copy(sheet, (("", "12", "31", "43"), ("", "7", "8", "15")))
    assert _kinds(sheet) == [[], []]


def test_a_deleted_sheet_is_not_settled():
    sheet = make_unread_sheet(make_user())
    read_cells(sheet)
    Sheet.objects.update(deleted_at=Now())
    assert settle_all() == 0
