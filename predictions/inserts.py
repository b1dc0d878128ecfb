"""Store a new submission and its drawing and notify workers, by one statement: half the cost of saving two models.

Django has no INSERT into two tables at once; only `lifecycle` imports this.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Field, Model
from django.db.models.expressions import DatabaseDefault

from predictions.models import QUEUED_CHANNEL, Drawing, Submission

STORE = """
    WITH stored AS (INSERT INTO {submissions} ({columns}) VALUES ({values}) RETURNING {returned}),
    drawn AS (INSERT INTO {drawings} ({key}, {drawn}) SELECT stored.{key_of}, {ink} FROM stored)
    SELECT {returned}, pg_notify('{channel}', '') FROM stored
"""
Fields = Sequence["Field[Any, Any]"]


def store(submission: Submission, drawing: Drawing) -> None:
    """Insert both, and set the key and the times that Postgres generates. Raises IntegrityError."""
    sent, drawn, returned, statement = _plan()
    with connection.cursor() as cursor:
        cursor.execute(statement, [*_values(submission, sent), *_values(drawing, drawn)])
        for field, value in zip(returned, cursor.fetchone()[:-1], strict=True):
            setattr(submission, field.attname, value)
    drawing.submission = submission
    for row in (submission, drawing):
        row._state.adding, row._state.db = False, connection.alias


@cache
def _plan() -> tuple[Fields, Fields, Fields, str]:
    """Return the fields of a submission and of a drawing to send, those to get back, and the statement."""
    fresh = Submission()
    returned: list[Field[Any, Any]] = []
    sent: list[Field[Any, Any]] = []
    for field in Submission._meta.concrete_fields:
        is_generated = field.primary_key or isinstance(getattr(fresh, field.attname), DatabaseDefault)
        (returned if is_generated else sent).append(field)
    drawn = [field for field in Drawing._meta.concrete_fields if not field.primary_key]
    statement = STORE.format(
        submissions=Submission._meta.db_table,
        columns=_columns(sent),
        values=", ".join(["%s"] * len(sent)),
        returned=_columns(returned),
        drawings=Drawing._meta.db_table,
        key=Drawing._meta.pk.column,
        key_of=Submission._meta.pk.column,
        drawn=_columns(drawn),
        channel=QUEUED_CHANNEL,
        ink=", ".join(f"%s::{field.db_type(connection)}" for field in drawn),
    )
    return sent, drawn, returned, statement


def _columns(fields: Fields) -> str:
    return ", ".join(f'"{field.column}"' for field in fields)


def _values(row: Model, fields: Fields) -> list[Any]:
    return [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
