"""Photographs become a sheet of pages that wait; pages are added, removed and named, and all of it is counted."""

import io

import pytest
from PIL import Image

from ml.sheets.files import UnreadableImage
from ml.sheets.template import InvalidTemplate
from predictions.models import CellState, PageFile, Sheet, SheetCell, SheetPage, Status
from predictions.services.errors import Refused
from predictions.services.sheets.naming import name_columns
from predictions.services.sheets.tables import load_progress
from predictions.services.sheets.taking import add_pages, create_sheet, delete_sheet, remove_page
from tests.factories import make_user
from tests.sheets import make_template, make_unread_sheet

pytestmark = pytest.mark.django_db


def photograph() -> bytes:
    """Return a small JPEG."""
    file = io.BytesIO()
    Image.new("L", (80, 60), 255).save(file, "JPEG")
    return file.getvalue()


def test_each_file_is_a_page_that_waits(alice):
    template = make_template(alice)
    sheet = create_sheet(alice, [photograph(), b"%PDF-1.7" + bytes(100)], template, "Class 4b")
    pages = list(SheetPage.objects.filter(sheet=sheet).order_by("number"))
    assert [(page.status, page.number, page.owner) for page in pages] == [
        (Status.QUEUED, 1, alice),
        (Status.QUEUED, 2, alice),
    ]
    assert [page.file.content_type for page in pages] == ["image/jpeg", "application/pdf"]
    assert pages[0].kept_bytes == len(photograph())
    progress = load_progress(sheet)
    assert (progress.pages, progress.pages_done, progress.is_settled) == (2, 0, False)


def test_what_is_no_page_is_refused_and_nothing_stored(alice):
    with pytest.raises(UnreadableImage, match="File 2"):
        create_sheet(alice, [photograph(), b"a text"])
    with pytest.raises(Refused, match="at least one"):
        create_sheet(alice, [])
    with pytest.raises(Refused, match="at most 20"):
        create_sheet(alice, [photograph()] * 21)
    with pytest.raises(Refused, match="no such template"):
        create_sheet(alice, [photograph()], make_template(make_user("bob")))
    assert not Sheet.objects.exists()


def test_pages_are_added_after_the_others_up_to_twenty(alice):
    sheet = make_unread_sheet(alice)
    add_pages(sheet, [photograph()] * 2)
    assert list(SheetPage.objects.order_by("number").values_list("number", flat=True)) == [1, 2, 3]
    with pytest.raises(Refused, match="at most 20"):
        add_pages(sheet, [photograph()] * 18)
    remove_page(SheetPage.objects.get(number=2))
    assert list(SheetPage.objects.order_by("number").values_list("number", flat=True)) == [1, 2]
    delete_sheet(sheet)
    with pytest.raises(Refused, match="deleted"):
        add_pages(sheet, [photograph()])


def test_a_full_store_takes_no_page(alice, settings):
    settings.KEPT_LIMIT_BYTES = 1_000
    with pytest.raises(Refused) as refused:
        create_sheet(alice, [photograph() + bytes(1_000)])
    assert refused.value.code == "too_much_kept"
    assert not PageFile.objects.exists()


def test_only_a_table_that_was_found_gets_names_and_once(alice):
    column = {"name": "Count", "kind": "read"}
    with pytest.raises(Refused, match="No table was found"):
        name_columns(Sheet.objects.create(owner=alice), {"columns": [column]})
    sheet = Sheet.objects.create(owner=alice)
    page = SheetPage.objects.create(sheet=sheet, owner=alice, number=1, table={"lines": []})
    SheetCell.objects.create(
        page=page, row=0, column=0, x=0, y=0, width=9, height=9, state=CellState.NOT_READ, image=b"1"
    )
    with pytest.raises(InvalidTemplate, match="all 1 columns"):
        name_columns(sheet, {"columns": [column, {"name": "More", "kind": "read"}]})
    name_columns(sheet, {"columns": [column]})
    with pytest.raises(Refused, match="names already"):
        name_columns(sheet, {"columns": [column]})
    assert SheetCell.objects.get().submission is not None
