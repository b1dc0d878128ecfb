"""Lists of the admin site that count rows and list dates without reading every row."""

import re
from datetime import UTC, datetime

import pytest

from accounts.admin.base import CappedPaginator
from accounts.models import AuditEvent
from predictions.admin.review_form import DateRangeQuerySet
from predictions.models import Submission
from tests.factories import make_submission, make_user, read_one

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


def test_drawings_are_found_by_id_by_owner_and_by_what_was_read(admin_client):
    alice, bob = make_user("alice-7"), make_user("bob")
    rows = {"alice": read_one(alice), "bob": read_one(bob), "one": read_one(bob, "1")}

    def found(term):
        return set(admin_client.get(LIST, {"q": term}).context["cl"].queryset.values_list("pk", flat=True))

    assert found(rows["bob"].id) == found(f" {str(rows['bob'].id).upper()} ") == {rows["bob"].pk}
    assert found("ALICE") == {rows["alice"].pk} and found("bob") == {rows["bob"].pk, rows["one"].pk}
    assert found("1") == {rows["one"].pk} and found("7") == {rows["alice"].pk, rows["bob"].pk}
    assert found("nobody") == set()


def test_ids_lead_to_the_drawing(admin_client):
    row = read_one(make_user("alice"))
    for table in ("prediction", "drawing"):
        page = admin_client.get(f"/admin/predictions/{table}/").content.decode()
        assert f'<a href="{LIST}{row.pk}/change/">{row.id}</a>' in page
    AuditEvent.objects.create(action="submission.reviewed", target=str(row.id))
    page = admin_client.get("/admin/accounts/auditevent/").content.decode()
    assert f'<a href="{LIST}?q={row.id}">{row.id}</a>' in page
    batch = "0b7ad1de-56c2-4a43-a0e6-2f6e7c7f1f0e"
    type(row).objects.filter(pk=row.pk).update(batch=batch)
    page = admin_client.get(f"{LIST}{row.pk}/change/").content.decode()
    [url] = re.findall(rf'<a href="([^"]+)">{batch}</a>', page)
    assert [one.pk for one in admin_client.get(url.replace("&amp;", "&")).context["cl"].queryset] == [row.pk]


def test_lists_do_not_count_each_filter_or_sort_by_what_no_index_has(admin_client, alice):
    row = read_one(alice)
    page = admin_client.get(f"{LIST}?_facets=True").content.decode()
    assert row.text in page and "Show counts" not in page and "Hide counts" not in page
    assert re.findall(r'class="sortable column-(\w+)', page) == ["created_at"]


@pytest.mark.parametrize(("query", "first"), [("", 0), ("?sample=all", 1), ("?label_by__exact=desk", 1)])
def test_the_most_urgent_come_first_unless_all_are_alike(admin_client, alice, query, first):
    rows = [read_one(alice), read_one(alice)]
    Submission.objects.update(review_sample=True)
    Submission.objects.filter(pk=rows[0].pk).update(verdict="unsure")
    if "desk" in query:
        Submission.objects.update(label_by="desk", label="7")
    found = admin_client.get(LIST + query).context["cl"].result_list
    assert found[0].pk == rows[first].pk
