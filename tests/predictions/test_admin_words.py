"""The admin's titles of columns, filters and fields are translated."""

import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group

from accounts import roles
from accounts.models import User
from predictions.models import Submission
from tests.predictions.test_admin import _fill, _url

pytestmark = pytest.mark.django_db
TITLES = re.compile(
    r'<div class="text">(?:<a [^>]*>|<span>)?([^<]+)<|data-filter-title="([^"]+)"|<label[^>]*>([^<]+)</label>'
)
THE_SAME_IN_GERMAN = {  # words that are the same in German
    *("E-mail", "Name", "Status", "SHA-256", "MNIST", "Text", "Code", "Format", "Batch", "Administrator", "Version"),
    *("Worker", "Id", "Problem", "Host"),
}


def _titles(page: str) -> list[str]:
    return [next(filter(None, found)).strip().rstrip(":").capitalize() for found in TITLES.findall(page)]


def test_every_title_is_translated_to_german(admin_client):
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


def test_permissions_are_grouped_by_registered_table(admin_client):
    page = admin_client.get(_url(Group, "add")).content.decode()
    assert "Can view" not in page and "session" not in page
    assert re.search(r"<label>Submissions</label>", page)
    assert page.count('name="permissions"') == 4 * len(admin.site._registry) + 1  # to export submissions


def test_builtin_groups_are_view_only_and_list_their_permissions(admin_client):
    roles.make_roles()
    group = Group.objects.get(name="reviewer")
    page = admin_client.get(_url(Group, "change", group.pk)).content.decode()
    assert "Submissions: view, change" in page and 'name="permissions"' not in page
    admin_client.post(_url(Group, "change", group.pk), {"name": "mine"})
    admin_client.post(_url(Group, "delete", group.pk), {"post": "yes"})
    assert Group.objects.filter(name="reviewer").exists()


def test_a_custom_group_keeps_its_permissions(admin_client):
    admin_client.post(_url(Group, "add"), {"name": "readers", "permissions": [_permission("view_submission")]})
    assert [one.codename for one in Group.objects.get(name="readers").permissions.all()] == ["view_submission"]


def _permission(name: str) -> int:
    from django.contrib.auth.models import Permission

    return Permission.objects.get(codename=name).pk


def test_an_empty_review_queue_says_so(admin_client):
    page = admin_client.get(_url(Submission, "changelist"), {"q": "nobody"}).content.decode()
    assert "No drawings match these filters." in page and "Enter the digits" not in page and "0 of 0" not in page


def test_a_form_sent_after_the_session_ended_is_reported_as_not_saved(client):
    User.objects.create_superuser("root", password=None)
    answer = client.post("/admin/predictions/submission/?review=disputed", {"form-0-label": "7"}, follow=True)
    assert "so your changes were not saved" in answer.content.decode()
    assert "next=%2Fadmin%2Fpredictions%2Fsubmission%2F%3Freview%3Ddisputed" in answer.redirect_chain[-1][0]
    assert "were not saved" not in client.get("/admin/", follow=True).content.decode()
