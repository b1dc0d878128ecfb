"""Many drawings of the history at once, by the forms of its pages."""

import re
import uuid
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse

from accounts.cursors import make_cursor
from predictions.models import Deletion, Export, Job, ReadAgainRequest, Submission
from predictions.pages.history import selection
from tests.factories import make_submission, make_user, make_version, read_one
from tests.predictions.services.selection.test_deletion import keys, own
from tests.predictions.services.selection.test_reading_again import promote_newer, read_all_again

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client, alice):
    """Return a function that opens alice's history."""
    client.force_login(alice)
    return lambda **query: client.get(reverse("history"), query)


def newest_of(answer):
    return answer.context["selection"]["newest"]


def send(client, name, answer=None, query="", **fields):
    """Send the form of a page to the address called `name`."""
    if answer is not None:
        fields["newest"] = newest_of(answer)
    return client.post(f"{reverse(name)}?{query}", fields, follow=True)


def test_what_is_checked_is_deleted_and_restored(page, client, alice):
    rows = [read_one(alice) for _ in range(3)]
    page()
    done = send(client, "delete-selected", id=[rows[0].id, rows[1].id])
    assert keys(alice) == {rows[2].pk}
    html = done.content.decode()
    assert "2 drawings were deleted." in html
    assert 38 <= done.context["undo"]["seconds"] <= 40
    undo = unescape(re.search(r'action="(/history/deletions/[^"]*/restore/[^"]*)"', html)[1])
    back = client.post(undo, follow=True)
    assert "2 drawings were restored." in back.content.decode()
    assert keys(alice) == {row.pk for row in rows}


def test_all_that_match_are_deleted_up_to_the_newest_shown(page, client, alice):
    sevens = [read_one(alice, "7") for _ in range(2)]
    three = read_one(alice, "3")
    answer = page(digit="7")
    late = read_one(alice, "7")
    done = send(client, "delete-selected", answer, query="digit=7", all="on")
    assert keys(alice) == {three.pk, late.pk}
    assert done.context["undo"]["count"] == len(sevens)
    assert done.redirect_chain[0][0].startswith("/history/?digit=7&deleted=")
    assert done.context["filters"].data["digit"] == "7"


INVALID = ["digit=abc", "told=xx", "since=2026-02-30", "batch=zzz", "digits=x", "zone=Nowhere/Land", "status=done"]


@pytest.mark.parametrize("query", INVALID)
def test_nothing_matches_a_filter_that_is_not_valid(page, client, alice, query):
    rows = [read_one(alice, "7") for _ in range(2)]
    newest, says = newest_of(page()), "A filter is not valid"
    listed = client.get(f"{reverse('history')}?{query}")
    assert listed.context["submissions"] == [] and "errorlist" in listed.content.decode()
    assert "No drawings match these filters" in listed.content.decode()
    for name in ("delete-selected", "read-selected-again"):
        assert says in send(client, name, query=query, all="on", newest=newest).content.decode(), name
    assert client.get(f"{reverse('count-selected')}?{query}&newest={newest}").status_code == 400
    shown = client.get(f"{reverse('exports')}?{query}").content.decode()
    assert says in shown and 'name="format" value="csv"' not in " ".join(shown.split())
    send(client, "exports", query=query, all="on", newest=newest, format="csv")
    assert keys(alice) == {row.pk for row in rows}
    assert not (Deletion.objects.exists() or ReadAgainRequest.objects.exists() or Export.objects.exists())
    send(client, "delete-selected", query=query, id=[rows[0].id])  # what is named needs no filter
    assert keys(alice) == {rows[1].pk}


def test_on_an_older_page_all_that_match_means_all_of_them(page, client, alice):
    rows = [make_submission(alice) for _ in range(26)]
    older = client.get(page().context["next_url"])
    assert len(older.context["submissions"]) == 2
    done = send(client, "delete-selected", older, query=f"before={rows[2].id}", all="on")
    assert done.status_code == 200 and keys(alice) == set()
    assert done.context["undo"]["count"] == 26


def test_large_numbers_are_grouped(page, client, alice, monkeypatch):
    monkeypatch.setattr(selection.deletion, "restore", lambda *_: 8314)
    done = client.post(reverse("restore-selected", args=[uuid.uuid4()]), follow=True)
    assert "8,314 drawings were restored." in done.content.decode()


