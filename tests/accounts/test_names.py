"""Names at sign-up: no two that look alike, and none of dots alone."""

import pytest
from django.test import Client

from accounts.models import User
from tests.factories import make_user

pytestmark = pytest.mark.django_db
PASSWORD = "draws digits well"


def _sign_up(name):
    given = {"username": name, "password1": PASSWORD, "password2": PASSWORD}
    return Client().post("/accounts/signup/", given)


@pytest.mark.parametrize("look_alike", ["ｆinn", "\ufb01nn", "FINN", "𝐟𝐢𝐧𝐧"])
def test_a_name_that_only_looks_different_is_taken(look_alike):
    make_user("finn")
    answer = _sign_up(look_alike)
    assert answer.status_code == 200
    assert "username" in answer.context["form"].errors
    assert User.objects.count() == 1


def test_a_name_is_kept_in_one_spelling_and_known_in_any():
    assert _sign_up("Jose\u0301").status_code == 302
    assert User.objects.get().username == "Jos\u00e9"
    for typed in ("Jose\u0301", "Jos\u00e9"):
        answer = Client().post("/accounts/login/", {"login": typed, "password": PASSWORD})
        assert answer.status_code == 302, answer.context["form"].errors


@pytest.mark.parametrize("name", [".", "..", "-", "_", "@.+-_"])
def test_a_name_has_a_letter_or_a_digit(name):
    assert "A name needs a letter or a digit." in _sign_up(name).content.decode()
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["7", "é", "名前", "a.b"])
def test_a_short_name_in_any_script_is_welcome(name):
    assert _sign_up(name).status_code == 302
    assert User.objects.get().username == name


def test_a_name_that_grows_too_long_in_its_one_spelling_is_refused():
    assert "username" in _sign_up("\ufb03" * 60).context["form"].errors  # a ligature of three letters
