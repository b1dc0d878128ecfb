"""Lists of the admin tell nothing that they do not show: by filters, by refusals, or by the time that these take."""

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Group
from django.urls import reverse
from post_office.models import Email

from accounts.models import ApiToken, User
from accounts.roles import make_roles
from accounts.tokens import create_token
from tests.factories import make_user

pytestmark = pytest.mark.django_db
EMAILS = "/admin/post_office/email/"


@pytest.fixture(autouse=True)
def roles():
    make_roles()


def _member(role, name):
    user = make_user(name, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.mark.parametrize("lookup", ["message__contains", "message__startswith", "html_message__regex", "context__x"])
def test_the_text_of_a_mail_cannot_be_found_out_by_filters(client, lookup):
    Email.objects.create(from_email="a@example.org", to="root@example.org", subject="Reset", message="/key/1-secret/")
    client.force_login(_member("admin", "adam"))
    assert client.get(EMAILS, {"status__exact": Email.objects.get().status or 0}).status_code == 200
    assert client.get(EMAILS, {lookup: "/key/1-s"}).status_code == 400


@pytest.mark.parametrize(
    ("table", "lookup"),
    [
        ("accounts/user", "password__startswith"),
        ("accounts/user", "access_epoch__gt"),
        ("accounts/apitoken", "digest__startswith"),
        ("predictions/submission", "guest_key__startswith"),
        ("predictions/submission", "deleted_at__isnull"),
        ("predictions/drawing", "strokes__contains"),
        ("predictions/job", "result__contains"),
        ("predictions/idempotencykey", "submission__guest_key"),
    ],
)
def test_lists_are_not_filtered_by_what_they_do_not_show(client, table, lookup):
    client.force_login(User.objects.create_superuser("root", "", None))
    assert client.get(f"/admin/{table}/", {lookup: "1"}).status_code == 400


def test_reviewers_cannot_find_out_who_reviewed_by_a_filter(client):
    carol = _member("reviewer", "carol")
    client.force_login(carol)
    assert client.get("/admin/predictions/review/", {"reviewer__exact": carol.pk}).status_code == 400
    client.force_login(_member("admin", "adam"))
    assert client.get("/admin/predictions/review/", {"reviewer__exact": carol.pk}).status_code == 200


def _pages(pk):
    for model in site._registry:
        for page in ("history", "change", "delete"):
            yield reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=[pk])


def test_without_a_permission_staff_do_not_learn_which_rows_exist(client):
    alice, carol = make_user(), make_user("carol", is_staff=True)
    create_token(alice, "laptop")
    client.force_login(carol)
    assert {client.get(page).status_code for page in _pages(987_654_321)} == {403}
    for pk in (alice.pk, ApiToken.objects.get().pk, Group.objects.first().pk):
        assert {client.get(page).status_code for page in _pages(pk)} == {403}


def test_a_missing_user_is_refused_with_as_many_queries(client, django_assert_num_queries):
    alice = make_user()
    client.force_login(_member("reviewer", "carol"))
    for pk in (alice.pk, 987_654_321):
        client.get(f"/admin/accounts/user/{pk}/password/")
        with django_assert_num_queries(4):
            assert client.get(f"/admin/accounts/user/{pk}/password/").status_code == 403


def test_which_models_exist_is_told_to_nobody_who_may_not_promote(client):
    client.force_login(_member("reviewer", "carol"))
    assert client.get("/admin/predictions/modelversion/987654321/challenger/").status_code == 403
