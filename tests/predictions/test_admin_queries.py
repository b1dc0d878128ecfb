"""Odd queries to the admin's lists are answered with a page, never with a server error."""

import pytest

pytestmark = pytest.mark.django_db(transaction=True)  # a refused query would break a test's own transaction
LISTS = {
    "predictions/submission": "created_at",
    "accounts/auditevent": "at",
    "post_office/email": "created",
    "predictions/review": "created_at",
}


@pytest.mark.parametrize(
    "query",
    [
        "{0}__year=99999",
        "{0}__year=999999999999999999999",
        "{0}__year=0",
        "{0}__year=2026&{0}__month=13",
        "{0}__gte=x",
        "p=x",
    ],
)
@pytest.mark.parametrize("table", LISTS)
def test_dates_out_of_range_are_not_a_server_error(admin_client, table, query):
    answer = admin_client.get(f"/admin/{table}/?{query.format(LISTS[table])}")
    assert answer.status_code in (200, 302, 400)


@pytest.mark.parametrize("key", ["99999999999999999999999", "x", "-1", "%00"])
@pytest.mark.parametrize("page", ["change/", "delete/", "history/"])
def test_impossible_keys_are_missing(admin_client, key, page):
    assert admin_client.get(f"/admin/predictions/submission/{key}/{page}").status_code in (302, 400, 404)


@pytest.mark.parametrize(
    "query", ["submission/?q=%00", "submission/?status__exact=%00", "submission/?verdict=%00", "workerseen/%00/change/"]
)
def test_nul_in_an_address_is_not_a_server_error(admin_client, query):
    assert admin_client.get(f"/admin/predictions/{query}").status_code in (200, 302, 400)
