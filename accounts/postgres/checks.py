"""A system check of the connection, which `manage.py prepare` and `manage.py check --database default` run."""

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, Tags, register

from accounts.postgres.direct import missing_settings


@register(Tags.database)
def check_session_settings(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """W007: a pooler in between that drops our timeouts, so that waiting for a statement or a lock has no end."""
    if not databases or "default" not in databases or not (missing := missing_settings()):
        return []
    said = ", ".join(f"{name} is {value}" for name, value in missing.items())
    hint = (
        "Set DATABASE_DIRECT_URL to the server that DATABASE_URL's pgbouncer leads to, run `manage.py prepare`, "
        "which gives them to the role, and let pgbouncer reconnect: RECONNECT in its console."
    )
    return [checks.Warning(f"Connections by DATABASE_URL miss our settings: {said}.", hint=hint, id="inkling.W007")]
