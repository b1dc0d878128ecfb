"""REDIS_URL in the forms that redis-py and Celery take, and TLS, which checks certificates unless told otherwise."""

import ssl
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

TLS_SCHEME = "rediss"


def without_tls_options(url: str) -> str:
    """Return the URL without options such as ssl_cert_reqs=none, which would turn the check of certificates off."""
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query) if not name.startswith("ssl_")]
    return url if len(kept) == len(parse_qsl(parts.query)) else urlunsplit(parts._replace(query=urlencode(kept)))


def tls_options(url: str, ca_file: str, *, is_checked: bool = True) -> dict[str, Any]:
    """Return the arguments of a connection by TLS, for redis-py and Celery alike; none for another URL.

    ca_file: the authorities to trust; empty: those of the system.
    is_checked: whether the server must have a certificate of theirs, for its name.
    """
    if urlsplit(url).scheme != TLS_SCHEME:
        return {}
    if not is_checked:
        return {"ssl_cert_reqs": ssl.CERT_NONE, "ssl_check_hostname": False}
    checks = {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_check_hostname": True}
    return checks | ({"ssl_ca_certs": ca_file} if ca_file else {})


def broker_url(url: str) -> str:
    """Translate redis-py's URL of a Unix socket, unix://:pw@/path?db=0, to Celery's."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    password = f":{parts.password}@" if parts.password else ""
    database = parts.query.removeprefix("db=") or "0"
    return f"redis+socket://{password}{parts.path}?virtual_host={database}"
