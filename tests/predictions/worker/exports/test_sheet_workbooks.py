"""The workbook of a sheet, read again with other code than wrote it."""

import io
import zipfile
from xml.etree import ElementTree

import pytest
from PIL import Image

from predictions.models import Drawing, Export, SheetCell
from predictions.services.errors import Refused
from predictions.services.exports.requests import request_sheet
from predictions.services.sheets.checking import Action, change_cell
from predictions.services.sheets.taking import delete_sheet
from predictions.worker.exports import run
from tests.exports import file_of
from tests.factories import make_user
from tests.security.payloads import FORMULAS
from tests.sheets import FORM, add_failed_page, make_sheet, make_template

pytestmark = pytest.mark.django_db
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def workbook(sheet):
    """Return the parts of a new workbook of a sheet."""
    export = request_sheet(sheet.owner, sheet)
    assert run.run_next(go_on=lambda: True)
    export.refresh_from_db()
    assert (export.status, export.done) == ("succeeded", export.total)
    with zipfile.ZipFile(io.BytesIO(file_of(export))) as book:
        assert book.testzip() is None
        return {name: book.read(name) for name in book.namelist()}


def cells_of(part):
    """Return the cells of a page by their place, texts as texts and numbers as numbers; there must be no formula."""
    found = {}
    for cell in ElementTree.fromstring(part).iter(f"{MAIN}c"):  # noqa: S314 (our own)
        assert cell.get("t") in (None, "inlineStr", "b"), cell.attrib
        assert cell.find(f"{MAIN}f") is None
        text = "".join(cell.itertext())
        if text:
            found[cell.get("r")] = text if cell.get("t") == "inlineStr" else float(text)
    return found


def test_values_are_numbers_and_totals_stand_beside_what_their_parts_add_up_to(alice):
    sheet = make_sheet(alice)
    SheetCell.objects.filter(row=1, column=3).update(text="16")
    parts = workbook(sheet)
    values, totals = (cells_of(parts[f"xl/worksheets/sheet{number}.xml"]) for number in (1, 2))
    assert [values[place] for place in ("A1", "B1", "D1")] == ["Name", "First", "Both"]
    assert [values.get(place) for place in ("A2", "B2", "C2", "D2", "D3")] == [None, 12, 30, 42, 16]
    assert [totals[f"{column}2"] for column in "ABCDEFG"] == [1, 1, 4, "Both", "42", "42", 1]
    assert [totals[f"{column}3"] for column in "EFG"] == ["16", "15", 0]


def test_what_the_values_lack_is_the_second_page_of_a_workbook(alice):
    sheet = make_sheet(alice, template=make_template(alice, FORM | {"rows": 25}))
    add_failed_page(sheet)
    missing = cells_of(workbook(sheet)["xl/worksheets/sheet2.xml"])
    assert (missing["A1"], missing["A2"], missing["B3"]) == ("page", 2, 2)
    assert missing["C2"].startswith("This photograph is not good enough to read.")
    assert b'"Missing"' not in workbook(make_sheet(alice))["xl/workbook.xml"]


def test_the_row_of_totals_is_named(alice):
    columns = [{"name": "Note", "kind": "text"}, {"name": "Item", "kind": "label", "labels": ["Nails"]}, {"name": "n"}]
    form = {"title": "Stock", "rows": 1, "columns": columns, "sums": [{"kind": "column", "total": 2}]}
    sheet = make_sheet(alice, [["", "", "7"], ["", "", "7"]], make_template(alice, form))
    SheetCell.objects.filter(row=1, column__lt=2).delete()  # nobody writes there
    values = cells_of(workbook(sheet)["xl/worksheets/sheet1.xml"])
    assert [values.get(place) for place in ("A2", "B2", "C2", "A3", "B3", "C3")] == [None, "Nails", 7, None, "Total", 7]


def test_each_cell_has_its_picture_confidence_and_who_confirmed_it(alice):
    sheet = make_sheet(alice, doubtful={"r0c1": [("12", 0.6), ("17", 0.4)]})
    change_cell(SheetCell.objects.get(row=0, column=1), alice, Action.TYPE, "17")
    image = io.BytesIO()
    Image.new("L", (400, 100), 255).save(image, "WEBP")
    last = SheetCell.objects.get(row=1, column=3)
    Drawing.objects.filter(submission=last.submission).update(image=image.getvalue(), image_type="image/webp")
    parts = workbook(sheet)
    cells = cells_of(parts["xl/worksheets/sheet3.xml"])
    assert [cells[f"{column}1"] for column in "AEFGHIJL"] == [
        *("page", "value", "read", "confidence", "state", "source", "confirmed_by", "picture")
    ]
    assert [cells[f"{column}3"] for column in "ABCDEFHIJ"] == [
        1,
        1,
        2,
        "First",
        "17",
        "12",
        "written",
        "person",
        "alice",
    ]
    assert 0 < cells["G3"] < 1
    assert "J4" not in cells
    drawing = parts["xl/drawings/drawing1.xml"].decode()
    assert drawing.count("<xdr:pic>") == SheetCell.objects.count()
    pictures = [name for name in parts if name.startswith("xl/media/")]
    assert {name.rsplit(".")[-1] for name in pictures} == {"png"}, "no program opens WebP in a workbook"


