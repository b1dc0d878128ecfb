"""Django's PostgreSQL backend, except that a server which never answers is given up.

Postgres' own `statement_timeout` cannot help where nothing comes back: a half-open connection, a hung server. Without
an end here, the thread that asks would hang for ever, and a web process is dead once all its threads do.
"""

from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

ANSWER_LIMIT_S = 18.0  # above `statement_timeout`, whose error tells more


class DatabaseWrapper(base.DatabaseWrapper):
    """Connections that raise OperationalError, and are closed, if an answer takes ANSWER_LIMIT_S."""

    def _configure_connection(self, connection: psycopg.Connection) -> bool:
        """Set up a connection just made, by us or by the pool; Django commits if it is True."""
        patient_wait = connection.wait

        def wait(*asked: Any, **options: Any) -> Any:
            try:
                return patient_wait(*asked, **{"timeout": ANSWER_LIMIT_S} | options)
            except psycopg.OperationalError:
                if connection.pgconn.transaction_status == TransactionStatus.ACTIVE:  # its answer may still come
                    connection.pgconn.finish()
                raise

        connection.wait = wait  # type: ignore[method-assign]
        return bool(super()._configure_connection(connection))  # type: ignore[misc]
