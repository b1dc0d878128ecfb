"""The table of a sheet by the API: its values, what a person says of cells, its pictures and its totals."""

import csv
import io

import pytest

from predictions.models import Review, Sheet, SheetCell, SheetPage
from tests.sheets import FORM, JPEG, PNG, make_sheet, make_template, make_unread_sheet

pytestmark = pytest.mark.django_db
URL = "/api/v1/sheets/"
UNSURE = {"r0c1": [("12", 0.6), ("17", 0.4)]}


@pytest.fixture
def sheet(alice):
    """Return a sheet with a doubtful cell."""
    return make_sheet(alice, doubtful=UNSURE)


def table_of(api, sheet):
    answer = api.get(f"{URL}{sheet.pk}/table/")
    assert answer.status_code == 200
    return answer.data


def cell_of(table, row, column):
    [cell] = [one for line in table["rows"] for one in line["cells"] if (one["row"], one["column"]) == (row, column)]
    return cell


def test_a_table_has_values_cells_and_sums(api, sheet):
    table = table_of(api, sheet)
    assert (table["state"], table["title"]) == ("read", "Marks")
    assert [column["name"] for column in table["columns"]] == ["Name", "First", "Second", "Both"]
    assert [row["values"] for row in table["rows"]] == [["", "12", "30", "42"], ["", "7", "8", "15"]]
    cell = cell_of(table, 0, 1)
    assert (cell["text"], cell["state"], cell["source"], cell["page"]) == ("12", "written", "read", 1)
    assert cell["alternatives"] == [{"text": "17", "probability": 0.4}]
    assert cell["box"] == [100.0, 0.0, 100.0, 50.0]
    assert [(one["row"], one["written"], one["computed"], one["adds_up"]) for one in table["sums"]] == [
        (0, "42", "42", True),
        (1, "15", "15", True),
    ]
    assert 0 < table["expected_errors"] < 1


def test_a_total_that_is_wrong_is_told_with_what_its_parts_add_up_to(api, sheet):
    path = cell_of(table_of(api, sheet), 0, 3)["url"]
    api.post(path, {"action": "type", "text": "43"}, format="json")
    [wrong, _] = table_of(api, sheet)["sums"]
    assert (wrong["written"], wrong["computed"], wrong["adds_up"]) == ("43", "42", False)


def test_a_value_that_its_column_does_not_expect_has_a_problem(api, sheet):
    cell = cell_of(table_of(api, sheet), 0, 3)
    assert cell["problem"] is None
    api.post(cell["url"], {"action": "type", "text": "99999"}, format="json")
    assert cell_of(table_of(api, sheet), 0, 3)["problem"]["code"] == "max"


def test_a_part_that_is_no_number_leaves_a_total_open(api, sheet):
    SheetCell.objects.filter(row=0, column=1).update(text="1:2:3")
    [open_, _] = table_of(api, sheet)["sums"]
    assert (open_["computed"], open_["adds_up"]) == (None, None)


