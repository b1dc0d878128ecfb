"""Reload rows that many requests wait for, with one query for all that are due at the same time."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from accounts.postgres.prepared import run_prepared
from predictions import cached_sql
from predictions.models import Job, Status, Submission
from predictions.services.combining import Combiner
from predictions.services.readings import keep_readings

ROWS_LIMIT = 256  # of one query
TURN_WITHIN_S = 20.0  # longer than any answer of Postgres may take


def reload_rows(model: type[Submission] | type[Job], keys: Sequence[Any]) -> list[Any]:
    """Return the rows as they are in the database now, successful submissions with their readings.

    For a row that was deleted the result is DoesNotExist.
    """
    columns, table = cached_sql.columns_of(model), model._meta
    sql = f"SELECT {columns} FROM {table.db_table} WHERE {table.pk.column} = ANY(%s)"  # noqa: S608 (our own names)
    rows = [cached_sql.row_of(model, values) for values in run_prepared(sql, [list(set(keys))])]
    keep_readings([row for row in rows if isinstance(row, Submission) and row.status == Status.SUCCEEDED])
    found = {row.pk: row for row in rows}
    return [found.get(key) or model.DoesNotExist() for key in keys]


reloaders: dict[type, Combiner[Any, Any]] = {
    model: Combiner(partial(reload_rows, model), ROWS_LIMIT) for model in (Submission, Job)
}
