"""No field of a row is set by adding its name to a request: forms and the API take what they declare."""

import json
import uuid

import pytest
from django.contrib.auth.models import Group
from django.forms.models import model_to_dict
from django.test import Client

from accounts.models import Access, ApiToken, User
from accounts.roles import make_roles
from predictions.models import Drawing, Lane, Review, SavedFilter, Submission
from tests.factories import SEVEN, make_user, make_version, read_one
from tests.walk.access import RULE_BY_ROUTE
from tests.walk.ids import make_ids
from tests.walk.people import make_people
from tests.walk.requests import path_of

pytestmark = pytest.mark.django_db
FOREIGN_ID = 987_654
EXTRA = {  # what somebody would like to set
    **dict.fromkeys(("is_staff", "is_superuser", "is_active", "is_admin", "review_sample", "is_live"), "true"),
    **dict.fromkeys(("owner", "owner_id", "user", "user_id", "pk", "key", "reviewer", "reviewer_id"), str(FOREIGN_ID)),
    **dict.fromkeys(("groups", "user_permissions"), "1"),
    **dict.fromkeys(("guest_key", "digest", "token_key", "claim", "worker", "role", "label_by"), "forged"),
    **dict.fromkeys(("id", "batch", "canvas_of"), str(uuid.UUID(int=7))),
    **dict.fromkeys(("deleted_at", "superseded_at", "finished_at", "created_at", "expiry"), "2001-01-01T00:00:00Z"),
    **dict.fromkeys(("verdict", "status", "error_code"), "succeeded"),
    **dict.fromkeys(("attempts", "access_epoch", "kept_bytes", "confidence"), "77"),
    "lane": "interactive",
    "scopes": "read write review",
    "password": "forged",
    "last_login": "2001-01-01",
    "date_joined": "2001-01-01",
    "username": "forged",
}
OWN_FIELDS = {"/accounts/signup/": {"username"}, "/accounts/login/": {"password"}}  # which the form declares


@pytest.fixture
def people(settings):
    settings.RATE_LIMIT_PER_S = settings.SIGN_UPS_PER_MINUTE = settings.GUEST_LIMIT_PER_MINUTE = 10**6
    settings.GUEST_ADDRESS_LIMIT_PER_MINUTE = 10**6
    return make_people()


def _rows():
    """Return what nobody may set, of every row: by its kind and key."""
    own = ["last_login", "reads_live", "reviews_blind", "may_train"]  # what a user prefers
    found = {("user", row.pk): model_to_dict(row, exclude=own) for row in User.objects.all()}
    found |= {("token", row.pk): (row.user_id, row.scopes, row.expiry) for row in ApiToken.objects.all()}
    columns = ("owner", "guest_key", "lane", "verdict", "confidence", "batch", "claim", "attempts", "created_at", "key")
    found |= {("submission", row["key"]): row for row in Submission.objects.values(*columns)}
    found |= {("review", row.pk): (row.reviewer_id, row.role) for row in Review.objects.all()}
    found |= {("filter", row.pk): row.owner_id for row in SavedFilter.objects.all()}
    return found


def _posts():
    """Yield the address and the method of everything that takes a form or JSON."""
    for route, rule in RULE_BY_ROUTE.items():
        for method in ("POST", *(method for method in rule.methods if method != "DELETE")):
            if not route.endswith("logout/"):
                yield route, method


@pytest.mark.parametrize(
    "name",
    ["alice", *(pytest.param(name, marks=pytest.mark.long) for name in ("alice writes", "carol", "guest", "nobody"))],
)  # the others take as long again, and their fields are those of the two
def test_no_row_changes_by_fields_that_nobody_declared(people, name):
    ids, before = make_ids(people), _rows()
    for route, method in _posts():
        rule = RULE_BY_ROUTE[route]
        for id_ in ids[rule.kind].own.get(name, [])[:1] if rule.kind else [""]:
            path = path_of(route, rule, id_)
            extra = {key: value for key, value in EXTRA.items() if key not in OWN_FIELDS.get(path, ())}
            data = rule.post | extra
            options = {}
            if rule.body is not None:
                body = [one | extra for one in rule.body] if isinstance(rule.body, list) else rule.body | extra
                data, options = json.dumps(body), {"content_type": "application/json"}
            getattr(people[name].client(), method.lower())(f"{path}?{'&'.join(extra)}", data, **options)
            _check(before, f"{method} {path} by {name}")


