"""Sheets by the API: sent, followed, listed, added to and deleted, by their owner alone."""

import io
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models.functions import Now
from PIL import Image
from rest_framework.test import APIClient

from accounts.tokens import create_token
from predictions.models import PageFile, Sheet, SheetPage
from predictions.services import long_poll
from tests.factories import make_user
from tests.sheets import FORM, add_failed_page, make_sheet, make_template, make_unread_sheet

pytestmark = pytest.mark.django_db
URL = "/api/v1/sheets/"


def photograph(name="page.png", side_px=64, shade=255):
    """Return a small picture to upload."""
    data = io.BytesIO()
    Image.new("L", (side_px, side_px), shade).save(data, "PNG")
    return SimpleUploadedFile(name, data.getvalue(), "image/png")


def send(api, *files, url=URL, key=None, **fields):
    headers = {"HTTP_IDEMPOTENCY_KEY": key} if key else {}
    return api.post(url, {"file": list(files) or [photograph()], **fields}, format="multipart", **headers)


def test_photographs_are_stored_as_a_sheet(api, alice):
    template = make_template(alice)
    sent = send(api, photograph(), photograph(shade=250), template=str(template.pk), title=" Marks   7b ")
    assert (sent.status_code, sent.data["state"], sent.data["title"]) == (202, "reading", "Marks 7b")
    assert sent["Location"] == sent.data["url"]
    assert sent["Retry-After"] == "1"
    assert [(page["number"], page["status"], page["problems"]) for page in sent.data["pages"]] == [
        (1, "queued", None),
        (2, "queued", None),
    ]
    assert Sheet.objects.get().template == template
    assert PageFile.objects.filter(page__sheet=sent.data["id"]).count() == 2


def test_a_key_stores_a_sheet_once(api):
    first = send(api, key="one")
    again = send(api, key="one")
    assert (again.data["id"], again["Idempotent-Replayed"]) == (first.data["id"], "true")
    assert Sheet.objects.count() == 1
    other = send(api, photograph(shade=9), key="one").data["error"]
    assert (other["code"], other["message"][-30:]) == ("key_reused", "Use a new key for a new request."[-30:])
    assert api.delete(first["Location"]).status_code == 204
    assert send(api, key="one").data["error"]["code"] == "gone"


@pytest.mark.parametrize(
    ("files", "fields", "status", "code"),
    [
        ([SimpleUploadedFile("a.png", b"no picture")], {}, 400, "unreadable"),
        ([SimpleUploadedFile("a.png", b"")], {}, 400, "unreadable"),
        ([photograph() for _ in range(21)], {}, 413, "too_many_items"),
        ([photograph()], {"template": "seven"}, 400, "invalid"),
        ([photograph()], {"template": ""}, 400, "invalid"),
        ([photograph()], {"template": str(uuid.uuid4())}, 404, "not_found"),
        ([photograph()], {"title": "a" * 81}, 400, "invalid"),
        ([photograph()], {"title": "a\x07b"}, 400, "invalid"),
        ([photograph()], {"title": ["a", "b"]}, 400, "invalid"),
        ([photograph()], {"colour": "red"}, 400, "invalid"),
        ([photograph()], {"image": photograph("b.png")}, 400, "invalid"),
    ],
)
def test_what_is_no_sheet_is_refused(api, files, fields, status, code):
    answer = send(api, *files, **fields)
    assert (answer.status_code, answer.data["error"]["code"]) == (status, code), answer.data
    assert not Sheet.objects.exists()


def test_no_file_or_no_form_is_refused(api):
    assert api.post(URL, {"title": "a"}, format="multipart").data["error"]["message"].startswith("Send multipart")
    as_json = api.post(URL, {"file": "a"}, format="json")
    assert as_json.status_code == 415
    assert (
        as_json.data["error"]["message"]
        == 'Send multipart/form-data with a field "file" for each photograph, or with a PDF.'
    )
    template = api.post("/api/v1/sheet-templates/", {"title": "Marks"}, format="multipart")
    assert template.data["error"]["message"] == "Send JSON, with the Content-Type application/json."
    assert "U+0007" in send(api, title="a\x07b").data["error"]["message"]


