"""Django's PostgreSQL backend with a client-side timeout for each answer.

`statement_timeout` does not help if the server hangs or the connection is half open: the thread would wait forever,
and a web process is dead once all its threads do.
"""

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

ANSWER_LIMIT_S = 18.0  # above `statement_timeout`, whose error says more


class DatabaseWrapper(base.DatabaseWrapper):
    """Connections that raise OperationalError and close if an answer takes longer than ANSWER_LIMIT_S."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection:
        """Connect, or take a connection from the pool that the server has not closed."""
        connection = super().get_new_connection(conn_params)
        while self.pool and is_closed_by_server(connection):
            connection.close()
            self.pool.putconn(connection)  # the pool replaces it
            connection = super().get_new_connection(conn_params)
        return connection

    def is_usable(self) -> bool:
        """Return whether the server has not closed the connection. Django's own check is a query."""
        return not self.connection.closed and not is_closed_by_server(self.connection)

    def _configure_connection(self, connection: psycopg.Connection) -> bool:
        """Set up a new connection, made here or by the pool; Django commits if it returns True."""
        wait_forever = connection.wait

        def wait(*args: Any, **options: Any) -> Any:
            try:
                return wait_forever(*args, **{"timeout": ANSWER_LIMIT_S} | options)
            except psycopg.OperationalError:
                if connection.pgconn.transaction_status == TransactionStatus.ACTIVE:  # the answer may still arrive
                    connection.pgconn.finish()
                raise

        connection.wait = wait  # type: ignore[method-assign]
        return bool(super()._configure_connection(connection))  # type: ignore[misc]


def is_closed_by_server(connection: psycopg.Connection) -> bool:
    """Return whether there is something to read on an idle connection: almost always that the server closed it.

    Polls the socket, because a query to find out would cost as much as the one that follows.
    """
    socket = select.poll()
    socket.register(connection.fileno(), select.POLLIN)
    return bool(socket.poll(0))
