"""Move the names of earlier events out of the audit log, a few thousand at a time, and record that.

Each batch commits by itself, so nobody waits for a lock: only this changes earlier events, and new ones are added
meanwhile. Interrupted, it goes on where it was.
"""

from typing import Any

from django.db import migrations

BATCH = 5_000
RECORD = """
    INSERT INTO accounts_auditevent (action, actor_name, target, details, is_pseudonymous)
    VALUES ('audit.names_moved', '', '', jsonb_build_object('count', %s), true)
"""


def move_names(apps: Any, schema_editor: Any) -> None:
    """Call the privileged function until nothing is left."""
    count = last = 0  # not from the start each time: Postgres would read again what it moved before
    with schema_editor.connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT moved, coalesce(last, 0) FROM accounts_audit_move_names(%s, %s)", [last, BATCH])
            moved, last = cursor.fetchone()
            if not moved:
                break
            count += moved
        if count:
            cursor.execute(RECORD, [count])


class Migration(migrations.Migration):
    atomic = False  # each batch by itself
    dependencies = [
        ("accounts", "0020_audit_names_index"),
    ]

    operations = [migrations.RunPython(move_names, migrations.RunPython.noop)]
