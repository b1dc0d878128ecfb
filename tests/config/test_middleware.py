"""No address, form field or cookie with a NUL reaches the database, which refuses it with an error."""

from urllib.parse import urlencode

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def superuser(client):
    client.force_login(make_user("root", is_staff=True, is_superuser=True))
    client.raise_request_exception = False


def _paths(patterns=None, prefix="/"):
    """Return an address for every route of the site, each of its arguments a NUL."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern).lstrip("^").replace("\\Z", "").replace("$", "")
        if isinstance(pattern, URLResolver):
            yield from _paths(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield "".join("%00" + part.partition(">")[2] if ">" in part else part for part in route.split("<"))


def test_every_address_with_a_nul_is_a_client_error(client, superuser):
    paths = sorted(set(_paths()))
    assert len(paths) > 50
    for path in paths:
        for url in (path, f"{path}?q=%00&page=%00&next=%00&filter=%00"):
            answer = client.get(url)
            if "%00" in url:
                assert 400 <= answer.status_code < 500, (url, answer.status_code)


@pytest.mark.parametrize(
    "path",
    ["/accounts/tokens/%00/revoke/", "/static/%00", "/static/css/%00.css", "/%00", "/admin/%00/", "/favicon.ico%00"],
)
def test_a_nul_in_a_path_is_400_for_strangers_too(client, path):
    answer = client.get(path)
    assert answer.status_code in {400, 404}
    assert "html" in answer["Content-Type"]


@pytest.mark.parametrize(
    "path", ["submissions/%00/", "submissions/?cursor=%00", "submissions/?text=7%00", "submissions/?cursor=a&x%00=1"]
)
def test_a_nul_in_an_api_url_is_a_json_error(client, path):
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid"


def test_an_escaped_percent_sign_is_not_a_nul(client):
    assert client.get("/accounts/login/?next=%2500").status_code == 200


ACCOUNT_FORMS = {
    "login/": ("login", "password", "next"),
    "signup/": ("username", "email", "password1", "password2"),
    "password/reset/": ("email",),
    "password/change/": ("oldpassword", "password1", "password2"),
    "email/": ("email", "action_add", "action_send", "action_remove"),
    "reauthenticate/": ("password", "next"),
    "tokens/": ("name", "days"),
    "language/": ("language", "next"),
}


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", None])
@pytest.mark.parametrize("path", ACCOUNT_FORMS)
def test_a_nul_in_any_field_of_an_account_form_is_refused(client, superuser, path, content_type):
    if path in {"login/", "signup/"}:
        client.logout()
    for name in ACCOUNT_FORMS[path]:
        given = {field: "x" for field in ACCOUNT_FORMS[path] if not field.startswith("action_")} | {name: "a\0b"}
        if content_type:
            answer = client.post(f"/accounts/{path}", urlencode(given), content_type=content_type)
        else:
            answer = client.post(f"/accounts/{path}", given)
        assert answer.status_code == 400, (name, answer.status_code)


def test_a_nul_in_an_action_of_the_admin_is_refused(client, superuser):
    given = {"action": "delete_selected", "_selected_action": "\0"}
    assert client.post("/admin/accounts/user/", given).status_code == 400


@pytest.mark.parametrize("name", ["sessionid", "django_language", "csrftoken", "messages"])
def test_a_cookie_with_a_nul_counts_as_missing(client, name):
    client.raise_request_exception = False
    client.cookies[name] = "\0" * 32
    assert client.get("/accounts/login/").status_code == 200
