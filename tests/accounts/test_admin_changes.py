"""What people do to accounts in the admin: the audit log, addresses, and whom they may act on."""

import logging

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from post_office.models import Email

from accounts.models import ApiToken, AuditEvent, User
from accounts.roles import make_roles
from accounts.tokens import create_token
from config.middleware import RefusalsInOneLine
from tests.accounts import test_flows
from tests.accounts.test_flows import PASSWORD, _link, _make
from tests.accounts.test_roles import _member, _user_form
from tests.audit import newest_event
from tests.factories import make_user

pytestmark = pytest.mark.django_db
real_outbox = test_flows.real_outbox
USERS, TOKENS = "/admin/accounts/user/", "/admin/accounts/apitoken/"
OLD, NEW = "alice@example.org", "new@example.org"


@pytest.fixture
def root(client):
    make_roles()
    root = User.objects.create_superuser("root", "", None)
    client.force_login(root)
    return root


def _change(client, user, **given):
    given = {"email": user.email} | given
    answer = client.post(f"{USERS}{user.pk}/change/", _user_form(user, **given))
    assert answer.status_code == 302, answer.context["errors"]


def _last():
    line = newest_event()
    return line.actor, line.event.action, line.target, line.details


def test_adding_a_user_is_audited(client, root):
    given = {"username": "bob", "password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    assert client.post(f"{USERS}add/", given).status_code == 302
    assert _last() == ("root", "user.added", "bob", {})


def test_changing_groups_is_audited(client, root):
    bob, reviewer = make_user("bob"), Group.objects.get(name="reviewer")
    _change(client, bob, groups=[reviewer.pk])
    assert _last() == ("root", "user.groups_changed", "bob", {"added": ["reviewer"], "removed": []})
    _change(client, bob)
    assert AuditEvent.objects.filter(details__removed=["reviewer"]).exists()


@pytest.mark.parametrize("way", ["one", "chosen"])
def test_deleting_users_is_audited(client, root, way):
    bob = make_user("bob")
    if way == "one":
        client.post(f"{USERS}{bob.pk}/delete/", {"post": "yes"})
    else:
        client.post(USERS, {"action": "delete_selected", "_selected_action": bob.pk, "post": "yes"})
    assert not User.objects.filter(username="bob").exists()
    assert _last() == ("root", "user.deleted", f"user:{bob.pk}", {})


def test_deactivating_and_renaming_a_user_are_audited(client, root):
    bob = make_user("bob")
    _change(client, bob, is_active="")
    assert _last()[:3] == ("root", "user.deactivated", "bob")
    _change(client, bob, username="robert")
    line = newest_event(action="user.changed")
    assert (line.target, line.details) == ("bob", {"username": "robert"})


def test_a_form_that_changes_nothing_is_not_audited(client, root):
    _change(client, make_user("bob"))
    assert not AuditEvent.objects.exists()


def test_changing_groups_of_permissions_is_audited(client, root):
    beyond = Group.objects.create(name="beyond")
    client.post(f"/admin/auth/group/{beyond.pk}/change/", {"name": "beyond", "permissions": []})
    assert _last()[:3] == ("root", "group.changed", "beyond")
    client.post(f"/admin/auth/group/{beyond.pk}/delete/", {"post": "yes"})
    assert _last()[:3] == ("root", "group.deleted", "beyond")


def test_an_address_set_by_an_admin_replaces_the_former_one_and_is_not_confirmed(client, root):
    alice = _make()
    _change(client, alice, email=NEW)
    assert list(alice.emailaddress_set.values_list("email", "verified", "primary")) == [(NEW, False, True)]
    assert _last() == ("root", "email.changed", "alice", {"before": OLD, "after": NEW})
    assert f"from {OLD} to {NEW}" in Email.objects.get(to=OLD).message
    Client().post(_link(Email.objects.get(to=NEW)))
    assert alice.emailaddress_set.get().verified


def test_a_former_address_neither_logs_in_nor_gets_a_reset_link(client, root):
    alice = _make()
    _change(client, alice, email=NEW)
    alice.emailaddress_set.create(email=OLD, verified=True)  # as changes by older releases left it
    assert Client().post("/accounts/login/", {"login": OLD, "password": PASSWORD}).status_code == 200
    assert Client().post("/accounts/login/", {"login": NEW, "password": PASSWORD}).status_code == 302
    Client().post("/accounts/password/reset/", {"email": OLD})
    assert "no account has the email address" in Email.objects.filter(to=OLD).latest("pk").message


def test_an_address_removed_by_an_admin_is_gone(client, root):
    alice = _make()
    _change(client, alice, email="")
    assert not alice.emailaddress_set.exists()
    assert "removed the email address" in Email.objects.get(to=OLD).message


@pytest.mark.parametrize("way", ["one", "chosen"])
def test_a_group_admin_cannot_revoke_a_superusers_token(client, root, way):
    create_token(root, "laptop")
    token = ApiToken.objects.get()
    client.force_login(_member("admin"))
    if way == "one":
        answer = client.post(f"{TOKENS}{token.pk}/delete/", {"post": "yes"})
    else:
        answer = client.post(TOKENS, {"action": "delete_selected", "_selected_action": token.pk, "post": "yes"})
    assert answer.status_code == 403
    assert ApiToken.objects.exists()


def test_a_group_admin_can_revoke_a_users_token(client, root):
    create_token(make_user("bob"), "laptop")
    client.force_login(_member("admin"))
    assert client.post(f"{TOKENS}{ApiToken.objects.get().pk}/delete/", {"post": "yes"}).status_code == 302
    assert not ApiToken.objects.exists()


def test_nobody_acts_on_a_user_with_more_rights_also_if_that_one_is_deactivated(client, root):
    helper = make_user("helper", is_staff=True)
    helper.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))
    stronger = _member("admin", "dora")
    User.objects.filter(pk=stronger.pk).update(is_active=False)
    client.force_login(helper)
    assert client.get(f"{USERS}{stronger.pk}/password/").status_code == 403
    bob = make_user("bob")
    page = client.get(f"{USERS}{bob.pk}/change/")
    assert list(page.context["adminform"].form.fields["groups"].queryset) == []
    assert client.get(f"{USERS}{bob.pk}/password/").status_code == 200


def test_a_refusal_is_logged_without_a_traceback(client, root, caplog):
    client.force_login(_member("reviewer"))
    with caplog.at_level(logging.WARNING, "django.request"):
        assert client.get(USERS).status_code == 403
    [record] = [record for record in caplog.records if record.name == "django.request"]
    assert RefusalsInOneLine().filter(record)
    assert "Traceback" not in logging.Formatter().format(record)
