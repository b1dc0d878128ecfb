"""What each format of an export holds, read again with other code than wrote it."""

import codecs
import csv
import io
import json
import zipfile
from xml.etree import ElementTree

import pytest
from django.urls import reverse
from PIL import Image

from accounts import audit
from accounts.tokens import create_token
from ml import uploads
from predictions.models import (
    Drawing,
    Export,
    ExportChunk,
    Prediction,
    Review,
    Submission,
    WebhookDelivery,
    WebhookEndpoint,
)
from predictions.services.exports.downloads import read_chunks
from predictions.worker.exports.rows import COLUMNS
from predictions.worker.exports.tables import TIME_FORMAT
from tests.exports import file_of, write_export
from tests.factories import make_submission, make_user, read_one
from tests.sheets import JPEG as PAGE_PICTURE
from tests.sheets import make_sheet

pytestmark = pytest.mark.django_db
WORKSHEET = "xl/worksheets/sheet1.xml"
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture
def drawings(alice) -> list[Submission]:
    """Return three drawings of alice, newest first: read and called a formula, not a digit, and waiting."""
    formula = read_one(alice)
    Submission.objects.filter(pk=formula.pk).update(written="=1+1", label="1", label_by="owner", reasons=["sign"])
    blot = read_one(alice)
    Submission.objects.filter(pk=blot.pk).update(label="", verdict="not_a_digit", text="")
    make_submission(make_user("bob"))
    waiting = make_submission(alice, digit=3)
    found = {row.pk: row for row in Submission.objects.filter(owner=alice)}
    return [found[waiting.pk], found[blot.pk], found[formula.pk]]


def export_file(owner, kind: str) -> bytes:
    """Return the file of a new export of all that `owner` has."""
    return file_of(write_export(owner, kind))


def parse(part: bytes) -> ElementTree.Element:
    """Return a part of a workbook that we wrote."""
    return ElementTree.fromstring(part)  # noqa: S314 (our own)


def cells_of(worksheet: bytes) -> list[list[str | None]]:
    """Return the texts of a worksheet's cells, which must be texts, numbers or booleans: no formula, no shared text."""
    rows = []
    for row in parse(worksheet).iter(f"{MAIN}row"):
        cells = {}
        for cell in row:
            assert cell.get("t") in (None, "inlineStr", "b"), cell.attrib
            assert cell.find(f"{MAIN}f") is None
            cells[ord(cell.get("r")[0]) - ord("A")] = "".join(cell.itertext())
        rows.append([cells.get(place) for place in range(len(COLUMNS))])
    return rows


def test_csv_has_a_row_for_each_drawing_newest_first_and_no_formula(alice, drawings):
    lines = list(csv.DictReader(io.StringIO(export_file(alice, "csv").decode("utf-8-sig"))))
    assert tuple(lines[0]) == COLUMNS
    assert [line["id"] for line in lines] == [str(row.id) for row in drawings]
    waiting, blot, formula = lines
    assert (waiting["status"], waiting["text"], waiting["confidence"], waiting["label"]) == ("queued", "", "", "")
    assert (blot["label"], blot["corrected"], blot["verdict"]) == ("not_a_digit", "false", "not_a_digit")
    assert (formula["written"], formula["text"]) == ("'=1+1", "7")
    assert (formula["corrected"], formula["reasons"], formula["model"]) == ("true", "sign", "test-1")


def test_csv_begins_with_the_mark_by_which_excel_knows_utf_8(alice, drawings):
    Submission.objects.filter(pk=drawings[2].pk).update(written="7 €")
    data = export_file(alice, "csv")
    assert data.startswith(codecs.BOM_UTF8)
    assert data.count(codecs.BOM_UTF8) == 1
    assert "7 €" in data.decode("utf-8-sig")
    with zipfile.ZipFile(io.BytesIO(export_file(alice, "png"))) as archive:
        assert archive.read("index.csv").startswith(codecs.BOM_UTF8)
    assert not export_file(alice, "json").startswith(codecs.BOM_UTF8)


