"""Real flows, failing ones too, with secrets planted in them: no log of any process and no key of Redis has one."""

import base64
import contextlib
import json
import re
import secrets
from urllib.parse import quote, unquote, urlsplit

import pytest
import redis
import requests

from config.logs.masks import mask
from tests.accounts.factors.people import code_of
from tests.site import PASSWORDS, free_port, open_site

MAKE_FACTOR = """
from accounts.models import User
from allauth.mfa.totp.internal.auth import TOTP
alice = User.objects.get(username="alice")
alice.email = "alice@example.org"
alice.save()
alice.emailaddress_set.create(email=alice.email, verified=True, primary=True)
TOTP.activate(User.objects.get(username="bob"), {secret!r})
"""
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXQ"
POINTS = [[61.1234567, 60.7654321], [200.2468135, 60.8642097], [120.9753124, 220.1357924]]
BROKEN_TABLES = ("predictions_drawing", "account_emailaddress", "django_session", "accounts_invitation")


@pytest.fixture(scope="module")
def planted():
    """Return the secrets of the settings, none of which is used by anything else."""
    return {name: secrets.token_urlsafe(24) for name in ("STATUS_TOKEN", "MAIL_PASSWORD", "OIDC_CLIENT_SECRET")}


class Visitor:
    """A browser that remembers what it was given and typed, which no log may have."""

    def __init__(self, site, told):
        self.site, self.told, self.session = site, told, requests.Session()

    def get(self, path, **options):
        answer = self.session.get(self.site.url + path, timeout=30, **options)
        self._remember()
        return answer

    def post(self, path, data=None, **options):
        self.get("/accounts/login/")
        fields = {"csrfmiddlewaretoken": self.session.cookies.get("csrftoken", "")} | (data or {})
        answer = self.session.post(
            self.site.url + path, fields, timeout=30, headers={"Referer": self.site.url}, **options
        )
        self._remember()
        return answer

    def _remember(self):
        for cookie in self.session.cookies:
            if cookie.name in {"sessionid", "csrftoken"}:
                self.told[f"{cookie.name} {len(self.told)}"] = cookie.value or ""


@pytest.mark.worker
@pytest.mark.long  # a site of its own, and Postgres is killed: 60 s
@pytest.mark.timeout(300)
def test_no_secret_password_token_or_drawing_is_in_a_log_or_in_redis(planted):
    given = planted | {"MAIL_HOST": "127.0.0.1", "MAIL_PORT": str(free_port()), "MAIL_USER": "inkling"}
    given |= {"OIDC_URL": f"http://127.0.0.1:{free_port()}", "OIDC_CLIENT_ID": "inkling", "LOG_LEVEL": "DEBUG"}
    with open_site(workers=1, change=lambda site: None, **given) as site:
        told = dict(planted)
        told["SECRET_KEY"] = site.env["SECRET_KEY"]
        told["database password"] = unquote(urlsplit(site.env["DATABASE_URL"]).password or "")
        told["Redis password"] = unquote(urlsplit(site.env["REDIS_URL"]).password or "")
        told |= {f"token of {name}": site.token(name) for name in PASSWORDS}
        told |= {f"password of {name}": password for name, password in PASSWORDS.items()}
        told["app secret"] = SECRET
        site.manage("shell", "--no-imports", "-c", MAKE_FACTOR.format(secret=SECRET))
        _visit(site, told)
        assert "reset path" in told, "no mail was written"
        known = Visitor(site, told)
        known.post("/accounts/login/", {"login": "carol", "password": PASSWORDS["carol"]})
        for table in BROKEN_TABLES:
            site.execute(f"ALTER TABLE {table} RENAME TO {table}_away")
            assert known.get("/history/").status_code in {200, 503}
            _visit(site, told)
            site.execute(f"ALTER TABLE {table}_away RENAME TO {table}")
        site.kill("postgres")
        _visit(site, told)
        site.wait_until(lambda: _is_up(site), 60)
        site.kill("redis")
        _visit(site, told)
        site.wait_until(lambda: bool(site.query("SELECT 1 FROM post_office_log LIMIT 1")), 60)
        logs = {path.name: path.read_bytes() for path in site.supervisor.logs.glob("*.log")}
        logs["Redis"] = _dump(site)
    assert {"web.log", "worker-1.log", "beat.log", "postgres.log", "redis.log"} <= set(logs)
    found = {
        f"{name} in {log}: {_around(text, form)}"
        for name, value in told.items()
        for form in _forms(value)
        for log, text in logs.items()
        if form in text
    }
    assert not found, "\n".join(sorted(found))
    assert b"Service Unavailable: /accounts/password/reset/key/***/" in logs["web.log"]
    assert b"does not exist" in logs["postgres.log"], "the flows did not fail as they should"


def _visit(site, told):
    """Do what people do, with right and wrong secrets; answers do not matter here."""
    with contextlib.suppress(requests.RequestException):
        _draw(site, told)
    for flow in (_log_in, _sign_up, _reset_password, _use_factor, _ask_status, _sign_on, _invite):
        with contextlib.suppress(requests.RequestException):
            flow(site, told)


def _log_in(site, told):
    visitor = Visitor(site, told)
    wrong = told[f"wrong password {len(told)}"] = secrets.token_urlsafe(20)
    visitor.post("/accounts/login/", {"login": "alice", "password": wrong})
    visitor.post("/accounts/login/", {"login": "alice", "password": PASSWORDS["alice"]})
    visitor.get("/history/")
    visitor.post("/accounts/password/change/", {"oldpassword": wrong, "password1": wrong, "password2": wrong + "x"})


