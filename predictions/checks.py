"""System checks: each problem has an id and a hint."""

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


@register()
def check_production(**_: Any) -> list[CheckMessage]:
    """E004: a public site must not run with the options of the tests."""
    if settings.TESTING and settings.IS_HTTPS:
        return [Error("TESTING is on, but PUBLIC_URL is https.", hint="Unset TESTING.", id="inkling.E004")]
    return []
