"""The pages of templates: the editor without scripts, what it refuses and where it says so, versions, and the PDF."""

import re

import pypdfium2
import pytest
from django.urls import reverse
from django.utils import translation

from predictions.models import SheetTemplate
from predictions.pages.sheets.templates.editor import open_editor
from predictions.pages.sheets.templates.presets import PRESETS
from predictions.services.sheets.pdf import render_pdf
from predictions.services.sheets.templates import archive_template, create_template, list_templates
from tests.factories import make_user
from tests.sheets import make_template

pytestmark = pytest.mark.django_db
NEW = "/sheets/templates/new/"
FORM = {
    "title": "Marks",
    "rows": 3,
    "columns": [{"name": "Name", "kind": "label", "labels": ["Ada"]}, {"name": "Oral"}],
}
SENT = {
    "title": "Marks", "rows": "3", "row_mm": "10", "paper": "a4", "landscape": "no", "columns": "3",
    "c0-name": "Name", "c0-kind": "label", "c0-width": "2", "c0-labels": "Ada\n\nEmmy\n",
    "c1-name": "Oral", "c1-kind": "read", "c1-expected": "digits", "c1-longest": "2", "c1-most": "15", "c1-boxes": "2",
    "c2-name": "Sum", "c2-kind": "read", "c2-expected": "any", "c2-parts": ["1"], "c2-totals": "on",
}  # fmt: skip


@pytest.fixture
def alice():
    return make_user()


@pytest.fixture
def page(client, alice):
    client.force_login(alice)
    return client


def text_of(response) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())


def test_a_template_is_made_from_what_people_enter(page, alice):
    answer = page.post(NEW, SENT | {"action": "save"})
    [row] = list_templates(alice)
    assert answer.headers["Location"] == f"/sheets/templates/{row.pk}/"
    template = row.template
    assert [column.name for column in template.columns] == ["Name", "Oral", "Sum"]
    assert template.columns[0].labels == ("Ada", "", "Emmy")
    assert template.columns[1].expects.as_dict() == {"kind": "digits", "min_length": 1, "max_length": 2, "max": 15}
    assert [(one.kind, one.total, one.parts) for one in template.sums] == [("row", 2, (1,)), ("column", 2, ())]


@pytest.mark.parametrize("preset", PRESETS[:-1], ids=lambda preset: preset.key)
@pytest.mark.parametrize("language", ["en", "de"])
def test_presets_can_be_saved_as_they_are(preset, language, alice):
    with translation.override(language):
        form = preset.make()
        template = open_editor(form).bind().parse()
        assert create_template(alice, form).template == template


def test_the_editor_gives_back_every_option_of_a_program(alice):
    """What was made over the API is not lost by opening and saving it here."""
    columns = [
        {"name": "A", "expects": {"kind": "digits", "length": 13, "check": "isbn"}, "boxes": 13, "width": 3.5},
        {"name": "B", "expects": {"kind": "number", "decimal": "comma", "sign": True, "min": -5, "max": 5.5}},
        {"name": "C", "expects": {"kind": "pattern", "pattern": "dd/dddd", "min": 1}},
        {"name": "D", "expects": "date"},
        {"name": "E", "expects": "time"},
        {"name": "F", "kind": "text", "width": 0.25},
        {"name": "G", "kind": "label", "labels": ["", "x"]},
        {"name": "H", "expects": {"kind": "digits"}},
    ]
    sums = [{"kind": "row", "total": 1, "parts": [0, 2]}, {"kind": "column", "total": 1}]
    form = {
        "title": "All",
        "rows": 5,
        "row_mm": 8.5,
        "paper": "letter",
        "landscape": True,
        "columns": columns,
        "sums": sums,
    }
    row = create_template(alice, form)
    for language in ("en", "de"):
        with translation.override(language):
            assert open_editor(row.form).bind().parse() == row.template


