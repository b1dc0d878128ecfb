"""Codes on printed pages: read for their owner for years, refused for others and if they are forged."""

import pytest
from django.test import override_settings

from predictions.models import SheetTemplate
from predictions.models.sheets.codes import ForeignCode, InvalidCode, NoSuchTemplate, make_code, read_code
from predictions.services.sheets.templates import archive_template, create_template, revise_template
from tests.factories import make_user

FORM = {"title": "Readings", "rows": 12, "columns": [{"name": "Meter", "boxes": 5}]}
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

pytestmark = pytest.mark.django_db


def test_a_code_names_its_template_and_page():
    alice = make_user()
    template = create_template(alice, FORM)
    codes = [make_code(template, page) for page in (1, 2, 255)]
    assert [len(code) for code in codes] == [29, 29, 29]
    assert [read_code(alice.pk, code) for code in codes] == [(template, 1), (template, 2), (template, 255)]


def test_a_code_is_read_as_people_type_it():
    alice = make_user()
    template = create_template(alice, FORM)
    code = make_code(template, 1)
    typed = " ".join((code[:15].lower(), code[15:])).replace("O", "0").replace("o", "0")
    assert read_code(alice.pk, typed) == (template, 1)


def test_codes_outlive_every_secret_key():
    alice = make_user()
    template = create_template(alice, FORM)
    code = make_code(template, 1)
    with override_settings(SECRET_KEY="quite another key, with nothing of the old", SECRET_KEY_FALLBACKS=[]):
        assert read_code(alice.pk, code) == (template, 1)


def test_old_versions_and_archived_templates_are_still_read():
    alice = make_user()
    first = create_template(alice, FORM)
    second = revise_template(first, FORM | {"rows": 20})
    archive_template(second)
    assert read_code(alice.pk, make_code(first, 1))[0].version == 1
    assert read_code(alice.pk, make_code(second, 1))[0].version == 2


def test_a_page_of_another_person_is_refused():
    template = create_template(make_user("bob"), FORM)
    with pytest.raises(ForeignCode, match="somebody else"):
        read_code(make_user().pk, make_code(template, 1))


def test_a_changed_code_is_refused():
    alice = make_user()
    code = make_code(create_template(alice, FORM), 1)
    for place, letter in enumerate(code):
        other = LETTERS[
            (LETTERS.index(letter) + 16) % 32
        ]  # another first bit: the last character's last one is padding
        with pytest.raises(NoSuchTemplate):
            read_code(alice.pk, code[:place] + other + code[place + 1 :])


def test_a_code_made_with_other_ids_is_refused():
    """To know how codes are made, and the half of an id that every code tells, is not enough to make one."""
    alice, bob = make_user(), make_user("bob")
    template = create_template(bob, FORM)
    forged = SheetTemplate(id=template.id.__class__(bytes=template.id.bytes[:8] + bytes(8)), owner=alice)
    with pytest.raises(NoSuchTemplate):
        read_code(alice.pk, make_code(forged, 1))


def test_the_code_of_a_deleted_template_is_refused():
    alice = make_user()
    template = create_template(alice, FORM)
    code = make_code(template, 1)
    template.delete()
    with pytest.raises(NoSuchTemplate, match="not known here"):
        read_code(alice.pk, code)


@pytest.mark.parametrize("code", ["", "https://example.org/", "A" * 28, "A" * 30, "é" * 29, "9" * 29, "A" * 28 + "!"])
def test_another_qr_code_is_refused(code):
    with pytest.raises(InvalidCode, match="not one of ours"):
        read_code(1, code)
