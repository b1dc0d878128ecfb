"""What people say about cells: accepted, typed, emptied, undone, and accepted together; races between tabs."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from accounts.models import User
from ml.sheets.calibration import DITTO_IS_DITTO
from predictions.models import CellState, Review, Sheet, SheetCell, Submission, ValueSource
from predictions.services.sheets.checking import (
    Action,
    Change,
    ChangeConflict,
    InvalidChange,
    accept_above,
    change_cell,
    undo,
)
from predictions.services.sheets.checking.thresholds import DEFAULT_THRESHOLD, list_choices, threshold_of
from predictions.services.sheets.overview import count_totals, list_sheets
from predictions.services.sheets.tables import load_table
from tests.factories import make_user
from tests.sheets import make_sheet, make_template, settle_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    """Return the owner of the sheet."""
    return make_user("alice")


@pytest.fixture
def sheet(alice: User) -> Sheet:
    """Return a sheet of two rows, read without doubt."""
    return make_sheet(alice)


def _cell(sheet: Sheet, row: int, column: int) -> SheetCell:
    return SheetCell.objects.get(page__sheet=sheet, row=row, column=column)


def _reviews(cell: SheetCell) -> list[str]:
    return list(Review.objects.filter(submission=cell.submission_id, withdrawn_at=None).values_list("text", flat=True))


def test_an_accepted_cell_is_confirmed_and_a_review_of_its_reading(alice: User, sheet: Sheet) -> None:
    cell = _cell(sheet, 0, 1)
    change_cell(cell, alice, Action.ACCEPT, seen="12")
    cell.refresh_from_db()
    assert (cell.text, cell.confirmed_by, cell.source) == ("12", alice, ValueSource.READ)
    assert _reviews(cell) == ["12"]
    assert Submission.objects.get(pk=cell.submission_id).label == "12"


def test_a_typed_value_replaces_the_reading_which_is_kept(alice: User, sheet: Sheet) -> None:
    cell = _cell(sheet, 0, 1)
    change_cell(cell, alice, Action.TYPE, " 17 ")
    cell.refresh_from_db()
    assert (cell.text, cell.read_text, cell.source) == ("17", "12", ValueSource.PERSON)
    assert _reviews(cell) == ["17"]


def test_an_emptied_cell_is_reviewed_as_no_digit(alice: User, sheet: Sheet) -> None:
    cell = _cell(sheet, 0, 1)
    change_cell(cell, alice, Action.EMPTY)
    cell.refresh_from_db()
    assert (cell.text, _reviews(cell)) == ("", [""])


def test_text_that_no_cell_of_numbers_can_hold_is_refused(alice: User, sheet: Sheet) -> None:
    with pytest.raises(InvalidChange, match="Enter digits"):
        change_cell(_cell(sheet, 0, 1), alice, Action.TYPE, "twelve")
    assert _cell(sheet, 0, 1).confirmed_at is None
    change_cell(_cell(sheet, 0, 0), alice, Action.TYPE, "Ada")  # a column of text
    assert _cell(sheet, 0, 0).text == "Ada"


def test_what_arrives_twice_is_one_change(alice: User, sheet: Sheet) -> None:
    first = change_cell(_cell(sheet, 0, 1), alice, Action.TYPE, "17", seen="12")
    again = change_cell(_cell(sheet, 0, 1), alice, Action.TYPE, "17", seen="12")
    assert (first.key is not None, again.key) == (True, None)
    undo(sheet, alice, first.key)
    assert not undo(sheet, alice, first.key).cells
    assert _cell(sheet, 0, 1).text == "12"


def test_a_cell_that_another_tab_changed_is_not_overwritten(alice: User, sheet: Sheet) -> None:
    change_cell(_cell(sheet, 0, 1), alice, Action.TYPE, "17", seen="12")
    with pytest.raises(ChangeConflict):
        change_cell(_cell(sheet, 0, 1), alice, Action.TYPE, "19", seen="12")
    with pytest.raises(ChangeConflict):
        change_cell(_cell(sheet, 0, 2), alice, Action.ACCEPT, seen="31")
    with pytest.raises(ChangeConflict):
        change_cell(_cell(sheet, 0, 1), alice, Action.ACCEPT, seen="12")  # which is confirmed as another value
    assert change_cell(_cell(sheet, 0, 1), alice, Action.ACCEPT, seen="17").key is None
    assert _cell(sheet, 0, 1).text == "17"


def test_undo_restores_the_value_and_takes_the_review_back(alice: User, sheet: Sheet) -> None:
    change_cell(_cell(sheet, 0, 1), alice, Action.TYPE, "17")
    change_cell(_cell(sheet, 0, 2), alice, Action.ACCEPT)
    undone = [undo(sheet, alice) for _ in range(3)]
    assert [[cell.column for cell in one.cells] for one in undone] == [[2], [1], []]
    cell = _cell(sheet, 0, 1)
    assert (cell.text, cell.source, cell.confirmed_at, _reviews(cell)) == ("12", ValueSource.READ, None, [])


def test_undoing_a_second_change_leaves_the_first(alice: User, sheet: Sheet) -> None:
    change_cell(_cell(sheet, 0, 1), alice, Action.TYPE, "17")
    change_cell(_cell(sheet, 0, 1), alice, Action.TYPE, "19")
    undo(sheet, alice)
    cell = _cell(sheet, 0, 1)
    assert (cell.text, cell.confirmed_by, _reviews(cell)) == ("17", alice, ["17"])


def test_cells_accepted_together_are_undone_together_without_reviews(alice: User) -> None:
    sheet = make_sheet(alice)
    SheetCell.objects.filter(page__sheet=sheet, confidence__isnull=False).update(confidence=0.97)
    SheetCell.objects.filter(page__sheet=sheet, row=0, column=1).update(confidence=0.6)
    accepted = accept_above(sheet, alice, 0.9)
    assert len(accepted.cells) == 5
    assert not Review.objects.exists()
    assert Sheet.objects.get(pk=sheet.pk).threshold == 0.9
    change_cell(_cell(sheet, 1, 1), alice, Action.TYPE, "1")
    undo(sheet, alice)
    assert len(undo(sheet, alice).cells) == 5
    assert not SheetCell.objects.filter(page__sheet=sheet, confirmed_at__isnull=False).exists()


def test_ditto_marks_follow_the_cell_above_them_and_go_back_with_it(alice: User, sheet: Sheet) -> None:
    above, marks = _cell(sheet, 0, 1), _cell(sheet, 1, 1)
    marks.state, marks.source, marks.submission = CellState.DITTO, ValueSource.DITTO, None
    marks.text, marks.confidence = above.text, 0.3
    marks.save()
    done = change_cell(above, alice, Action.TYPE, "17")
    marks.refresh_from_db()
    assert [cell.pk for cell in done.followed] == [marks.pk]
    assert (marks.text, marks.confidence, marks.confirmed_at) == ("17", DITTO_IS_DITTO, None)
    undone = undo(sheet, alice)
    marks.refresh_from_db()
    assert ([cell.pk for cell in undone.cells], [cell.pk for cell in undone.followed]) == ([above.pk], [marks.pk])
    assert (marks.text, marks.confidence) == ("12", 0.3)
    change_cell(marks, alice, Action.TYPE, "5")
    change_cell(above, alice, Action.TYPE, "9")
    marks.refresh_from_db()
    assert marks.text == "5"


def test_undo_leaves_a_cell_that_was_changed_since(alice: User, sheet: Sheet) -> None:
    SheetCell.objects.filter(page__sheet=sheet, confidence__isnull=False).update(confidence=0.97)
    accepted = accept_above(sheet, alice, 0.5)
    change_cell(_cell(sheet, 1, 1), alice, Action.TYPE, "1")
    undo(sheet, alice, accepted.key)
    assert _cell(sheet, 1, 1).text == "1"
    assert _cell(sheet, 1, 1).confirmed_at
    assert _cell(sheet, 1, 2).confirmed_at is None


def test_nobody_undoes_the_changes_of_another(alice: User, sheet: Sheet) -> None:
    done = change_cell(_cell(sheet, 0, 1), alice, Action.TYPE, "17")
    assert not undo(sheet, make_user("bob"), done.key).cells
    other = make_sheet(alice, template=sheet.template)
    assert not undo(other, alice, done.key).cells
    assert _cell(sheet, 0, 1).text == "17"


def test_settling_again_keeps_what_was_confirmed(alice: User, sheet: Sheet) -> None:
    change_cell(_cell(sheet, 0, 1), alice, Action.TYPE, "17")
    Sheet.objects.update(settled_at=None)
    settle_all()
    assert _cell(sheet, 0, 1).text == "17"


def test_a_typed_value_shows_which_sums_do_not_add_up(alice: User, sheet: Sheet) -> None:
    assert not load_table(sheet).wrong_sums
    change_cell(_cell(sheet, 0, 1), alice, Action.TYPE, "17")
    [wrong] = load_table(sheet).wrong_sums[0]
    assert (wrong.total, wrong.written, wrong.computed) == ((0, 3), "42", "47")


def test_a_threshold_tells_how_many_cells_it_accepts_and_how_many_errors_it_leaves(alice: User) -> None:
    sheet = make_sheet(alice)
    SheetCell.objects.filter(page__sheet=sheet, confidence__isnull=False).update(confidence=0.9995)
    for chance, place in ((0.6, (0, 1)), (0.92, (0, 2)), (0.97, (1, 1))):
        SheetCell.objects.filter(page__sheet=sheet, row=place[0], column=place[1]).update(confidence=chance)
    found = {choice.accepted: choice for choice in list_choices(sheet)}
    assert sorted(found) == [4, 5, 6]  # what is stricter only asks for more
    assert (found[6].errors, found[6].left) == (pytest.approx(0.4 + 0.08 + 0.03 + 3 * 0.0005), 0)
    assert (found[4].threshold, found[4].left) == (0.95, 2)
    assert found[4].errors == pytest.approx(0.03 + 3 * 0.0005)


def test_a_threshold_is_of_its_sheet_alone_and_undo_takes_it_back(alice: User, sheet: Sheet) -> None:
    other = make_sheet(alice, template=sheet.template)
    accept_above(sheet, alice, 0.5)
    sheet.refresh_from_db()
    assert (threshold_of(sheet), threshold_of(other)) == (0.5, DEFAULT_THRESHOLD)
    undo(sheet, alice)
    sheet.refresh_from_db()
    assert threshold_of(sheet) == DEFAULT_THRESHOLD


def test_the_list_tells_totals(alice: User) -> None:
    sheet = make_sheet(alice)
    SheetCell.objects.filter(page__sheet=sheet).exclude(state="not_read").update(confidence=0.99)
    SheetCell.objects.filter(page__sheet=sheet, row=0, column=1).update(confidence=0.6)
    change_cell(_cell(sheet, 1, 1), alice, Action.ACCEPT)
    make_sheet(make_user("bob"))
    [(found, totals)] = list_sheets(alice, 10)
    assert found == sheet
    assert (totals.pages, totals.waiting, totals.cells, totals.confirmed, totals.doubtful) == (1, 0, 6, 1, 1)
    assert count_totals(alice, [found])[sheet.pk] == totals


def _race(*calls: Callable[[], Change]) -> list[object]:
    found: list[object] = []
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], Change]) -> None:
        start.wait()
        try:
            found.append(call())
        except ChangeConflict as conflict:
            found.append(conflict)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.mark.django_db(transaction=True)
def test_of_two_tabs_one_wins_and_the_other_is_told() -> None:
    alice = make_user("alice")
    sheet = make_sheet(alice, template=make_template(alice))
    cell = _cell(sheet, 0, 1)
    texts = ["17", "19", "15", "14"]
    results = _race(*(lambda text=text: change_cell(cell, alice, Action.TYPE, text, seen="12") for text in texts))  # type: ignore[misc]
    assert sum(isinstance(result, ChangeConflict) for result in results) == 3
    assert _cell(sheet, 0, 1).text in texts
    assert _cell(sheet, 0, 1).changes.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_undos_at_once_undo_two_changes() -> None:
    alice = make_user("alice")
    sheet = make_sheet(alice, template=make_template(alice))
    for column in (1, 2, 3):
        change_cell(_cell(sheet, 0, column), alice, Action.ACCEPT)
    _race(*(lambda: undo(sheet, alice),) * 2)
    assert SheetCell.objects.filter(page__sheet=sheet, confirmed_at__isnull=False).count() == 1
