"""The profile page, and what account pages cost."""

import pytest

from accounts.models import AuditEvent
from accounts.tokens import create_token
from predictions.models import Submission
from tests.factories import make_user

pytestmark = pytest.mark.django_db
PROFILE, TOKENS = "/accounts/profile/", "/accounts/tokens/"


@pytest.fixture
def alice(client):
    alice = make_user()
    client.force_login(alice)
    return alice


def test_the_page_of_tokens_lists_only_the_users_own(client, alice):
    create_token(alice, "laptop")
    create_token(make_user("bob"), "a secret machine")
    page = client.get(TOKENS).content.decode()
    assert "laptop" in page
    assert "a secret machine" not in page


def test_the_page_of_tokens_costs_the_same_queries_for_any_number_of_tokens(client, alice, django_assert_num_queries):
    create_token(alice, "first")
    queries = 3  # the session, the user, the tokens
    with django_assert_num_queries(queries):
        client.get(TOKENS)
    for number in range(19):
        create_token(alice, f"token {number}")
    with django_assert_num_queries(queries):
        client.get(TOKENS)


def test_the_profile_shows_which_addresses_are_not_confirmed(client, alice):
    assert "none; you need one to reset" in client.get(PROFILE).content.decode()
    alice.email = "old@example.org"
    alice.save()
    alice.emailaddress_set.create(email="old@example.org", verified=True, primary=True)
    assert "not confirmed yet" not in client.get(PROFILE).content.decode()
    alice.emailaddress_set.create(email="new@example.org")
    page = " ".join(client.get(PROFILE).content.decode().split())
    assert "old@example.org new@example.org <span" in page
    assert page.count("not confirmed yet") == 1


def test_a_user_chooses_whether_drawings_are_read_live(client, alice):
    client.post("/accounts/preferences/", {})
    alice.refresh_from_db()
    assert not alice.reads_live
    answer = client.post("/accounts/preferences/", {"reads_live": "on"}, follow=True)
    alice.refresh_from_db()
    assert alice.reads_live
    assert "Your preferences were saved." in answer.content.decode()


def test_a_user_chooses_whether_new_drawings_may_train_models(client, alice):
    assert not alice.may_train
    for said in ({"may_train": "on"}, {"may_train": "on"}, {}):
        client.post("/accounts/data/training/", said)
        alice.refresh_from_db()
        assert alice.may_train == bool(said)
    events = AuditEvent.objects.filter(action="user.may_train", actor=alice).order_by("pk")
    assert [event.details for event in events] == [{"may_train": True}, {"may_train": False}]


def test_the_name_in_the_navigation_links_to_the_profile(client, alice):
    assert f'href="{PROFILE}"' in client.get("/history/").content.decode()


@pytest.mark.parametrize(
    ("path", "queries"), [("email/", 8), ("password/change/", 5), ("logout/", 2), ("reauthenticate/", 4)]
)
def test_account_pages_cost_the_same_queries_for_any_number_of_drawings(
    client, alice, path, queries, django_assert_num_queries
):
    alice.set_password("draws digits well")  # who has none is not asked for one
    alice.save()
    client.force_login(alice)
    client.get(f"/accounts/{path}")
    for count in (10, 1_000):
        Submission.objects.bulk_create([Submission(owner=alice) for _ in range(count)])
        with django_assert_num_queries(queries):
            client.get(f"/accounts/{path}")
