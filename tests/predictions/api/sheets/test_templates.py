"""Templates by the API: made, listed, changed into new versions, archived and printed, by their owner alone."""

import pytest
from rest_framework.test import APIClient

from accounts.tokens import create_token
from predictions.api.schema.sheet_examples import COLUMNS, FORM
from predictions.models import SheetTemplate, TemplateKind
from tests.factories import make_user

pytestmark = pytest.mark.django_db
URL = "/api/v1/sheet-templates/"


def make(api, **changes):
    return api.post(URL, FORM | changes, format="json")


def test_a_template_is_made_listed_changed_and_archived(api):
    made = make(api)
    assert (made.status_code, made.data["version"], made.data["title"]) == (201, 1, FORM["title"])
    assert made["Location"] == made.data["url"]
    assert made.data["form"]["columns"][1]["expects"]["max"] == 20
    changed = api.post(f"{made['Location']}versions/", FORM | {"title": "Marks, class 7c"}, format="json")
    assert (changed.status_code, changed.data["version"]) == (201, 2)
    assert changed.data["family"] == made.data["family"]
    assert [row["id"] for row in api.get(URL).data["results"]] == [changed.data["id"]]
    assert api.get(made["Location"]).data["title"] == FORM["title"], "a version never changes"
    assert api.post(f"{made['Location']}archive/").status_code == 204
    assert api.get(URL).data["results"] == []
    assert api.get(changed["Location"]).data["archived_at"], "its pages can still be read"


def test_a_template_is_found_in_the_archive_and_taken_out_of_it_again(api, client):
    made = make(api)
    archived = f"{URL}?archived=true"
    assert api.get(archived).data["results"] == []
    api.post(f"{made['Location']}archive/")
    assert [row["id"] for row in api.get(archived).data["results"]] == [made.data["id"]]
    assert api.delete(f"{made['Location']}archive/").status_code == 204
    assert api.get(archived).data["results"] == []
    assert [row["id"] for row in api.get(f"{URL}?archived=false").data["results"]] == [made.data["id"]]
    assert api.get(f"{URL}?archived=yes").status_code == 400
    bob = APIClient(HTTP_AUTHORIZATION=f"Token {create_token(make_user('bob'), 'test')}")
    assert bob.delete(f"{made['Location']}archive/").status_code == 404


def test_the_pdf_is_printed_and_an_own_table_has_none(api, alice):
    made = make(api)
    pdf = api.get(made.data["pdf"])
    assert (pdf.status_code, pdf["Content-Type"], pdf.content[:5]) == (200, "application/pdf", b"%PDF-")
    assert pdf["X-Content-Type-Options"] == "nosniff"
    SheetTemplate.objects.update(kind=TemplateKind.RULED)
    assert api.get(made["Location"]).data["pdf"] is None
    assert api.get(made.data["pdf"]).data["error"]["code"] == "not_printable"


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"title": ""}, "title: "),
        ({"rows": 10**30}, "rows: "),
        ({"colour": "red"}, 'Leave out "colour"'),
        ({"columns": [{"name": "A"}, {"name": "a"}]}, "columns[1].name: "),
        ({"sums": [{"kind": "row", "total": 0, "parts": [1]}]}, "sums[0].total: "),
        ({"columns": [{"name": "A", "expects": {"kind": "digits", "length": 99}}]}, "columns[0].expects: "),
    ],
)
def test_a_form_that_is_none_is_refused_with_its_place(api, changes, place):
    answer = make(api, **changes)
    assert (answer.status_code, answer.data["error"]["code"]) == (422, "invalid_template")
    assert answer.data["error"]["message"].startswith(place)
    assert not SheetTemplate.objects.exists()


@pytest.mark.parametrize("body", [[], "form", 7, None])
def test_what_is_no_object_is_refused(api, body):
    assert api.post(URL, body, format="json").status_code in (400, 422)


def test_templates_of_others_do_not_exist(api):
    made = make(api)
    bob = APIClient()
    bob.credentials(HTTP_AUTHORIZATION=f"Token {create_token(make_user('bob'))}")
    assert bob.get(URL).data["results"] == []
    for path in (made.data["url"], made.data["pdf"]):
        assert bob.get(path).status_code == 404
    assert bob.post(f"{made.data['url']}versions/", FORM, format="json").status_code == 404
    assert bob.post(f"{made.data['url']}archive/").status_code == 404
    assert not SheetTemplate.objects.get().archived_at


def test_a_token_that_only_reads_makes_and_archives_none(api, alice):
    made = make(api)
    reader = APIClient()
    reader.credentials(HTTP_AUTHORIZATION=f"Token {create_token(alice, name='reads', access='read')}")
    assert reader.get(made.data["pdf"]).status_code == 200
    assert make(reader).data["error"]["code"] == "insufficient_scope"
    assert reader.post(f"{made.data['url']}archive/").status_code == 403


def test_columns_of_an_own_table_are_no_template(api):
    assert api.post(URL, COLUMNS, format="json").data["error"]["message"].startswith("rows: ")
