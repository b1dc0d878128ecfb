"""Lists of the admin site that count rows and list dates without reading every row."""

from datetime import UTC, datetime

import pytest

from accounts.admin.base import CappedPaginator
from predictions.admin.review_form import DateRangeQuerySet
from predictions.models import Submission
from tests.factories import make_submission

pytestmark = pytest.mark.django_db
LIST = "/admin/predictions/submission/"


@pytest.mark.parametrize(
    ("language", "count", "told"), [("en", 3, "3 or more"), ("de", 3, "3 oder mehr"), ("en", 2, "2 submissions")]
)
def test_a_capped_count_says_so(admin_client, alice, monkeypatch, language, count, told):
    monkeypatch.setattr(CappedPaginator, "MOST", 3)
    for seed in range(count + (count == 3)):
        make_submission(alice, seed=seed)
    page = admin_client.get(LIST, HTTP_ACCEPT_LANGUAGE=language).content.decode()
    assert told in page


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("year", [(2024, 11, 30), (2025, 1, 1), (2026, 1, 1)]),
        ("month", [(2024, 11, 30), (2024, 12, 1), *((2025, month, 1) for month in range(1, 13)), (2026, 1, 1)]),
    ],
)
def test_dates_cover_the_first_to_the_last_row(alice, kind, found):
    for at in (datetime(2024, 11, 30, 12, tzinfo=UTC), datetime(2026, 1, 1, 1, tzinfo=UTC)):
        Submission.objects.filter(pk=make_submission(alice).pk).update(created_at=at)
    told = DateRangeQuerySet(Submission).datetimes("created_at", kind)
    assert [(at.year, at.month, at.day) for at in told] == found


def test_days_cross_the_end_of_a_month_and_an_empty_table_has_none(alice):
    assert DateRangeQuerySet(Submission).datetimes("created_at", "day") == []
    for at in (datetime(2026, 2, 27, 23, tzinfo=UTC), datetime(2026, 3, 1, 1, tzinfo=UTC)):
        Submission.objects.filter(pk=make_submission(alice).pk).update(created_at=at)
    told = DateRangeQuerySet(Submission).datetimes("created_at", "day")
    assert [(at.month, at.day) for at in told] == [(2, 27), (2, 28), (3, 1)]
