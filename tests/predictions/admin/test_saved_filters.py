"""Filters of lists: saved under a name, shown as links, shared by choice, deleted by their owner."""

import re

import pytest

from accounts.models import AuditEvent, User
from predictions.models import SavedFilter
from tests.audit import newest_event
from tests.factories import make_reviewer, make_user

pytestmark = pytest.mark.django_db
LIST = "/admin/predictions/submission/"
SAVE = "/admin/filters/"
FORM = {"table": "predictions.submission", "query": "verdict=unsure&p=3&q=%3Cb%3E", "name": " Unsure   ones "}


@pytest.fixture
def carol(client):
    carol = make_reviewer()
    client.force_login(carol)
    return carol


def _saved(page):
    found = re.search(r'<section class="saved-filters".*?</section>', page, re.DOTALL)
    return found[0] if found else ""


def test_a_filter_is_saved_without_its_page_and_shown_as_a_link(client, carol):
    assert _saved(client.get(LIST).content.decode()) == ""
    assert "Save this filter" in _saved(client.get(f"{LIST}?verdict=unsure").content.decode())
    page = client.post(SAVE, FORM, follow=True).content.decode()
    assert "The filter “Unsure ones” is saved." in page
    saved = SavedFilter.objects.get()
    assert (saved.owner, saved.name, saved.query, saved.is_shared) == (
        carol,
        "Unsure ones",
        "verdict=unsure&q=%3Cb%3E",
        False,
    )
    shown = _saved(client.get(LIST).content.decode())
    assert 'href="?verdict=unsure&amp;q=%3Cb%3E"' in shown and "aria-current" not in shown
    assert 'aria-current="true"' in _saved(client.get(f"{LIST}?{saved.query}").content.decode())
    assert newest_event(action="filter.saved").details["query"] == saved.query


def test_a_filter_of_the_same_name_is_replaced(client, carol):
    for query in ("verdict=unsure", "verdict=digit"):
        client.post(SAVE, FORM | {"query": query})
    assert SavedFilter.objects.get().query == "verdict=digit"


def test_only_shared_filters_are_shown_to_others(client, carol, admin_client):
    client.post(SAVE, FORM | {"name": "mine"})
    client.post(SAVE, FORM | {"name": "ours", "is_shared": "1"})
    dora = make_reviewer("dora")
    client.force_login(dora)
    shown = _saved(client.get(LIST).content.decode())
    assert ">ours</a>" in shown and "of carol" in shown and "mine" not in shown and "Delete the filter" not in shown
    for saved in SavedFilter.objects.all():
        assert client.post(f"/admin/filters/{saved.pk}/delete/").status_code == 404
    assert SavedFilter.objects.count() == 2


def test_a_filter_is_deleted_by_its_owner_and_a_shared_one_by_a_superuser(client, carol, admin_client):
    for name, more in (("mine", {}), ("ours", {"is_shared": "1"})):
        client.post(SAVE, FORM | {"name": name, **more})
    mine, ours = SavedFilter.objects.order_by("name")
    assert admin_client.post(f"/admin/filters/{mine.pk}/delete/").status_code == 404
    assert "is deleted." in admin_client.post(f"/admin/filters/{ours.pk}/delete/", follow=True).content.decode()
    answer = client.post(f"/admin/filters/{mine.pk}/delete/", {"query": "verdict=digit"})
    assert answer.url == f"{LIST}?verdict=digit" and not SavedFilter.objects.exists()
    assert AuditEvent.objects.filter(action="filter.deleted").count() == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "n" * 61},
        {"name": "a\0b"},
        {"query": ""},
        {"query": "p=2"},
        {"query": "q=" + "x" * 1_001},
    ],
)
def test_a_filter_without_a_name_or_a_query_is_not_saved(client, carol, wrong):
    page = client.post(SAVE, FORM | wrong, follow=True).content.decode()
    assert "is saved" not in page and not SavedFilter.objects.exists()


@pytest.mark.parametrize("table", ["accounts.user", "predictions.nothing", "x", ""])
def test_nobody_saves_a_filter_of_a_list_that_they_may_not_see(client, carol, table):
    assert client.post(SAVE, FORM | {"table": table}).status_code == 404
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize("query", ["owner__password__startswith=p", "//evil.example?x=1", "status__exact=a&owner=b"])
def test_a_filter_that_the_list_refuses_is_not_saved(client, carol, query):
    answer = client.post(SAVE, FORM | {"query": query, "is_shared": "1"}, follow=True)
    assert "so it is not saved" in answer.content.decode() and answer.status_code == 200
    assert not SavedFilter.objects.exists()


def test_saving_needs_a_press_and_staff(client, carol):
    assert client.get(SAVE).url == "/admin/" and client.get("/admin/filters/1/delete/").url == "/admin/"
    client.force_login(make_user("alice"))
    assert "/login" in client.post(SAVE, FORM).url
    assert not SavedFilter.objects.exists()


def test_nobody_saves_filters_without_end(client, carol, monkeypatch):
    monkeypatch.setattr("predictions.admin.saved_filters.MOST_PER_PERSON", 1)
    client.post(SAVE, FORM)
    assert "as many filters as you may" in client.post(SAVE, FORM | {"name": "two"}, follow=True).content.decode()
    client.post(SAVE, FORM | {"query": "verdict=digit"})
    assert SavedFilter.objects.get().query == "verdict=digit"


def test_filters_go_with_their_owner(client, carol, admin_client):
    client.post(SAVE, FORM | {"is_shared": "1"})
    User.objects.get(pk=carol.pk).delete()
    assert not SavedFilter.objects.exists()


def test_a_shared_filter_of_a_user_whom_older_code_deleted_is_left_out(admin_client):
    SavedFilter.objects.create(owner=make_user("gone"), table=FORM["table"], name="ours", query="q=1", is_shared=True)
    User.objects.filter(username="gone")._raw_delete("default")
    assert ">ours</a>" not in admin_client.get(LIST).content.decode()


def test_other_lists_have_saved_filters_too(admin_client):
    form = {"table": "accounts.auditevent", "query": "action=login.failed", "name": "failed"}
    assert admin_client.post(SAVE, form).url == "/admin/accounts/auditevent/?action=login.failed"
    assert ">failed</a>" in _saved(admin_client.get("/admin/accounts/auditevent/").content.decode())
    assert ">failed</a>" not in admin_client.get(LIST).content.decode()
