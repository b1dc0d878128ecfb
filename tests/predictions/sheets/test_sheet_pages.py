"""The pages of sheets without a script: list, photographs, table, checking, accepting, undoing, deleting."""

import html
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from ml.sheets.template import parse_template
from predictions.models import CellState, PageFile, Sheet, SheetCell, SheetPage, Status, Submission
from predictions.pages.sheets.cells import find_input_mode
from predictions.services.sheets.checking import Action, change_cell
from tests.factories import make_user
from tests.sheets import (
    FORM,
    JPEG,
    PNG,
    add_failed_page,
    make_sheet,
    make_template,
    make_unread_sheet,
    read_cells,
    settle_all,
)

pytestmark = pytest.mark.django_db
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200)  # what iPhones save
UNSURE = {"r0c1": [("12", 0.6), ("17", 0.3)], "r1c2": [("9", 0.5), ("8", 0.45)]}


@pytest.fixture
def alice() -> User:
    """Return the owner of the sheets."""
    return make_user("alice")


@pytest.fixture
def browser(alice: User, client: Client) -> Client:
    """Return alice's browser."""
    client.force_login(alice)
    return client


def _photograph(name: str = "page.png", data: bytes = PNG) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, "image/png")


def _cell(sheet: Sheet, row: int, column: int) -> SheetCell:
    return SheetCell.objects.get(page__sheet=sheet, row=row, column=column)


def _text(response: Any) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def _post(client: Client, name: str, sheet: Sheet, *more: Any, **fields: Any) -> Any:
    return client.post(reverse(name, args=[sheet.pk, *more]), fields, follow=True)


def test_photographs_become_a_sheet_that_waits(browser: Client) -> None:
    response = browser.post("/sheets/new/", {"files": [_photograph("1.png"), _photograph("2.png")]}, follow=True)
    sheet = Sheet.objects.get()
    assert response.redirect_chain == [(f"/sheets/{sheet.pk}/", 302)]
    assert [page.number for page in sheet.pages.order_by("number")] == [1, 2]
    assert "Looking at the pages…" in _text(response)


def test_a_sheet_is_named_when_it_is_sent_and_renamed_later(browser: Client) -> None:
    browser.post("/sheets/new/", {"files": [_photograph()], "title": "Class  7a"})
    sheet = Sheet.objects.get()
    assert f'value="{sheet.title}"' in browser.get(f"/sheets/{sheet.pk}/").content.decode()
    _post(browser, "rename-sheet", sheet, title="Class 7b")
    assert "Class 7b" in _text(browser.get("/sheets/"))
    assert "Leave out what can't be printed" in _text(_post(browser, "rename-sheet", sheet, title="a\u200bb"))
    assert "Leave out what can't be printed" in _text(
        browser.post("/sheets/new/", {"files": [_photograph()], "title": "a\u200bb"}, follow=True)
    )
    assert Sheet.objects.get().title == "Class 7b"


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ([], "Choose a photograph or a PDF first."),
        ([_photograph(data=b"no photograph")], "Send a photograph as JPEG, PNG or WebP, or a PDF."),
        ([_photograph(data=b"GIF89a, moving")], "GIF files can't be read. Save the picture as JPEG or PNG."),
        ([_photograph(), _photograph(data=HEIC)], "HEIC files can't be read. Save the picture as JPEG or PNG."),
        ([_photograph(data=b"8BPS")], "Send a photograph as JPEG, PNG or WebP, or a PDF."),
        ([_photograph(data=b"")], "This file is empty. Choose it again."),
    ],
)
def test_what_is_no_photograph_is_refused_with_what_to_do(browser: Client, files: list[Any], sentence: str) -> None:
    assert sentence in _text(browser.post("/sheets/new/", {"files": files}, follow=True))
    assert not Sheet.objects.exists()


