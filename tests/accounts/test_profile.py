"""The profile page and one's API tokens: made, shown once, revoked by their owner alone."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiToken, AuditEvent, User
from accounts.tokens import TooManyTokens, create_token
from predictions.models import Submission
from tests.factories import make_user

pytestmark = pytest.mark.django_db
PROFILE, TOKENS = "/accounts/profile/", "/accounts/tokens/"


@pytest.fixture
def alice(client):
    alice = make_user()
    client.force_login(alice)
    return alice


def _shown(answer):
    return answer.context["text"]


def _opens_the_api(text):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {text}")
    return client.get("/api/v1/submissions/00000000-0000-0000-0000-000000000000/").status_code == 404


def test_a_stranger_to_the_site_is_asked_to_log_in(client):
    for answer in (client.get(PROFILE), client.post(TOKENS, {"name": "x"})):
        assert answer.status_code == 302
        assert answer.url.startswith("/accounts/login/")


def test_a_token_asked_for_after_the_session_ended_is_said_not_to_be_made(client, alice):
    assert client.get(TOKENS).url == PROFILE
    client.logout()
    next_url = parse_qs(urlsplit(client.post(TOKENS, {"name": "laptop"}).url).query)["next"][0]
    client.force_login(alice)
    answer = client.get(next_url, follow=True)
    assert answer.redirect_chain == [(PROFILE, 302)]
    assert "You were no longer logged in, so this was not done." in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_a_made_token_opens_the_api(client, alice):
    answer = client.post(TOKENS, {"name": "laptop"})
    assert answer.status_code == 201
    assert _shown(answer) in answer.content.decode()
    assert _opens_the_api(_shown(answer))
    row = ApiToken.objects.get()
    assert (row.user, row.name, row.expiry) == (alice, "laptop", None)


def test_a_token_is_shown_once_and_kept_nowhere_in_clear(client, alice):
    answer = client.post(TOKENS, {"name": "laptop"})
    text = _shown(answer)
    assert "no-store" in answer["Cache-Control"]
    assert text not in str(dict(client.session.items()))
    assert text not in client.get(PROFILE).content.decode()
    assert not any(text in str(value) for value in ApiToken.objects.values_list().get())


def test_a_token_may_be_given_days_to_live(client, alice):
    client.post(TOKENS, {"name": "laptop", "days": "30"})
    left = ApiToken.objects.get().expiry - timezone.now()
    assert timedelta(days=29, hours=23) < left <= timedelta(days=30)


@pytest.mark.parametrize(
    "given",
    [{"name": ""}, {"name": "x" * 101}, {"name": "x", "days": "0"}, {"name": "x", "days": "-1"}]
    + [{"name": "x", "days": days} for days in ("3651", "soon", "9" * 400)],
)
def test_a_form_that_makes_no_sense_makes_no_token(client, alice, given):
    answer = client.post(TOKENS, given)
    assert answer.status_code == 200
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_a_page_sent_again_makes_no_second_token(client, alice):
    assert client.post(TOKENS, {"name": "laptop"}).status_code == 201
    answer = client.post(TOKENS, {"name": "Laptop"})
    assert answer.status_code == 200
    assert "a token of this name already" in answer.content.decode()
    assert ApiToken.objects.count() == 1


def test_two_people_may_use_one_name_for_their_tokens(client, alice):
    create_token(make_user("bob"), "laptop")
    assert client.post(TOKENS, {"name": "laptop"}).status_code == 201


def test_nobody_has_more_tokens_than_the_limit(client, alice, settings):
    settings.TOKENS_LIMIT = 2
    create_token(make_user("bob"), "not hers")
    for name in ("one", "two"):
        assert client.post(TOKENS, {"name": name}).status_code == 201
    answer = client.post(TOKENS, {"name": "three"})
    assert answer.status_code == 200
    assert "as many tokens as one person may have" in answer.content.decode()
    with pytest.raises(TooManyTokens):
        create_token(alice, "three")
    assert ApiToken.objects.filter(user=alice).count() == 2


def _wait_until_blocked(number):
    """Wait until so many other sessions of this database stand before a lock."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    deadline = time.monotonic() + 20
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # or a transaction sees what it saw before
            cursor.execute(waiting)
            if cursor.fetchone()[0] >= number:
                return
            time.sleep(0.02)
    pytest.fail("they never came to the lock")