@pytest.mark.parametrize(
    ("sent", "field", "says"),
    [
        ({"title": ""}, "title", "This field is required."),
        ({"rows": "0"}, "rows", "greater than or equal to 1"),
        ({"c1-name": "name"}, "c1-name", "Another column has this name."),
        ({"c1-shortest": "3"}, "c1-longest", "at least as many digits"),
        ({"c1-least": "16"}, "c1-most", "not below the smallest value"),
        ({"c1-expected": "pattern", "c1-pattern": ""}, "c1-pattern", "such as dd/dddd"),
        ({"c1-expected": "pattern", "c1-pattern": "ä]"}, "c1-pattern", "Use d for a digit"),
        ({"c1-boxes": "17"}, "c1-boxes", "less than or equal to 16"),
        ({"c0-labels": "x" * 41}, "c0-labels", "Line 1 is longer than 40"),
        ({"c0-labels": "a\nb\nc\nd"}, "c0-labels", "More names (4) than rows (3)."),
        ({"c0-labels": "漢"}, "c0-labels", "Line 1 has characters that can't be printed: 漢."),
        (
            {"c0-labels": "a\n\U0001f468\u200d\U0001f467"},
            "c0-labels",
            "printed: \U0001f468, U+200D (zero width joiner), \U0001f467.",
        ),
        ({"title": "成績"}, "title", "can't be printed: 成, 績."),
        ({"title": "Marks\u200d"}, "title", "Leave out what can't be printed: U+200D (zero width joiner)."),
        ({"c1-name": "A\u00adB"}, "c1-name", "Leave out what can't be printed: U+00AD (soft hyphen)."),
        ({"c1-kind": "text"}, "c2-parts", "Only columns with numbers to read"),
    ],
)
def test_errors_stand_beside_their_fields(page, sent, field, says):
    answer = page.post(NEW, SENT | sent | {"action": "save"})
    assert answer.status_code == 200
    wrong = re.search(rf'id="id_{field}_error"[^>]*>(.*?)</ul>', answer.content.decode(), re.DOTALL)
    assert ("once nothing in the form is missing or wrong." in text_of(answer)) == ("成" not in says)  # only on paper
    assert wrong and says in wrong[1].replace("&#x27;", "'")
    assert not SheetTemplate.objects.exists()


def test_a_template_without_numbers_is_refused(page):
    sent = SENT | {"c1-kind": "text", "c2-kind": "text", "action": "save"}
    assert "At least one column must hold numbers to read." in text_of(page.post(NEW, sent))


def test_fields_of_another_kind_of_column_are_ignored(page, alice):
    sent = SENT | {
        "c0-boxes": "many",
        "c1-labels": "x" * 99,
        "c2-shortest": "none",
        "c2-pattern": "?",
        "action": "save",
    }
    assert page.post(NEW, sent).status_code == 302
    assert len(list_templates(alice)) == 1


def shown(response) -> dict[str, str]:
    """Return the names of the columns, and which others each adds up."""
    columns = response.context["editor"].columns
    names = [form["name"].value() or "(new)" for form in columns]
    parts = [[names[int(part)] for part in form["parts"].value() or ()] for form in columns]
    return {name: "+".join(others) for name, others in zip(names, parts, strict=True)}


@pytest.mark.parametrize(
    ("action", "columns"),
    [
        ("up-2", {"Name": "", "Sum": "Oral", "Oral": ""}),
        ("down-0", {"Oral": "", "Name": "", "Sum": "Oral"}),
        ("remove-0", {"Oral": "", "Sum": "Oral"}),
        ("remove-1", {"Name": "", "Sum": ""}),
        ("up-0", {"Name": "", "Oral": "", "Sum": "Oral"}),
        ("down-2", {"Name": "", "Oral": "", "Sum": "Oral"}),
        ("up-99999", {"Name": "", "Oral": "", "Sum": "Oral"}),
        ("remove-x", {"Name": "", "Oral": "", "Sum": "Oral"}),
    ],
)
def test_columns_move_with_their_sums_without_scripts(page, action, columns):
    assert list(shown(page.post(NEW, SENT | {"action": action})).items()) == list(columns.items())


