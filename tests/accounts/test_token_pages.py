"""API tokens are created, shown once and revoked by their owner."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiToken, User
from accounts.tokens import TooManyTokens, create_token
from tests.audit import named_events
from tests.factories import make_user

pytestmark = pytest.mark.django_db
PROFILE, TOKENS = "/accounts/profile/", "/accounts/tokens/"


@pytest.fixture
def alice(client):
    alice = make_user()
    client.force_login(alice)
    return alice


def _token_text(answer):
    return answer.context["text"]


def _works(text):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {text}")
    return client.get("/api/v1/submissions/00000000-0000-0000-0000-000000000000/").status_code == 404


def test_anonymous_visitors_are_redirected_to_the_log_in(client):
    for answer in (client.get(PROFILE), client.post(TOKENS, {"name": "x"})):
        assert answer.status_code == 302
        assert answer.url.startswith("/accounts/login/")


def test_a_form_sent_after_the_session_expired_creates_no_token_and_says_so(client, alice):
    client.logout()
    next_url = parse_qs(urlsplit(client.post(TOKENS, {"name": "laptop"}).url).query)["next"][0]
    client.force_login(alice)
    answer = client.get(next_url, follow=True)
    assert answer.redirect_chain == [(TOKENS, 302)]
    assert "You were no longer logged in, so nothing was changed." in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_a_created_token_works(client, alice):
    answer = client.post(TOKENS, {"name": "laptop"})
    assert answer.status_code == 201
    assert _token_text(answer) in answer.content.decode()
    assert _works(_token_text(answer))
    row = ApiToken.objects.get()
    assert (row.user, row.name) == (alice, "laptop")


@pytest.mark.parametrize("given", [{}, {"days": ""}, {"days": "90"}])
def test_a_token_expires_after_90_days_by_default(client, alice, given):
    client.post(TOKENS, {"name": "laptop"} | given)
    assert timedelta(days=89, hours=23) < ApiToken.objects.get().expiry - timezone.now() <= timedelta(days=90)


def test_a_token_never_expires_only_by_choice(client, alice):
    form = client.get(TOKENS).context["form"]
    assert (form["days"].value(), bool(form["is_lasting"].value())) == (90, False)
    client.post(TOKENS, {"name": "laptop", "days": "90", "is_lasting": "on"})
    assert ApiToken.objects.get().expiry is None


def test_a_token_is_shown_once_and_stored_nowhere_as_text(client, alice):
    answer = client.post(TOKENS, {"name": "laptop"})
    text = _token_text(answer)
    assert "no-store" in answer["Cache-Control"]
    assert text not in str(dict(client.session.items()))
    assert text not in client.get(TOKENS).content.decode()
    assert not any(text in str(value) for value in ApiToken.objects.values_list().get())


def test_a_token_can_expire_after_days(client, alice):
    client.post(TOKENS, {"name": "laptop", "days": "30"})
    left = ApiToken.objects.get().expiry - timezone.now()
    assert timedelta(days=29, hours=23) < left <= timedelta(days=30)


@pytest.mark.parametrize(
    "given",
    [{"name": ""}, {"name": "x" * 101}, {"name": "x", "days": "0"}, {"name": "x", "days": "-1"}]
    + [{"name": "x", "days": days} for days in ("3651", "soon", "9" * 400)],
)
def test_an_invalid_form_creates_no_token(client, alice, given):
    answer = client.post(TOKENS, given)
    assert answer.status_code == 200
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_a_form_sent_twice_creates_one_token(client, alice):
    assert client.post(TOKENS, {"name": "laptop"}).status_code == 201
    answer = client.post(TOKENS, {"name": "Laptop"})
    assert answer.status_code == 200
    assert "already have a token with this name" in answer.content.decode()
    assert ApiToken.objects.count() == 1


def test_two_users_can_use_the_same_token_name(client, alice):
    create_token(make_user("bob"), "laptop")
    assert client.post(TOKENS, {"name": "laptop"}).status_code == 201


def test_the_number_of_tokens_is_limited(client, alice, settings):
    settings.TOKENS_LIMIT = 2
    create_token(make_user("bob"), "not hers")
    for name in ("one", "two"):
        assert client.post(TOKENS, {"name": name}).status_code == 201
    answer = client.post(TOKENS, {"name": "three"})
    assert answer.status_code == 200
    assert "the maximum number of tokens" in answer.content.decode()
    with pytest.raises(TooManyTokens):
        create_token(alice, "three")
    assert ApiToken.objects.filter(user=alice).count() == 2


def wait_until_blocked(number):
    """Wait until `number` other sessions of this database wait for a lock."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    deadline = time.monotonic() + 20
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # otherwise a transaction keeps its first snapshot
            cursor.execute(waiting)
            if cursor.fetchone()[0] >= number:
                return
            time.sleep(0.02)
    pytest.fail("no session waits for the lock")


@pytest.mark.django_db(transaction=True)
def test_a_form_sent_four_times_at_once_creates_one_token():
    alice = make_user()

    clients = [Client() for _ in range(4)]
    for client in clients:
        client.force_login(alice)

    def post(client):
        try:
            return client.post(TOKENS, {"name": "laptop"}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        with transaction.atomic():
            User.objects.select_for_update().get()
            answers = [pool.submit(post, client) for client in clients]
            wait_until_blocked(4)
        assert sorted(answer.result() for answer in answers) == [200, 200, 200, 201]
    assert ApiToken.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_limit_holds_for_tokens_created_concurrently(settings):
    settings.TOKENS_LIMIT = 3
    alice = make_user()

    def make(number):
        try:
            return bool(create_token(alice, f"token {number}"))
        except TooManyTokens:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(make, range(8))) == 3
    assert ApiToken.objects.count() == 3


def test_revoking_asks_for_confirmation_and_takes_effect_at_once(client, alice):
    text = create_token(alice, "laptop")
    revoke = f"{TOKENS}{ApiToken.objects.get().token_key}/revoke/"
    assert "laptop" in client.get(revoke).content.decode()
    assert _works(text)
    assert client.post(revoke).url == TOKENS
    assert not _works(text)
    assert "revoked." in client.get(TOKENS).content.decode()


def test_another_users_token_can_be_neither_seen_nor_revoked(client, alice):
    text = create_token(make_user("bob"), "laptop")
    revoke = f"{TOKENS}{ApiToken.objects.get().token_key}/revoke/"
    assert client.get(revoke).status_code == 404
    assert client.post(revoke).status_code == 404
    assert _works(text)


def test_creating_and_revoking_a_token_is_audited(client, alice):
    client.post(TOKENS, {"name": "laptop"})
    key = ApiToken.objects.get().token_key
    client.post(f"{TOKENS}{key}/revoke/")
    assert [(line.actor, line.event.action, line.target) for line in named_events()] == [
        ("alice", "token.created", key),
        ("alice", "token.revoked", key),
    ]
