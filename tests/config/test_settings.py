"""Settings from environment variables, each case in a new process."""

import json
import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from config.fixed_settings import SILENCED_SYSTEM_CHECKS
from config.redis_urls import without_tls_options
from config.secret_keys import why_weak
from predictions.checks import _is_elsewhere, _is_open_to_all

ROOT = Path(__file__).resolve().parents[2]
KEY = secrets.token_urlsafe(50)
NAMES = [
    "SESSION_COOKIE_NAME",
    "CSRF_COOKIE_NAME",
    "SESSION_COOKIE_SECURE",
    "SECURE_HSTS_SECONDS",
    "SECURE_HSTS_INCLUDE_SUBDOMAINS",
    "SECURE_HSTS_PRELOAD",
    "SECURE_SSL_REDIRECT",
    "CELERY_BROKER_URL",
]


def _run(code, **variables):
    inherited = {name: os.environ[name] for name in ("PATH", "DATABASE_URL") if name in os.environ}
    env = inherited | {"DJANGO_SETTINGS_MODULE": "config.settings", "SECRET_KEY": KEY} | variables
    return subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True, timeout=60)


def _settings(**variables):
    code = f"import json; from config import settings; print(json.dumps({{n: getattr(settings, n) for n in {NAMES}}}))"
    done = _run(code, **variables)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_https_turns_on_secure_cookies_redirect_and_hsts():
    found = _settings(PUBLIC_URL="https://digits.example.org")
    assert found["SESSION_COOKIE_NAME"] == "__Host-sessionid"
    assert found["CSRF_COOKIE_NAME"] == "__Host-csrftoken"
    assert found["SESSION_COOKIE_SECURE"] and found["SECURE_SSL_REDIRECT"]
    assert found["SECURE_HSTS_SECONDS"] > 0


def test_hsts_covers_subdomains_and_asks_for_preloading_only_if_told_to():
    url = "https://digits.example.org"
    names = ("SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD")
    assert [_settings(PUBLIC_URL=url)[name] for name in names] == [False, False]
    found = _settings(PUBLIC_URL=url, HSTS_SUBDOMAINS="1", HSTS_PRELOAD="1")
    assert [found[name] for name in names] == [True, True]


def test_http_turns_off_secure_cookies_redirect_and_hsts():
    found = _settings(PUBLIC_URL="http://192.168.0.7:8000")
    assert found["SESSION_COOKIE_NAME"] == "sessionid"
    assert not (found["SESSION_COOKIE_SECURE"] or found["SECURE_HSTS_SECONDS"] or found["SECURE_SSL_REDIRECT"])


@pytest.mark.parametrize(
    ("url", "broker"),
    [
        ("unix://:p%2Fw@/run/redis.sock?db=0", "redis+socket://:p%2Fw@/run/redis.sock?virtual_host=0"),
        ("unix:///run/redis.sock", "redis+socket:///run/redis.sock?virtual_host=0"),
        ("rediss://:pw@redis.example.org:6380/2", "rediss://:pw@redis.example.org:6380/2"),
    ],
)
def test_the_redis_url_is_translated_for_celery(url, broker):
    assert _settings(REDIS_URL=url)["CELERY_BROKER_URL"] == broker


def test_a_missing_secret_key_stops_the_start():
    done = _run("from config import settings", SECRET_KEY="")
    assert done.returncode != 0
    assert "SECRET_KEY is not set" in done.stderr


WEAK = {
    "short": (secrets.token_urlsafe(30), "fewer than 50"),
    "repeated": ("change-me-" * 8, "repeats itself"),
    "one letter": ("x" * 64, "repeats itself"),
    "made by startproject": ("django-insecure-" + KEY, "for development"),
}


@pytest.mark.parametrize("kind", WEAK)
def test_a_key_that_can_be_guessed_stops_the_start_of_a_site_that_others_reach(kind):
    key, why = WEAK[kind]
    assert why in f"has {why_weak(key)}"
    if kind == "repeated":  # one process, as each takes a second
        done = _run("from config import settings", SECRET_KEY=key, PUBLIC_URL="https://digits.example.org")
        assert done.returncode != 0 and why in done.stderr
        assert key not in done.stderr + done.stdout


