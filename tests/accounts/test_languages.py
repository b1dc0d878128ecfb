"""The German translation is complete, compiled and shown to browsers that prefer it."""

import re

import pytest

from accounts.management.commands import translate
from tests.factories import make_user, read_one

PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}|</?\w+>")


def _messages(language):
    return [message for message in translate.update(language) if message.id]


def test_german_is_the_second_language():
    assert translate.languages() == ["de"]


@pytest.mark.parametrize("language", ["de"])
def test_every_string_is_translated(language):
    """Find missing translations: run `manage.py translate`, fill in the empty strings it names, and run it again."""
    messages = _messages(language)
    assert len(messages) > 200
    assert [message.id for message in messages if not translate.is_translated(message)] == []


@pytest.mark.parametrize("language", ["de"])
def test_a_translation_has_the_placeholders_and_tags_of_its_string(language):
    for message in filter(translate.is_translated, _messages(language)):
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        for form in forms:
            assert sorted(PLACEHOLDER.findall(form)) == sorted(PLACEHOLDER.findall(ids[-1])), form


@pytest.mark.parametrize("language", ["de"])
def test_the_compiled_catalog_is_up_to_date(language):
    compiled = translate.po_path(language).with_suffix(".mo").read_bytes()
    assert compiled == translate.mo_bytes(translate.update(language))


def test_strings_are_extracted_from_python_and_templates(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    (tmp_path / "accounts").mkdir()
    (tmp_path / "templates").mkdir()
    (tmp_path / "accounts/new.py").write_text("_('from Python')\nngettext('one thing', '%(n)s things', 2)\n")
    (tmp_path / "templates/new.html").write_text(
        "{% load i18n %}\n  <p>(it's\n{% translate 'from a tag' %}</p>{{ x|default:_('from a filter') }}\n"
        "{% blocktranslate trimmed with name=x %}\n  from a block\n  to {{ name }}\n{% endblocktranslate %}"
    )
    found = {message.id for message in translate.extract_strings() if message.id}
    expected = {"from Python", "from a tag", "from a filter", "from a block to %(name)s"}
    assert found == {*expected, ("one thing", "%(n)s things")}


def test_a_missing_translation_fails_the_command(settings, tmp_path):
    from django.core.management import CommandError, call_command

    settings.LOCALE_PATHS = [tmp_path]
    with pytest.raises(CommandError, match="de: 'Log in'"):
        call_command("translate")
    assert (tmp_path / "de/LC_MESSAGES/django.po").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/accounts/login/", ["Anmelden", "Benutzername oder E-Mail-Adresse", "Passwort vergessen?"]),
        ("/accounts/signup/", ["Registrieren", "Passwort (noch einmal)"]),
        ("/accounts/password/reset/", ["Passwort zurücksetzen", "Link senden"]),
    ],
)
def test_a_german_browser_gets_german_pages(client, path, words):
    page = client.get(path, headers={"accept-language": "de-AT,de;q=0.9,en;q=0.5"}).content.decode()
    assert '<html lang="de"' in page
    assert [word for word in words if word not in page] == []
    assert "Log in" not in page


@pytest.mark.django_db
def test_the_language_chosen_in_the_profile_overrides_the_browsers(client):
    client.force_login(make_user())
    assert "Profile" in client.get("/accounts/profile/").content.decode()
    answer = client.post("/accounts/language/", {"language": "de", "next": "/accounts/profile/"})
    assert answer.url == "/accounts/profile/"
    page = client.get("/accounts/profile/", headers={"accept-language": "en"}).content.decode()
    assert "E-Mail-Adresse ändern" in page
    assert "Change your email address" not in page


@pytest.mark.django_db
def test_choosing_a_language_redirects_to_this_site_only(client):
    answer = client.post("/accounts/language/", {"language": "de", "next": "https://elsewhere.example/"})
    assert "elsewhere" not in answer.url


@pytest.mark.django_db
def test_a_result_is_shown_in_german(client):
    alice = make_user()
    client.force_login(alice)
    read_one(alice)
    page = client.get("/history/", headers={"accept-language": "de"}).content.decode()
    assert "Als 7 gelesen" in page


@pytest.mark.django_db
def test_the_api_stays_english(client):
    answer = client.get("/api/v1/submissions/", headers={"accept-language": "de"})
    assert answer.status_code == 401
    assert re.search(r"\b(token|log)", answer.json()["error"]["message"], re.IGNORECASE)