def _check(before, what):
    after = _rows()
    for kind_and_key in before.keys() & after.keys():
        assert after[kind_and_key] == before[kind_and_key], what
    new = [row for key, row in after.items() if key not in before]
    assert "forged" not in str(new) and str(FOREIGN_ID) not in str(new), f"{what}: {new}"


def test_a_submission_takes_no_extra_field(people):
    alice = people["alice writes"]
    answer = alice.client().post("/api/v1/submissions/", json.dumps(SEVEN | EXTRA), content_type="application/json")
    assert answer.status_code == 202
    row = Submission.objects.get(owner=alice.user)
    assert (str(row.id) != EXTRA["id"], row.status, row.attempts) == (True, "queued", 0)


def test_nobody_signs_up_as_staff(client):
    password = "a wall of green apples"
    given = {"username": "mallory", "email": "", "password1": password, "password2": password}
    assert client.post("/accounts/signup/", EXTRA | given).status_code == 302
    user = User.objects.get()
    assert (user.username, user.is_staff, user.is_superuser, user.pk != FOREIGN_ID) == ("mallory", False, False, True)
    assert not user.groups.exists() and not user.user_permissions.exists()


def test_preferences_change_only_preferences(client):
    alice = make_user()
    client.force_login(alice)
    before = model_to_dict(alice, exclude=["last_login", "reads_live", "may_train"])
    assert client.post("/accounts/preferences/", EXTRA | {"reads_live": "on"}).status_code == 302
    alice.refresh_from_db()
    assert model_to_dict(alice, exclude=["last_login", "reads_live", "may_train"]) == before


def test_a_token_is_the_makers_with_the_scopes_that_the_form_offers(people):
    alice, before = people["alice"], set(ApiToken.objects.values_list("pk", flat=True))
    alice.client().post("/accounts/tokens/", EXTRA | {"name": "mine", "access": "read"})
    token = ApiToken.objects.exclude(pk__in=before).get()
    assert (token.user, token.scopes) == (alice.user, Access.READ)


def test_a_review_changes_only_the_label(people):
    make_version()
    row = read_one(people["bob"].user)
    columns = [field.attname for field in Submission._meta.fields if not field.attname.startswith("label")]
    before = Submission.objects.values(*columns).get(pk=row.pk)
    drawing = model_to_dict(Drawing.objects.get(submission=row))
    path = f"/admin/predictions/submission/{row.pk}/change/"
    assert people["carol"].client().post(path, EXTRA | {"label": "4", "label-said": ""}).status_code == 302
    row.refresh_from_db()
    assert row.label == "4"
    assert Submission.objects.values(*columns).get(pk=row.pk) == before
    assert model_to_dict(Drawing.objects.get(submission=row)) == drawing
    review = Review.objects.filter(submission=row).latest("pk")
    assert (review.reviewer, review.role) == (people["carol"].user, "desk")


def test_a_group_admin_makes_nobody_a_superuser(people):
    make_roles()
    bob = people["bob"].user
    group = Group.objects.get(name="admin")
    for path in ("/admin/accounts/user/add/", f"/admin/accounts/user/{bob.pk}/change/"):
        given = EXTRA | {"username": "bob2", "usable_password": "false", "groups": str(group.pk)}
        people["adam"].client().post(path, given | {"date_joined_0": "2026-01-01", "date_joined_1": "00:00"})
    assert list(User.objects.filter(is_superuser=True).values_list("username", flat=True)) == ["root"]
    assert not User.objects.exclude(username="root").filter(user_permissions__isnull=False).exists()


def test_a_saved_filter_is_its_makers(people):
    given = {"table": "predictions.submission", "query": "status__exact=failed", "name": "failed"}
    assert people["carol"].client().post("/admin/filters/", EXTRA | given).status_code == 302
    assert SavedFilter.objects.get().owner == people["carol"].user


def test_a_guest_cannot_choose_whose_a_drawing_is(people):
    before = set(Submission.objects.values_list("pk", flat=True))
    client: Client = people["guest"].client()
    client.post("/api/guest/drawings/", json.dumps(SEVEN | EXTRA), content_type="application/json")
    row = Submission.objects.exclude(pk__in=before).get()
    assert (row.owner, row.lane) == (None, Lane.GUEST)
    assert row.guest_key != "forged"
