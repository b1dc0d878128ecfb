"""What passwords may be: anything long enough that is neither common nor mostly a word of this site."""

import re

import pytest
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import CommonPasswordValidator, validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.identity.site_words import SiteWords
from accounts.models import User
from tests.accounts.test_flows import PASSWORD, _logged_in, _make

LONG = "a" * 30 + " ß 山 😀 " + "b" * 40


@pytest.mark.parametrize(
    "password", ["inkling2026!", "Digits!Digits!1", "handwritten7", "Admin-review-9", "PASSWORT-2026"]
)
def test_a_password_that_is_mostly_a_word_of_the_site_is_refused(password):
    with pytest.raises(ValidationError, match="mostly your name or a word"):
        validate_password(password)


def test_words_of_the_operator_and_of_the_address_count(settings):
    settings.PASSWORD_WORDS, settings.PUBLIC_URL = ["Hogwarts"], "https://ziffern.gryffindor.example"
    for password in ("hogwarts1234", "Gryffindor-99"):
        with pytest.raises(ValidationError, match="mostly your name or a word"):
            SiteWords().validate(password)


@pytest.mark.parametrize(
    "password",
    ["83120574921", "qwmzpxntrlb", "QWMZPXNTRLB", "_;)(/&%$§", "山口田川森木林水", "inkling and a horse", LONG],
)
def test_no_kind_of_character_is_asked_for_or_refused(password):
    validate_password(password)


@pytest.mark.django_db
@pytest.mark.parametrize("password", [LONG, " draws digits well ", "Draws Digits WELL"])
def test_a_password_counts_to_its_last_character_as_it_was_typed(password):
    client = Client()
    given = {"username": "alice", "password1": password, "password2": password}
    assert client.post("/accounts/signup/", given).status_code == 302
    user = User.objects.get()
    assert user.check_password(password)
    for other in (password[:-1], password.strip()[:-1], password.swapcase()):
        assert not user.check_password(other)
    _logged_in(password=password)


def test_real_hashes_count_to_the_last_character(settings):
    settings.PASSWORD_HASHERS = ["accounts.identity.hashing.Argon2"]
    hashed = make_password(LONG)
    assert check_password(LONG, hashed)
    assert not check_password(LONG[:-1], hashed)


@pytest.mark.django_db
@pytest.mark.parametrize("password", ["a1b2c3d", "12345678", "password1"])
def test_short_and_common_passwords_are_refused_at_sign_up_and_at_a_change(password):
    given = {"username": "bob", "password1": password, "password2": password}
    assert Client().post("/accounts/signup/", given).status_code == 200
    assert not User.objects.exists()
    _make()
    client = _logged_in()
    change = {"oldpassword": PASSWORD, "password1": password, "password2": password}
    assert client.post("/accounts/password/change/", change).status_code == 200
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize("password", ["bobbybobby", "Bobby!Bobby", "bobby12345", "rob.ertrob.ert1"])
def test_passwords_that_are_mostly_the_persons_name_are_refused(password):
    user = User(username="bobby", email="rob.ert@example.org")
    with pytest.raises(ValidationError):
        SiteWords().validate(password, user)
    SiteWords().validate(f"{password} rows a boat", user)


def test_the_list_has_more_than_3000_passwords_that_are_long_enough():
    assert sum(len(password) >= 8 for password in CommonPasswordValidator().passwords) > 3_000


@pytest.mark.django_db
def test_password_fields_hide_what_is_typed_and_tell_password_managers_what_they_are():
    _make()
    client = _logged_in()
    pages = [Client().get(path) for path in ("/accounts/login/", "/accounts/signup/")]
    pages += [client.get(path) for path in ("/accounts/password/change/", "/accounts/reauthenticate/")]
    fields = [
        tag for page in pages for tag in re.findall(r"<input[^>]*name=\"\w*password\w*\"[^>]*>", page.content.decode())
    ]
    assert len(fields) == 1 + 2 + 3 + 1
    assert [tag for tag in fields if 'type="password"' not in tag] == []
    assert [tag for tag in fields if not re.search(r'autocomplete="(current|new)-password"', tag)] == []
    assert [tag for tag in fields if "maxlength" in tag or "readonly" in tag] == []