def _sign_up(site, told):
    password = told[f"new password {len(told)}"] = secrets.token_urlsafe(20)
    name = f"p{secrets.token_hex(4)}"
    fields = {"username": name, "email": f"{name}@example.org", "password1": password, "password2": password}
    Visitor(site, told).post("/accounts/signup/", fields)


def _reset_password(site, told):
    visitor = Visitor(site, told)
    visitor.post("/accounts/password/reset/", {"email": "alice@example.org"})
    with contextlib.suppress(Exception):  # Postgres is away
        links = site.query("SELECT message FROM post_office_email ORDER BY id DESC LIMIT 3")
        for [message] in links:
            for path, key in re.findall(r"(/accounts/(?:password/reset/key|confirm-email)/([^/\s]+))/", message):
                told[f"mailed key {key[:8]}"] = key
                told["reset path"] = path + "/"
    if "reset path" in told:  # a link that is opened while the database is away too
        path = told["reset path"]
        visitor.get(path)
        visitor.get(path[:-1] + "x/")


def _use_factor(site, told):
    visitor = Visitor(site, told)
    visitor.post("/accounts/login/", {"login": "bob", "password": PASSWORDS["bob"]})
    for code in (str(10**9 + secrets.randbelow(10**9)), code_of(SECRET)):
        if len(code) > 6:
            told[f"wrong code {code}"] = code
        visitor.post("/accounts/2fa/authenticate/", {"code": code})


def _ask_status(site, told):
    for token in (told["STATUS_TOKEN"], secrets.token_urlsafe(20)):
        told[f"status token {token[:4]}"] = token
        site.request("GET", "/health/status", headers={"Authorization": f"Bearer {token}"})


def _sign_on(site, told):
    Visitor(site, told).post("/accounts/oidc/sso/login/")
    code = told[f"code {len(told)}"] = secrets.token_urlsafe(20)
    Visitor(site, told).get(f"/accounts/oidc/sso/login/callback/?code={code}&state=x")


def _invite(site, told):
    code = told[f"invitation {len(told)}"] = secrets.token_urlsafe(32)
    Visitor(site, told).get(f"/accounts/invitations/{code}/")


def _draw(site, told):
    drawing = {"strokes": [POINTS], "width": 280, "height": 280, "pen_px": 20}
    told |= {f"point {x}": str(x) for pair in POINTS for x in pair}
    site.request("POST", "/api/v1/submissions/", json=drawing)
    site.request("POST", "/api/v1/submissions/", json=drawing | {"width": "wide"})
    marker = secrets.token_hex(20)
    told[f"body {marker[:4]}"] = marker
    as_json, as_png = {"Content-Type": "application/json"}, {"Content-Type": "image/png"}
    site.request("POST", "/api/v1/submissions/", data=f'{{"strokes": "{marker}', headers=as_json)
    for image in (b"\x89PNG\r\n\x1a\n" + marker.encode() * 20, b"RIFF" + marker.encode() * 20):
        site.request("POST", "/api/v1/submissions/", data=image, headers=as_png)
    wrong = told[f"wrong token {marker[:4]}"] = f"ink_{secrets.token_hex(30)}"
    requests.get(f"{site.url}/api/v1/submissions/", headers={"Authorization": f"Token {wrong}"}, timeout=30)
    requests.get(f"{site.url}/api/v1/nothing/{wrong}/", timeout=30)


def _is_up(site):
    with contextlib.suppress(Exception):
        return bool(site.query("SELECT 1"))
    return False


def _dump(site):
    """Return all that Redis holds."""
    with contextlib.suppress(redis.RedisError), redis.Redis.from_url(site.env["REDIS_URL"]) as client:
        read = {b"string": client.get, b"hash": client.hgetall, b"zset": lambda key: client.zrange(key, 0, -1)}
        read |= {b"list": lambda key: client.lrange(key, 0, -1), b"set": client.smembers}
        return repr([(key, read[client.type(key)](key)) for key in client.keys("*")]).encode()
    return b""


def _forms(value):
    """Return how a secret may be written. Shorter ones than 8 characters may be there by chance."""
    raw = value.encode()
    if len(raw) < 8:
        return set()
    inner = {base64.b64encode(raw[start : len(raw) - (len(raw) - start) % 3]) for start in range(3)}
    return {raw, raw.hex().encode(), quote(value).encode(), json.dumps(value)[1:-1].encode(), *inner}


def _around(text, form):
    at = text.index(form)
    return text[max(0, at - 120) : at + len(form) + 40]


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ("Not Found: /accounts/password/reset/key/3-d1x-8ab/", "Not Found: /accounts/password/reset/key/***/"),
        ('"GET /accounts/confirm-email/MQ:1x:abc/ HTTP/1.1"', '"GET /accounts/confirm-email/***/ HTTP/1.1"'),
        ("/accounts/invitations/Zm9v-_x?next=/", "/accounts/invitations/***?next=/"),
        ("Token ink_0123456789abcdef is wrong", "Token ink_*** is wrong"),
        ("cannot reach redis://:pw@host:6379/0", "cannot reach redis://:***@host:6379/0"),
        ("postgres://inkling:p%40w@/inkling", "postgres://inkling:***@/inkling"),
        ("submission 3f2c at http://host:8000/a@b", "submission 3f2c at http://host:8000/a@b"),
        ("GET /accounts/password/reset/ and /history/", "GET /accounts/password/reset/ and /history/"),
    ],
)
def test_what_tells_itself_as_a_secret_is_masked(line, masked):
    assert mask(line) == masked
