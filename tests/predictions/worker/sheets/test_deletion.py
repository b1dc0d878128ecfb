"""What is deleted of a sheet is gone wholly: by its owner, by age, with the account, and what older code leaves."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from accounts.models import User
from predictions.models import (
    CellChange,
    Drawing,
    PageFile,
    Prediction,
    Review,
    Role,
    Sheet,
    SheetCell,
    SheetPage,
    SheetTemplate,
    Submission,
)
from predictions.services import erasure, quotas
from predictions.services.review import review_submission
from predictions.services.sheets.taking import delete_sheet, remove_page
from predictions.worker import old_drawings, retention, slices
from tests.factories import make_user, read_one
from tests.sheets import make_sheet, make_unread_sheet, settle_all

pytestmark = pytest.mark.django_db
TABLES = (Sheet, SheetPage, PageFile, SheetCell, CellChange, Submission, Drawing, Prediction, Review)


@pytest.fixture
def alice() -> User:
    return make_user()


def _fill(owner: User) -> Sheet:
    """Make a sheet with a row in every table."""
    sheet = make_sheet(owner)
    cell = SheetCell.objects.filter(page__sheet=sheet, submission__isnull=False).first()
    assert cell and cell.submission
    review_submission(cell.submission, owner, "5", Role.OWNER)
    CellChange.objects.create(cell=cell, by=owner, before={}, after={})
    return sheet


def _counts() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in TABLES}


def test_a_deleted_sheet_is_deleted_wholly_and_nothing_else(alice, monkeypatch):
    monkeypatch.setattr(slices, "SLICE", 4)  # several slices
    _fill(alice)
    before = _counts()
    sheet = _fill(alice)
    delete_sheet(sheet)
    retention.delete_deleted()
    assert _counts() == before


def test_a_sheet_that_is_read_is_deleted_too(alice):
    sheet = make_unread_sheet(alice)
    delete_sheet(sheet)
    assert not Submission.objects.unfinished().exists()
    retention.delete_deleted()
    assert not any(_counts().values())


def test_a_removed_page_takes_its_cells_along_and_the_sheet_is_settled_again(alice):
    sheet = _fill(alice)
    remove_page(SheetPage.objects.get())
    assert not any(count for name, count in _counts().items() if name != "Sheet")
    sheet.refresh_from_db()
    assert sheet.settled_at is None
    assert settle_all() == 1


def test_old_sheets_are_deleted(alice, settings):
    settings.RETENTION_DAYS = 40
    _fill(alice)
    before, old = _counts(), _fill(alice)
    Sheet.objects.filter(pk=old.pk).update(created_at=Now() - timedelta(days=41))
    Submission.objects.filter(sheet=old).update(created_at=Now() - timedelta(days=41))
    old_drawings.delete_old()
    assert _counts() == before


def test_the_account_takes_its_sheets_along(alice):
    _fill(alice)
    bob = make_user("bob")
    _fill(bob)
    while erasure.erase_batch(alice.pk, None):
        pass
    assert set(SheetTemplate.objects.values_list("owner", flat=True)) == {bob.pk}
    assert set(Submission.objects.values_list("owner", flat=True)) == {bob.pk}
    assert (Sheet.objects.count(), SheetPage.objects.count(), SheetCell.objects.count()) == (1, 1, 8)


def test_what_older_code_leaves_of_an_account_is_deleted(alice):
    _fill(alice)
    Submission.objects.filter(owner=alice).delete()
    SheetCell.objects.filter(row=1, column=1).update(submission=999_999)  # as code without these tables leaves it
    User.objects.filter(pk=alice.pk)._raw_delete("default")
    retention.delete_deleted()
    assert not any(_counts().values())
    assert not SheetTemplate.objects.exists()


def test_sheets_count_toward_what_their_owner_keeps(alice):
    drawing = read_one(alice)
    before = quotas.sum_kept(alice)
    assert before == drawing.kept_bytes
    sheet = make_unread_sheet(alice)
    SheetPage.objects.filter(sheet=sheet).update(kept_bytes=1_000)
    cells = sum(Submission.objects.filter(sheet=sheet).values_list("kept_bytes", flat=True))
    assert cells > 0
    assert quotas.sum_kept(alice) == before + 1_000 + cells
