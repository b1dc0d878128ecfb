"""Every response tells browsers what they may do with it, whatever answers: each URL, and each kind of error."""

import re
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest
from django.conf import settings as django_settings
from django.db import DatabaseError
from django.test import Client, override_settings
from django.test.client import ClientHandler
from django.urls import reverse

from accounts.tokens import create_token
from config.headers import FIXED
from tests.factories import SEVEN, make_user
from tests.security.https import https_settings
from tests.security.response_headers import find_faults
from tests.walk.access import RULE_BY_ROUTE
from tests.walk.ids import make_ids
from tests.walk.people import make_people
from tests.walk.requests import path_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    """Make the people of the walk, with the names that cookies have over https."""
    made = make_people()
    return {
        name: replace(person, cookies={f"__Host-{cookie}": value for cookie, value in person.cookies.items()})
        for name, person in made.items()
    }


@pytest.fixture
def secure():
    """Let this process serve a site with https."""
    with override_settings(**https_settings(), RATE_LIMIT_PER_S=10**6, SIGN_UPS_PER_MINUTE=10**6):
        yield


def _client(*, checks_csrf=False):
    client = Client(enforce_csrf_checks=checks_csrf, raise_request_exception=False)
    client.handler = ClientHandler(enforce_csrf_checks=checks_csrf)  # with the settings of now
    client.handler.load_middleware()
    return client


def _faults(response, path=""):
    headers = {name.lower(): value for name, value in response.items()}
    cookies = [cookie.OutputString() for cookie in response.cookies.values()]
    for close in response._resource_closers:  # of a file; `close` would end the test's connection, too
        close()
    return find_faults(response.status_code, headers, cookies, path=path)


def test_every_url_says_them_to_everybody(people, secure):
    ids, handler = make_ids(people), _client().handler
    wrong, kinds, cookies = [], set(), set()
    for route, rule in RULE_BY_ROUTE.items():
        for name in _walkers(route):
            own = ids[rule.kind].own.get(name, [ids[rule.kind].missing])[0] if rule.kind else ""
            path = path_of(route, rule, own)
            for method in ("GET",) if name == "nobody" else ("GET", "POST"):
                client = people[name].client()
                client.handler = handler
                response = getattr(client, method.lower())(path, secure=True)
                kinds.add((response.status_code, response.get("Content-Type", "").partition(";")[0]))
                cookies |= set(response.cookies)
                wrong += [(method, path, name, fault) for fault in _faults(response, path)]
                if _is_private_page(response, name) and "no-store" not in response.get("Cache-Control", ""):
                    wrong.append((method, path, name, "may be stored"))
    assert wrong == [], {fault for *_, fault in wrong}
    statuses = {status for status, _ in kinds}
    assert {200, 302, 400, 401, 403, 404, 405} <= statuses, kinds
    assert {"text/html", "application/json", "image/png", "image/webp", "text/javascript"} <= {
        kind for _, kind in kinds
    }
    names = (django_settings.CSRF_COOKIE_NAME, django_settings.MESSAGES_COOKIE_NAME)
    assert cookies >= set(names), cookies


def _walkers(route):
    """Return who goes there: a stranger, and somebody who is let in."""
    return "nobody", "root" if route.startswith("admin/") else "alice writes" if route.startswith("api/") else "alice"


def _is_private_page(response, name):
    """Return whether a browser must not store it. The offline page is the same for everybody, and says so."""
    is_page = response.get("Content-Type", "").startswith("text/html") and response.status_code == 200
    return is_page and name in {"alice", "root"} and response.get("Cache-Control") != "no-cache"


def _broken(error):
    return mock.patch("predictions.pages.offline.render", side_effect=error)


def _http(client):
    return client.get("/model/")


def _wrong_host(client):
    return client.get("/model/", headers={"Host": "evil.example"}, secure=True)


def _no_csrf_token(client):
    return client.post("/accounts/login/", {"login": "alice"}, secure=True)


def _fails_with(error):
    def ask(client):
        with _broken(error):
            return client.get("/offline/", secure=True)

    return ask


def _throttled(client):
    with override_settings(SIGN_UPS_PER_MINUTE=1):
        for _ in range(4):
            answer = client.post("/accounts/signup/", {"username": "x"}, secure=True)
    return answer


def _get(path, **headers):
    return lambda client: client.get(path, secure=True, headers=headers)


