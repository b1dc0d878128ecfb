"""Mail through real processes: it is delivered while Redis is down."""

import re
import time
from pathlib import Path

import pytest
import requests

from tests.site import open_site

pytestmark = [pytest.mark.worker, pytest.mark.timeout(180)]


def _request_password_reset(site, email):
    with requests.Session() as person:
        page = person.get(f"{site.url}/accounts/password/reset/", timeout=10)
        token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]
        given = {"csrfmiddlewaretoken": token, "email": email}
        answer = person.post(f"{site.url}/accounts/password/reset/", given, timeout=10)
        assert answer.status_code == 200, answer.text


def _delivered(folder: Path, address: str) -> list[Path]:
    return [path for path in folder.glob("*.log") if f"To: {address}" in path.read_text(encoding="utf-8")]


def test_mail_queued_while_redis_is_down_is_delivered_once(tmp_path):
    with open_site(workers=2, MAIL_FOLDER=str(tmp_path)) as site:
        assert site.query("SELECT name FROM auth_group ORDER BY name") == [("admin",), ("reviewer",)]
        redis = site.service("redis")
        redis.restarts = False
        site.kill("redis")
        began = time.monotonic()
        _request_password_reset(site, "first@example.org")
        site.wait_until(lambda: bool(_delivered(tmp_path, "first@example.org")), 30)
        print(f"mail queued with Redis down was delivered after {time.monotonic() - began:.1f} s")
        redis.restarts = True
        _request_password_reset(site, "second@example.org")
        site.wait_until(lambda: bool(_delivered(tmp_path, "second@example.org")), 30)
        left = "SELECT count(*) FROM post_office_email WHERE status IS DISTINCT FROM 0"
        site.wait_until(lambda: site.query(left) == [(0,)], 10)
        assert [len(_delivered(tmp_path, f"{name}@example.org")) for name in ("first", "second")] == [1, 1]