def test_pages_are_added_and_removed(api, alice):
    sheet = make_sheet(alice)
    path = f"{URL}{sheet.pk}/"
    added = send(api, url=f"{path}pages/")
    assert (added.status_code, added.data["state"]) == (202, "reading")
    [_, page] = added.data["pages"]
    assert api.delete(page["url"]).status_code == 204
    assert [one["number"] for one in api.get(path).data["pages"]] == [1]
    assert api.delete(page["url"]).status_code == 404


def test_a_sheet_tells_how_far_it_is(api, alice):
    unread = api.get(f"{URL}{make_unread_sheet(alice).pk}/").data
    assert (unread["state"], unread["progress"]["unread"], unread["progress"]["written"]) == ("reading", 6, 6)
    read = api.get(f"{URL}{make_sheet(alice, title='Marks').pk}/").data
    assert (read["state"], read["progress"]["unread"], read["title"]) == ("read", 0, "Marks")
    assert read["pages"][0]["problems"] == []
    Sheet.objects.filter(pk=read["id"]).update(title="")
    named = [api.get(path).data["title"] for path in (read["url"], read["table"])]
    assert [*named, api.get(URL).data["results"][0]["title"]] == ["Marks"] * 3, "as its template"
    SheetPage.objects.filter(sheet=read["id"]).update(template_page=None)
    Sheet.objects.filter(pk=read["id"]).update(template=None)
    assert api.get(read["url"]).data["state"] == "needs_columns"


def test_a_sheet_is_renamed(api, alice):
    sheet = make_sheet(alice, title="Class 7a")
    path = f"{URL}{sheet.pk}/"
    assert api.patch(path, {"title": "  Class  7b "}, format="json").data["title"] == "Class 7b"
    assert api.get(URL).data["results"][0]["title"] == "Class 7b"
    assert "class-7b" in api.get(f"{path}table.csv")["Content-Disposition"]
    assert api.patch(path, {"title": ""}, format="json").data["title"] == "Marks", "as its template"
    assert api.patch(path, {}, format="json").data["title"] == "Marks"
    for body in ({"title": None}, {"title": "a\u200bb"}, {"title": "x" * 200}, {"name": "Class 7b"}):
        assert api.patch(path, body, format="json").data["error"]["code"] == "invalid"


def test_a_sheet_that_lacks_a_page_says_so(api, alice):
    sheet = make_sheet(alice, template=make_template(alice, FORM | {"rows": 60}))
    path = f"{URL}{sheet.pk}/"
    assert (api.get(path).data["is_complete"], api.get(f"{path}table/").data["missing_pages"]) == (True, [2, 3])
    failed = add_failed_page(sheet)
    table = api.get(f"{path}table/").data
    assert (table["state"], table["is_complete"], table["failed_pages"]) == ("read", False, [2])
    assert [one["is_complete"] for one in (api.get(path).data, api.get(URL).data["results"][0])] == [False, False]
    api.delete(f"{path}pages/{failed.pk}/")
    assert api.get(f"{path}table/").data["is_complete"]


def test_a_sheet_without_pages_is_not_waited_for(api, alice):
    sheet = make_sheet(alice)
    path = f"{URL}{sheet.pk}/"
    api.delete(f"{path}pages/{sheet.pages.get().pk}/")
    assert [api.get(one).data["state"] for one in (path, f"{path}table/")] == ["failed"] * 2
    assert not api.get(path).data["is_complete"]


def test_a_client_waits_until_it_is_read(api, alice):
    path = f"{URL}{make_unread_sheet(alice).pk}/"
    assert api.get(f"{path}?wait=0").data["state"] == "reading"
    assert api.get(f"{path}?wait=long").status_code == 400
    assert api.get(f"{URL}{make_sheet(alice).pk}/?wait=9").data["state"] == "read", "at once"