def test_pages_are_added_moved_retaken_and_removed(browser: Client, alice: User) -> None:
    sheet = make_sheet(alice)
    first = sheet.pages.get()
    _post(browser, "add-sheet-pages", sheet, files=[_photograph(), _photograph()])
    _, second, third = sheet.pages.order_by("number")
    _post(browser, "move-sheet-page", sheet, third.pk, direction="up")
    assert list(sheet.pages.order_by("number").values_list("pk", flat=True)) == [first.pk, third.pk, second.pk]
    _post(browser, "move-sheet-page", sheet, first.pk, direction="up")
    _post(browser, "retake-sheet-page", sheet, third.pk, files=[_photograph()])
    pages = list(sheet.pages.order_by("number"))
    assert [page.number for page in pages] == [1, 2, 3]
    assert pages[0] == first
    assert pages[1] not in (first, second, third)
    assert pages[2] == second
    assert "The page was removed." in _text(_post(browser, "remove-sheet-page", sheet, pages[1].pk))
    assert [page.number for page in sheet.pages.order_by("number")] == [1, 2]


def test_a_refused_photograph_leaves_the_page_that_was_there(browser: Client, alice: User) -> None:
    sheet = make_sheet(alice)
    page = sheet.pages.get()
    response = _post(browser, "retake-sheet-page", sheet, page.pk, files=[_photograph(data=b"no photograph at all")])
    assert "This file can't be read." in _text(response)
    assert sheet.pages.get() == page
    assert SheetCell.objects.filter(page=page).count() == 8


def test_what_is_wrong_with_a_photograph_is_told_with_its_place(browser: Client, alice: User) -> None:
    sheet = make_unread_sheet(alice)
    problems = [{"kind": "blurred", "place": "lower left"}, {"kind": "blurred", "place": "lower left"}]
    SheetPage.objects.update(
        status=Status.FAILED, error_code="bad_photo", quality={"problems": problems}, finished_at="2026-01-01T00:00Z"
    )
    SheetPage.objects.update(kept_bytes=len(JPEG))
    shown = browser.get(f"/sheets/{sheet.pk}/")
    text = _text(shown)
    assert f'src="/sheets/{sheet.pk}/pages/' in shown.content.decode(), "they see which photograph it was"
    assert text.count("Too blurred in the lower left. Take it again.") == 1
    SheetPage.objects.update(quality=None)
    assert "This photograph is not good enough to read." in _text(browser.get(f"/sheets/{sheet.pk}/"))


def test_what_a_sheet_lacks_and_what_it_holds_twice_is_told(browser: Client, alice: User) -> None:
    sheet = make_sheet(alice, template=make_template(alice, FORM | {"rows": 60}))
    missing = "Pages 2, 3 of the template are not here. Add them if they were filled in."
    assert missing in _text(browser.get(f"/sheets/{sheet.pk}/"))
    SheetPage.objects.update(quality={"is_good": True, "problems": [{"kind": "repeated", "place": ""}]})
    second = SheetPage.objects.create(sheet=sheet, owner=alice, number=2, template_page=2)
    text = _text(browser.get(f"/sheets/{sheet.pk}/"))
    assert "Another page of this sheet holds the same numbers." in text
    assert "of the template" not in text
    SheetPage.objects.filter(pk=second.pk).update(status=Status.SUCCEEDED, finished_at="2026-01-01T00:00Z")
    assert "Page 3 of the template is not here." in _text(browser.get(f"/sheets/{sheet.pk}/"))


def test_a_pdf_that_is_too_dear_to_read_is_not_called_an_image(browser: Client, alice: User) -> None:
    sheet, sentence = make_unread_sheet(alice), "Photograph its pages, or send a smaller picture."
    SheetPage.objects.update(status=Status.FAILED, error_code="too_large", finished_at="2026-01-01T00:00Z")
    assert sentence in _text(browser.get(f"/sheets/{sheet.pk}/"))
    [page] = browser.get(f"/api/v1/sheets/{sheet.pk}/").json()["pages"]
    assert page["error"]["code"] == "too_large"
    assert sentence in page["error"]["message"]