def test_what_is_deleted_alone_later_is_not_restored(page, client, alice):
    rows = [read_one(alice) for _ in range(3)]
    page()
    done = send(client, "delete-selected", id=[rows[0].id, rows[1].id])
    client.post(reverse("delete", args=[rows[2].id]))
    client.post(done.context["undo"]["url"])
    assert keys(alice) == {rows[0].pk, rows[1].pk}


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "Select some drawings first."),
        ({"id": "x"}, "Select some drawings first."),
        ({"all": "on"}, "This page is out of date."),
        ({"all": "on", "newest": "AAAA"}, "This page is out of date."),
        ({"id": "00000000-0000-0000-0000-000000000000"}, "These drawings were already deleted."),
    ],
)
def test_a_form_that_selects_nothing_changes_nothing(page, client, alice, fields, says):
    read_one(alice)
    page()
    assert says in send(client, "delete-selected", **fields).content.decode()
    assert len(keys(alice)) == 1 and not Deletion.objects.exists()


def test_nobody_can_select_or_restore_what_is_not_theirs(client, alice):
    bob = make_user("bob")
    row, theirs = read_one(bob), read_one(alice)
    client.force_login(alice)
    send(client, "delete-selected", id=[row.id, theirs.id])
    assert (keys(bob), keys(alice)) == ({row.pk}, set())
    done = Deletion.objects.get()
    client.force_login(bob)
    answer = client.post(reverse("restore-selected", args=[done.pk]), follow=True)
    assert "It is too late to restore these drawings." in answer.content.decode()
    assert client.get(reverse("history"), {"deleted": done.pk}).context["undo"] is None
    stolen = make_cursor(alice, theirs.pk, selection.CURSORS)
    assert "out of date" in send(client, "delete-selected", all="on", newest=stolen).content.decode()
    assert keys(bob) == {row.pk}


def test_a_deletion_that_is_too_long_ago_cannot_be_restored(page, client, alice):
    read_one(alice)
    done = send(client, "delete-selected", page(), all="on")
    Deletion.objects.update(ended_at=Deletion.objects.get().ended_at - timedelta(seconds=41))
    answer = client.post(done.context["undo"]["url"], follow=True)
    assert "It is too late to restore these drawings." in answer.content.decode()
    assert keys(alice) == set()


def test_more_than_can_be_deleted_at_once_is_said(page, client, alice, monkeypatch):
    from predictions.services.selection import chosen

    monkeypatch.setattr(chosen.find_keys, "__defaults__", (2,))
    monkeypatch.setattr(selection, "MOST_ROWS", 2)
    oldest = read_one(alice)
    read_one(alice), read_one(alice)
    done = send(client, "delete-selected", page(), all="on")
    assert "At most 2 drawings are deleted at once, the newest ones." in done.content.decode()
    assert keys(alice) == {oldest.pk}


def test_how_many_match_is_counted_up_to_a_limit(page, client, alice, monkeypatch, django_assert_num_queries):
    for text in "773":
        read_one(alice, text)
    newest = newest_of(page())
    url = reverse("count-selected")
    read_one(alice, "7")
    with django_assert_num_queries(3):  # session, user, count
        answer = client.get(url, {"digit": "7", "newest": newest})
    assert answer.json() == {"count": 2, "most": 10_000}
    assert client.get(url, {"newest": newest}).json()["count"] == 3
    assert client.get(url).status_code == 400
    client.logout()
    assert client.get(url).status_code == 302


def test_the_form_shows_an_export_once_there_is_one(page, alice, monkeypatch):
    read_one(alice)
    assert ("Export" in page().content.decode()) == bool(page().context["selection"]["export_url"])


def test_the_history_needs_no_query_more_for_its_form(page, client, alice, django_assert_num_queries):
    rows = [make_submission(alice) for _ in range(30)]
    page()
    with django_assert_num_queries(3):  # session, user, submissions
        page()
    with django_assert_num_queries(5):  # and the one before the page, and the newest
        page(before=rows[5].id)


