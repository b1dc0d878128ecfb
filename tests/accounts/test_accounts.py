"""Users, tokens and the audit log."""

from datetime import timedelta
from threading import Event

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, ProgrammingError, transaction
from django.db.models.functions import Now
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import audit
from accounts.listener import listener
from accounts.models import ApiToken, AuditEvent, User
from accounts.tokens import cache, create_token
from tests.factories import make_user

pytestmark = pytest.mark.django_db
ANY = "/api/v1/submissions/00000000-0000-0000-0000-000000000000/"


def _status(token):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client.get(ANY).status_code


def test_a_token_opens_the_api_until_it_expires_or_is_revoked():
    alice = make_user()
    token = create_token(alice, "laptop")
    assert _status(token) == 404
    ApiToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    cache.forget_all()  # the trigger's notice comes with a commit, which a test of one transaction has not
    assert _status(token) == 401
    ApiToken.objects.update(expiry=None)
    assert _status(token) == 404
    ApiToken.objects.all().delete()
    cache.forget_all()
    assert _status(token) == 401


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", ["delete", "expire", "deactivate"])
def test_a_process_that_knows_a_token_hears_of_its_end(change):
    alice = make_user()
    token = create_token(alice)
    heard = Event()
    listener.ensure()
    assert _status(token) == 404  # and now it is remembered
    cache.on_forget = heard.set
    changes = {
        "delete": lambda: ApiToken.objects.all().delete(),
        "expire": lambda: ApiToken.objects.update(expiry=Now()),
        "deactivate": lambda: User.objects.update(is_active=False),
    }
    changes[change]()
    assert heard.wait(10)
    assert _status(token) == 401


def test_a_token_looked_up_before_a_change_is_not_remembered_after_it():
    alice = make_user()
    create_token(alice)
    row, changes = ApiToken.objects.get(), cache.changes()
    cache.forget(str(alice.pk))
    cache.keep(row, 5, changes)
    assert cache.get(row.digest) is None
    cache.keep(row, 5, cache.changes())
    assert cache.get(row.digest) == (alice, row)


def test_without_a_notice_a_token_is_looked_up_again_after_its_time(monkeypatch):
    from accounts import tokens

    monkeypatch.setattr(tokens, "CACHE_S", 0.0)
    token = create_token(make_user())
    assert _status(token) == 404
    ApiToken.objects.all().delete()
    assert _status(token) == 401


def test_a_token_dies_with_its_owners_right_to_enter():
    alice = make_user()
    token = create_token(alice)
    User.objects.update(is_active=False)
    assert _status(token) == 401


def test_a_token_is_not_kept_in_clear_and_its_use_is_noted():
    token = create_token(make_user(), "laptop")
    row = ApiToken.objects.get()
    assert token not in row.digest
    assert token.startswith("ink_")
    assert row.last_used_at is None
    _status(token)
    row.refresh_from_db()
    assert row.last_used_at is not None


def test_knowing_a_user_by_token_again_costs_no_query(django_assert_num_queries):
    token = create_token(make_user())
    _status(token)
    with django_assert_num_queries(2):  # the count of requests, and the submission that is missing
        _status(token)


def test_create_token_prints_it_alone_on_the_last_line(capsys):
    make_user("alice")
    call_command("create_token", "Alice")
    assert _status(capsys.readouterr().out.strip().splitlines()[-1]) == 404
    with pytest.raises(CommandError, match="no user named 'nobody'"):
        call_command("create_token", "nobody")


def test_create_token_finds_a_free_name_every_time(capsys, settings):
    settings.TOKENS_LIMIT = 3
    make_user("alice")
    for _ in range(3):
        call_command("create_token", "alice")
    assert len({_status(token) for token in capsys.readouterr().out.split()}) == 1
    names = set(ApiToken.objects.values_list("name", flat=True))
    assert names == {"command line", "command line 2", "command line 3"}
    with pytest.raises(CommandError, match="as many tokens"):
        call_command("create_token", "alice")


def test_names_and_addresses_are_unique_whatever_their_case():
    make_user("alice")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_user("ALICE")
    User.objects.update(email="a@example.org")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("bob", "A@example.org", None)


@pytest.mark.parametrize("act", ["update", "delete"])
def test_the_audit_log_can_only_grow(act):
    audit.record(make_user(), "something.done")
    with pytest.raises(ProgrammingError, match="only be added to"), transaction.atomic():
        AuditEvent.objects.update(action="nothing.done") if act == "update" else AuditEvent.objects.all().delete()
    assert AuditEvent.objects.get().action == "something.done"


def test_the_audit_log_outlives_its_actors():
    alice = make_user()
    audit.record(alice, "something.done")
    alice.delete()
    assert AuditEvent.objects.get(action="something.done").actor_name == "alice"


def test_guessing_passwords_is_stopped(client):
    make_user("alice")
    answers = [client.post("/accounts/login/", {"login": "alice", "password": "x"}) for _ in range(11)]
    assert "Too many" not in answers[0].content.decode()
    assert "Too many" in answers[-1].content.decode()


def test_the_office_has_no_door_of_its_own(client):
    answer = client.post("/admin/login/", {"username": "alice", "password": "x"})
    assert answer.url.startswith("/accounts/login/")