def test_a_workbook_has_wide_columns_and_titles_that_stay_in_view(alice, drawings, monkeypatch):
    monkeypatch.setattr("predictions.worker.exports.tables.ROWS_IN_WORKSHEET", 2)
    with zipfile.ZipFile(io.BytesIO(export_file(alice, "xlsx"))) as book:
        names = [sheet.get("name") for sheet in parse(book.read("xl/workbook.xml")).iter(f"{MAIN}sheet")]
        worksheet = parse(book.read(WORKSHEET))
        [pane] = worksheet.iter(f"{MAIN}pane")
        widths = {}
        for column in worksheet.iter(f"{MAIN}col"):
            for place in range(int(column.get("min")), int(column.get("max")) + 1):
                widths[COLUMNS[place - 1]] = float(column.get("width"))
    assert names == ["Drawings", "Drawings 2"]
    assert (pane.get("ySplit"), pane.get("state")) == ("1", "frozen")
    assert set(widths) == set(COLUMNS)
    assert widths["id"] > len(str(drawings[0].id))
    assert widths["created_at"] >= len(TIME_FORMAT)


def test_the_address_of_a_drawing_is_that_of_its_page(alice, drawings, settings):
    line = next(csv.DictReader(io.StringIO(export_file(alice, "csv").decode("utf-8-sig"))))
    assert line["url"] == settings.PUBLIC_URL + reverse("item", args=[drawings[0].id])


def test_a_workbook_holds_texts_and_never_formulas_or_links(alice, drawings):
    Submission.objects.filter(pk=drawings[1].pk).update(written="007")
    with zipfile.ZipFile(io.BytesIO(export_file(alice, "xlsx"))) as book:
        assert book.testzip() is None
        titles, waiting, blot, formula = cells_of(book.read(WORKSHEET))
        assert not [name for name in book.namelist() if "rels" in name and "worksheet" in name]  # links would be there
    assert tuple(titles) == COLUMNS
    assert waiting[0] == str(drawings[0].id)
    assert (formula[5], formula[4], formula[9]) == ("=1+1", "7", "1")
    assert blot[5] == "007"
    assert float(formula[7]) == drawings[2].confidence


def test_json_is_one_document_with_strokes_readings_and_reviews(alice, drawings):
    reviewer = make_user("carol")
    Review.objects.create(submission=drawings[2], reviewer=reviewer, role="desk", text="1", is_digit=True)
    found = json.loads(export_file(alice, "json"))["drawings"]
    assert [one["id"] for one in found] == [str(row.id) for row in drawings]
    drawing = Drawing.objects.get(submission=drawings[0])
    assert found[0]["drawing"]["strokes"] == drawing.strokes
    assert found[0]["readings"] == []
    assert found[2]["readings"][0]["text"] == "7"
    assert "input" not in found[2]["readings"][0]["digits"][0]
    assert found[2]["written"] == "=1+1"
    assert [review["text"] for review in found[2]["reviews"]] == ["1"]
    assert "carol" not in json.dumps(found)


def test_pictures_are_named_by_time_and_id_and_listed(alice, drawings):
    stored = Image.new("RGB", (40, 30), "red")
    kept = uploads.encode(stored)
    columns = {"strokes": None, "image": kept, "image_type": "image/png", "is_original": False}
    Drawing.objects.filter(submission=drawings[1]).update(**columns)
    Drawing.objects.filter(submission=drawings[2]).update(**columns | {"is_original": True})
    with zipfile.ZipFile(io.BytesIO(export_file(alice, "png"))) as archive:
        assert archive.testzip() is None
        lines = list(csv.DictReader(io.TextIOWrapper(archive.open("index.csv"), "utf-8-sig")))
        names = [line["file"] for line in lines]
        assert names[2] == "", "an original file that nobody has read is not passed on"
        assert archive.namelist() == [*names[:2], "index.csv"]
        assert archive.read(names[1]) == kept
        assert str(drawings[0].id) in names[0]
        picture = Image.open(archive.open(names[0]))
        assert picture.mode == "L"
        assert picture.getextrema() == (0, 255), "ink is black on white paper"


def test_a_drawing_without_ink_has_no_picture(alice):
    submission = make_submission(alice)
    Drawing.objects.filter(submission=submission).update(strokes=[])
    with zipfile.ZipFile(io.BytesIO(export_file(alice, "png"))) as archive:
        assert archive.namelist() == ["index.csv"]