def test_a_weak_key_will_do_on_this_machine_and_in_development():
    for more in ({"PUBLIC_URL": "http://127.0.0.1:8000"}, {"PUBLIC_URL": "https://digits.example.org", "DEBUG": "1"}):
        assert _run("from config import settings", SECRET_KEY="weak", **more).returncode == 0


@pytest.mark.parametrize("make", [secrets.token_urlsafe, secrets.token_hex])
@pytest.mark.parametrize("size", [38, 48, 64])
def test_random_keys_are_strong(make, size):
    assert not any(why_weak(make(size)) for _ in range(2_000))


def test_every_secret_can_be_read_from_a_file(tmp_path):
    names = {
        "SECRET_KEY": "SECRET_KEY",
        "SECRET_KEY_FALLBACKS": "SECRET_KEY_FALLBACKS[0]",
        "DATABASE_URL": "DATABASE_URL",
        "REDIS_URL": "REDIS_URL",
        "MAIL_PASSWORD": "EMAIL_HOST_PASSWORD",
        "OIDC_CLIENT_SECRET": "SOCIALACCOUNT_PROVIDERS['openid_connect']['APPS'][0]['secret']",
        "STATUS_TOKEN": "STATUS_TOKEN",
    }
    given, expected = {"OIDC_URL": "https://login.example.org"}, []
    for name in names:
        value = f"postgres://{name}@db/inkling" if name == "DATABASE_URL" else f"redis://{name}"
        (tmp_path / name).write_text(f"{value}\n")
        expected.append(value)
        given |= {name: "", f"{name}_FILE": str(tmp_path / name)}
    shown = ", ".join(f"settings.{where}" for where in names.values())
    done = _run(f"import json; from config import settings; print(json.dumps([{shown}]))", **given)
    assert done.returncode == 0 and json.loads(done.stdout) == expected, done.stderr


def test_the_checks_of_a_deployment_find_nothing():
    """With no more silenced than what the operator decides by HSTS_SUBDOMAINS and HSTS_PRELOAD."""
    code = SYSTEM_CHECKS.replace("'check'", "'check', '--deploy', '--fail-level', 'WARNING'")
    database = "postgres://u:pw@db.example.org/x?sslmode=verify-full&sslrootcert=/ca.pem"
    given = {"PUBLIC_URL": "https://digits.example.org", "REDIS_URL": "rediss://:pw@redis.example.org/0"}
    done = _run(code, DATABASE_URL=database, **given)
    assert done.returncode == 0, done.stderr
    assert "no issues (2 silenced)" in done.stdout
    assert set(SILENCED_SYSTEM_CHECKS) == {"security.W005", "security.W021"}


def test_options_that_turn_the_check_of_certificates_off_are_not_used():
    url = "rediss://:pw@redis.example.org:6380/2"
    assert without_tls_options(f"{url}?ssl_cert_reqs=none&ssl_check_hostname=false") == url
    assert without_tls_options(f"{url}?ssl_cert_reqs=none&db=3") == f"{url}?db=3"
    assert _settings(REDIS_URL=f"{url}?ssl_cert_reqs=none")["CELERY_BROKER_URL"] == url


def test_a_secret_can_be_read_from_a_file(tmp_path):
    path = tmp_path / "key"
    path.write_text("from a file\n")
    done = _run("from config import settings; print(settings.SECRET_KEY)", SECRET_KEY="", SECRET_KEY_FILE=str(path))
    assert done.stdout.strip() == "from a file"


@pytest.mark.parametrize(("testing", "reader"), [("0", "ml.recognition.reader.Reader"), ("1", "tests.readers.Slow")])
def test_only_tests_can_use_another_reader(testing, reader):
    done = _run("from config import settings; print(settings.READER)", READER="tests.readers.Slow", TESTING=testing)
    assert done.stdout.strip() == reader


