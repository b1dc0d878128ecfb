"""A site behind its proxy, with https: nginx itself, gunicorn and a self-made certificate.

Long, because a site of its own is started, and not every machine has nginx.
"""

import socket
import ssl
from urllib.parse import urlsplit

import pytest
import requests

from tests.browser.admin_site import SUPERUSER
from tests.security.observatory import score_page
from tests.security.proxy import is_installed, open_proxy
from tests.security.response_headers import find_faults
from tests.site import PASSWORDS, free_port, open_site

pytestmark = [pytest.mark.long, pytest.mark.skipif(not is_installed(), reason="nginx is not installed here")]
PAGES = {"landing": "/", "history": "/history/", "log-in": "/accounts/login/", "admin": "/admin/", "docs": "/api/docs/"}


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    """Start a site that is public at the proxy's https address, and the proxy in front of it."""
    port, folder = free_port(), tmp_path_factory.mktemp("proxy")
    public = {"PUBLIC_URL": f"https://localhost:{port}", "TRUSTED_PROXY_COUNT": "1", "UPLOAD_LIMIT_BYTES": "100000"}
    with (
        open_site(**public) as site,
        open_proxy(folder, urlsplit(site.url).port, port, UPLOAD_LIMIT_BYTES="100000") as proxy,
    ):
        yield proxy


def _ask(proxy, method, path, **options):
    options = {"verify": str(proxy.certificate), "allow_redirects": False} | options
    return requests.request(method, proxy.https + path, timeout=30, **options)


def _faults(response):
    headers = {name.lower(): value for name, value in response.headers.items()}
    repeated = {name for name in response.raw.headers if len(response.raw.headers.getlist(name)) > 1}
    wrong = find_faults(response.status_code, headers, response.raw.headers.getlist("Set-Cookie"))
    return wrong + [f"{name} twice" for name in repeated - {"Set-Cookie"}]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/history/", 302),
        ("GET", "/nothing/", 404),
        ("GET", "/api/v1/submissions/", 401),
        ("GET", "/health/live", 200),
        ("GET", "/static/js/draw.js", 200),
        ("GET", "/service-worker.js", 200),
    ],
)
def test_what_the_site_says_comes_through_once(proxy, method, path, status):
    response = _ask(proxy, method, path)
    assert (response.status_code, _faults(response)) == (status, [])


@pytest.mark.parametrize("path", ["/accounts/login/", "/api/v1/submissions/", "/sheets/new/"])
def test_a_body_that_is_too_long_is_refused_by_the_proxy(proxy, path):
    response = _ask(proxy, "POST", path, data=b"x" * 300_000)
    assert (response.status_code, _faults(response)) == (413, [])


@pytest.mark.parametrize(
    "request_line", [b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", b"NONSENSE\r\n\r\n", b"GET /%s HTTP/1.1\r\n\r\n"]
)
def test_what_is_no_request_is_refused_by_the_proxy(proxy, request_line):
    line = request_line.replace(b"%s", b"x" * 9_000)
    context = ssl.create_default_context(cafile=str(proxy.certificate))
    port = urlsplit(proxy.https).port
    with (
        socket.create_connection(("localhost", port), 10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as tls,
    ):
        tls.sendall(line)
        head = b"".join(iter(lambda: tls.recv(65_536), b"")).decode().partition("\r\n\r\n")[0]
    status, *lines = head.split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    assert status.split()[1] in {"400", "414"} and find_faults(400, headers) == [], head


def test_the_redirect_to_https_is_the_proxys_and_says_all_but_hsts(proxy):
    response = requests.get(f"{proxy.http}/history/", timeout=30, allow_redirects=False)
    assert (response.status_code, response.headers["Location"]) == (301, f"{proxy.https}/history/")
    assert _faults(response) == ["no HSTS"]


def _session(proxy):
    session = requests.Session()
    session.trust_env = False  # or a variable would name other certificates
    session.verify = str(proxy.certificate)
    return session


def test_every_page_scores_a_plus_by_the_table_of_mozilla(proxy):
    session = _session(proxy)
    points = {"landing": _score(proxy, session, "landing"), "log-in": _score(proxy, session, "log-in")}
    form = session.get(proxy.https + "/accounts/login/", timeout=30)
    given = {
        "login": SUPERUSER,
        "password": PASSWORDS[SUPERUSER],
        "csrfmiddlewaretoken": session.cookies["__Host-csrftoken"],
    }
    done = session.post(form.url, given, headers={"Referer": form.url}, timeout=30, allow_redirects=False)
    assert done.status_code == 302
    assert not _cookie_faults(done)
    points |= {name: _score(proxy, session, name) for name in ("history", "admin", "docs")}
    assert {grade for grade, _ in points.values()} == {"A+"}, points


def _score(proxy, session, name):
    score = score_page(session, proxy.http + PAGES[name], proxy.https + PAGES[name])
    print(
        f"{name}: {score.grade} {score.points}: "
        + ", ".join(f"{result.name} {result.points:+}" for result in score.results)
    )
    return score.grade, score.points


def _cookie_faults(response):
    return [fault for fault in _faults(response) if "cookie" in fault]


def test_an_address_that_asks_too_often_is_told_so(proxy):
    session = _session(proxy)
    for _ in range(200):
        response = session.get(proxy.https + "/accounts/login/", timeout=30)
        if response.status_code == 429:
            break
    assert (response.status_code, _faults(response)) == (429, [])


@pytest.mark.parametrize("path", ["/", "/api/v1/submissions/"])
def test_a_service_that_is_away_is_said_to_be_by_the_proxy(tmp_path, path):
    with open_proxy(tmp_path, free_port(), free_port(), HSTS_SUBDOMAINS="yes", HSTS_PRELOAD="1") as proxy:
        response = _ask(proxy, "GET", path)
    assert (response.status_code, _faults(response)) == (503, [])
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert response.headers["Cache-Control"] == "no-store" and response.headers["Retry-After"]
