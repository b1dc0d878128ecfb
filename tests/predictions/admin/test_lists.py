"""The office's lists count, and tell dates, without reading every row: what a person sees of that."""

from datetime import UTC, datetime

import pytest

from accounts.admin.base import CappedPaginator
from predictions.admin.review_queue import DatedQuerySet
from predictions.models import Submission
from tests.factories import make_submission

pytestmark = pytest.mark.django_db
DESK = "/admin/predictions/submission/"


@pytest.mark.parametrize(
    ("language", "count", "told"), [("en", 3, "3 or more"), ("de", 3, "3 oder mehr"), ("en", 2, "2 submissions")]
)
def test_a_count_that_was_ended_says_so(admin_client, alice, monkeypatch, language, count, told):
    monkeypatch.setattr(CappedPaginator, "MOST", 3)
    for seed in range(count + (count == 3)):
        make_submission(alice, seed=seed)
    page = admin_client.get(DESK, HTTP_ACCEPT_LANGUAGE=language).content.decode()
    assert told in page


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("year", [(2024, 11, 30), (2025, 1, 1), (2026, 1, 1)]),
        ("month", [(2024, 11, 30), (2024, 12, 1), *((2025, month, 1) for month in range(1, 13)), (2026, 1, 1)]),
    ],
)
def test_dates_are_told_from_the_first_to_the_last(alice, kind, found):
    for at in (datetime(2024, 11, 30, 12, tzinfo=UTC), datetime(2026, 1, 1, 1, tzinfo=UTC)):
        Submission.objects.filter(pk=make_submission(alice).pk).update(created_at=at)
    told = DatedQuerySet(Submission).datetimes("created_at", kind)
    assert [(at.year, at.month, at.day) for at in told] == found


def test_days_reach_over_a_months_end_and_nothing_has_no_dates(alice):
    assert DatedQuerySet(Submission).datetimes("created_at", "day") == []
    for at in (datetime(2026, 2, 27, 23, tzinfo=UTC), datetime(2026, 3, 1, 1, tzinfo=UTC)):
        Submission.objects.filter(pk=make_submission(alice).pk).update(created_at=at)
    told = DatedQuerySet(Submission).datetimes("created_at", "day")
    assert [(at.month, at.day) for at in told] == [(2, 27), (2, 28), (3, 1)]
