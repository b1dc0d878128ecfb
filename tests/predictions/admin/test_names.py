"""Reviewers see drawings without names: neither whose they are nor who reviewed them."""

import json
import uuid

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from accounts.roles import make_roles
from predictions.models import Role
from predictions.services.review import review_submission
from tests.factories import make_reviewer, make_user, read_one
from tests.predictions.test_review_mode import _turn, _unsure

pytestmark = pytest.mark.django_db
LIST = "/admin/predictions/submission/"
TABLES = ("submission", "prediction", "review")


@pytest.fixture
def row():
    make_roles()
    row = read_one(make_user("alice-the-owner"))
    review_submission(row, make_reviewer("rita-the-first"), "7", Role.REVIEWER)
    return row


def _log_in(client, role, name):
    user = make_user(name, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    return user


def _shown(client, row):
    """Return all that the pages of the tables show that reviewers see."""
    pages = ["/admin/", "/review/", "/review/accuracy/", "/review/agreement/"]
    for name in TABLES:
        pages += [reverse(f"admin:predictions_{name}_changelist")]
    pages += [reverse(f"admin:predictions_submission_{page}", args=[row.pk]) for page in ("change", "history")]
    pages += [reverse("admin:predictions_review_change", args=[row.reviews.get().pk])]
    answers = [client.get(page) for page in pages]
    assert {answer.status_code for answer in answers} == {200}
    return "".join(answer.content.decode() for answer in answers)


def test_reviewers_see_no_names(client, row):
    _log_in(client, "reviewer", "carol")
    shown = _shown(client, row)
    assert "alice-the-owner" not in shown
    assert "rita-the-first" not in shown
    assert "7 · - (Reviewer)" in shown.replace("reviewer", "Reviewer"), "the review itself is shown"


def test_admins_see_them(client, row):
    _log_in(client, "admin", "adam")
    shown = _shown(client, row)
    assert "alice-the-owner" in shown
    assert "rita-the-first" in shown


def test_reviewers_do_not_find_drawings_by_the_name_of_their_owner(client, row):
    _log_in(client, "reviewer", "carol")
    for word, count in (("alice", 0), ("7", 1), (str(row.id), 1)):
        assert client.get(LIST, {"q": word}).context["cl"].result_count == count, word
    assert client.get(LIST, {"owner__username__startswith": "a"}).status_code == 400
    _log_in(client, "admin", "adam")
    assert client.get(LIST, {"q": "alice"}).context["cl"].result_count == 1


@pytest.mark.parametrize("lookup", ["owner", "owner_id", "owner__id__exact", "owner__id__gt", "owner__in", "owner__pk"])
def test_reviewers_cannot_gather_the_drawings_of_one_person(client, row, lookup):
    carol = _log_in(client, "reviewer", "carol")
    assert client.get(f"{LIST}?{lookup}={row.owner_id}").status_code == 400
    batch = uuid.uuid4()
    type(row).objects.filter(pk=row.pk).update(batch=batch)
    page = client.get(reverse("admin:predictions_submission_change", args=[row.pk])).content.decode()
    assert str(batch) in page and "owner=" not in page
    carol.groups.set([Group.objects.get(name="admin")])
    assert client.get(f"{LIST}?owner={row.owner_id}").status_code == 200


@pytest.mark.parametrize(("sees_users", "owner"), [(False, None), (True, "alice-the-owner")])
def test_an_export_names_owners_only_to_those_who_may_see_users(client, row, sees_users, owner):
    user = _log_in(client, "reviewer", "carol")
    names = ["export_submission", *(["view_user"] if sees_users else [])]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    answer = client.post(LIST, {"action": "export_json", "_selected_action": [row.pk]})
    [found] = json.loads(b"".join(answer.streaming_content))
    assert (found["id"], found["owner"]) == (str(row.id), owner)


def test_review_mode_names_nobody(client, row):
    _log_in(client, "reviewer", "carol")
    _unsure(make_user("zoe-the-other"))
    answer = _turn(client)
    assert set(answer["drawings"][0]) == {"key", "strokes", "width", "height", "pen_px", "image_url", "reading"}
