"""Names that older code writes into the audit log are moved out of it, and nothing else can be changed."""

import json

import pytest
from django.db import ProgrammingError, connection, transaction

from accounts import audit
from accounts.audit import old_events
from accounts.audit.names import Personal
from accounts.models import AuditEvent, AuditText
from tests.audit import named_events
from tests.factories import make_user

pytestmark = pytest.mark.django_db
INSERT = """
    INSERT INTO accounts_auditevent (actor_id, actor_name, action, target, about_id, details, address, device)
    VALUES (%s, %s, %s, %s, %s, %s, '192.0.2.7', 'curl') RETURNING id
"""


def _old(actor, action, target="", about=None, **details):
    """Record an event as older code does; return its key."""
    name = actor.username if actor else ""
    number, concerned = actor and actor.pk, about and about.pk
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [number, name, action, target, concerned, json.dumps(details)])
        return cursor.fetchone()[0]


@pytest.fixture
def alice():
    return make_user("alice")


@pytest.fixture
def root():
    return make_user("root")


def _events(alice, root):
    """Record an event of each kind; return what the log holds afterwards: target, details, and texts of them."""
    own = f"user:{alice.pk}"
    return {
        _old(alice, "user.logged_in", "alice", methods=["password"]): (own, {"methods": ["password"]}, None),
        _old(None, "login.failed", "alice", alice): (own, {}, None),
        _old(None, "login.failed", "", ip="192.0.2.9"): ("", {}, ("", {"ip": "192.0.2.9"})),
        _old(alice, "email.confirmed", "a@example.org", before=""): ("", {}, ("a@example.org", {"before": ""})),
        _old(root, "user.changed", "al", alice, is_staff=True, username="alice"): (
            *("", {"is_staff": True}),
            ("al", {"username": "alice"}),
        ),
        _old(alice, "token.created", "ink_1", name="pc", left=1): ("ink_1", {"left": 1}, ("", {"name": "pc"})),
        _old(root, "token.revoked", "ink_1", alice, name="pc", owner="alice"): ("ink_1", {}, ("", {"name": "pc"})),
        _old(alice, "invitation.used", "a@example.org", made_by="root"): (
            *("", {"made_by": f"user:{root.pk}"}),
            ("a@example.org", {}),
        ),
        _old(alice, "filter.saved", "mine", query="q=x", table="t"): ("", {"table": "t"}, ("mine", {"query": "q=x"})),
        _old(alice, "submission.reviewed", "a1", text="5", role="x"): ("a1", {"role": "x"}, ("", {"text": "5"})),
        _old(root, "model.promoted", "one", sha256="0"): ("one", {"sha256": "0"}, None),
        _old(None, "model.registered", "one"): ("one", {}, None),
    }


def test_names_are_moved_and_the_rest_stays(alice, root):
    expected = _events(alice, root)
    times = dict(AuditEvent.objects.values_list("pk", "at"))
    assert old_events.move_names() == len(expected)
    texts = {text.pk: (text.target, text.details) for text in AuditText.objects.all()}
    found = {event.pk: event for event in AuditEvent.objects.filter(pk__in=expected)}
    assert {key: (event.target, event.details, texts.get(key)) for key, event in found.items()} == expected
    assert all(event.actor_name == "" and event.address == "192.0.2.7" for event in found.values())
    assert {key: event.at for key, event in found.items()} == times
    assert AuditEvent.objects.get(action="audit.names_moved").details == {"count": len(expected)}
    assert old_events.move_names() == 0 and AuditEvent.objects.count() == len(expected) + 1


def test_moved_events_read_as_before(alice, root):
    _events(alice, root)
    before = [(line.actor, line.target or line.event.about_id, line.address) for line in named_events()]
    old_events.move_names()
    after = [(line.actor, line.target or line.event.about_id, line.address) for line in named_events()][:-1]
    assert after == before


def test_of_those_who_are_gone_only_the_number_is_kept(alice, root):
    keys = [_old(root, "user.deleted", "alice", alice), _old(alice, "email.confirmed", "a@x.org", before="b@x.org")]
    number = alice.pk
    alice.delete()
    old_events.move_names()
    deleted, confirmed = (AuditEvent.objects.get(pk=key) for key in keys)
    assert (deleted.target, deleted.address) == (f"user:{number}", "192.0.2.7")  # the administrator's
    assert (confirmed.actor_id, confirmed.target, confirmed.details, confirmed.address) == (number, "", {}, None)
    assert not AuditText.objects.exists()


def test_it_goes_on_where_it_was(alice, monkeypatch):
    monkeypatch.setattr(old_events, "BATCH", 2)
    for _ in range(5):
        _old(alice, "user.logged_in", "alice")
    assert [old_events.move_names(most=2), old_events.move_names(), old_events.move_names()] == [2, 3, 0]


def test_new_events_name_nobody(alice, root):
    audit.record(alice, "user.changed", root, about=root, by=alice, before=Personal("former"), kept=1)
    audit.record(None, "login.failed", Personal("typed"))
    first, second = AuditEvent.objects.order_by("pk")
    assert (first.actor_name, first.target, first.details) == (
        "",
        f"user:{root.pk}",
        {"by": f"user:{alice.pk}", "kept": 1},
    )
    assert (second.target, AuditText.objects.get(pk=second.pk).person) == ("", None)
    assert AuditText.objects.get(pk=first.pk).person == root.pk
    line = named_events()[0]
    assert (line.actor, line.target, line.details) == ("alice", "root", {"by": "alice", "kept": 1, "before": "former"})


@pytest.mark.parametrize(
    "change",
    [
        "action = 'x'",
        "at = now()",
        "actor_id = 1",
        "actor_id = NULL",
        "about_id = 1",
        "target = 'other'",
        "actor_name = 'mallory'",
        "address = '192.0.2.1'",
        "device = 'x'",
        "details = '{\"count\": 2}'",
        "is_pseudonymous = false",
    ],
)
def test_even_the_privileged_way_changes_nothing_else(alice, change):
    audit.record(alice, "filter.saved", "one", count=1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('inkling.moves_names', 'on', true)")
        for statement in ("UPDATE accounts_auditevent SET " + change, "DELETE FROM accounts_auditevent"):  # noqa: S608
            with pytest.raises(ProgrammingError, match="only be added to"), transaction.atomic():
                cursor.execute(statement)


def test_the_privileged_way_closes_behind_itself(alice):
    _old(alice, "user.logged_in", "alice")
    old_events.move_names()
    old_events.forget_origin(alice.pk)
    with pytest.raises(ProgrammingError, match="only be added to"), transaction.atomic():
        AuditEvent.objects.update(device="")


def test_addresses_of_others_stay(alice, root):
    for actor, about in ((alice, None), (None, alice), (root, alice), (root, None), (None, None)):
        _old(actor, "user.changed", "", about)
    old_events.move_names()
    old_events.forget_origin(alice.pk)
    assert [event.address for event in AuditEvent.objects.order_by("pk")[:5]] == [None, None, *["192.0.2.7"] * 3]
