"""`/.well-known/security.txt`: there with a contact, in the form of RFC 9116."""

from datetime import datetime, timedelta

import pytest
from django.core.checks import run_checks
from django.utils import timezone

from accounts.identity.checks import check_security_contact

PATH = "/.well-known/security.txt"


def test_it_names_the_contact_and_until_when_that_holds(client, settings):
    settings.SECURITY_CONTACT, settings.PUBLIC_URL = "mailto:security@example.org", "https://digits.example.org"
    answer = client.get(PATH)
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())
    assert fields["Contact"] == "mailto:security@example.org"
    assert fields["Canonical"] == f"https://digits.example.org{PATH}"
    assert fields["Preferred-Languages"] == "en, de"
    expires = datetime.fromisoformat(fields["Expires"])
    assert timedelta(days=30) < expires - timezone.now() < timedelta(days=365)


def test_without_a_contact_there_is_none(client, settings, db):
    settings.SECURITY_CONTACT = ""
    assert client.get(PATH).status_code == 404
    assert check_security_contact() == []


@pytest.mark.parametrize(
    "contact", ["security@example.org", "https://a b", "mailto:a@b.org\nExpires: never", "http://a.org"]
)
def test_what_is_no_address_is_reported(settings, contact):
    settings.SECURITY_CONTACT = contact
    [problem] = check_security_contact()
    assert problem.id == "inkling.E020"
    assert "mailto:" in problem.hint


@pytest.mark.parametrize("contact", ["", "mailto:security@example.org", "https://example.org/security"])
def test_addresses_are_taken(settings, contact):
    settings.SECURITY_CONTACT = contact
    assert check_security_contact() == []


def test_the_checks_of_the_app_run(settings):
    """What `manage.py check`, and so each start, runs."""
    settings.SECURITY_CONTACT = "x"
    settings.COMMON_PASSWORDS_FILE = "/nonexistent"
    assert {"inkling.E007", "inkling.E020"} <= {problem.id for problem in run_checks()}
