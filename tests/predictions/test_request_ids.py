"""A drawing's row carries the id of its request to the worker, whose lines have it, after a crash too."""

import json
import logging
import uuid

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from rest_framework.test import APIClient

from accounts.tokens import create_token
from config.logs.lines import Lines
from predictions.models import ErrorCode, Submission
from predictions.worker import recognize
from predictions.worker.golden import queue_golden
from tests.factories import SEVEN, URL, make_submission
from tests.guests import draw, new_guest

pytestmark = pytest.mark.django_db


@pytest.fixture
def lines(caplog):
    """Return the lines that the worker writes, as they are in its log."""
    caplog.handler.setFormatter(Lines())
    caplog.set_level(logging.INFO, "predictions")
    return lambda: [json.loads(line) for line in caplog.text.splitlines()]


def _post(alice):
    headers = {"Authorization": f"Token {create_token(alice)}"}
    return Client(headers=headers).post(URL, SEVEN, "application/json")


def _post_with_a_session(alice):
    client = Client()
    client.force_login(alice)
    return client.post(URL, SEVEN, "application/json")


def _put(alice):
    client = APIClient()
    client.force_login(alice)
    return client.put(f"{URL}{uuid.uuid4()}/", SEVEN, "json")


def _send_batch(alice):
    client = APIClient()
    client.force_login(alice)
    return client.post(f"{URL}batch/", [SEVEN, SEVEN], "json")


@pytest.mark.parametrize("send", [_post, _post_with_a_session, _put, _send_batch])
def test_a_row_has_the_id_that_the_response_tells(alice, send):
    answer = send(alice)
    assert answer.status_code in {201, 202}, answer.content
    assert {row.request_id.hex for row in Submission.objects.all()} == {answer["X-Request-ID"]}


def test_each_request_has_its_own():
    guest = new_guest()
    assert draw(guest).request_id != draw(guest).request_id != queue_golden().request_id


def test_the_worker_says_what_became_of_each_drawing_and_not_what_it_read(reader, lines):
    rows = [make_submission(), make_submission()]
    recognize.recognize_batch()
    assert [(line["request_id"], line["submission"]) for line in lines()] == [
        (row.request_id.hex, str(row.id)) for row in rows
    ]
    for line in lines():
        assert (line["event"], line["level"], line["attempt"], line["batch"]) == ("read", "info", 1, 2)
        assert line["queued_ms"] >= 0 and line["took_ms"] >= line["network_ms"] >= 0
        assert not {"text", "verdict", "confidence", "owner"} & line.keys()


def test_a_drawing_that_is_refused_has_a_line_with_the_reason(reader, lines):
    row = make_submission()
    row.drawing.strokes = []
    row.drawing.save()
    recognize.recognize_batch()
    [line] = lines()
    assert (line["event"], line["reason"], line["request_id"]) == ("not read", ErrorCode.BLANK, row.request_id.hex)


def test_what_is_logged_during_a_drawing_has_its_ids(reader, lines, monkeypatch):
    row = make_submission()
    monkeypatch.setattr(recognize, "prepare", lambda drawing: 1 / 0)
    recognize.recognize_batch()
    [line] = lines()
    assert line["level"] == "error" and "ZeroDivisionError" in line["exception"]
    assert (line["request_id"], line["submission"]) == (row.request_id.hex, str(row.id))


def test_what_is_claimed_again_after_a_crash_has_the_same_id(reader, lines):
    row = make_submission()
    Submission.objects.filter(pk=row.pk).update(
        status="running", claim=uuid.uuid4(), lease_until=Now(), attempts=1, started_at=Now()
    )
    recognize.recognize_batch()
    assert [(line["event"], line["level"], line["attempt"], line["request_id"]) for line in lines()] == [
        ("claimed again", "warning", 2, row.request_id.hex),
        ("read", "info", 2, row.request_id.hex),
    ]


def test_a_row_of_older_code_has_none_and_is_read(reader, lines):
    row = make_submission()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE predictions_submission SET request_id = NULL")
    recognize.recognize_batch()
    [line] = lines()
    assert line["submission"] == str(row.id) and "request_id" not in line