def test_a_cell_is_accepted_typed_emptied_and_undone(api, alice, sheet):
    path = cell_of(table_of(api, sheet), 0, 1)["url"]
    [accepted] = api.post(path, {"action": "accept"}, format="json").data["cells"]
    assert (accepted["is_confirmed"], accepted["confirmed_by"], accepted["text"]) == (True, "alice", "12")
    [typed] = api.post(path, {"action": "type", "text": "17", "seen": "12"}, format="json").data["cells"]
    assert (typed["text"], typed["read_text"], typed["source"]) == ("17", "12", "person")
    assert [review.text for review in Review.objects.order_by("pk")] == ["12", "17"]
    [emptied] = api.post(path, {"action": "empty"}, format="json").data["cells"]
    assert emptied["text"] == ""
    texts = [api.post(f"{URL}{sheet.pk}/undo/").data["cells"][0]["text"] for _ in range(3)]
    assert texts == ["17", "12", "12"]
    assert api.post(f"{URL}{sheet.pk}/undo/").data["error"]["code"] == "nothing_to_undo"
    assert not cell_of(table_of(api, sheet), 0, 1)["is_confirmed"]


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(api, sheet):
    path = cell_of(table_of(api, sheet), 0, 1)["url"]
    api.post(path, {"action": "type", "text": "17"}, format="json")
    late = api.post(path, {"action": "type", "text": "19", "seen": "12"}, format="json")
    assert (late.status_code, late.data["error"]["code"]) == (409, "conflict")
    assert cell_of(table_of(api, sheet), 0, 1)["text"] == "17"


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"action": "eat"},
        {"action": ["accept"]},
        {"action": "type"},
        {"action": "type", "text": ""},
        {"action": "type", "text": " "},
        {"action": "type", "text": 7},
        {"action": "type", "text": "seven"},
        {"action": "type", "text": "7" * 65},
        {"action": "type", "text": "\x00"},
        {"action": "accept", "text": "7"},
        {"action": "accept", "seen": 7},
        {"action": "accept", "colour": "red"},
    ],
)
def test_what_says_nothing_of_a_cell_is_refused(api, sheet, body):
    path = cell_of(table_of(api, sheet), 0, 1)["url"]
    answer = api.post(path, body, format="json")
    assert (answer.status_code, answer.data["error"]["code"]) == (400, "invalid"), answer.data
    assert not SheetCell.objects.filter(confirmed_at__isnull=False).exists()


def test_cells_that_are_sure_enough_are_accepted_and_undone_together(api, sheet):
    path = f"{URL}{sheet.pk}/"
    least = max(cell.confidence for cell in SheetCell.objects.filter(confidence__isnull=False))
    accepted = api.post(f"{path}accept/", {"threshold": least}, format="json").data["cells"]
    assert accepted and all(cell["is_confirmed"] and cell["confidence"] >= least for cell in accepted)
    assert api.get(path).data["threshold"] == least
    undone = api.post(f"{path}undo/").data["cells"]
    assert [cell["url"] for cell in undone] == [cell["url"] for cell in accepted]
    assert not SheetCell.objects.filter(confirmed_at__isnull=False).exists()


@pytest.mark.parametrize("threshold", [None, "0.9", True, -0.1, 1.1, [0.9], 10**400])
def test_a_threshold_is_a_probability(api, sheet, threshold):
    answer = api.post(f"{URL}{sheet.pk}/accept/", {"threshold": threshold}, format="json")
    assert (answer.status_code, answer.data["error"]["code"]) == (400, "invalid")


def test_pictures_are_sent(api, sheet):
    table = table_of(api, sheet)
    for column in (0, 1):  # one that is kept as a picture only, and one that was read
        image = api.get(cell_of(table, 0, column)["image"])
        assert (image.status_code, image["Content-Type"]) == (200, "image/png")
        assert image["X-Content-Type-Options"] == "nosniff"
    page = SheetPage.objects.get(sheet=sheet)
    picture = api.get(f"{URL}{sheet.pk}/pages/{page.pk}/picture/")
    assert (picture["Content-Type"], picture.content) == ("image/jpeg", JPEG)
    assert api.get(f"{URL}{sheet.pk}/pages/{page.pk}/cells/99999999999999999999/0/image/").status_code == 404


def test_a_cell_without_ink_has_no_picture(api, alice):
    sheet = make_sheet(alice, (("", "12", "", "12"), ("", "7", "8", "15")))
    assert cell_of(table_of(api, sheet), 0, 2)["image"] is None
    SheetCell.objects.filter(column=2).update(image=PNG)
    assert api.get(cell_of(table_of(api, sheet), 0, 2)["image"]).status_code == 200


def test_csv_has_the_values_and_no_formula(api, alice):
    names = ["=1+1", "+A", "Second", "Both"]
    columns = [column | {"name": name} for name, column in zip(names, FORM["columns"], strict=True)]
    columns[0] = {"name": names[0], "kind": "label", "labels": ["=HYPERLINK(1)", "@SUM(1)"]}
    sheet = make_sheet(alice, template=make_template(alice, FORM | {"columns": columns}))
    SheetCell.objects.filter(row=0, column=1).update(text="-12")
    answer = api.get(f"{URL}{sheet.pk}/table.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))) == [
        ["'=1+1", "'+A", "Second", "Both"],
        ["'=HYPERLINK(1)", "-12", "30", "42"],
        ["'@SUM(1)", "7", "8", "15"],
    ]


