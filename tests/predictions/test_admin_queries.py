"""Odd queries to the admin's lists are answered with a page, never with a server error."""

import pytest

pytestmark = pytest.mark.django_db(transaction=True)  # a refused query would break a test's own transaction
LISTS = {
    "predictions/submission": "created_at",
    "accounts/auditevent": "at",
    "post_office/email": "created",
    "predictions/review": "created_at",
}


OUT_OF_RANGE = (
    "{0}__year=99999",
    "{0}__year=999999999999999999999",
    "{0}__year=0",
    "{0}__year=2026&{0}__month=13",
    "{0}__gte=x",
    "p=x",
)
KEYS = ("99999999999999999999999", "x", "-1", "%00")
WITH_NUL = ("submission/?q=%00", "submission/?status__exact=%00", "submission/?verdict=%00", "workerseen/%00/change/")


@pytest.mark.parametrize("table", LISTS)
def test_dates_out_of_range_are_not_a_server_error(admin_client, table):
    queries = [query.format(LISTS[table]) for query in OUT_OF_RANGE]
    answers = {query: admin_client.get(f"/admin/{table}/?{query}").status_code for query in queries}
    assert set(answers.values()) <= {200, 302, 400}, answers


def test_impossible_keys_are_missing(admin_client):
    pages = [f"{key}/{page}/" for key in KEYS for page in ("change", "delete", "history")]
    answers = {page: admin_client.get(f"/admin/predictions/submission/{page}").status_code for page in pages}
    assert set(answers.values()) <= {302, 400, 404}, answers


def test_nul_in_an_address_is_not_a_server_error(admin_client):
    answers = {query: admin_client.get(f"/admin/predictions/{query}").status_code for query in WITH_NUL}
    assert set(answers.values()) <= {200, 302, 400}, answers