def test_a_file_above_the_limit_of_uploads_is_refused_with_it(browser: Client, settings: Any) -> None:
    settings.UPLOAD_LIMIT_BYTES = 2_000_000
    assert "at most 2 MB each" in _text(browser.get("/sheets/new/"))
    files = [_photograph(data=PNG + bytes(2_000_000))]
    text = _text(browser.post("/sheets/new/", {"files": files}, follow=True))
    assert "A photograph may have 2 MB" in text
    assert not Sheet.objects.exists()


def test_a_table_shows_values_doubts_and_choices(browser: Client, alice: User) -> None:
    sheet = make_sheet(alice, doubtful=UNSURE, template=make_template(alice, FORM | {"sums": []}))
    cells = SheetCell.objects.filter(page__sheet=sheet)
    cells.filter(confidence__isnull=False).update(confidence=0.9995)
    cells.filter(row=0, column=1).update(confidence=0.6)
    cells.filter(row=1, column=2).update(confidence=0.5)
    text = _text(browser.get(f"/sheets/{sheet.pk}/"))
    assert "Check 2 doubtful cells" in text
    assert "6 of 6 about 0.9 wrong · 0 left to check" in text
    assert "4 of 6 probably none wrong · 2 left to check" in text
    assert "12 , doubtful" in text


def test_what_was_crossed_out_is_shown_until_somebody_confirms_it(browser: Client, alice: User) -> None:
    sheet = make_sheet(alice)
    SheetCell.objects.filter(page__sheet=sheet, row=0, column=1).update(state=CellState.CROSSED_OUT, text="")
    table = browser.get(f"/sheets/{sheet.pk}/").content.decode()
    change_cell(_cell(sheet, 0, 1), alice, Action.EMPTY)
    after = browser.get(f"/sheets/{sheet.pk}/").content.decode()
    assert table.count("sheet-cell-picture") == after.count("sheet-cell-picture") + 1


def test_cells_are_checked_one_after_the_other_without_a_script(browser: Client, alice: User) -> None:
    sheet = make_sheet(alice, doubtful=UNSURE, template=make_template(alice, FORM | {"sums": []}))
    url = f"/sheets/{sheet.pk}/check/"
    first, second = _cell(sheet, 0, 1), _cell(sheet, 1, 2)
    page = _text(browser.get(url))
    assert "Row 1 · First" in page
    assert "0 of 2 doubtful" in page
    response = _post(browser, "check-sheet", sheet, cell=first.pk, seen="12", choice="17")
    assert response.redirect_chain == [(f"{url}?after={first.pk}", 302)]
    assert "Row 2 · Second" in _text(response)
    response = _post(browser, "check-sheet", sheet, cell=second.pk, seen="9", action="accept", text="")
    assert "Nothing doubtful is left" in _text(response)
    assert 'viewBox=""' not in response.content.decode()
    assert [_cell(sheet, 0, 1).text, _cell(sheet, 1, 2).text] == ["17", "9"]
    assert f"?cell={second.pk}" in _post(browser, "undo-cells", sheet).redirect_chain[0][0]
    assert _cell(sheet, 1, 2).confirmed_at is None


def test_enter_in_the_field_saves_what_was_typed(browser: Client, alice: User) -> None:
    sheet = make_sheet(alice)
    _post(browser, "check-sheet", sheet, cell=_cell(sheet, 0, 1).pk, seen="12", action="accept", text="19")
    assert _cell(sheet, 0, 1).text == "19"


def test_what_a_sum_changed_and_which_sums_are_wrong_is_said(browser: Client, alice: User) -> None:
    doubtful = {"r0c1": [("17", 0.6), ("12", 0.39)]}
    sheet = make_sheet(alice, doubtful=doubtful)
    cell = _cell(sheet, 0, 1)
    assert cell.text == "12"
    assert "Read 17; 12 makes the total right." in _text(browser.get(f"/sheets/{sheet.pk}/check/?cell={cell.pk}"))
    answer = browser.post(
        f"/sheets/{sheet.pk}/check/",
        {"cell": cell.pk, "seen": "12", "action": "type", "text": "17"},
        headers={"accept": "application/json"},
    ).json()
    assert answer["wrong_sums"] == ["Row 1: Both says 42, the cells add up to 47."]
    assert answer["cells"] == [{"id": cell.pk, "text": "17", "is_confirmed": True, "has_problem": False}]
    assert answer["remark"] == ""


