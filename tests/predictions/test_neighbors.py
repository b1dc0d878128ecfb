"""From drawing to drawing within the history's filters, and back to where one was in it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from predictions.models import Submission
from tests.factories import make_submission, make_user, read_one

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(client):
    alice = make_user("alice")
    client.force_login(alice)
    return alice


def _ways(client, row, **query):
    return client.get(reverse("item", args=[row.id]), query).context["neighbors"]


def _is_of(url, row):
    return url is not None and url.split("?")[0] == reverse("item", args=[row.id])


def test_neighbors_are_the_next_newer_and_older_drawing(client, alice):
    oldest, middle, newest = (read_one(alice, text) for text in "718")
    found = _ways(client, middle)
    assert _is_of(found["newer_url"], newest) and _is_of(found["older_url"], oldest)
    assert _ways(client, newest)["newer_url"] is None
    assert _ways(client, oldest)["older_url"] is None


def test_neighbors_match_the_filters_and_carry_them_on(client, alice):
    oldest, _, middle, _, newest = (read_one(alice, text) for text in ("7", "1", "7", "1", "7"))
    found = _ways(client, middle, digit="7", before=str(newest.id))
    query = f"?digit=7&before={newest.id}"
    assert found == {
        "history_url": reverse("history") + query,
        "newer_url": newest.get_absolute_url() + query,
        "older_url": oldest.get_absolute_url() + query,
    }


def test_drawings_of_others_deleted_and_replaced_ones_are_left_out(client, alice):
    oldest, deleted, replaced = (read_one(alice, "7") for _ in range(3))
    middle = read_one(alice, "7")
    read_one(make_user("bob"), "7")
    Submission.objects.filter(pk=deleted.pk).update(deleted_at=deleted.created_at)
    Submission.objects.filter(pk=replaced.pk).update(superseded_at=deleted.created_at)
    found = _ways(client, middle)
    assert found["newer_url"] is None
    assert _is_of(found["older_url"], oldest)


def test_a_filter_that_the_drawing_no_longer_matches_still_leads_on(client, alice):
    older, row, newer = (read_one(alice, text) for text in "717")
    found = _ways(client, row, digit="7")
    assert _is_of(found["newer_url"], newer) and _is_of(found["older_url"], older)


def test_drawings_that_are_not_read_yet_are_neighbors_too(client, alice):
    oldest, middle, newest = (make_submission(alice, seed=seed) for seed in range(3))
    found = _ways(client, middle)
    assert _is_of(found["newer_url"], newest) and _is_of(found["older_url"], oldest)


def test_a_parameter_that_is_repeated_is_carried_on_whole(client, alice):
    row = read_one(alice, "7")
    found = client.get(f"{row.get_absolute_url()}?digits=4&digits=9").context["neighbors"]
    assert found["history_url"] == f"{reverse('history')}?digits=4&digits=9"


def test_nonsense_in_the_query_has_no_neighbors_and_breaks_nothing(client, alice):
    older, row = read_one(alice, "7"), read_one(alice, "1")
    assert _is_of(_ways(client, row, before="x")["older_url"], older)
    for query in ({"since": "tomorrow"}, {"batch": "x"}, {"digit": "<b>"}):
        answer = client.get(reverse("item", args=[row.id]), query)
        assert answer.context["neighbors"]["older_url"] is None
        assert "<b>" not in answer.content.decode()


def test_what_is_done_on_the_page_keeps_the_query(client, alice):
    row = read_one(alice, "7")
    back = f"{row.get_absolute_url()}?digit=7"
    forms = {
        "review": {"answer": "wrong", "text": "1"},
        "withdraw-review": {},
        "retry": {},
        "read-again": {},
        "train": {"may_train": "on"},
    }
    for name, data in forms.items():
        assert client.post(reverse(name, args=[row.id]) + "?digit=7", data)["Location"] == back, name
    content = client.get(back).content.decode()
    for name in ("delete", "train", "explain", "review"):
        assert f'action="{reverse(name, args=[row.id])}?digit=7"' in content, name
    deleted = client.post(reverse("delete", args=[row.id]) + "?digit=7")
    assert deleted["Location"] == f"{reverse('history')}?digit=7&deleted={row.id}"


def test_the_undo_of_a_deletion_is_not_carried_on(client, alice):
    row = read_one(alice, "7")
    assert _ways(client, row, deleted=str(row.id), digit="7")["history_url"] == f"{reverse('history')}?digit=7"


def test_the_history_leads_to_drawings_with_its_filters(client, alice):
    row = read_one(alice, "7")
    content = client.get(reverse("history"), {"digit": "7"}).content.decode()
    assert f'href="{row.get_absolute_url()}?digit=7"' in content


@pytest.mark.parametrize(
    "query", [{}, {"digit": "7"}, {"verdict": "digit"}, {"corrected": "on"}, {"since": "2020-01-01"}]
)
def test_queries_do_not_depend_on_how_many_drawings_there_are(client, alice, query):
    row = read_one(alice, "7")
    client.get(reverse("item", args=[row.id]))  # each process looks up a model version's name once
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("item", args=[row.id]), query)
        counts.append(len(captured))
        for seed in range(20):
            make_submission(alice, seed=seed)
    assert counts[0] == counts[1] == 9