def test_csv_has_what_the_table_shows(api, alice):
    columns = [
        {"name": "No.", "kind": "label"},
        {"name": "Time", "expects": "time"},
        {"name": "Litres"},
        {"name": "Cans"},
    ]
    template = make_template(alice, {"title": "Milk", "rows": 2, "columns": columns})
    sheet = make_sheet(alice, template=template)
    for row, (time, litres) in enumerate([("08:30", "1,000"), ("24:00", "-1.50")]):
        SheetCell.objects.filter(row=row, column=1).update(text=time)
        SheetCell.objects.filter(row=row, column=2).update(text=litres)
    lines = csv.reader(io.StringIO(api.get(f"{URL}{sheet.pk}/table.csv").content.decode("utf-8-sig")))
    assert [line[1:3] for line in lines][1:] == [["08:30", "1,000"], ["24:00", "-1.50"]]


def test_a_table_is_shown_as_far_as_it_is_read(api, alice):
    table = table_of(api, make_unread_sheet(alice))
    assert table["state"] == "reading"
    assert cell_of(table, 0, 1)["is_waiting"]
    assert table["rows"][0]["values"] == ["", "", "", ""]
    Sheet.objects.update(template=None)
    assert [column["name"] for column in table_of(api, Sheet.objects.get())["columns"]] == ["1", "2", "3", "4"]


def test_the_columns_of_an_own_table_are_named(api, alice):
    sheet = make_unread_sheet(alice)
    Sheet.objects.update(template=None)
    SheetPage.objects.update(table={"rows": 2})
    SheetCell.objects.update(state="not_read", submission=None, image=PNG)
    path = f"{URL}{sheet.pk}/columns/"
    few = api.post(path, {"title": "Stock", "columns": [{"name": "Shelf"}]}, format="json")
    assert (few.status_code, few.data["error"]["code"]) == (422, "invalid_template")
    columns = [{"name": "Shelf", "kind": "text"}, *({"name": name} for name in "ABC")]
    named = api.post(path, {"title": "Stock", "columns": columns}, format="json")
    assert (named.status_code, named.data["kind"], named.data["pdf"]) == (201, "ruled", None)
    assert cell_of(table_of(api, sheet), 0, 1)["is_waiting"]
    assert api.post(path, {"title": "Stock", "columns": columns}, format="json").status_code == 409
    assert api.post(path, {"title": "Stock", "rows": 3}, format="json").status_code == 400


def test_cells_are_listed_for_their_sheet_only(api, sheet):
    assert api.get("/api/v1/submissions/").data["results"] == []
    found = api.get("/api/v1/submissions/", {"sheet": str(sheet.pk), "limit": 4}).data
    rows = [*found["results"], *api.get(found["next"]).data["results"]]
    assert {row["source"] for row in rows} == {"sheet"}
    assert sorted(row["text"] for row in rows) == ["12", "15", "30", "42", "7", "8"]
    assert api.get("/api/v1/submissions/", {"sheet": "seven"}).status_code == 400


def test_a_cell_without_a_value_is_not_confirmed(api, alice, sheet):
    picture = cell_of(table_of(api, sheet), 0, 0)["url"]
    assert api.post(picture, {"action": "accept"}, format="json").data["error"]["code"] == "not_read"
    unread = cell_of(table_of(api, make_unread_sheet(alice)), 0, 1)["url"]
    for body in ({"action": "accept"}, {"action": "type", "text": "7"}):
        answer = api.post(unread, body, format="json")
        assert (answer.status_code, answer.data["error"]["code"]) == (409, "unfinished")
    assert not SheetCell.objects.filter(confirmed_at__isnull=False).exists()


def test_programs_are_told_in_english(api, sheet):
    path = cell_of(table_of(api, sheet), 0, 1)["url"]
    body = {"action": "type", "text": "seven"}
    answer = api.post(path, body, format="json", headers={"accept-language": "de"})
    assert answer.data["error"]["message"].startswith("text: Enter digits")
