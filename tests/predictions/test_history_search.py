"""Searching and filtering one's own history: what is found, by which terms, and the triggers that keep them."""

import importlib
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.urls import reverse

from predictions import claims, lifecycle
from predictions.models import HistoryTerm, Submission
from predictions.pages.history.filters import HistoryFilter
from predictions.worker import retention
from tests.factories import make_submission, make_user, read_one

pytestmark = pytest.mark.django_db
LONG = "123456789012"


@pytest.fixture
def alice():
    return make_user("alice")


def _read(owner, text, **columns):
    row = read_one(owner, text)
    if columns:
        Submission.objects.filter(pk=row.pk).update(**columns)
    return row


def _matching(owner, **parameters):
    filters = HistoryFilter(parameters)
    assert not filters.errors
    rows = filters.apply(Submission.objects.of(owner).current())
    found = list(filters.newest(rows, Submission.objects.of(owner), 100))
    assert set(rows) == set(found)  # what is listed is what "all that match" means
    return [row.pk for row in found]


def _terms(row):
    return set(HistoryTerm.objects.filter(submission=row.pk).values_list("term", flat=True))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("2", ["27", "1/2", LONG]),
        ("27", ["27"]),
        ("/", ["1/2"]),
        ("12", ["1/2", LONG]),
        ("234567", [LONG]),
        ("2345678", [LONG]),
        (LONG, [LONG]),
        ("2345679", []),
        (f"{LONG}3", []),
        ("4", [LONG]),
    ],
)
def test_a_number_is_found_by_any_part_of_it(alice, asked, found):
    rows = {text: _read(alice, text) for text in ("27", LONG)}
    rows["1/2"] = _read(alice, "12", written="1/2")
    _read(alice, "4", verdict="not_a_digit")
    assert set(_matching(alice, digit=asked)) == {rows[text].pk for text in found}


def test_nobody_finds_the_drawings_of_another(alice):
    _read(make_user("bob"), "27")
    assert _matching(alice, digit="27") == []


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"digits": "7"}, {"27", "74"}),
        ({"digits": "47"}, {"74"}),
        ({"digits": "74", "digit": "7"}, {"74"}),
        ({"sure": "yes"}, {"27", "8"}),
        ({"sure": "no"}, {"74", "5"}),
        ({"reason": "touching"}, {"74"}),
        ({"reason": "unclear"}, {"74"}),
        ({"reason": "sign"}, set()),
        ({"told": "corrected"}, {"8"}),
        ({"told": "confirmed"}, {"27", "5"}),
        ({"told": "neither"}, {"74"}),
        ({"corrected": "on"}, {"8"}),
        ({"source": "camera"}, {"8", "waiting"}),
        ({"source": "camera", "told": "corrected", "digit": "8", "sure": "yes"}, {"8"}),
        ({"source": "camera", "status": "queued"}, {"waiting"}),
        ({"status": "succeeded"}, {"27", "74", "8", "5"}),
    ],
)
def test_filters_are_combined(alice, asked, found):
    rows = {
        "27": _read(alice, "27", label="27", label_by="owner"),
        "74": _read(alice, "74", verdict="unsure", reasons=["touching", "unclear"]),
        "8": _read(alice, "8", label="3", label_by="owner", source="camera"),
        "5": _read(alice, "5", verdict="not_a_digit", label="", label_by="owner"),
        "waiting": make_submission(alice, source="camera"),
    }
    assert set(_matching(alice, **asked)) == {rows[name].pk for name in found}


@pytest.mark.parametrize(
    "asked", [{"since": "2026-03-02"}, {"until": "2026-03-02"}, {"since": "2026-03-02", "until": "2026-03-02"}]
)
def test_what_was_sent_at_the_same_time_is_found_whatever_its_key(alice, asked):
    days = [datetime(2026, 3, day, 12, tzinfo=UTC) for day in (1, 2, 3)]
    rows = [_read(alice, "7"), _read(alice, "7"), _read(alice, "7")]
    for row, day in zip(rows, reversed(days), strict=True):  # the keys are in the opposite order
        Submission.objects.filter(pk=row.pk).update(created_at=day)
    waiting = make_submission(alice)
    Submission.objects.filter(pk=waiting.pk).update(created_at=days[1])
    found = {"since": [rows[0]], "until": [rows[2]]}
    others = found[next(iter(asked))] if len(asked) == 1 else []
    assert set(_matching(alice, **asked)) == {row.pk for row in (rows[1], waiting, *others)}


def test_a_reading_has_its_parts_as_terms_and_its_reasons(alice):
    row = read_one(alice, "121")
    assert _terms(row) == {"1", "2", "12", "21", "121"}
    Submission.objects.filter(pk=row.pk).update(reasons=["touching"], written="1.21")
    assert _terms(row) >= {"reason:touching", ".", "1.21", "121"}
    Submission.objects.filter(pk=row.pk).update(verdict="not_a_digit")
    assert _terms(row) == {"reason:touching"}
    assert max(map(len, _terms(read_one(alice, LONG)))) == 6


def test_terms_go_with_what_was_read(alice):
    kept, emptied, deleted = read_one(alice, "12"), read_one(alice, "12"), read_one(alice, "3")
    Submission.objects.filter(pk=emptied.pk).update(deleted_at=Now() - timedelta(minutes=2))
    retention.delete_expired()
    Submission.objects.filter(pk=deleted.pk).delete()
    assert [_terms(row) for row in (kept, emptied, deleted)] == [{"1", "2", "12"}, set(), set()]
    alice.delete()
    assert not HistoryTerm.objects.exists()


def test_a_deleted_drawing_is_not_found_and_a_restored_one_is(alice):
    row = read_one(alice, "12")
    Submission.objects.filter(pk=row.pk).update(deleted_at=Now())
    assert _matching(alice, digit="12") == []
    Submission.objects.filter(pk=row.pk).update(deleted_at=None)
    assert _matching(alice, digit="12") == [row.pk]


def test_what_has_no_owner_has_no_terms_until_it_has_one(alice):
    row = read_one(alice, "12")
    Submission.objects.filter(pk=row.pk).update(owner=None, guest_key="guest")
    assert _terms(row) == set()
    Submission.objects.filter(pk=row.pk).update(owner=alice, guest_key="")
    assert _matching(alice, digit="12") == [row.pk]


def test_a_failed_drawing_has_no_terms(alice):
    row = make_submission(alice)
    with claims.claimed(1) as [claimed]:
        lifecycle.fail(claimed, "blank")
    assert _terms(row) == set()


def test_the_migration_adds_the_terms_of_older_readings(alice):
    rows = [read_one(alice, "12"), read_one(alice, "7")]
    HistoryTerm.objects.filter(submission=rows[0].pk).delete()
    migration = importlib.import_module("predictions.migrations.0027_history_terms")
    with connection.schema_editor() as editor:
        migration.add_terms(None, editor)
        migration.add_terms(None, editor)  # again, as triggers add some at the same time
    assert [_terms(row) for row in rows] == [{"1", "2", "12"}, {"7"}]


def test_a_page_is_one_query_whatever_is_filtered(client, alice, django_assert_num_queries):
    read_one(alice, "27")
    client.force_login(alice)
    every = {
        "digit": "27", "digits": "2", "verdict": "digit", "sure": "yes", "told": "neither", "source": "api",
        "status": "succeeded", "since": "2020-01-01", "until": "2999-01-01", "zone": "Asia/Tokyo", "view": "gallery",
    }  # fmt: skip
    with django_assert_num_queries(3):  # session, user, submissions
        answer = client.get(reverse("history"), every)
    assert len(answer.context["submissions"]) == 1