def test_a_typed_value_out_of_its_columns_range_is_saved_with_a_remark(browser: Client, alice: User) -> None:
    sheet = make_sheet(alice)
    cell = _cell(sheet, 0, 1)
    sent = {"cell": cell.pk, "seen": "12", "action": "type", "text": "99999"}
    answer = browser.post(f"/sheets/{sheet.pk}/check/", sent, headers={"accept": "application/json"}).json()
    sentence = "This is more than the largest value that was expected."
    assert answer["remark"] == f"Row 1 · First: 99999. {sentence}"
    assert answer["cells"][0]["has_problem"]
    assert sentence in _text(browser.get(f"/sheets/{sheet.pk}/check/?cell={cell.pk}"))
    assert "99999 , confirmed, not as expected" in _text(browser.get(f"/sheets/{sheet.pk}/"))
    plain = _post(browser, "check-sheet", sheet, cell=cell.pk, seen="99999", action="type", text="1000")
    assert f"Row 1 · First: 1000. {sentence}" in _text(plain)


def test_a_script_is_told_of_conflicts_and_of_what_cannot_be(browser: Client, alice: User) -> None:
    sheet = make_sheet(alice)
    cell, url = _cell(sheet, 0, 1), f"/sheets/{sheet.pk}/check/"
    headers = {"accept": "application/json"}
    sent = {"cell": cell.pk, "action": "type", "text": "19", "seen": "11"}
    conflict = browser.post(url, sent, headers=headers)
    assert conflict.status_code == 409
    assert conflict.json()["cells"] == [{"id": cell.pk, "text": "12", "is_confirmed": False, "has_problem": False}]
    invalid = browser.post(url, sent | {"text": "abc", "seen": "12"}, headers=headers)
    assert (invalid.status_code, invalid.json()["error"]["code"]) == (400, "invalid")
    for key in ("", "x", "0", "9" * 30, str(2**63)):
        assert browser.post(url, sent | {"cell": key}, headers=headers).status_code == 404
    assert "This cell is gone" in _text(_post(browser, "check-sheet", sheet, cell="1", action="accept"))


def test_sure_cells_are_accepted_together_and_undone_together(browser: Client, alice: User) -> None:
    sheet = make_sheet(alice, doubtful=UNSURE, template=make_template(alice, FORM | {"sums": []}))
    assert "4 cells were accepted." in _text(_post(browser, "accept-cells", sheet, threshold="0.95"))
    assert "Choose how sure a cell must be first." in _text(_post(browser, "accept-cells", sheet, threshold="0"))
    assert "4 cells are open again." in _text(_post(browser, "undo-cells", sheet))
    assert "There is nothing to undo." in _text(_post(browser, "undo-cells", sheet))


def test_a_sheet_that_is_being_read_cannot_be_checked_yet(browser: Client, alice: User) -> None:
    sheet = make_unread_sheet(alice)
    response = browser.get(f"/sheets/{sheet.pk}/check/", follow=True)
    assert "This sheet is still being read." in _text(response)
    assert "Reading: 0 of 6 cells." in _text(response)


def test_a_sheet_without_cells_says_what_to_do_instead_of_asking_for_none(browser: Client, alice: User) -> None:
    sheet = make_sheet(alice)
    _post(browser, "remove-sheet-page", sheet, sheet.pages.get().pk)
    settle_all()
    response = browser.get(f"/sheets/{sheet.pk}/check/", follow=True)
    assert response.redirect_chain == [(f"/sheets/{sheet.pk}/", 302)]
    assert "This sheet has no cells to check. Add its pages." in _text(response)
    assert "This sheet has no pages." in _text(response)


