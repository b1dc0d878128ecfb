"""Acts over HTTP, each with the entry that it leaves in the audit log: who, what, about whom and from where."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from post_office.models import Email

from accounts.models import ApiToken, AuditEvent, User
from accounts.roles import make_roles
from predictions.models import Review, Submission
from tests.accounts import test_flows
from tests.accounts.test_flows import OTHER, PASSWORD, _link, _logged_in, _make, _request_address
from tests.accounts.test_roles import _user_form
from tests.audit import named_events, newest_event
from tests.factories import read_one
from tests.predictions.test_admin import _sent

pytestmark = pytest.mark.django_db
real_outbox = test_flows.real_outbox


@pytest.fixture
def alice():
    return _make()


@pytest.fixture
def here(alice):
    return _logged_in()


@pytest.fixture
def root():
    make_roles()
    return User.objects.create_superuser("root", "", None)


@pytest.fixture
def admin(root):
    client = Client()
    client.force_login(root)
    return client


def _log_out(client, **_):
    client.post("/accounts/logout/")


def _fail(client, **_):
    Client().post("/accounts/login/", {"login": "alice", "password": "a guess"})


def _sign_up(client, **_):
    given = {"username": "bob", "email": "bob@example.org", "password1": PASSWORD, "password2": PASSWORD}
    Client().post("/accounts/signup/", given)


def _change_password(client, **_):
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": OTHER, "password2": OTHER})


def _reset(client, **_):
    stranger = Client()
    stranger.post("/accounts/password/reset/", {"email": "alice@example.org"})
    form = stranger.get(_link(Email.objects.latest("pk"))).url
    stranger.post(form, {"password1": OTHER, "password2": OTHER})


def _ask_for_reset(client, **_):
    Client().post("/accounts/password/reset/", {"email": "nobody@example.org"})


def _make_token(client, **_):
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.post("/accounts/tokens/", {"name": "laptop", "days": "90"})


def _revoke_token(client, **_):
    _make_token(client)
    client.post(f"/accounts/tokens/{ApiToken.objects.get().token_key}/revoke/")


def _change_email(client, **_):
    _request_address(client, "new@example.org")
    client.post(_link(Email.objects.latest("pk")))


def _consent(client, **_):
    client.post("/accounts/data/training/", {"may_train": "on"})


def _delete(client, alice, **_):
    client.post(f"/history/{_drawing(alice).id}/delete/")


def _drawing(alice):
    return Submission.objects.filter(owner=alice).first() or read_one(alice)


def _export(client, **_):
    client.post("/accounts/activity/export/", {"format": "csv"})


OWN_EVENTS = [
    (_log_out, "user.logged_out"),
    (_change_password, "password.changed"),
    (_reset, "password.reset"),
    (_make_token, "token.created"),
    (_revoke_token, "token.revoked"),
    (_change_email, "email.change_requested"),
    (_change_email, "email.confirmed"),
    (_consent, "user.may_train"),
    (_export, "activity.exported"),
]


@pytest.mark.parametrize(("act", "action"), OWN_EVENTS)
def test_what_people_do_with_their_account_is_recorded(alice, here, act, action):
    act(here, alice=alice)
    [line] = named_events(action=action)
    assert (line.event.actor_id, line.actor, line.event.about_id) == (alice.pk, "alice", None)
    assert line.address == "127.0.0.1"


@pytest.mark.parametrize(
    ("act", "action", "is_about"),
    [
        (_fail, "login.failed", True),
        (_reset, "password.reset_requested", True),
        (_ask_for_reset, "password.reset_requested", False),
    ],
)
def test_what_nobody_in_particular_does_is_recorded(alice, here, act, action, is_about):
    act(here)
    line = AuditEvent.objects.get(action=action)
    assert (line.actor_id, line.about_id, line.address) == (None, alice.pk if is_about else None, "127.0.0.1")


def test_a_log_in_and_a_sign_up_are_recorded_with_how(alice, here):
    _sign_up(here)
    lines = named_events(action="user.logged_in")
    assert [(line.actor, line.details) for line in lines] == [
        ("alice", {"methods": ["password"]}),
        ("bob", {"methods": []}),
    ]
    assert newest_event(action="user.signed_up").actor == "bob"


def test_a_reset_ends_sessions_and_tokens_on_record(alice, here):
    _make_token(here)
    _reset(here)
    ended = AuditEvent.objects.filter(action__in=["sessions.ended", "tokens.ended"])
    assert ended.count() == 2


@pytest.mark.parametrize("way", ["page", "api"])
def test_deleting_and_restoring_a_drawing_is_recorded_once(alice, here, way):
    row = read_one(alice)
    for _ in range(2):
        if way == "page":
            here.post(f"/history/{row.id}/delete/")
        else:
            here.delete(f"/api/v1/submissions/{row.id}/")
    line = AuditEvent.objects.get(action="submission.deleted")
    assert (line.actor, line.target) == (alice, str(row.id))
    here.post(f"/history/{row.id}/restore/")
    assert AuditEvent.objects.filter(action="submission.restored", target=str(row.id)).count() == 1


def test_what_administrators_do_is_recorded_about_whom(alice, admin, root):
    reviewer = Group.objects.get(name="reviewer")
    row = read_one(alice)
    ApiToken.objects.create(user=alice, name="laptop")
    page = f"/admin/accounts/user/{alice.pk}"
    admin.post(f"/admin/accounts/apitoken/{ApiToken.objects.get().pk}/delete/", {"post": "yes"})
    admin.post(f"{page}/change/", _user_form(alice, groups=[reviewer.pk], email="new@example.org"))
    admin.post(f"{page}/password/", {"password1": OTHER, "password2": OTHER, "usable_password": "true"})
    admin.post(f"/admin/predictions/submission/{row.pk}/delete/", {"post": "yes"})
    admin.post(f"{page}/delete/", {"post": "yes"})
    lines = AuditEvent.objects.filter(actor=root).values_list("action", "about_id", "address")
    acts = ["token.revoked", "user.groups_changed", "email.changed", "password.set", "submission.deleted"]
    expected = [(act, alice.pk, "127.0.0.1") for act in [*acts, "user.deleted"]]
    assert set(expected) <= set(lines)


def test_reviews_and_corrections_are_recorded_one_by_one_in_bulk_too(alice, here, admin, root):
    rows = [read_one(alice) for _ in range(2)]
    here.post(f"/api/v1/submissions/{rows[0].id}/review/", {"text": "1"}, content_type="application/json")
    queue = "/admin/predictions/submission/"
    forms = admin.get(queue).context["cl"].formset.forms
    admin.post(queue, _sent(**{f"row_{form.instance.pk}": "7" for form in forms}))
    lines = named_events(action="submission.reviewed")
    assert [(line.actor, line.details["role"]) for line in lines] == [
        ("alice", "owner"),
        ("root", "desk"),
        ("root", "desk"),
    ]
    assert Review.objects.count() == 3
    assert {line.event.about_id for line in lines} == {None}  # or alice would be told of it


def test_pausing_a_lane_is_recorded(admin, root):
    for act in ("pause", "resume"):
        admin.post("/admin/lanes/bulk/", {act: "1"})
    actions = AuditEvent.objects.filter(actor=root, action__startswith="lane.").values_list("action", flat=True)
    assert sorted(actions) == ["lane.paused", "lane.resumed"]
