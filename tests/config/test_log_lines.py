"""Lines of the log are in UTC, and a refused request is there with who sent it and from where."""

import logging
import re
import time

import pytest
from django.conf import settings
from django.test import Client

from accounts.tokens import create_token
from config.logs.lines import InUTC, WhoWasRefused
from tests.factories import make_submission, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def lines(caplog):
    """Return what is logged, as our handler has it."""
    caplog.handler.addFilter(who := WhoWasRefused())
    caplog.set_level(logging.WARNING, "django")
    yield lambda: [record.getMessage() for record in caplog.records]
    caplog.handler.removeFilter(who)


def test_times_are_utc_whatever_the_zone_of_the_machine(monkeypatch):
    given = dict(settings.LOGGING["formatters"]["line"])
    assert given.pop("()") == "config.logs.lines.InUTC"
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        record = logging.makeLogRecord({"msg": "read", "name": "x", "levelname": "INFO", "created": 0.0, "msecs": 0.0})
        line = InUTC(given["format"]).format(record)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert re.fullmatch(r"1970-01-01T00:00:00\.000Z INFO x: read", line)


def test_our_handler_has_the_filter():
    named = [name for name, given in settings.LOGGING["filters"].items() if given["()"].endswith("WhoWasRefused")]
    assert set(named) <= set(settings.LOGGING["handlers"]["stderr"]["filters"])
    assert named


@pytest.mark.parametrize("path", ["/history/{}/", "/api/v1/submissions/{}/"])
def test_opening_what_belongs_to_others_is_logged(lines, path):
    alice, bob = make_user(), make_user("bob")
    client = Client(REMOTE_ADDR="203.0.113.9")
    client.force_login(bob)
    address = path.format(make_submission(alice).id)
    assert client.get(address).status_code == 404
    assert lines() == [f"Not Found: {address} (user {bob.pk}, from 203.0.113.9)"]


def test_what_a_role_or_a_scope_does_not_allow_is_logged(lines):
    user = make_user()
    headers = {"Authorization": f"Token {create_token(user, access='read')}"}
    assert Client(headers=headers).post("/api/v1/submissions/", {}, "application/json").status_code == 403
    assert lines() == [f"Forbidden: /api/v1/submissions/ (user {user.pk}, from 127.0.0.1)"]


def test_bad_input_is_logged(lines):
    user = make_user()
    client = Client(headers={"Authorization": f"Token {create_token(user)}"})
    assert client.post("/api/v1/submissions/", b"no picture", "image/png").status_code == 400
    assert lines() == [f"Bad Request: /api/v1/submissions/ (user {user.pk}, from 127.0.0.1)"]


def test_strangers_and_missing_csrf_tokens_are_logged_on_one_line(lines):
    client = Client(enforce_csrf_checks=True, headers={"Authorization": "Token x\n2026 faked"})
    assert client.get("/api/v1/submissions/").status_code == 401
    assert client.post("/accounts/login/").status_code == 403
    assert client.get("/a%0A2026-11-28 ERROR %25s {0} %25(x)d faked").status_code == 404
    found = lines()
    assert [line.split("(")[-1] for line in found] == ["nobody logged in, from 127.0.0.1)"] * 3
    assert not any("\n" in line for line in found)