def test_selected_drawings_are_read_again_and_the_changes_shown(page, client, alice):
    old, same = read_one(alice, "1"), read_one(alice, "7")
    promote_newer()
    answer = send(client, "read-selected-again", page(), all="on")
    assert answer.redirect_chain[0][0] == reverse("read-again-request", args=[ReadAgainRequest.objects.get().pk])
    html = answer.content.decode()
    assert "Read so far: 0 of 2." in html and "data-unfinished" in html
    read_all_again("7")
    html = client.get(answer.redirect_chain[0][0]).content.decode()
    assert "2 drawings were read again." in html and "data-unfinished" not in html
    assert "1 is read otherwise now" in html and "1 is read as before." in html
    assert f'data-submission="{old.id}"' in html and f'data-submission="{same.id}"' not in html
    assert "Read as 1" in html and "Read as 7" in html
    assert client.get(reverse("read-again-newest")).url == answer.redirect_chain[0][0]


def test_reading_again_goes_on_with_the_rest(page, client, alice, settings):
    settings.IN_FLIGHT_LIMIT = 2
    for _ in range(3):
        read_one(alice, "7")
    three = read_one(alice, "3")
    promote_newer()
    first = send(client, "read-selected-again", page(digit="7"), query="digit=7", all="on")
    assert "go on with the older ones" in first.content.decode()
    more = reverse("read-more-again", args=[ReadAgainRequest.objects.get().pk])
    refused = client.post(more, follow=True)
    assert "Too many of your drawings are waiting." in refused.content.decode()
    read_all_again()
    second = client.post(more, follow=True)
    assert "go on with the older ones" not in second.content.decode()
    assert Job.objects.count() == 3 and not Job.objects.filter(submission=three).exists()
    assert client.post(reverse("read-more-again", args=[find_newest().pk])).status_code == 302
    assert ReadAgainRequest.objects.count() == 2


def find_newest():
    return ReadAgainRequest.objects.order_by("-asked_at").first()


def test_what_is_checked_can_go_on_too(page, client, alice, settings):
    settings.IN_FLIGHT_LIMIT = 1
    rows = [read_one(alice) for _ in range(2)]
    promote_newer()
    page()
    send(client, "read-selected-again", id=[row.id for row in rows])
    read_all_again()
    client.post(reverse("read-more-again", args=[find_newest().pk]))
    assert Job.objects.count() == 2


def test_what_is_left_out_is_said(page, client, alice):
    read_one(alice), make_submission(alice)
    html = send(client, "read-selected-again", page(), all="on").content.decode()
    assert "There was nothing to read again." in html
    assert "1 was left out: this model has read it" in html
    assert "1 was left out: it is not finished" in html


def test_the_page_of_a_request_belongs_to_its_owner(page, client, alice):
    read_one(alice)
    promote_newer()
    send(client, "read-selected-again", page(), all="on")
    asked = ReadAgainRequest.objects.get()
    client.force_login(make_user("bob"))
    assert client.get(reverse("read-again-request", args=[asked.pk])).status_code == 404
    assert client.post(reverse("read-more-again", args=[asked.pk])).status_code == 404
    assert "Nothing was read again yet" in client.get(reverse("read-again-newest")).content.decode()
    assert client.get(reverse("read-again-request", args=[uuid.uuid4()])).status_code == 404


@pytest.mark.parametrize("count", [1, 30])
def test_the_page_of_a_request_needs_a_constant_number_of_queries(
    page, client, alice, count, django_assert_num_queries
):
    for _ in range(count):
        read_one(alice, "1")
    promote_newer()
    url = send(client, "read-selected-again", page(), all="on").redirect_chain[0][0]
    with django_assert_num_queries(5):  # session, user, request, jobs, whether the lane is paused
        client.get(url)
    read_all_again("7")
    with django_assert_num_queries(4):
        client.get(url)


def test_long_lists_of_changes_have_pages(page, client, alice, monkeypatch):
    from predictions.pages.history import read_again

    monkeypatch.setattr(read_again, "PAGE_SIZE", 2)
    for _ in range(3):
        read_one(alice, "1")
    promote_newer()
    url = send(client, "read-selected-again", page(), all="on").redirect_chain[0][0]
    read_all_again("7")
    assert len(client.get(url).context["page"]) == 2
    assert len(client.get(url, {"page": 2}).context["page"]) == 1


def test_without_a_model_the_person_is_told(page, client, alice):
    row = make_submission(alice)
    Submission.objects.filter(pk=row.pk).update(text="")
    assert "possible right now" in send(client, "read-selected-again", page(), all="on").content.decode()
    make_version()
    assert own(alice).count() == 1
