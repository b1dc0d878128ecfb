"""Tokens do what their scopes allow, and a missing scope says nothing of what exists."""

import uuid

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from rest_framework.response import Response
from rest_framework.test import APIClient, APIRequestFactory
from rest_framework.views import APIView

from accounts.models import Access, ApiToken, AuditEvent
from accounts.scopes import Scope, find_missing
from accounts.tokens import create_token
from tests.factories import SEVEN, URL, make_reviewer, make_submission, make_user

pytestmark = pytest.mark.django_db
TOKENS = "/accounts/tokens/"


def _client(user, access):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {create_token(user, access, access=access)}")
    return client


def test_a_token_that_may_only_read_reads():
    alice = make_user()
    client, row = _client(alice, Access.READ), make_submission(alice)
    for method in (client.get, client.head):
        assert method(URL).status_code == 200
        assert method(f"{URL}{row.id}/").status_code == 200
    assert client.get("/api/v1/queue/").status_code == 200


@pytest.mark.parametrize("access", [Access.WRITE, Access.REVIEW])
def test_other_tokens_write(access):
    alice = make_user()
    client, row = _client(alice, access), make_submission(alice)
    assert client.post(URL, SEVEN, format="json").status_code == 202
    assert client.post(f"{URL}{row.id}/cancel/").status_code == 200
    assert client.delete(f"{URL}{row.id}/").status_code == 204


def test_a_missing_scope_is_403_and_named_for_ids_of_others_too():
    alice = make_user()
    client = _client(alice, Access.READ)
    rows = [make_submission(alice), make_submission(make_user("bob"))]
    answers = [client.post(URL, SEVEN, format="json"), client.post(f"{URL}batch/", [SEVEN], format="json")]
    for id_ in [*(row.id for row in rows), uuid.uuid4()]:
        one = f"{URL}{id_}/"
        answers += [client.put(one, SEVEN, format="json"), client.delete(one)]
        answers += [client.post(f"{one}{act}/") for act in ("cancel", "retry", "review", "explanation", "read-again")]
    for answer in answers:
        assert answer.status_code == 403
        assert answer.json() == {
            "error": {
                "code": "insufficient_scope",
                "message": 'This token lacks the scope "write". '
                "Use a token that has it, or create one in your profile.",
            }
        }
    for row in rows:
        row.refresh_from_db()
        assert (row.status, row.deleted_at) == ("queued", None)


def test_scopes_cost_no_query(django_assert_num_queries):
    alice = make_user()
    client = _client(alice, Access.READ)
    client.get("/api/v1/submissions/00000000-0000-0000-0000-000000000000/")
    with django_assert_num_queries(0):
        assert client.post(URL, SEVEN, format="json").status_code == 403


def test_a_session_has_no_scopes(client):
    client.force_login(make_user())
    assert client.post(URL, SEVEN, content_type="application/json").status_code == 202


class OthersView(APIView):
    """A view of what belongs to others, as the API may get."""

    is_review = True

    def get(self, request):
        return Response("seen")


@pytest.mark.parametrize(
    ("make", "access", "expected"),
    [
        (make_user, Access.WRITE, "insufficient_scope"),
        (make_user, Access.REVIEW, "permission_denied"),  # the role was taken away
        (make_reviewer, Access.WRITE, "insufficient_scope"),
        (make_reviewer, Access.REVIEW, None),
        (make_user, None, "permission_denied"),
        (make_reviewer, None, None),
    ],
)
def test_what_belongs_to_others_needs_the_scope_and_the_role(make, access, expected):
    user = make()
    request = APIRequestFactory().get("/")
    if access:
        request.META["HTTP_AUTHORIZATION"] = f"Token {create_token(user, access=access)}"
    else:
        request.user = user
    answer = OthersView.as_view()(request)
    assert (answer.status_code, answer.data) == (200, "seen") if expected is None else answer.status_code == 403
    assert expected is None or answer.data["error"]["code"] == expected


def test_the_rule_takes_a_method_and_a_token():
    token = ApiToken(scopes=Access.WRITE)
    assert find_missing(None, "DELETE", is_review=True) is None
    assert find_missing(token, "PATCH") is None
    assert find_missing(token, "GET", is_review=True) is Scope.REVIEW
    assert find_missing(ApiToken(scopes=Access.READ), "PATCH") is Scope.WRITE
    assert find_missing(ApiToken(scopes=""), "GET") is Scope.READ


def _choices(client):
    return [value for value, _ in client.get("/accounts/tokens/").context["form"].fields["access"].choices]


def test_only_reviewers_are_offered_to_review(client):
    client.force_login(make_user())
    assert _choices(client) == ["read", "read write"]
    assert client.post(TOKENS, {"name": "x", "access": "read write review"}).status_code == 200
    assert not ApiToken.objects.exists()
    client.force_login(make_reviewer())
    assert _choices(client) == Access.values
    assert client.post(TOKENS, {"name": "x", "access": "read write review"}).status_code == 201
    assert ApiToken.objects.get().scopes == Access.REVIEW


@pytest.mark.parametrize("access", ["write", "admin", "read  write", "read write review review"])
def test_other_scopes_are_refused(client, access):
    client.force_login(make_reviewer())
    assert client.post(TOKENS, {"name": "x", "access": access}).status_code == 200
    assert not ApiToken.objects.exists()


def test_the_profile_shows_what_a_token_may(client):
    client.force_login(make_user())
    client.post(TOKENS, {"name": "fetcher", "access": "read"})
    assert ApiToken.objects.get().scopes == "read"
    assert "read only" in client.get("/accounts/tokens/").content.decode()
    assert AuditEvent.objects.get(action="token.created").details["scopes"] == "read"


def test_the_form_of_an_older_page_gives_what_tokens_had(client):
    client.force_login(make_user())
    client.post(TOKENS, {"name": "laptop"})
    assert ApiToken.objects.get().scopes == "read write"


def test_tokens_that_exist_and_those_of_older_code_read_and_write():
    alice = make_user()
    columns = "digest, token_key, user_id, created, name"
    with connection.cursor() as cursor:  # an INSERT that knows no scopes
        cursor.execute(
            f"INSERT INTO accounts_apitoken ({columns}) VALUES ('d', 'ink_d', %s, now(), 'old')",  # noqa: S608
            [alice.pk],
        )
    token = ApiToken.objects.get()
    assert (token.scopes, token.expiry) == ("read write", None)


def test_the_command_line_creates_tokens_with_scopes(capsys):
    make_user()
    call_command("create_token", "alice")
    call_command("create_token", "alice", "--access", "read")
    assert sorted(ApiToken.objects.values_list("scopes", flat=True)) == ["read", "read write"]
    text = capsys.readouterr().out.split()[-1]
    answer = Client().post(URL, SEVEN, content_type="application/json", headers={"Authorization": f"Token {text}"})
    assert answer.status_code == 403
