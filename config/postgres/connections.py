"""The connections to Postgres: those of requests and workers, which may pass pgbouncer, and direct ones."""

from typing import Any

import dj_database_url

SESSION_SETTINGS = {
    "statement_timeout": "15s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
    "jit": "off",  # compiling the statements of statistics takes three times as long as running them
    "plan_cache_mode": "force_generic_plan",  # or Postgres would plan a prepared statement each time all the same
}


def describe(url: str, *, pool_size: int = 0, prepares: bool = True, is_direct: bool = True) -> dict[str, Any]:
    """Return Django's settings of connections to `url`.

    Args:
        pool_size: the most connections that the threads of a process share; 0: each thread has its own.
        prepares: whether a connection prepares a statement when it runs it for the second time.
        is_direct: whether a connection is one session of Postgres. pgbouncer in transaction mode gives each
            transaction another one: it takes no SESSION_SETTINGS, which the role must then have, and a cursor of the
            server would be gone with its transaction.
    """
    try:
        found: dict[str, Any] = dict(
            dj_database_url.parse(url, conn_max_age=0 if pool_size else 60, conn_health_checks=not pool_size)
        )
    except ValueError:  # its message contains the password; `predictions.checks` reports the problem
        found = {"ENGINE": "", "NAME": ""}
    if found["ENGINE"] == "django.db.backends.postgresql":
        found["ENGINE"] = "config.postgres"
    found["DISABLE_SERVER_SIDE_CURSORS"] = not is_direct
    options = found.setdefault("OPTIONS", {})
    options.update(
        connect_timeout=3,
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=3,
        tcp_user_timeout=10_000,
        application_name="inkling",
        prepare_threshold=1 if prepares else None,
    )
    if is_direct:
        options["options"] = " ".join(f"-c {name}={value}" for name, value in SESSION_SETTINGS.items())
    if pool_size:
        options["pool"] = {
            "min_size": 1,
            "max_size": pool_size,
            "timeout": 2.0,  # then the answer is 503
            "reconnect_timeout": 0,  # no backoff: reconnect at the first request after an outage
        }
    return found
