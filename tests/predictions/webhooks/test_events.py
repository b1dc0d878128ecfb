"""A sheet that was read, or confirmed to its last cell, is told to those who want to know, in the same transaction."""

import json

import pytest
from django.db.models.functions import Now

from predictions.models import Sheet, SheetCell, SheetPage, WebhookDelivery
from predictions.services.sheets.checking import Action, accept_above, change_cell
from predictions.services.sheets.taking import remove_page
from predictions.webhooks.endpoints import add_endpoint
from predictions.worker.sheets import settling
from tests.factories import make_user
from tests.sheets import add_failed_page, make_sheet, settle_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def sheet():
    """Return a sheet of alice's that was read, and of which her endpoint is told everything."""
    alice = make_user()
    found = make_sheet(alice)
    add_endpoint(alice, "https://example.org/", ["sheet.read", "sheet.confirmed"])
    return found


def told():
    """Return what was told of which sheets."""
    rows = WebhookDelivery.objects.order_by("created_at")
    return [(row.event, json.loads(row.body)["data"]["sheet"]) for row in rows]


def test_a_sheet_is_told_once_it_is_settled(sheet):
    Sheet.objects.update(settled_at=None)
    assert settling.settle(sheet.pk) and not settling.settle(sheet.pk)
    assert told() == [("sheet.read", str(sheet.pk))]


def test_a_sheet_is_told_when_its_last_cell_is_confirmed(sheet):
    first, *rest = SheetCell.objects.filter(page__sheet=sheet).order_by("pk")
    SheetCell.objects.filter(pk__in=[cell.pk for cell in rest[1:]]).update(confirmed_at=Now(), confirmed_by=sheet.owner)
    change_cell(first, sheet.owner, Action.ACCEPT)
    assert told() == []
    change_cell(rest[0], sheet.owner, Action.ACCEPT)
    assert told() == [("sheet.confirmed", str(sheet.pk))]


def test_a_sheet_is_told_when_all_its_cells_are_accepted_together(sheet):
    accept_above(sheet, sheet.owner, 0.0)
    assert told() == [("sheet.confirmed", str(sheet.pk))]


def test_a_sheet_with_a_page_to_take_again_is_not_called_confirmed_until_that_is_gone(sheet):
    failed = add_failed_page(sheet)
    accept_above(sheet, sheet.owner, 0.0)
    assert told() == []
    remove_page(failed)
    settle_all()
    assert told() == [("sheet.read", str(sheet.pk)), ("sheet.confirmed", str(sheet.pk))]


def test_a_sheet_of_which_nothing_was_read_is_not_told(sheet):
    for change in ({"template": None}, {"template": sheet.template}):
        Sheet.objects.update(settled_at=None, **change)
        settle_all()
        remove_page(SheetPage.objects.first() or add_failed_page(sheet))
        add_failed_page(sheet)
    assert told() == []
