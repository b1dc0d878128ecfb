"""What the proxy writes into its logs: addresses of pages, but no key of a link that was mailed."""

import re
from pathlib import Path

import pytest
from django.urls import resolve

PROXY = Path(__file__).resolve().parents[2] / "docker/proxy"
CONF, SITE = ((PROXY / name).read_text(encoding="utf-8") for name in ("nginx.conf", "site.conf"))
MASKED, SHOWN = re.search(r'map \$uri \$logged_uri \{\s+default \$uri;\s+"~(\S+)" "(\S+)";', CONF).groups()
QUIET = re.search(r"location ~ (\S+) \{\s+error_log /dev/null emerg;", SITE)[1]
WITH_A_KEY = [
    "/accounts/password/reset/key/3-d1xabc-8ab3c2/",
    "/accounts/confirm-email/MQ:1xAbC:zZ9-_/",
    "/accounts/invitations/Zm9vYmFyYmF6-_0/",
]
WITHOUT = ["/", "/history/", "/accounts/password/reset/", "/accounts/invitations", "/api/v1/submissions/", "/admin/"]


def _logged(path):
    """Return the address as the access log has it."""
    found = re.match(MASKED.replace("(?<", "(?P<"), path)
    return SHOWN.replace("${before_key}", found["before_key"]) if found else path


@pytest.mark.parametrize("path", WITH_A_KEY)
def test_a_key_is_masked_in_the_access_log_and_its_request_is_not_in_the_error_log(path):
    assert resolve(path)
    assert _logged(path) == path.rstrip("/").rpartition("/")[0] + "/***"
    assert re.match(QUIET, path)


@pytest.mark.parametrize("path", WITHOUT)
def test_other_addresses_are_logged_as_they_are(path):
    assert _logged(path) == path
    assert not re.match(QUIET, path)


def test_the_log_has_the_masked_address_and_neither_query_nor_headers():
    used = set(re.findall(r"\$(\w+)", re.search(r"log_format line escape=json\s+('.*?');", CONF, re.S)[1]))
    assert used == {
        *("time_iso8601", "request_id", "remote_addr", "request_method", "logged_uri", "status", "request_time"),
        "upstream_addr",
    }
    assert re.match(QUIET, "/accounts/oidc/sso/login/callback/")  # whose query has a code