SYSTEM_CHECKS = "from django.core.management import execute_from_command_line as run; run(['manage.py', 'check'])"
INVALID = [  # the values of a group are checked in one process, as each boot takes seconds
    {
        ("BATCH_LIMIT", "many"): ("E001", "BATCH_LIMIT", "whole number from 1 to 256"),
        ("DEBUG", "perhaps"): ("E001", "DEBUG", "DEBUG=1 or DEBUG=0"),
        ("REVIEW_SAMPLE_SHARE", "nan"): ("E001", "REVIEW_SAMPLE_SHARE", "a number from 0 to 1"),
        ("RUNTIME", "abacus"): ("E001", "RUNTIME", "auto, litert, tensorflow"),
        ("PUBLIC_URL", "digits.example.org"): ("E001", "PUBLIC_URL", "PUBLIC_URL=https://"),
        ("DATABASE_URL", "sqlite:///x.db"): ("E002", "DATABASE_URL", "postgres://"),
        ("REDIS_URL", "memcached://x"): ("E003", "REDIS_URL", "redis://"),
        ("WATCHDOG_S", "3"): ("W001", "WATCHDOG_S", "above LEASE_S"),
        ("READER", "tests.readers.Slow"): ("E001", "only tests may use another reader", "Unset READER"),
    },
    {
        ("REDIS_URL", "redis://:pw@redis.example.org/0"): ("W004", "Redis is not encrypted", "rediss://"),
        ("DATABASE_URL", "postgres://u@db.example.org/x?sslmode=require"): ("W003", "Postgres", "sslmode=verify-full"),
        ("RETENTION_DAYS", "7"): ("W005", "deleted after 7 days", "35 or more"),
        ("STATUS_TOKEN_FILE", "/etc/hostname"): ("W002", "everybody on this machine can read", "chmod 600"),
    },
    {
        ("BATCH_LIMIT", "0"): ("E001", "BATCH_LIMIT", "whole number from 1 to 256"),
        ("REVIEW_SAMPLE_SHARE", "2%"): ("E001", "REVIEW_SAMPLE_SHARE", "for example REVIEW_SAMPLE_SHARE=0.02"),
        ("REDIS_URL", "rediss://redis.example.org?ssl_cert_reqs=none"): ("E001", "REDIS_URL", "Set REDIS_CA_FILE"),
        ("DATABASE_URL", "nonsense"): ("E002", "DATABASE_URL", "postgres://"),
        ("TESTING", "1"): ("E004", "TESTING", "Unset TESTING"),
        ("SECRET_KEY_FILE", "/nowhere"): ("E001", "SECRET_KEY_FILE", "a file that this process can read"),
    },
]
NEEDED = {"SECRET_KEY_FILE": {"SECRET_KEY": "", "DEBUG": "1"}, "TESTING": {"PUBLIC_URL": "https://example.org"}}


@pytest.mark.parametrize(
    ("host", "is_elsewhere"),
    [
        *[(host, False) for host in ("", "/run/postgresql", "db", "127.0.0.1", "::1", "10.0.0.7", "pg.prod.svc")],
        *[(host, False) for host in ("postgres.internal", "localhost", "192.168.1.2", "fd00::1")],
        *[(host, True) for host in ("db.example.org", "8.8.8.8", "2a00::1", "internal.example.org")],
    ],
)
def test_servers_outside_the_private_network_are_told_by_their_names(host, is_elsewhere):
    assert _is_elsewhere(host) is is_elsewhere


def test_only_a_secret_file_that_others_can_reach_is_reported(tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir(mode=0o700)
    path = inner / "token"
    path.write_text("x")
    path.chmod(0o644)
    assert not _is_open_to_all(path)
    inner.chmod(0o755)
    assert _is_open_to_all(path) is all(parent.stat().st_mode & 0o001 for parent in path.parents)
    path.chmod(0o600)
    assert not _is_open_to_all(path)


@pytest.mark.parametrize("group", INVALID)
def test_invalid_values_are_each_reported_with_a_hint(group):
    variables = dict(list(group))
    for name in list(variables):
        variables |= NEEDED.get(name, {})
    done = _run(SYSTEM_CHECKS, **variables)
    assert "Traceback" not in done.stderr
    told = re.findall(r"\(inkling\.(\w+)\) (.*)\n\s+HINT: (.*)", done.stderr)
    assert len(told) == len(group), done.stderr
    for id_, message, hint in group.values():
        assert [one for one in told if one[0] == id_ and message in one[1] and hint in one[2]], (message, told)
