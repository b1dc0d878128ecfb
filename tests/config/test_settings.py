"""Settings from environment variables, each case in a new process."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
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
    env = inherited | {"DJANGO_SETTINGS_MODULE": "config.settings", "SECRET_KEY": "x" * 60} | variables
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
        ("BATCH_LIMIT", "0"): ("E001", "BATCH_LIMIT", "whole number from 1 to 256"),
        ("REVIEW_SAMPLE_SHARE", "2%"): ("E001", "REVIEW_SAMPLE_SHARE", "for example REVIEW_SAMPLE_SHARE=0.02"),
        ("DATABASE_URL", "nonsense"): ("E002", "DATABASE_URL", "postgres://"),
        ("TESTING", "1"): ("E004", "TESTING", "Unset TESTING"),
        ("SECRET_KEY_FILE", "/nowhere"): ("E001", "SECRET_KEY_FILE", "a file that this process can read"),
    },
]
NEEDED = {"SECRET_KEY_FILE": {"SECRET_KEY": "", "DEBUG": "1"}, "TESTING": {"PUBLIC_URL": "https://example.org"}}


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
