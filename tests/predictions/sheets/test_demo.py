"""Our page, which everybody with an account can try: a sheet as any other, made once."""

import json

import pytest
from django.db.models.functions import Now
from django.urls import reverse

from ml.data.sheets.demo import LIMIT_BYTES, make_form
from predictions.models import ErrorCode, PageFile, Sheet, SheetPage, SheetTemplate, Status
from predictions.services.sheets.demo import FOLDER, open_demo
from predictions.services.sheets.demo.ready import load_ready
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


def test_guests_see_it_as_it_was_read_and_nothing_is_stored_or_queued(client, django_assert_num_queries):
    load_ready()  # its files are read once
    with django_assert_num_queries(0):
        page = client.get(reverse("sheet-demo"))
    assert page.status_code == 200 and not page.cookies.get("sessionid")
    doubtful = page.context["doubtful"]
    assert doubtful["total"] > 0 == doubtful["done"]
    assert "These do not add up:" in page.content.decode() and "Row 5 · Donald" in page.content.decode()
    assert page.context["current"]["is_doubtful"]
    assert "data-change-url" not in page.content.decode(), "what they say of it is sent nowhere"
    assert not Sheet.objects.exists() and not SheetTemplate.objects.exists()


def test_guests_without_scripts_go_from_cell_to_cell(client):
    url = reverse("sheet-demo")
    first = client.get(url).context["current"]
    answer = client.post(url, {"cell": first["id"], "action": "accept"})
    assert answer["Location"] == f"{url}?after={first['id']}"
    other = client.get(url, {"cell": 3}).context["current"]
    assert (other["row"], other["column"]) == (0, 3)
    assert client.get(url, {"cell": "x", "after": "y"}).status_code == 200
    assert not Sheet.objects.exists()


def test_guests_get_its_pictures(client):
    for name, file in (("photograph", "page.jpg"), ("picture", "picture.jpg")):
        answer = client.get(reverse("sheet-demo-picture", args=[name]))
        assert answer.content == (FOLDER / file).read_bytes() and answer["Content-Type"] == "image/jpeg"
    assert client.get(reverse("sheet-demo-picture", args=["form"])).status_code == 404


def test_without_guests_it_leads_to_the_log_in(client, settings):
    settings.GUESTS = False
    for answer in (client.get(reverse("sheet-demo")), client.post(reverse("sheet-demo"))):
        assert answer["Location"].startswith(reverse("account_login"))


def test_an_address_of_the_demo_leads_users_to_their_sheets(client):
    client.force_login(make_user())
    assert client.get(reverse("sheet-demo"))["Location"] == reverse("sheets")
    assert not Sheet.objects.exists()


def test_the_files_are_those_of_the_script():
    assert json.loads((FOLDER / "form.json").read_text(encoding="utf-8")) == make_form()
    assert (FOLDER / "page.jpg").stat().st_size < LIMIT_BYTES
