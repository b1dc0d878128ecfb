"""The WSGI application, called as a server calls it."""

import io
from urllib.parse import urlencode

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from accounts.tokens import create_token
from config.wsgi import application
from tests.factories import URL, make_user

pytestmark = pytest.mark.django_db
CHARSETS = ["hex", "rot13", "utf-16", "idna", "nonsense", "unicode_escape", "base64", "undefined"]


@pytest.fixture(autouse=True)
def keep_connection():
    """Keep the connection of the test's transaction, which the server would close around each request."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def _call(method, path, body=b"", **environ):
    """Return the status and the body that the application answers."""
    path, _, query = path.partition("?")
    environ = {
        "REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "8000", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http",
        "REMOTE_ADDR": "127.0.0.1", "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body), **environ,
    }  # fmt: skip
    statuses = []
    answer = application(environ, lambda status, headers: statuses.append(int(status.split()[0])))
    try:
        return statuses[0], b"".join(answer)
    finally:
        answer.close()


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("path", [f"{URL}?limit=1&text=ä", "/history/?digit=7", "/accounts/login/?next=/ä", "/no?x=1"])
def test_a_charset_that_cannot_decode_a_query_is_ignored(path, charset):
    with_charset = {"CONTENT_TYPE": f"application/json; charset={charset}"}
    status, _ = _call("GET", path, **with_charset)
    assert status == _call("GET", path)[0] < 500


@pytest.mark.parametrize("charset", CHARSETS)
def test_a_form_is_read_as_utf_8_whatever_charset_it_names(charset):
    form = urlencode({"login": "älice", "password": "x"}).encode()
    content_type = f"application/x-www-form-urlencoded; charset={charset}"
    environ = {"CONTENT_TYPE": content_type, "HTTP_COOKIE": f"csrftoken={'x' * 32}", "HTTP_X_CSRFTOKEN": "x" * 32}
    status, body = _call("POST", "/accounts/login/?next=/", form, **environ)
    assert status == 200
    assert 'value="älice"' in body.decode()


@pytest.mark.parametrize("charset", CHARSETS)
def test_a_body_sent_to_the_api_in_an_odd_charset_is_never_a_server_error(charset):
    token = {"HTTP_AUTHORIZATION": f"Token {create_token(make_user())}"}
    body = b'--x\r\nContent-Disposition: form-data; name="canvas"\r\n\r\n\xff7\r\n--x--\r\n'
    for content_type in ("application/json", "multipart/form-data; boundary=x", "image/png"):
        for url in (URL, f"{URL}?x=1", f"{URL}batch/"):
            status, _ = _call("POST", url, body, CONTENT_TYPE=f"{content_type}; charset={charset}", **token)
            assert 400 <= status < 500, (content_type, url)
