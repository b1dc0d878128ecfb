"""Names at sign-up: no two that look alike, none of dots alone, and one of two at the same moment."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.test import Client
from post_office.models import Email

from accounts.models import User
from tests.accounts.test_profile import _wait_until_blocked
from tests.factories import make_user

pytestmark = pytest.mark.django_db
PASSWORD = "draws digits well"


def _sign_up(name, here="127.0.0.1", **more):
    given = {"username": name, "password1": PASSWORD, "password2": PASSWORD} | more
    return Client(REMOTE_ADDR=here).post("/accounts/signup/", given)


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


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("first", "second", "field", "said"),
    [
        ({"name": "finn"}, {"name": "Finn", "here": "127.0.0.2"}, "username", "already exists"),
        ({"name": "finn"}, {"name": "fiona", "here": "127.0.0.2"}, "email", "belongs to another account already"),
    ],
)
def test_of_two_sign_ups_at_the_same_moment_the_later_one_is_told_in_the_form(settings, first, second, field, said):
    settings.EMAIL_BACKEND = "accounts.outbox.Outbox"
    same = {"email": "f@example.org"} if field == "email" else {}

    def sign_up(given):
        try:
            return _sign_up(**given, **same)  # from two places: the limit lets those of one in one by one
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():
            connection.cursor().execute("LOCK TABLE accounts_user IN SHARE MODE")  # both look, neither may write
            answers = [pool.submit(sign_up, given) for given in (first, second)]
            _wait_until_blocked(2)
        made, told = sorted((answer.result() for answer in answers), key=lambda answer: -answer.status_code)
    assert (made.status_code, told.status_code) == (302, 200)
    assert said in str(told.context["form"].errors[field])
    assert User.objects.count() == 1
    assert Email.objects.count() == len(same)
