"""Lists of submissions: order, pages and filters."""

import base64
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from predictions.models import Submission
from tests.factories import URL, make_submission, make_user, read_one

pytestmark = pytest.mark.django_db


def _ids(response):
    assert response.status_code == 200, response.data
    return [row["id"] for row in response.data["results"]]


def _pages(api, url):
    while url:
        response = api.get(url)
        yield _ids(response)
        url = response.data["next"]


def test_pages_show_each_row_once_while_new_rows_arrive(api, alice):
    make_submission(make_user("bob"))
    mine = [str(make_submission(alice).id) for _ in range(7)]
    shown = []
    for page in _pages(api, f"{URL}?limit=3"):
        shown += page
        make_submission(alice)
    assert shown == mine[::-1]


def test_a_page_costs_one_query_of_one_table(api, alice, django_assert_num_queries):
    for _ in range(5):
        read_one(alice)
    api.get(URL)
    with django_assert_num_queries(2) as queries:  # the count of requests, and the page
        response = api.get(URL)
    assert "JOIN" not in queries.captured_queries[-1]["sql"]
    assert response.data["results"][0]["text"] == "7"
    assert response["Cache-Control"] == "no-store"


def test_filters_apply_to_every_page(api, alice):
    read = [str(read_one(alice, "7").id) for _ in range(3)]
    other = read_one(alice, "1")
    Submission.objects.filter(pk=other.pk).update(confidence=0.5, verdict="unsure", batch=other.id, source="batch")
    waiting = make_submission(alice)
    assert [id_ for page in _pages(api, f"{URL}?text=7&limit=2") for id_ in page] == read[::-1]
    for query in (
        {"status": "succeeded", "text": "1"},
        {"verdict": "unsure"},
        {"source": "batch"},
        {"batch": str(other.id)},
        {"max_confidence": "0.6"},
        {"min_confidence": "0.4", "max_confidence": "0.5"},
    ):
        assert _ids(api.get(URL, query)) == [str(other.id)], query
    assert _ids(api.get(URL, {"status": "queued"})) == [str(waiting.id)]


def test_lists_filter_by_date(api, alice):
    old, new = make_submission(alice), make_submission(alice)
    Submission.objects.filter(pk=old.pk).update(created_at=Now() - timedelta(days=9))
    split = (new.created_at - timedelta(days=1)).isoformat()
    assert _ids(api.get(URL, {"since": split})) == [str(new.id)]
    assert _ids(api.get(URL, {"until": split})) == [str(old.id)]


@pytest.mark.parametrize(
    "query",
    [
        {"status": "lost"},
        {"text": "x"},
        {"text": "7\n"},
        {"verdict": ""},
        {"batch": "7"},
        {"since": "yesterday"},
        {"since": "0001-01-01T00:00:00+14:00"},
        {"until": "9999-12-31T23:59:59-14:00"},
        {"min_confidence": "nan"},
        {"min_confidence": "1e999"},
        {"max_confidence": "2"},
        {"limit": "0"},
        {"limit": "101"},
        {"limit": "9" * 4_000},
        {"limit": ""},
        {"cursor": ""},
    ],
)
def test_an_invalid_filter_is_refused_by_name(api, query):
    response = api.get(URL, query)
    assert (response.status_code, response.data["error"]["code"]) == (400, "invalid")
    assert response.data["error"]["message"].startswith(next(iter(query)))


def _forged():
    yield from ("x", "=", "ä", "%00", "A" * 200)
    yield base64.urlsafe_b64encode(b"7:forged").decode()
    yield base64.urlsafe_b64encode(b"\xff\xfe:").decode()


@pytest.mark.parametrize("cursor", list(_forged()))
def test_a_forged_cursor_is_refused(api, cursor):
    response = api.get(URL, {"cursor": cursor})
    assert response.status_code == 400
    assert response.data["error"]["code"] in {"invalid_cursor", "invalid"}


def test_a_cursor_works_only_for_its_user(api, alice):
    from rest_framework.test import APIClient

    from accounts.tokens import create_token

    for _ in range(2):
        make_submission(alice)
    bob = APIClient()
    bob.credentials(HTTP_AUTHORIZATION=f"Token {create_token(make_user('bob'))}")
    assert bob.get(api.get(URL, {"limit": 1}).data["next"]).status_code == 400


def test_a_repeated_filter_is_refused(api):
    response = api.get(f"{URL}?status=failed&status=succeeded")
    assert (response.status_code, response.data["error"]["code"]) == (400, "invalid")
    assert response.data["error"]["message"].startswith("status")


def test_cells_of_sheets_are_not_looked_for_in_vain(api):
    for path in (URL, "/api/v1/submissions.ndjson"):
        refused = api.get(path, {"source": "sheet"})
        assert (refused.status_code, refused.data["error"]["code"]) == (400, "invalid")
        assert refused.data["error"]["message"].endswith(
            "Cells of sheets are listed by sheet=ID, the id of a sheet of yours."
        )