def test_a_column_is_added_up_to_the_limit(page):
    page_with_four = page.post(NEW, SENT | {"action": "add"})
    assert list(shown(page_with_four)) == ["Name", "Oral", "Sum", "(new)"]
    assert "This field is required." not in text_of(page_with_four)
    full = {f"c{place}-name": f"Column {place}" for place in range(20)} | {
        f"c{place}-kind": "read" for place in range(20)
    }
    answer = page.post(NEW, SENT | full | {"columns": "20", "action": "add"})
    assert len(shown(answer)) == 20
    assert 'value="add"' not in answer.content.decode()


def test_the_preview_shows_what_is_sent_and_saves_nothing(page):
    answer = page.post(NEW, SENT | {"action": "preview", "title": "Marks & <more>"})
    assert re.search(r"<text [^>]*>Marks &amp; &lt;more&gt;</text>", answer.content.decode())
    assert not SheetTemplate.objects.exists()


@pytest.mark.parametrize("sent", [{}, {"columns": "many"}, {"columns": "-1"}, {"columns": "999999"}, {"columns": "²"}])
def test_a_strange_form_gets_the_editor(page, sent):
    assert page.post(NEW, sent | {"action": "save"}).status_code == 200
    assert page.post(NEW, sent | {"action": "up-1"}).status_code == 200


def test_a_change_makes_the_next_version_and_the_old_pdf_stays(page, alice):
    first = create_template(alice, FORM)
    before = render_pdf(first)
    edit = f"/sheets/templates/{first.pk}/edit/"
    assert "Saving makes version 2." in text_of(page.get(edit))
    answer = page.post(edit, SENT | {"rows": "5", "action": "save"}, follow=True)
    assert "This is version 2 now. Print it again." in text_of(answer)
    again = page.post(edit, SENT | {"rows": "5", "action": "save"}, follow=True)
    assert "Nothing changed" in text_of(again)
    assert "There is a newer version." in text_of(page.get(f"/sheets/templates/{first.pk}/"))
    assert render_pdf(first) == before


def test_the_pdf_says_its_version_in_the_readers_language(page, alice):
    row = create_template(alice, FORM)
    answer = page.get(reverse("sheet-template-pdf", args=[row.pk]), headers={"Accept-Language": "de"})
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'inline; filename="marks-1.pdf"'
    [text] = [one.get_textpage().get_text_bounded() for one in pypdfium2.PdfDocument(answer.content)]
    assert "Version 1 vom" in text
    assert "Seite 1 von 1" in text


def test_the_page_of_a_template_says_what_adds_up(page, alice):
    columns = [{"name": name, "expects": {"kind": "digits", "max": 20}} for name in ("Oral", "Written", "Both")]
    sums = [{"kind": "row", "total": 2, "parts": [0, 1]}, {"kind": "column", "total": 2}]
    row = create_template(alice, FORM | {"columns": columns, "sums": sums})
    text = text_of(page.get(f"/sheets/templates/{row.pk}/"))
    assert "Both Numbers to read · up to 20 sum of Oral and Written · total in the last row" in text
    assert "3 rows and a row of totals" in text
    other = text_of(page.get(f"/sheets/templates/{create_template(alice, FORM).pk}/"))
    assert "total" not in other


def test_archived_templates_are_out_of_the_list_and_come_back(page, alice):
    row = create_template(alice, FORM)
    page.post(reverse("archive-sheet-template", args=[row.pk]))
    assert "Marks" not in [one.title for one in page.get("/sheets/templates/").context["templates"]]
    assert [one.title for one in page.get("/sheets/templates/?archived").context["templates"]] == ["Marks"]
    page.post(reverse("restore-sheet-template", args=[row.pk]))
    assert [one.title for one in page.get("/sheets/templates/").context["templates"]] == ["Marks"]
    archive_template(row)
    page.post(f"/sheets/templates/{row.pk}/edit/", SENT | {"action": "save"})
    assert [one.version for one in list_templates(alice)] == [2]


def test_a_ruled_table_has_no_pdf_and_no_editor(page, alice):
    row = make_template(alice, FORM, kind="ruled", table={"lines": []})
    assert "There is nothing to print." in text_of(page.get(f"/sheets/templates/{row.pk}/"))
    assert page.get(f"/sheets/templates/{row.pk}.pdf").status_code == 404
    assert page.get(f"/sheets/templates/{row.pk}/edit/").status_code == 404
