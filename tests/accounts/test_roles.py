"""The permissions of the groups reviewer and admin, which must never lead to a superuser's."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from post_office.models import Email

from accounts.models import ApiToken, User
from accounts.roles import make_roles
from accounts.tokens import create_token
from tests.audit import newest_event
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def roles():
    make_roles()


def _member(role, name="carol"):
    user = make_user(name, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def test_make_roles_is_idempotent_and_removes_added_permissions():
    before = {group.name: set(group.permissions.all()) for group in Group.objects.all()}
    Group.objects.get(name="reviewer").permissions.add(Permission.objects.get(codename="delete_user"))
    make_roles()
    assert {group.name: set(group.permissions.all()) for group in Group.objects.all()} == before


def test_a_reviewer_can_only_view_and_review_submissions(client):
    carol = _member("reviewer")
    assert carol.has_perms(["predictions.view_submission", "predictions.change_submission", "predictions.add_review"])
    assert not carol.has_perm("predictions.delete_submission")
    client.force_login(carol)
    assert client.get("/admin/predictions/submission/").status_code == 200
    assert client.get("/admin/accounts/user/").status_code == 403


def test_an_admin_has_all_permissions_of_our_apps():
    carol = _member("admin")
    for app in ("accounts", "predictions"):
        assert carol.has_perms(
            [
                f"{app}.{codename}"
                for codename in Permission.objects.filter(content_type__app_label=app).values_list(
                    "codename", flat=True
                )
            ]
        )


def _user_form(user, **changes):
    given = {"username": user.username, "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00", "is_active": "on"}
    return given | changes


def test_an_admin_can_create_reviewers_but_no_superusers(client):
    carol, bob = _member("admin"), make_user("bob")
    client.force_login(carol)
    reviewer = Group.objects.get(name="reviewer")
    given = _user_form(bob, is_staff="on", groups=[reviewer.pk], is_superuser="on")
    answer = client.post(f"/admin/accounts/user/{bob.pk}/change/", given)
    assert answer.status_code == 302, answer.context["errors"]
    bob.refresh_from_db()
    assert bob.is_staff and list(bob.groups.all()) == [reviewer]
    assert not bob.is_superuser


def test_an_admin_cannot_change_a_superuser(client):
    root = User.objects.create_superuser("root", "", None)
    client.force_login(_member("admin"))
    assert client.post(f"/admin/accounts/user/{root.pk}/change/", _user_form(root, username="gone")).status_code == 403
    assert client.post(f"/admin/accounts/user/{root.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get(f"/admin/accounts/user/{root.pk}/password/").status_code == 403
    gone = {"action": "delete_selected", "_selected_action": [root.pk], "post": "yes"}
    client.post("/admin/accounts/user/", gone)
    assert User.objects.filter(username="root").exists()


def test_an_admin_sees_mails_without_their_text(client):
    client.force_login(_member("admin"))
    mail = Email(
        from_email="i@x.org", to=["a@x.org"], subject="Choose", message="a link that opens an account", status=2
    )
    Email.objects.bulk_create([mail])
    assert "Choose" in client.get("/admin/post_office/email/").content.decode()
    page = client.get(f"/admin/post_office/email/{Email.objects.get().pk}/change/").content.decode()
    assert "Choose" in page
    assert "a link that opens" not in page


def test_an_admin_can_neither_create_groups_nor_assign_others(client):
    carol = _member("admin")
    beyond = Group.objects.create(name="beyond")
    beyond.permissions.set(Permission.objects.all())
    client.force_login(carol)
    assert client.get("/admin/auth/group/").status_code == 403
    assert client.post("/admin/auth/group/add/", {"name": "mine"}).status_code == 403
    own = f"/admin/accounts/user/{carol.pk}/change/"
    ours = Group.objects.get(name="admin")
    answer = client.post(own, _user_form(carol, is_staff="on", groups=[ours.pk, beyond.pk]))
    assert "groups" in answer.context["adminform"].form.errors
    assert list(carol.groups.all()) == [ours]
    assert "beyond" not in str(client.get(own).context["adminform"].form["groups"])


@pytest.mark.parametrize("how", ["by group", "by user permissions"])
def test_an_admin_cannot_change_a_user_with_more_permissions_than_our_groups(client, how):
    bob, more = make_user("bob", is_staff=True), Permission.objects.get(codename="delete_session")
    if how == "by group":
        beyond = Group.objects.create(name="beyond")
        beyond.permissions.add(more)
        bob.groups.add(beyond)
    else:
        bob.user_permissions.add(more)
    client.force_login(_member("admin"))
    assert client.get(f"/admin/accounts/user/{bob.pk}/password/").status_code == 403
    assert client.post(f"/admin/accounts/user/{bob.pk}/change/", _user_form(bob, username="x")).status_code == 403


def test_a_superuser_can_assign_any_group(client):
    bob, beyond = make_user("bob"), Group.objects.create(name="beyond")
    client.force_login(User.objects.create_superuser("root", "", None))
    client.post(f"/admin/accounts/user/{bob.pk}/change/", _user_form(bob, groups=[beyond.pk]))
    assert list(bob.groups.all()) == [beyond]


@pytest.mark.parametrize("table", ["emailaddress", "emailconfirmation"])
def test_the_admin_has_no_pages_for_allauths_addresses(client, table):
    client.force_login(User.objects.create_superuser("root", "", None))
    assert client.get(f"/admin/account/{table}/").status_code == 404


@pytest.mark.parametrize("lost", ["is_superuser", "is_staff", "is_active"])
def test_the_last_superuser_cannot_lose_a_status_until_there_is_another(client, lost):
    root = User.objects.create_superuser("root", "", None)
    client.force_login(root)
    powers = {"is_superuser": "on", "is_staff": "on", "is_active": "on"}
    given = _user_form(root, **powers)
    del given[lost]
    answer = client.post(f"/admin/accounts/user/{root.pk}/change/", given)
    assert "The last superuser must stay" in answer.content.decode()
    root.refresh_from_db()
    assert root.is_superuser and root.is_staff and root.is_active
    User.objects.create_superuser("deputy", "", None)
    assert client.post(f"/admin/accounts/user/{root.pk}/change/", given).status_code == 302


@pytest.mark.parametrize("how", ["on the page", "in the list"])
def test_the_last_superusers_cannot_be_deleted(client, how):
    root, deputy = (User.objects.create_superuser(name, "", None) for name in ("root", "deputy"))
    client.force_login(root)
    if how == "on the page":
        assert client.post(f"/admin/accounts/user/{deputy.pk}/delete/", {"post": "yes"}).status_code == 302
        answer = client.post(f"/admin/accounts/user/{root.pk}/delete/", {"post": "yes"})
    else:
        gone = {"action": "delete_selected", "_selected_action": [root.pk, deputy.pk], "post": "yes"}
        answer = client.post("/admin/accounts/user/", gone)
    assert "The last superuser cannot be deleted." in answer.content.decode()
    assert User.objects.filter(pk=root.pk).exists()


@pytest.mark.parametrize("role", ["reviewer", "admin"])
def test_members_of_our_groups_get_into_the_admin(client, role):
    bob = make_user("bob")
    client.force_login(_member("admin"))
    page = f"/admin/accounts/user/{bob.pk}/change/"
    assert "reviewer and admin" in client.get(page).content.decode().lower()
    client.post(page, _user_form(bob, groups=[Group.objects.get(name=role).pk]))
    client.force_login(bob)
    assert client.get("/admin/predictions/submission/").status_code == 200


def test_the_user_form_has_groups_but_no_user_permissions(client):
    root = User.objects.create_superuser("root", "", None)
    client.force_login(root)
    fields = client.get(f"/admin/accounts/user/{root.pk}/change/").context["adminform"].form.fields
    assert "groups" in fields
    assert "user_permissions" not in fields


def test_revoking_a_token_in_the_admin_is_audited(client):
    alice, root = make_user("alice"), make_user("root", is_staff=True, is_superuser=True)
    client.force_login(root)
    for way in ("one", "chosen"):
        create_token(alice, way)
        token = ApiToken.objects.get()
        if way == "one":
            client.post(reverse("admin:accounts_apitoken_delete", args=[token.pk]), {"post": "yes"})
        else:
            chosen = {"action": "delete_selected", "_selected_action": token.pk, "post": "yes"}
            client.post(reverse("admin:accounts_apitoken_changelist"), chosen)
        assert not ApiToken.objects.exists()
        line = newest_event(action="token.revoked")
        assert (line.event.actor, line.target) == (root, token.token_key)
        assert line.details == {"name": way, "owner": "alice"}
