"""User names at sign-up: look-alikes, names without letters, and concurrent sign-ups."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.test import Client
from post_office.models import Email

from accounts.models import User
from tests.accounts.test_token_pages import wait_until_blocked
from tests.factories import make_user

pytestmark = pytest.mark.django_db
PASSWORD = "draws digits well"


def _sign_up(name, ip="127.0.0.1", **more):
    given = {"username": name, "password1": PASSWORD, "password2": PASSWORD} | more
    return Client(REMOTE_ADDR=ip).post("/accounts/signup/", given)


@pytest.mark.parametrize("look_alike", ["ｆinn", "\ufb01nn", "FINN", "𝐟𝐢𝐧𝐧"])
def test_look_alikes_of_a_name_are_taken(look_alike):
    make_user("finn")
    answer = _sign_up(look_alike)
    assert answer.status_code == 200
    assert "username" in answer.context["form"].errors
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "name",
    [
        "\u0430dmin",
        "\u0430\u0501m\u0456n",
        "\u03b1dmin",
        "adm\u0131n",
        "\u0251dmin",
        "\u540d\u524d",
        "\u0667",
        "a\u0430",
    ],
)
def test_letters_of_other_scripts_are_refused(name):
    page = _sign_up(name).content.decode()
    assert "Use only the letters a to z, with or without accents" in page
    assert not User.objects.exists()


@pytest.mark.parametrize(("taken", "name"), [("admin", "adm\u00edn"), ("adm\u00edn", "Admin"), ("J\u00f6rg", "jorg")])
def test_names_that_differ_only_in_accents_look_alike(taken, name):
    make_user(taken)
    assert "username" in _sign_up(name).context["form"].errors
    assert User.objects.count() == 1


def test_existing_names_in_other_scripts_still_log_in():
    User.objects.create_user("\u540d\u524d", "", PASSWORD)
    answer = Client().post("/accounts/login/", {"login": "\u540d\u524d", "password": PASSWORD})
    assert answer.status_code == 302


def test_a_name_is_normalized_at_sign_up_and_log_in():
    assert _sign_up("Jose\u0301").status_code == 302
    assert User.objects.get().username == "Jos\u00e9"
    for typed in ("Jose\u0301", "Jos\u00e9"):
        answer = Client().post("/accounts/login/", {"login": typed, "password": PASSWORD})
        assert answer.status_code == 302, answer.context["form"].errors


@pytest.mark.parametrize("name", [".", "..", "-", "_", "@.+-_"])
def test_a_name_needs_a_letter_or_a_digit(name):
    assert "A username needs at least one letter or digit." in _sign_up(name).content.decode()
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["7", "é", "straße", "a.b", "Łukasz"])
def test_short_names_with_accents_are_accepted(name):
    assert _sign_up(name).status_code == 302
    assert User.objects.get().username == name


def test_a_name_that_is_too_long_once_normalized_is_refused():
    assert "username" in _sign_up("\ufb03" * 60).context["form"].errors  # a ligature of three letters


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("first", "second", "created"),
    [
        ({"name": "finn"}, {"name": "Finn", "ip": "127.0.0.2"}, 1),
        ({"name": "finn"}, {"name": "fiona", "ip": "127.0.0.2"}, 2),  # an address may be pending for several
    ],
)
def test_the_later_of_two_concurrent_sign_ups_with_one_name_gets_a_form_error(settings, first, second, created):
    settings.EMAIL_BACKEND = "accounts.outbox.Outbox"
    settings.ACCOUNT_RATE_LIMITS = {"confirm_email": ""}

    def sign_up(given):
        try:
            return _sign_up(
                **given, email="f@example.org"
            )  # from two addresses: the sign-up limit serializes those of one
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():
            connection.cursor().execute("LOCK TABLE accounts_user IN SHARE MODE")  # both may read, neither may write
            answers = [pool.submit(sign_up, given) for given in (first, second)]
            wait_until_blocked(2)
        found = sorted((answer.result() for answer in answers), key=lambda answer: -answer.status_code)
    assert [answer.status_code for answer in found] == [302, 302 if created == 2 else 200]
    if created == 1:
        assert "already exists" in str(found[1].context["form"].errors["username"])
    assert User.objects.count() == Email.objects.count() == created