@pytest.mark.django_db(transaction=True)
def test_a_page_sent_four_times_at_once_makes_one_token():
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
            _wait_until_blocked(4)
        assert sorted(answer.result() for answer in answers) == [200, 200, 200, 201]
    assert ApiToken.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_limit_holds_for_tokens_that_are_made_at_once(settings):
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


def test_the_profile_lists_ones_own_tokens_alone(client, alice):
    create_token(alice, "laptop")
    create_token(make_user("bob"), "a secret machine")
    page = client.get(PROFILE).content.decode()
    assert "laptop" in page
    assert "a secret machine" not in page


def test_the_profile_costs_the_same_for_one_token_and_for_twenty(client, alice, django_assert_num_queries):
    create_token(alice, "first")
    queries = 4  # the session, the user, the tokens, an address that waits
    with django_assert_num_queries(queries):
        client.get(PROFILE)
    for number in range(19):
        create_token(alice, f"token {number}")
    with django_assert_num_queries(queries):
        client.get(PROFILE)


def test_revoking_asks_first_and_then_ends_the_token_at_once(client, alice):
    text = create_token(alice, "laptop")
    revoke = f"{TOKENS}{ApiToken.objects.get().token_key}/revoke/"
    assert "laptop" in client.get(revoke).content.decode()
    assert _opens_the_api(text)
    assert client.post(revoke).url == PROFILE
    assert not _opens_the_api(text)
    assert "is revoked" in client.get(PROFILE).content.decode()


def test_a_strangers_token_can_neither_be_seen_nor_revoked(client, alice):
    text = create_token(make_user("bob"), "laptop")
    revoke = f"{TOKENS}{ApiToken.objects.get().token_key}/revoke/"
    assert client.get(revoke).status_code == 404
    assert client.post(revoke).status_code == 404
    assert _opens_the_api(text)


def test_tokens_leave_lines_in_the_audit_log(client, alice):
    client.post(TOKENS, {"name": "laptop"})
    key = ApiToken.objects.get().token_key
    client.post(f"{TOKENS}{key}/revoke/")
    lines = AuditEvent.objects.order_by("pk").values_list("actor_name", "action", "target")
    assert list(lines) == [("alice", "token.created", key), ("alice", "token.revoked", key)]


def test_the_profile_tells_an_address_that_waits_from_one_that_holds(client, alice):
    assert "none, so a forgotten password" in client.get(PROFILE).content.decode()
    alice.email = "old@example.org"
    alice.save()
    alice.emailaddress_set.create(email="old@example.org", verified=True, primary=True)
    assert "not confirmed yet" not in client.get(PROFILE).content.decode()
    alice.emailaddress_set.create(email="new@example.org")
    page = " ".join(client.get(PROFILE).content.decode().split())
    assert "old@example.org new@example.org <span" in page
    assert page.count("not confirmed yet") == 1


def test_the_name_in_the_navigation_leads_to_the_profile(client, alice):
    assert f'href="{PROFILE}"' in client.get("/history/").content.decode()


@pytest.mark.parametrize(
    ("path", "queries"), [("email/", 8), ("password/change/", 4), ("logout/", 2), ("reauthenticate/", 2)]
)
def test_the_pages_of_an_account_cost_the_same_however_much_one_drew(
    client, alice, path, queries, django_assert_num_queries
):
    client.get(f"/accounts/{path}")
    for count in (10, 1_000):
        Submission.objects.bulk_create([Submission(owner=alice) for _ in range(count)])
        with django_assert_num_queries(queries):
            client.get(f"/accounts/{path}")
