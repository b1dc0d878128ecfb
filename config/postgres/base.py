"""Django's PostgreSQL backend, except that a server which never answers is given up.

Postgres' own `statement_timeout` cannot help where nothing comes back: a half-open connection, a hung server. Without
an end here, the thread that asks would hang for ever, and a web process is dead once all its threads do.
"""

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

ANSWER_LIMIT_S = 18.0  # above `statement_timeout`, whose error tells more


class DatabaseWrapper(base.DatabaseWrapper):
    """Connections that raise OperationalError, and are closed, if an answer takes ANSWER_LIMIT_S."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection:
        """Connect, or take a connection from the pool that the server has not ended."""
        connection = super().get_new_connection(conn_params)
        while self.pool and has_ended(connection):
            connection.close()
            self.pool.putconn(connection)  # who makes another in its place
            connection = super().get_new_connection(conn_params)
        return connection

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


def has_ended(connection: psycopg.Connection) -> bool:
    """Return whether the server has something to tell on a connection that asks nothing: that it ended it, most likely.

    A look at the socket: to ask the server costs more than what is asked next.
    """
    socket = select.poll()
    socket.register(connection.fileno(), select.POLLIN)
    return bool(socket.poll(0))