def test_names_labels_and_texts_are_never_formulas_or_links(alice):
    label = {"name": "http://x.example", "kind": "label", "labels": FORMULAS[:2]}
    form = {"title": "=1+1", "rows": 2, "columns": [label, {"name": "=1+1", "kind": "text"}, {"name": "Count"}]}
    sheet = make_sheet(alice, [["", "", "7"], ["", "", ""]], make_template(alice, form))
    SheetCell.objects.filter(state="written").update(text="=1+1", read_text="@SUM(1)", source="+")
    parts = workbook(sheet)
    texts = [cells_of(part) for name, part in parts.items() if name.startswith("xl/worksheets/sheet")]
    assert [texts[0][place] for place in ("A1", "B1", "A2", "C2")] == ["http://x.example", "=1+1", FORMULAS[0], "=1+1"]
    links = [name for name, part in parts.items() if name.endswith(".rels") and b"hyperlink" in part]
    assert links == []


def test_dates_times_and_numbers_of_things_are_told_apart(alice):
    kinds = [
        {"kind": "date"},
        {"kind": "time"},
        {"kind": "digits", "length": 4},
        {"kind": "number", "decimal": "comma"},
    ]
    columns = [{"name": kind["kind"], "kind": "read", "expects": kind} for kind in kinds]
    texts = [["24.11.26", "7:45", "0042", "3,50"], ["1.2.26", "24:00", "1234", "4"]]
    sheet = make_sheet(alice, texts, make_template(alice, {"title": "Kinds", "rows": 2, "columns": columns}))
    SheetCell.objects.filter(row=1, column=3).update(text="-4")
    cells = cells_of(workbook(sheet)["xl/worksheets/sheet1.xml"])
    assert [cells[place] for place in ("A2", "A3")] == [46350, 46054], "days since 1900"
    assert cells["B2"] == pytest.approx(7.75 / 24)
    assert cells["B3"] == "24:00"
    assert [cells[place] for place in ("C2", "C3")] == ["0042", "1234"]
    assert [cells[place] for place in ("D2", "D3")] == [3.5, -4]


def test_a_sheet_without_cells_is_refused_and_its_deletion_takes_its_exports_along(alice):
    sheet = make_sheet(alice)
    workbook(sheet)
    request_sheet(alice, sheet)
    with pytest.raises(Refused, match="unfinished"):
        request_sheet(alice, sheet)
    assert Export.objects.count() == 2
    SheetCell.objects.all().delete()
    with pytest.raises(Refused, match="nothing to export"):
        request_sheet(alice, sheet)
    sheet.delete()
    assert not Export.objects.exists()


def test_the_api_exports_the_own_sheet_only(api, alice):
    sheet = make_sheet(alice, title="Zählliste: 7b/c")
    asked = api.post("/api/v1/exports/", {"format": "sheet", "sheet": str(sheet.pk)}, format="json")
    assert (asked.status_code, asked.data["sheet"], asked.data["total"]) == (202, str(sheet.pk), 8)
    assert run.run_next(go_on=lambda: True)
    file = api.get(api.get(asked["Location"]).data["file"])
    day = f"{sheet.created_at:%Y-%m-%d}"
    assert file["Content-Disposition"] == f"attachment; filename*=utf-8''z%C3%A4hlliste-7bc-{day}.xlsx"
    table = api.get(f"/api/v1/sheets/{sheet.pk}/table.csv")
    assert table["Content-Disposition"] == f"attachment; filename*=utf-8''z%C3%A4hlliste-7bc-{day}.csv"
    others = str(make_sheet(make_user("bob")).pk)
    assert api.post("/api/v1/exports/", {"format": "sheet", "sheet": others}, format="json").status_code == 404
    for body in (
        {"format": "sheet"},
        {"format": "csv", "sheet": others},
        {"format": "sheet", "sheet": others, "ids": []},
    ):
        assert api.post("/api/v1/exports/", body, format="json").status_code == 400, body


def test_an_older_form_of_the_history_requests_no_sheet(client, alice):
    client.force_login(alice)
    assert client.post("/history/exports/", {"format": "sheet"}).status_code == 200
    assert not Export.objects.exists()


def test_a_workbook_in_the_list_names_its_sheet_and_leads_back(client, alice, django_assert_num_queries):
    sheet = make_sheet(alice)
    workbook(sheet)
    request_sheet(alice, sheet)
    client.force_login(alice)
    with django_assert_num_queries(4):  # session, user, exports with their sheets, count
        shown = client.get("/history/exports/").content.decode()
    assert shown.count(f'<a href="/sheets/{sheet.pk}/">Marks</a>') == 2
    assert f"Download marks-{sheet.created_at:%Y-%m-%d}.xlsx" in shown
    delete_sheet(sheet)
    assert "Excel workbook of a sheet" in client.get("/history/exports/").content.decode()
