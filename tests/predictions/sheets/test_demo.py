"""Our page, which everybody with an account can try: a sheet as any other, made once."""

import json

import pytest
from django.db.models.functions import Now
from django.urls import reverse

from ml.data.sheets.demo import LIMIT_BYTES, make_form
from predictions.models import ErrorCode, PageFile, Sheet, SheetPage, SheetTemplate, Status
from predictions.services.sheets.demo import FOLDER, open_demo
from predictions.services.sheets.taking import delete_sheet
from predictions.services.sheets.templates import list_templates
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_one_click_makes_a_sheet_that_waits_for_a_worker(client):
    alice = make_user()
    client.force_login(alice)
    answer = client.post(reverse("sheet-demo"))
    sheet = Sheet.objects.get()
    assert answer["Location"] == reverse("sheet", args=[sheet.pk])
    assert (sheet.owner, sheet.is_demo, sheet.pages.get().status) == (alice, True, Status.QUEUED)
    assert bytes(PageFile.objects.get().data) == (FOLDER / "page.jpg").read_bytes()
    assert not list_templates(alice).exists(), "it does not stand among those that they print"


def test_a_second_click_leads_to_the_same_sheet_until_it_is_deleted():
    alice, bob = make_user(), make_user("bob")
    first = open_demo(alice)
    assert open_demo(alice) == first
    assert open_demo(bob) != first
    delete_sheet(first)
    assert open_demo(alice) != first
    assert SheetTemplate.objects.filter(owner=alice).count() == 1


def test_a_sheet_of_our_page_that_failed_is_made_again():
    alice = make_user()
    failed = open_demo(alice)
    SheetPage.objects.update(status=Status.FAILED, error_code=ErrorCode.NO_CODE, finished_at=Now())
    again = open_demo(alice)
    assert again != failed
    assert list(Sheet.objects.filter(deleted_at=None)) == [again]
    assert open_demo(alice) == again


def test_nobody_tries_it_without_an_account(client):
    assert client.post(reverse("sheet-demo"))["Location"].startswith(reverse("account_login"))
    assert client.get(reverse("sheet-demo"))["Location"] == reverse("sheets")
    assert not Sheet.objects.exists()


def test_the_files_are_those_of_the_script():
    assert json.loads((FOLDER / "form.json").read_text(encoding="utf-8")) == make_form()
    assert (FOLDER / "page.jpg").stat().st_size < LIMIT_BYTES
