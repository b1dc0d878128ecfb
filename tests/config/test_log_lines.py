"""Lines of the log are in UTC, and a refused request is there with who sent it and from where."""

import json
import logging
import sys
import time

import pytest
import structlog
from django.conf import settings
from django.test import Client
from structlog.contextvars import bound_contextvars

from accounts.tokens import create_token
from config.logs.lines import FORMATS, Lines, WhoWasRefused
from tests.factories import make_submission, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def lines(caplog):
    """Return what is logged, as our handler has it."""
    caplog.handler.addFilter(who := WhoWasRefused())
    caplog.set_level(logging.WARNING, "django")
    yield lambda: [record.getMessage() for record in caplog.records]
    caplog.handler.removeFilter(who)


def _record(message="read", *args, **more):
    return logging.makeLogRecord(
        {"msg": message, "args": args, "name": "x", "levelname": "INFO", "created": 0.0, **more}
    )


@pytest.mark.parametrize("kind", FORMATS)
def test_times_are_utc_whatever_the_zone_of_the_machine(monkeypatch, kind):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        line = Lines(kind).format(_record())
    finally:
        monkeypatch.undo()
        time.tzset()
    assert "1970-01-01T00:00:00.000Z" in line


def test_a_record_of_any_library_is_one_line_of_json():
    line = Lines().format(_record("read %s\nand more", "it"))
    assert json.loads(line) == {
        "time": "1970-01-01T00:00:00.000Z",
        "level": "info",
        "logger": "x",
        "event": "read it\nand more",
    }
    assert "\n" not in line


def test_a_line_has_what_is_bound_and_what_is_said(caplog):
    caplog.handler.setFormatter(Lines())
    logger = structlog.stdlib.get_logger("predictions.some")
    with bound_contextvars(request_id="ab" * 16):
        logger.info("claimed", attempt=2, submission="x")
    said = json.loads(caplog.text)
    assert said["logger"] == "predictions.some" and said["level"] == "info"
    assert (said["event"], said["request_id"], said["attempt"]) == ("claimed", "ab" * 16, 2)


@pytest.mark.parametrize("kind", FORMATS)
def test_secrets_are_masked_in_tracebacks_and_at_the_beginning_of_their_lines(kind):
    token = "ink_0123456789abcdef"
    try:
        raise ValueError(f"wrong:\n{token}")
    except ValueError:
        record = _record("a\n%s", token, exc_info=sys.exc_info(), levelname="ERROR")
    line = Lines(kind).format(record)
    assert token not in line and line.count("ink_***") == 2
    assert "Traceback" in line and "ValueError" in line


def test_the_format_is_a_setting():
    assert settings.LOGGING["formatters"]["line"] == {"()": "config.logs.lines.Lines", "kind": settings.LOG_FORMAT}
    assert settings.LOG_FORMAT == "json"


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