@pytest.mark.parametrize(
    ("ask", "status", "checks_csrf"),
    [
        pytest.param(_wrong_host, 400, False, id="a host that is not ours"),
        pytest.param(_get("/%00"), 400, False, id="a NUL"),
        pytest.param(_no_csrf_token, 403, True, id="no CSRF token"),
        pytest.param(_get("/nothing/"), 404, False, id="no page"),
        pytest.param(_get("/api/v1/nothing/"), 404, False, id="no operation"),
        pytest.param(lambda client: client.put("/model/", secure=True), 405, False, id="no such method"),
        pytest.param(_fails_with(RuntimeError), 500, False, id="an error of ours"),
        pytest.param(_fails_with(DatabaseError), 503, False, id="no database"),
        pytest.param(_get("/history"), 301, False, id="no slash at the end"),
        pytest.param(_get("/favicon.ico"), 302, False, id="a redirect"),
        pytest.param(_get("/health/live"), 200, False, id="alive"),
        pytest.param(_get("/health/ready"), 503, False, id="not ready"),
        pytest.param(lambda client: client.post("/health/live", secure=True), 405, False, id="no health check"),
        pytest.param(_get("/static/js/draw.js"), 200, False, id="a script"),
        pytest.param(_get("/static/img/inkling.svg"), 200, False, id="an image"),
        pytest.param(_get("/static/nothing.js"), 404, False, id="no file"),
    ],
)
def test_each_kind_of_answer_says_them(secure, ask, status, checks_csrf):
    response = ask(_client(checks_csrf=checks_csrf))
    assert (response.status_code, _faults(response)) == (status, [])


def test_the_redirect_to_https_says_all_but_hsts(secure):
    response = _http(_client())
    assert (response.status_code, response["Location"]) == (301, "https://testserver/model/")
    assert _faults(response) == ["no HSTS"]  # browsers ignore it over http


def test_an_unchanged_file_keeps_its_policy(secure):
    client = _client()
    first = client.get("/static/js/draw.js", secure=True)
    again = client.get("/static/js/draw.js", secure=True, headers={"If-Modified-Since": first["Last-Modified"]})
    assert (again.status_code, _faults(first), _faults(again)) == (304, [], [])


def test_compressed_files_say_them(secure, tmp_path):
    (tmp_path / "worker.js").write_text("work();" * 100)
    (tmp_path / "worker.js.gz").write_bytes(b"\x1f\x8b")
    with override_settings(STATIC_ROOT=str(tmp_path), WHITENOISE_USE_FINDERS=False):
        response = _client().get("/static/worker.js", secure=True, headers={"Accept-Encoding": "gzip"})
    assert (response.status_code, response["Content-Encoding"], _faults(response)) == (200, "gzip", [])
    assert "connect-src 'self'" in response["Content-Security-Policy"]  # it is that of the worker that runs it


@pytest.mark.parametrize("body", [SEVEN, {"strokes": []}], ids=["taken", "refused"])
def test_the_fast_path_says_them(secure, body):
    headers = {"Authorization": f"Token {create_token(make_user(), 'laptop')}"}
    client = _client()
    response = client.post("/api/v1/submissions/", body, "application/json", secure=True, headers=headers)
    assert (response.status_code in {202, 400}, _faults(response)) == (True, [])
    if response.status_code == 202:
        shown = client.get(response["Location"], secure=True, headers=headers)
        assert (shown.status_code, _faults(shown)) == (200, [])


def test_too_many_requests_say_them(secure):
    response = _throttled(_client())
    assert (response.status_code, _faults(response)) == (429, [])


def test_the_choices_of_a_visitor_are_kept_in_cookies_of_this_host(secure):
    client = _client()
    client.force_login(make_user())
    language = client.post(reverse("set_language"), {"language": "de"}, secure=True)
    view = client.get("/history/?view=gallery", secure=True)
    assert {*language.cookies, *view.cookies} >= {"__Host-django_language", "__Host-history_view"}
    assert (_faults(language), _faults(view)) == ([], [])
    page = client.get("/history/", secure=True)
    assert page.context["view"] == "gallery" and 'lang="de"' in page.content.decode()
    assert 'data-cookie="__Host-inkling_theme"' in page.content.decode()


def test_without_https_nothing_asks_for_it(client):
    response = client.get("/model/")
    assert "upgrade-insecure-requests" not in response["Content-Security-Policy"]
    assert "Strict-Transport-Security" not in response and all(not name.startswith("__") for name in response.cookies)


def test_the_proxy_says_the_same_of_its_own_responses():
    folder = Path(django_settings.BASE_DIR, "docker/proxy")
    said = (folder / "own_responses.conf").read_text()
    assert f'"{FIXED["Permissions-Policy"]}"' in said
    servers = [folder / "http.conf", folder / "https.conf", folder / "site.conf"]
    for name, block in ((path.name, block) for path in servers for block in _blocks(path.read_text())):
        if re.search(r"^(server|location).*\{", block) and ("add_header" in block or block.startswith("server")):
            assert "include /etc/inkling/headers.conf;" in block, f"{name}: {block}"


def _blocks(conf):
    """Return the blocks of a file in nginx's language, each with its first line."""
    return re.findall(r"^(?:server|location)[^{]*\{.*?^\}", conf, re.MULTILINE | re.DOTALL)
