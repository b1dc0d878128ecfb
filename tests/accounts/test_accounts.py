"""API tokens and users."""

from datetime import timedelta
from threading import Event

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiToken, User
from accounts.postgres.listener import listener
from accounts.tokens import cache, create_token
from tests.factories import make_user

pytestmark = pytest.mark.django_db
UNKNOWN = "/api/v1/submissions/00000000-0000-0000-0000-000000000000/"


def _get_status(token):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client.get(UNKNOWN).status_code


def test_a_token_works_until_it_expires_or_is_revoked():
    alice = make_user()
    token = create_token(alice, "laptop")
    assert _get_status(token) == 404
    ApiToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    cache.clear()  # the trigger notifies on commit, and this test's transaction never commits
    assert _get_status(token) == 401
    ApiToken.objects.update(expiry=None)
    assert _get_status(token) == 404
    ApiToken.objects.all().delete()
    cache.clear()
    assert _get_status(token) == 401


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", ["delete", "expire", "deactivate"])
def test_a_process_that_cached_a_token_is_notified_of_its_end(change):
    alice = make_user()
    token = create_token(alice)
    invalidated = Event()
    listener.ensure()
    assert _get_status(token) == 404  # now it is cached
    cache.on_invalidate = invalidated.set
    changes = {
        "delete": lambda: ApiToken.objects.all().delete(),
        "expire": lambda: ApiToken.objects.update(expiry=Now()),
        "deactivate": lambda: User.objects.update(is_active=False),
    }
    changes[change]()
    assert invalidated.wait(10)
    assert _get_status(token) == 401


def test_a_token_looked_up_before_an_invalidation_is_not_cached_after_it():
    alice = make_user()
    create_token(alice)
    row, version = ApiToken.objects.get(), cache.version()
    cache.invalidate(str(alice.pk))
    cache.put(row, 5, version)
    assert cache.get(row.digest) is None
    cache.put(row, 5, cache.version())
    assert cache.get(row.digest) == (alice, row)


def test_without_a_notification_a_token_is_looked_up_again_after_cache_s(monkeypatch):
    from accounts import tokens

    monkeypatch.setattr(tokens, "CACHE_S", 0.0)
    token = create_token(make_user())
    assert _get_status(token) == 404
    ApiToken.objects.all().delete()
    assert _get_status(token) == 401


def test_a_deactivated_user_cannot_use_a_token():
    alice = make_user()
    token = create_token(alice)
    User.objects.update(is_active=False)
    assert _get_status(token) == 401


def test_a_token_is_stored_as_a_hash_and_its_last_use_is_recorded():
    token = create_token(make_user(), "laptop")
    row = ApiToken.objects.get()
    assert token not in row.digest
    assert token.startswith("ink_")
    assert row.last_used_at is None
    _get_status(token)
    row.refresh_from_db()
    assert row.last_used_at is not None


def test_a_cached_token_costs_no_query(django_assert_num_queries):
    token = create_token(make_user())
    _get_status(token)
    with django_assert_num_queries(2):  # the rate limit and the missing submission
        _get_status(token)


def test_create_token_prints_the_token_on_the_last_line(capsys):
    make_user("alice")
    call_command("create_token", "Alice")
    assert _get_status(capsys.readouterr().out.strip().splitlines()[-1]) == 404
    with pytest.raises(CommandError, match="no user named 'nobody'"):
        call_command("create_token", "nobody")


def test_create_token_numbers_names_that_are_taken(capsys, settings):
    settings.TOKENS_LIMIT = 3
    make_user("alice")
    for _ in range(3):
        call_command("create_token", "alice")
    assert len({_get_status(token) for token in capsys.readouterr().out.split()}) == 1
    names = set(ApiToken.objects.values_list("name", flat=True))
    assert names == {"command line", "command line 2", "command line 3"}
    with pytest.raises(CommandError, match="maximum number of tokens"):
        call_command("create_token", "alice")


def test_names_and_addresses_are_unique_regardless_of_case():
    make_user("alice")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_user("ALICE")
    User.objects.update(email="a@example.org")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("bob", "A@example.org", None)
