"""The pool of connections that a web process' threads share."""

from django.db import close_old_connections, connection


def return_connection() -> None:
    """Return this thread's connection to the pool, if there is one; the next query takes another.

    For responses that are streamed: a client may take its time. Does nothing within a transaction.
    """
    if not connection.in_atomic_block:
        close_old_connections()
