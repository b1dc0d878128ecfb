"""Query parameters and paths of the pages: nonsense is reported or ignored, never a 5xx response."""

import pytest
from django.urls import reverse

from tests.factories import make_submission, make_user

pytestmark = pytest.mark.django_db
PARAMETERS = ["digit", "verdict", "status", "since", "until", "corrected", "zone", "before", "deleted", "other"]
NONSENSE = ["\0", "9999999-01-01", "99999-12-31", "-1", "0000-00-00", b"\xed\xa0\x80", "7" * 5000]
PATHS = ["/history/%00/", "/history/%00/retry/", "/%00", "/model/?x=%00", "/?x=%00", "/history/?%00=%00"]


@pytest.fixture
def alice(client):
    alice = make_user("alice")
    client.force_login(alice)
    return alice


@pytest.mark.parametrize("name", PARAMETERS)
def test_nonsense_in_a_parameter_of_the_history_is_not_a_server_error(client, alice, name):
    make_submission(alice)
    for value in NONSENSE:
        assert client.get(reverse("history"), {name: value}).status_code in {200, 400, 404}, value


def test_a_nul_in_an_address_is_not_a_server_error(client, alice):
    for path in PATHS:
        assert client.get(path).status_code in {200, 400, 404}, path
        assert client.post(path).status_code in {400, 404, 405}, path


def test_a_nul_in_a_form_is_not_a_server_error(client, alice):
    row = make_submission(alice)
    for name in ("review", "retry", "explain", "read-again", "delete", "restore"):
        answer = client.post(
            f"{reverse(name, args=[row.id])}?since=%00&zone=%00",
            {"answer": "wrong", "text": "\0", "model": "\0", "reading": "\0"},
        )
        assert answer.status_code in {302, 400, 404}, name
