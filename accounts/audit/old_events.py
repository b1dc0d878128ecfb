"""Events that older code has recorded with names in them: these are moved to where they can be deleted."""

from django.db import connection

from accounts import audit
from accounts.models import AuditEvent

BATCH = 5_000


def move_names(most: int = 20 * BATCH) -> int:
    """Take the names out of events of older code, and record how many events that were. One query if there are none.

    A privileged function of the database does it, past the trigger, and can do nothing else. It is done again and
    again, because older code may run beside this.
    """
    count = last = 0
    while count < most:
        moved, last = _call("SELECT moved, coalesce(last, 0) FROM accounts_audit_move_names(%s, %s)", last, BATCH)
        if not moved:
            break
        count += moved
    if count:
        audit.record(None, "audit.names_moved", count=count)
    return count


def are_left() -> bool:
    """Return whether there are events with names. One query by an index."""
    return AuditEvent.objects.filter(is_pseudonymous=False).exists()


def forget_origin(number: int) -> None:
    """Take addresses and devices out of what this account did, and of what nobody in particular did with it."""
    while _call("SELECT accounts_audit_forget_origin(%s, %s)", number, BATCH) == (BATCH,):
        pass


def _call(statement: str, *values: int) -> tuple[int, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: tuple[int, ...] = cursor.fetchone()
        return found