def test_a_sheet_is_deleted_after_a_question(browser: Client, alice: User) -> None:
    sheet = make_sheet(alice)
    assert "Delete “Marks” with all its pages" in _text(browser.get(f"/sheets/?delete={sheet.pk}"))
    assert "The sheet was deleted." in _text(_post(browser, "delete-sheet", sheet))
    assert "No sheets yet" in _text(browser.get("/sheets/"))
    assert browser.get(f"/sheets/{sheet.pk}/").status_code == 404
    assert "This sheet was already deleted." in _text(_post(browser, "delete-sheet", sheet))


def test_the_list_is_read_in_few_queries_and_in_pages(
    browser: Client, alice: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(23):
        Sheet.objects.create(owner=alice, title=f"Sheet {number}")
    with django_assert_max_num_queries(8):
        page = browser.get("/sheets/")
    assert len(re.findall("Sheet [0-9]+", _text(page))) == 20
    older = re.search(r'href="(/sheets/\?before=[^"]+)"', page.content.decode())
    assert older
    rest = _text(browser.get(older[1]))
    assert all(f"Sheet {number} " in rest for number in range(3))


def test_the_picture_of_a_page_is_its_owners(browser: Client, alice: User) -> None:
    sheet = make_sheet(alice)
    url = reverse("sheet-page-picture", args=[sheet.pk, sheet.pages.get().pk])
    assert browser.get(url).content == JPEG
    stranger = Client()
    stranger.force_login(make_user("bob"))
    assert stranger.get(url).status_code == 404
    PageFile.objects.update(picture=None, data=b"as it was sent")
    assert browser.get(url).status_code == 404


def _own_table(alice: User) -> Sheet:
    """Return a sheet whose table was found, and whose two columns have no names."""
    sheet = Sheet.objects.create(owner=alice)
    now = "2026-01-01T00:00Z"
    page = SheetPage.objects.create(
        sheet=sheet,
        owner=alice,
        number=1,
        table={},
        status=Status.SUCCEEDED,
        finished_at=now,
        width_px=500,
        height_px=500,
    )
    PageFile.objects.create(page=page, content_type="image/jpeg", picture=JPEG)
    for row in range(3):
        for column in range(2):
            SheetCell.objects.create(
                page=page, row=row, column=column, x=100 * column, y=90 + 30 * row, width=100, height=30,
                state="not_read", image=PNG,
            )  # fmt: skip
    Sheet.objects.update(settled_at=now)
    return sheet


def test_a_sheet_with_a_page_that_cannot_be_read_never_looks_whole(browser: Client, alice: User) -> None:
    sheet = make_sheet(alice)
    _post(browser, "accept-cells", sheet, threshold="0.5")
    assert "Marks Confirmed" in _text(browser.get("/sheets/"))
    failed = add_failed_page(sheet)
    assert "Marks 1 page to take again" in _text(browser.get("/sheets/"))
    page = browser.get(f"/sheets/{sheet.pk}/").content.decode()
    lacks, result = page.index("Page 2 can&#x27;t be read. Its rows are missing"), page.index('id="result-title"')
    assert lacks < page.index(f'href="#page-{failed.pk}"') < result < page.index('id="table-title"')
    assert "All cells are confirmed" not in page
    assert "6 of 6 cells confirmed" in " ".join(page.split())
    add_failed_page(sheet)
    text = _text(browser.get(f"/sheets/{sheet.pk}/"))
    assert "Pages 2, 3 can't be read. Their rows are missing in the table and in all files." in text
    assert "Marks 2 pages to take again" in _text(browser.get("/sheets/"))
    sheet.pages.get(number=1).cells.all().delete()
    assert "rows are missing" not in _text(browser.get(f"/sheets/{sheet.pk}/")), "there are no others"


def test_a_table_whose_columns_have_no_names_says_so_everywhere(browser: Client, alice: User) -> None:
    sheet = _own_table(alice)
    Sheet.objects.update(created_at="2026-11-28T12:00Z")
    listed = _text(browser.get("/sheets/"))
    assert "Sheet of 11/28/2026 Columns to name" in listed
    assert "0 of" not in listed
    assert "Name the columns of this table first." in _text(browser.get(f"/sheets/{sheet.pk}/check/", follow=True))


def test_a_column_of_text_is_shown_as_pictures_and_asks_for_nothing(browser: Client, alice: User) -> None:
    sheet = _own_table(alice)
    SheetCell.objects.filter(column=0, row=1).update(state="ditto", source="ditto", confidence=0.0)
    SheetCell.objects.filter(column=0, row=2).update(state="empty", confidence=0.998, image=None)
    fields = {"title": "Stock", "c0-name": "Item", "c0-kind": "text", "c1-name": "Count", "c1-kind": "read"}
    browser.post(f"/sheets/{sheet.pk}/columns/", fields | {"c1-expected": "digits"})
    assert set(SheetCell.objects.filter(column=0).values_list("state", "source", "confidence")) == {
        ("not_read", "read", None)
    }
    read_cells(sheet, (("", "1"), ("", "2"), ("", "3")))
    settle_all()
    page = browser.get(f"/sheets/{sheet.pk}/").content.decode()
    assert "0 of 3 cells confirmed" in " ".join(page.split())
    pictures = re.findall(r'<svg class="sheet-cell-picture"\s+viewBox="([^"]+)"', page)
    assert pictures == ["0.0 90.0 100.0 30.0", "0.0 120.0 100.0 30.0", "0.0 150.0 100.0 30.0"]
    assert "–" not in _text(browser.get(f"/sheets/{sheet.pk}/"))
    SheetCell.objects.filter(column=0, row=0).update(text="Nails")
    assert "Nails" in _text(browser.get(f"/sheets/{sheet.pk}/"))


@pytest.mark.parametrize(
    ("expects", "mode"),
    [
        (None, "text"),
        ({"kind": "digits"}, "numeric"),
        ({"kind": "number", "decimal": "none", "sign": False}, "numeric"),
        ({"kind": "number", "sign": False}, "decimal"),
        ({"kind": "number", "decimal": "point", "sign": False}, "text"),
        ({"kind": "number"}, "text"),
        ({"kind": "time"}, "text"),
        ({"kind": "date"}, "text"),
        ({"kind": "pattern", "pattern": "99/99"}, "text"),
    ],
)
def test_a_phone_shows_keys_that_a_value_can_be_typed_with(expects: dict[str, Any] | None, mode: str) -> None:
    columns = [{"name": "Note", "kind": "text"}, {"name": "Value", "expects": expects}]
    template = parse_template({"title": "Keys", "rows": 1, "columns": columns})
    assert (find_input_mode(template, 0, 0), find_input_mode(template, 0, 1)) == ("text", mode)


def test_the_columns_of_an_own_table_are_named_once(browser: Client, alice: User) -> None:
    sheet = _own_table(alice)
    url = f"/sheets/{sheet.pk}/columns/"
    assert url in browser.get(f"/sheets/{sheet.pk}/").content.decode()
    page = browser.get(url).content.decode()
    assert 'viewBox="100.0 45.0 100.0 135.0"' in page
    fields = {"title": "Stock", "c0-name": "Item", "c0-kind": "text", "c1-name": "Item", "c1-kind": "read"}
    fields |= {"c1-expected": "digits", "c1-longest": "3", "c1-totals": "on"}
    assert "Another column has this name." in _text(browser.post(url, fields))
    assert "At least one column must hold numbers to read." in _text(
        browser.post(url, fields | {"c1-name": "Count", "c1-kind": "text"})
    )
    assert not Submission.objects.exists()
    assert "The columns are named." in _text(browser.post(url, fields | {"c1-name": "Count"}, follow=True))
    sheet.refresh_from_db()
    assert sheet.template
    template = sheet.template.template
    assert (template.title, template.rows, template.has_total_row) == ("Stock", 2, True)
    assert [column.name for column in template.columns] == ["Item", "Count"]
    assert Submission.objects.filter(sheet=sheet).count() == 3
    assert "have names already" in _text(browser.get(url, follow=True))