@pytest.mark.parametrize("where", ["query", "header"])
@pytest.mark.parametrize("is_new", [True, False])
def test_a_wait_is_asked_for_by_the_query_or_a_header(api, alice, monkeypatch, where, is_new):
    waited = []
    monkeypatch.setattr(long_poll, "wait_for_known", lambda sheet, wait_s: waited.append(wait_s) or sheet)
    query, headers = ("?wait=7", {}) if where == "query" else ("", {"Prefer": "wait=7"})
    if is_new:
        assert api.post(URL + query, {"file": photograph()}, headers=headers).status_code == 202
    else:
        assert api.get(f"{URL}{make_unread_sheet(alice).pk}/{query}", headers=headers).status_code == 200
    assert waited == [7]


@pytest.mark.parametrize(
    ("kind", "place", "said"),
    [
        ("blurred", "lower left", "Too blurred in the lower left. Take it again."),
        ("too_small", "", "The page is too small. Go closer and take it again."),
    ],
)
def test_a_bad_photograph_is_explained_in_english_by_what_is_wrong_with_it(api, alice, kind, place, said):
    sheet = make_unread_sheet(alice)
    SheetPage.objects.update(
        status="failed", error_code="bad_photo", finished_at=Now(), claim=None, lease_until=None,
        quality={"is_good": False, "problems": [{"kind": kind, "place": place}]},
    )  # fmt: skip
    [page] = api.get(f"{URL}{sheet.pk}/", HTTP_ACCEPT_LANGUAGE="de").data["pages"]
    assert page["error"] == {"code": "bad_photo", "message": said}


def test_sheets_are_listed_in_pages(api, alice):
    made = [str(make_unread_sheet(alice).pk) for _ in range(3)][::-1]
    for number, key in enumerate(made):  # all were made in one transaction
        Sheet.objects.filter(pk=key).update(created_at=f"2026-01-0{9 - number}T00:00:00Z")
    make_unread_sheet(make_user("bob"))
    first = api.get(URL, {"limit": 2}).data
    assert [row["id"] for row in first["results"]] == made[:2]
    second = api.get(first["next"]).data
    assert ([row["id"] for row in second["results"]], second["next"]) == (made[2:], None)
    assert api.get(URL, {"cursor": "guessed"}).data["error"]["code"] == "invalid_cursor"
    assert api.get(URL, {"colour": "red"}).status_code == 400


def test_a_deleted_sheet_is_gone_at_once(api, alice):
    sheet = make_sheet(alice)
    path = f"{URL}{sheet.pk}/"
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == api.delete(path).status_code == 404
    assert api.get(f"{path}table/").status_code == 404
    assert api.get(URL).data["results"] == []


def test_sheets_of_others_do_not_exist(api, alice):
    sheet = make_sheet(make_user("bob"))
    page = SheetPage.objects.get(sheet=sheet)
    path = f"{URL}{sheet.pk}/"
    cell = f"{path}pages/{page.pk}/cells/0/1/"
    for read in (path, f"{path}table/", f"{path}table.csv", f"{path}pages/{page.pk}/picture/", f"{cell}image/"):
        assert api.get(read).status_code == 404, read
    for write, body in (
        (f"{path}accept/", {"threshold": 0}),
        (f"{path}undo/", {}),
        (cell, {"action": "accept"}),
        (f"{path}columns/", {"title": "a", "columns": [{"name": "b"}]}),
    ):
        assert api.post(write, body, format="json").status_code == 404, write
    assert send(api, url=f"{path}pages/").status_code == 404
    assert api.delete(path).status_code == api.delete(f"{path}pages/{page.pk}/").status_code == 404


def test_a_template_of_another_is_refused(api):
    template = make_template(make_user("bob"))
    assert send(api, template=str(template.pk)).data["error"]["message"].startswith("template: ")


def test_a_token_that_only_reads_sends_and_deletes_none(alice):
    sheet = make_sheet(alice)
    reader = APIClient()
    reader.credentials(HTTP_AUTHORIZATION=f"Token {create_token(alice, access='read')}")
    assert reader.get(f"{URL}{sheet.pk}/table/").status_code == 200
    assert send(reader).data["error"]["code"] == "insufficient_scope"
    assert reader.delete(f"{URL}{sheet.pk}/").status_code == 403
