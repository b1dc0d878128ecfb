"""The office's words: every title of a column, of a filter and of a field, in the reader's own language."""

import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group

from accounts import roles
from accounts.models import User
from predictions.models import Submission
from tests.predictions.test_office import _fill, _url

pytestmark = pytest.mark.django_db
TITLES = re.compile(
    r'<div class="text">(?:<a [^>]*>|<span>)?([^<]+)<|data-filter-title="([^"]+)"|<label[^>]*>([^<]+)</label>'
)
THE_SAME_IN_GERMAN = {  # the words that German took over
    *("E-mail", "Name", "Status", "SHA-256", "MNIST", "Text", "Code", "Format", "Batch", "Administrator", "Version"),
    *("Worker", "Id"),
}


def _titles(page: str) -> list[str]:
    return [next(filter(None, found)).strip().rstrip(":").capitalize() for found in TITLES.findall(page)]


def test_every_title_of_the_office_is_german_where_people_read_german(admin_client):
    roles.make_roles()
    _fill(0, 1)
    english: set[str] = set()
    for model in admin.site._registry:
        first = model._default_manager.order_by("pk")[0].pk
        for url in (_url(model, "changelist"), _url(model, "change", first)):
            titles = [
                _titles(admin_client.get(url, HTTP_ACCEPT_LANGUAGE=code).content.decode()) for code in ("en", "de")
            ]
            assert len(titles[0]) == len(titles[1]) > 0, url
            english |= {title for title, other in zip(*titles, strict=True) if title == other}
    assert english - {word.capitalize() for word in THE_SAME_IN_GERMAN} == set()


def test_what_a_group_may_is_told_table_by_table_and_what_counts_nowhere_is_left_out(admin_client):
    page = admin_client.get(_url(Group, "add")).content.decode()
    assert "Can view" not in page and "session" not in page
    assert re.search(r"<label>Submissions</label>", page)
    assert page.count('name="permissions"') == 4 * len(admin.site._registry)


def test_a_group_of_ours_is_only_looked_at_and_says_in_words_what_it_may(admin_client):
    roles.make_roles()
    group = Group.objects.get(name="reviewer")
    page = admin_client.get(_url(Group, "change", group.pk)).content.decode()
    assert "Submissions: view, change" in page and 'name="permissions"' not in page
    admin_client.post(_url(Group, "change", group.pk), {"name": "mine"})
    admin_client.post(_url(Group, "delete", group.pk), {"post": "yes"})
    assert Group.objects.filter(name="reviewer").exists()


def test_a_group_of_ones_own_keeps_what_was_ticked(admin_client):
    admin_client.post(_url(Group, "add"), {"name": "readers", "permissions": [_permission("view_submission")]})
    assert [one.codename for one in Group.objects.get(name="readers").permissions.all()] == ["view_submission"]


def _permission(name: str) -> int:
    from django.contrib.auth.models import Permission

    return Permission.objects.get(codename=name).pk


def test_a_desk_without_drawings_says_so_and_asks_for_no_digits(admin_client):
    page = admin_client.get(_url(Submission, "changelist"), {"q": "nobody"}).content.decode()
    assert "No drawings match these filters." in page and "Write what it really is" not in page and "0 of 0" not in page


def test_a_form_sent_after_the_session_ended_is_told_as_not_recorded(client):
    User.objects.create_superuser("root", password=None)
    answer = client.post("/admin/predictions/submission/?review=disputed", {"form-0-label": "7"}, follow=True)
    assert "so what you sent was not recorded" in answer.content.decode()
    assert "next=%2Fadmin%2Fpredictions%2Fsubmission%2F%3Freview%3Ddisputed" in answer.redirect_chain[-1][0]
    assert "was not recorded" not in client.get("/admin/", follow=True).content.decode()
