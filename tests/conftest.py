"""Fixtures for all tests."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings
from django.utils import translation

from tests.site import PASSWORDS, Site, free_port, open_site


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Let tests with transactions of their own empty the audit log; stop the listener before its database goes."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_auditevent DISABLE TRIGGER never_truncated")
    yield
    from accounts.postgres.listener import listener

    listener.stop()


@pytest.fixture(scope="session", autouse=True)
def hash_quickly() -> Iterator[None]:
    """Hash the passwords of this process with MD5: a real hash takes 0.4 s. Sites that tests start hash as always."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session", autouse=True)
def leave_nothing_to_chance() -> Iterator[None]:
    """Choose no drawing for a second review, unless a test asks for it."""
    with override_settings(REVIEW_TWICE_SHARE=0.0):
        yield


@pytest.fixture(scope="session", autouse=True)
def track_no_sessions() -> Iterator[None]:
    """Do not track sessions, unless a test asks for it: the first request of each costs one query more."""
    tracking = "accounts.identity.sessions.track_sessions"
    with override_settings(MIDDLEWARE=[name for name in settings.MIDDLEWARE if name != tracking]):
        yield


@pytest.fixture(autouse=True)
def speak_english() -> None:
    """Start each test in English: a request in German leaves that language active in this thread."""
    translation.activate("en")


@pytest.fixture(scope="session")
def service() -> Iterator[Site]:
    """Start a real site with one worker, shared by tests that only use it as users do."""
    with open_site(sends_mail=True, STATUS_TOKEN="only for tests", METRICS_PORT=str(free_port())) as site:
        yield site


@pytest.fixture(scope="session")
def make_account(service: Site) -> Callable[[str], tuple[str, str]]:
    """Return the name and password of alice, bob, carol or admin."""

    def account(name: str) -> tuple[str, str]:
        return name, PASSWORDS[name]

    return account
