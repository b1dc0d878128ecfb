"""System checks: each problem has an id and a hint."""

import ipaddress
import stat
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register


@register()
def check_environment(**_: Any) -> list[CheckMessage]:
    """E001: a variable whose value could not be used."""
    return [
        Error(f"{problem.name}: {problem.message}", hint=problem.hint, id="inkling.E001")
        for problem in settings.ENV_PROBLEMS
    ]


@register()
def check_servers(**_: Any) -> list[CheckMessage]:
    """E002, E003: the database must be Postgres (others silently drop SKIP LOCKED), the broker Redis."""
    found: list[CheckMessage] = []
    if settings.DATABASES["default"]["ENGINE"] != "config.postgres":
        hint = "Write DATABASE_URL=postgres://user:password@host:5432/name."
        found.append(Error("DATABASE_URL is not a PostgreSQL URL.", hint=hint, id="inkling.E002"))
    if urlsplit(settings.REDIS_URL).scheme not in {"redis", "rediss", "unix"}:
        hint = "Write REDIS_URL=redis://:password@host:6379/0."
        found.append(Error("REDIS_URL is not a Redis URL.", hint=hint, id="inkling.E003"))
    return found


@register()
def check_times(**_: Any) -> list[CheckMessage]:
    """W001: a watchdog shorter than a lease would end workers that are merely slow."""
    if settings.WATCHDOG_S > settings.LEASE_S:
        return []
    hint = f"Set WATCHDOG_S above LEASE_S ({settings.LEASE_S})."
    return [checks.Warning("WATCHDOG_S is not above LEASE_S.", hint=hint, id="inkling.W001")]


STATISTICS_DAYS = 35  # of the longest that is no more than a view of the past: a week and the four before it


@register()
def check_retention(**_: Any) -> list[CheckMessage]:
    """W005: drawings that are deleted before they have been counted and reviewed."""
    if not 0 < settings.RETENTION_DAYS < STATISTICS_DAYS:
        return []
    hint = f"Set RETENTION_DAYS to {STATISTICS_DAYS} or more, or to 0, if that is not what you want."
    message = (
        f"RETENTION_DAYS: users' drawings are deleted after {settings.RETENTION_DAYS} days, reviewed ones too. "
        f"Accuracy is of up to 28 days and changes of {STATISTICS_DAYS}: both will be of less."
    )
    return [checks.Warning(message, hint=hint, id="inkling.W005")]


@register()
def check_production(**_: Any) -> list[CheckMessage]:
    """E004: a public site must not run with the options of the tests."""
    if settings.TESTING and settings.IS_HTTPS:
        return [Error("TESTING is on, but PUBLIC_URL is https.", hint="Unset TESTING.", id="inkling.E004")]
    return []


MOUNTED = Path("/run/secrets")  # where containers get theirs, readable for whatever user runs there
PRIVATE_ENDINGS = (".internal", ".lan", ".local", ".localhost", ".svc")


@register()
def check_secret_files(**_: Any) -> list[CheckMessage]:
    """W002: a secret file that every user of the machine can read."""
    hint = "Give it to the user that the service runs as, and close it: chmod 600 FILE."
    return [
        checks.Warning(f"{name}: everybody on this machine can read {path}.", hint=hint, id="inkling.W002")
        for name, path in settings.SECRET_FILES.items()
        if _is_open_to_all(Path(path).resolve())
    ]


def _is_open_to_all(path: Path) -> bool:
    if path.is_relative_to(MOUNTED):
        return False
    try:
        may_enter = all(parent.stat().st_mode & stat.S_IXOTH for parent in path.parents)
        return may_enter and bool(path.stat().st_mode & stat.S_IROTH)
    except OSError:  # it was read a moment ago, and others have less access than this process
        return False


@register()
def check_encryption(**_: Any) -> list[CheckMessage]:
    """W003, W004: passwords and drawings that cross a network which others may read."""
    found: list[CheckMessage] = []
    database = settings.DATABASES["default"]
    mode = database.get("OPTIONS", {}).get("sslmode")
    if _is_elsewhere(str(database.get("HOST") or "")) and mode not in {"verify-ca", "verify-full"}:
        hint = "Add ?sslmode=verify-full&sslrootcert=/path/to/ca.pem to DATABASE_URL."
        message = "The connection to Postgres is not encrypted, or its certificate is not checked."
        found.append(checks.Warning(message, hint=hint, id="inkling.W003"))
    redis = urlsplit(settings.REDIS_URL)
    if redis.scheme == "redis" and _is_elsewhere(redis.hostname or ""):
        hint = "Write rediss:// in REDIS_URL, and set REDIS_CA_FILE if the certificate is of an authority of your own."
        found.append(checks.Warning("The connection to Redis is not encrypted.", hint=hint, id="inkling.W004"))
    return found


def _is_elsewhere(host: str) -> bool:
    """Return whether a server is outside this machine and its private network, as far as its name tells."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        pass
    is_path = not host or "/" in host  # a Unix socket
    return not (is_path or "." not in host or host.endswith(PRIVATE_ENDINGS))
