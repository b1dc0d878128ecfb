"""Errors of the API: which status an exception becomes, and what is logged."""

import logging
import uuid

import pytest
from rest_framework.test import APIClient

from accounts.tokens import create_token
from predictions.api import listing
from tests.factories import SEVEN, URL, read_one

pytestmark = pytest.mark.django_db
BAD_VALUES = [
    "\x00",
    "a\x00b",
    "0000-01-01",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "99999-01-01",
    "2026-01-01T00:00:00+99:99",
    "-1",
    "1e400",
    "9" * 30,
    "\U0010ffff",
    "٣",
]


def raise_os_error(*_, **__):
    raise OSError(28, "No space left on device")


def test_a_client_that_stops_sending_is_408(api, monkeypatch):
    monkeypatch.setattr("django.core.handlers.wsgi.LimitedStream.read", raise_os_error)
    for content_type in ("application/json", "image/png", "multipart/form-data; boundary=x"):
        response = api.generic("POST", URL, b"{}", content_type=content_type)
        assert (response.status_code, response.data["error"]["code"]) == (408, "incomplete")


def test_any_other_os_error_is_logged_and_500(alice, monkeypatch, caplog):
    monkeypatch.setattr(listing, "listed_body", raise_os_error)
    read_one(alice)
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Token {create_token(alice)}")
    with caplog.at_level(logging.ERROR):
        response = client.get(URL)
    assert (response.status_code, response.json()["error"]["code"]) == (500, "server_error")
    assert "No space left on device" in caplog.text


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("", ["status", "text", "batch", "since", "until", "min_confidence", "limit", "cursor"]),
        ("{id}/", ["wait"]),
        ("{id}/explanation/", ["wait", "model"]),
        ("{id}/read-again/", ["wait"]),
    ],
)
def test_a_bad_query_value_is_never_a_server_error(api, alice, path, names):
    url = URL + path.format(id=read_one(alice).id)
    for name in names:
        for value in BAD_VALUES:
            assert api.get(url, {name: value}).status_code in {200, 400, 404}, (name, value)


@pytest.mark.parametrize("part", ["%00", f"{uuid.UUID(int=0)}%00", "%ff", "%F0%9F%98%80", "9999-12-31"])
def test_a_bad_path_is_404_and_one_with_a_nul_400(api, part):
    status = 400 if "%00" in part else 404
    for path in ("{}/", "{}/cancel/", "{}/image/", "{}/explanation/", "../nothing/{}/"):
        assert api.get(URL + path.format(part)).status_code == status
        assert api.post(URL + path.format(part)).status_code == status


def test_odd_headers_are_never_a_server_error(api):
    for header in ("PREFER", "CANCEL_AFTER", "IDEMPOTENCY_KEY", "IF_NONE_MATCH", "ACCEPT", "ACCEPT_LANGUAGE"):
        for value in (*BAD_VALUES[4:9], "\xe4", "x" * 5_000):
            response = api.post(URL, SEVEN, format="json", **{f"HTTP_{header}": value})
            assert response.status_code < 500, (header, value)