def test_everything_holds_account_reviews_and_activity(alice, drawings):
    bob = make_user("bobby")
    text = create_token(alice, "my token")
    audit.record(alice, "user.logged_in", "alice")
    audit.record(bob, "user.changed", "alice", about=alice)
    others = read_one(bob)
    for row in (others, drawings[2]):
        Review.objects.create(submission=row, reviewer=alice, role="owner", text="1", is_digit=True)
    data = export_file(alice, "everything")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        found = {name: archive.read(name).decode() for name in archive.namelist() if name.endswith(("json", "csv"))}
        readme = archive.read("README.txt").decode()
        pictures = [name for name in archive.namelist() if name.startswith("pictures/")]
    account = json.loads(found["account.json"])
    assert account["profile"]["username"] == "alice"
    assert [token["name"] for token in account["tokens"]] == ["my token"]
    assert text not in found["account.json"]
    assert "could log in as you" in readme
    assert len(json.loads(found["drawings.json"])["drawings"]) == len(pictures) == 3
    reviews = json.loads(found["reviews.json"])
    assert [review["drawing"] for review in reviews] == [str(drawings[2].id), None]
    activity = json.loads(found["activity.json"])
    assert {"user.logged_in", "user.changed"} <= {event["action"] for event in activity}
    assert not [name for name in ("bobby", str(others.id)) if any(name in text for text in found.values())]


def test_everything_holds_sheets_with_their_values_and_pages(alice):
    sheet, _ = make_sheet(alice), make_sheet(make_user("bobby"))
    with zipfile.ZipFile(io.BytesIO(export_file(alice, "everything"))) as archive:
        [template] = json.loads(archive.read("templates.json"))
        [told] = json.loads(archive.read("sheets.json"))
        drawings = json.loads(archive.read("drawings.json"))["drawings"]
        assert archive.read(f"sheets/{sheet.pk}_1.jpg") == PAGE_PICTURE
    assert (told["id"], told["template"], template["form"]["title"]) == (str(sheet.pk), template["id"], "Marks")
    cells = {(cell["row"], cell["column"]): cell for cell in told["pages"][0]["cells"]}
    assert [cells[0, column]["text"] for column in range(4)] == ["", "12", "30", "42"]
    assert {cell["drawing"] for cell in cells.values()} - {None} == {drawing["id"] for drawing in drawings}


def test_everything_holds_webhooks_without_their_secrets(alice):
    for owner in (alice, make_user("bobby")):
        endpoint = WebhookEndpoint(owner=owner, url=f"https://{owner.username}.example/hook", events=["sheet.read"])
        endpoint.secret = "whsec_" + "c2VjcmV0" * 4
        endpoint.save()
        WebhookDelivery.objects.create(endpoint=endpoint, event="sheet.read", body='{"type": "sheet.read"}')
    with zipfile.ZipFile(io.BytesIO(export_file(alice, "everything"))) as archive:
        text = archive.read("webhooks.json").decode()
    [told] = json.loads(text)
    assert (told["url"], told["events"]) == ("https://alice.example/hook", ["sheet.read"])
    assert [delivery["body"] for delivery in told["deliveries"]] == ['{"type": "sheet.read"}']
    assert "secret" not in text


def test_everything_of_somebody_without_drawings_is_their_account(alice):
    with zipfile.ZipFile(io.BytesIO(export_file(alice, "everything"))) as archive:
        assert json.loads(archive.read("drawings.json"))["drawings"] == []
        assert json.loads(archive.read("account.json"))["profile"]["username"] == "alice"


def test_a_file_of_several_chunks_is_stored_in_whole_ones(alice, drawings, monkeypatch):
    for module in ("predictions.worker.exports.chunks", "predictions.services.exports.downloads"):
        monkeypatch.setattr(f"{module}.CHUNK_BYTES", 100)
    data = export_file(alice, "csv")
    chunks = [bytes(chunk) for chunk in ExportChunk.objects.order_by("number").values_list("data", flat=True)]
    assert {len(chunk) for chunk in chunks[:-1]} == {100}
    assert b"".join(chunks) == data
    export = Export.objects.get()
    assert b"".join(read_chunks(export, 150, 320)) == data[150:320]


def test_the_model_is_that_of_the_first_reading(alice):
    submission = read_one(alice)
    first = Prediction.objects.get(submission=submission)
    Prediction.objects.create(
        submission=submission, model_version=first.model_version, preprocessing="later", reading=first.reading,
        runtime="litert", device="cpu", worker="test", batch_size=1, queued_at=first.queued_at,
    )  # fmt: skip
    [line] = csv.DictReader(io.StringIO(export_file(alice, "csv").decode("utf-8-sig")))
    assert line["model"] == first.model_version.name
