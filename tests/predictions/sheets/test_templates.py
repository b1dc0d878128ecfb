"""Templates: made, changed into new versions, archived, and counted."""

import pytest

from ml.sheets.template import InvalidTemplate
from predictions.models import SheetTemplate
from predictions.services.errors import Refused
from predictions.services.sheets import templates
from predictions.services.sheets.templates import (
    UnprintableText,
    archive_template,
    create_template,
    list_templates,
    list_versions,
    restore_template,
    revise_template,
)
from tests.factories import make_user
from tests.sheets import make_template

FORM = {
    "title": "Marks",
    "rows": 3,
    "columns": [{"name": "Name", "kind": "label", "labels": ["Ada"]}, {"name": "Oral"}],
}

pytestmark = pytest.mark.django_db


def test_a_change_makes_a_new_version_and_keeps_the_old_one():
    alice = make_user()
    first = create_template(alice, FORM)
    second = revise_template(first, FORM | {"title": "Marks 7b"})
    third = revise_template(first, FORM | {"title": "Marks 7c"})  # from a page that was opened before
    assert [(row.version, row.title) for row in list_versions(first)] == [
        (3, "Marks 7c"),
        (2, "Marks 7b"),
        (1, "Marks"),
    ]
    assert list(list_templates(alice)) == [third]
    first.refresh_from_db()
    assert first.form["title"] == "Marks"
    assert second.created_at is not None


def test_saving_without_a_change_makes_no_version():
    template = create_template(make_user(), FORM)
    assert revise_template(template, FORM) == template
    assert SheetTemplate.objects.count() == 1


def test_archived_templates_are_hidden_until_they_are_restored():
    alice = make_user()
    template = create_template(alice, FORM)
    newer = revise_template(template, FORM | {"rows": 4})
    archive_template(template)
    assert list(list_templates(alice)) == []
    restore_template(template)
    assert list(list_templates(alice)) == [newer]
    archive_template(newer)
    assert list(list_templates(alice)) == []


def test_a_new_version_restores_an_archived_template():
    alice = make_user()
    template = create_template(alice, FORM)
    archive_template(template)
    newer = revise_template(template, FORM | {"rows": 5})
    assert list(list_templates(alice)) == [newer]


def test_templates_are_limited(monkeypatch):
    monkeypatch.setattr(templates, "MAX_TEMPLATES", 2)
    monkeypatch.setattr(templates, "MAX_VERSIONS", 4)
    alice = make_user()
    first = create_template(alice, FORM)
    second = create_template(alice, FORM)
    create_template(make_user("bob"), FORM)
    with pytest.raises(Refused, match="Archive one"):
        create_template(alice, FORM)
    archive_template(second)
    create_template(alice, FORM)
    revise_template(first, FORM | {"rows": 4})
    with pytest.raises(Refused, match="4 versions"):
        revise_template(first, FORM | {"rows": 5})


def test_a_template_that_is_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(templates, "MAX_FORM_BYTES", 1000)
    labels = {"name": "Name", "kind": "label", "labels": ["x" * 30] * 40}
    with pytest.raises(Refused) as refusal:
        create_template(make_user(), FORM | {"rows": 40, "columns": [labels, {"name": "Oral"}]})
    assert refusal.value.status == 413


@pytest.mark.parametrize(
    ("form", "path"),
    [
        (FORM | {"title": "成績"}, ("title",)),
        (FORM | {"columns": [{"name": "العربية"}]}, ("columns", 0, "name")),
        (FORM | {"columns": [{"name": "A"}, {"name": "B", "kind": "label", "labels": ["a", "😀"]}]},
         ("columns", 1, "labels", 1)),
    ],
)  # fmt: skip
def test_texts_that_cannot_be_printed_are_refused_with_their_place(form, path):
    alice = make_user()
    with pytest.raises(UnprintableText) as refusal:
        create_template(alice, form)
    assert refusal.value.path == path
    ruled = make_template(alice, FORM, kind="ruled")
    assert revise_template(ruled, form).title == form["title"]  # its words stand on paper already


def test_a_wrong_form_is_refused_and_makes_no_row():
    with pytest.raises(InvalidTemplate):
        create_template(make_user(), FORM | {"rows": 0})
    assert not SheetTemplate.objects.exists()
