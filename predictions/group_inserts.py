"""Store the submissions of several requests and their drawings, and notify workers, by one statement: a group commit.

What is counted in flight is counted in the statement itself. Only `lifecycle` imports this; `inserts` stores one.
"""

from collections.abc import Sequence
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import BinaryField, Field, Model
from django.db.models.expressions import DatabaseDefault

from accounts.postgres.prepared import run_prepared
from predictions.models import QUEUED_CHANNEL, Drawing, Submission

# FOR KEY SHARE is what the foreign key takes anyway. SKIP LOCKED leaves out an account that is being deleted, for which
# all others would have to wait.
STORE = """
    WITH sent AS MATERIALIZED (
        SELECT * FROM unnest({arrays}) WITH ORDINALITY AS sent ({names}, place)
    ), owners AS MATERIALIZED (
        SELECT id AS owner, (SELECT count(*) FROM {submissions} ours
            WHERE ours.owner_id = accounts_user.id AND ours.sheet_id IS NULL
                AND ours.status IN ('queued', 'running')) AS waiting
        FROM accounts_user WHERE id = ANY(%b) FOR KEY SHARE SKIP LOCKED
    ), counted AS (
        SELECT sent.*, waiting + row_number() OVER (PARTITION BY owner ORDER BY place) AS in_flight
        FROM sent JOIN owners ON owner = owner_id
    ), stored AS (
        INSERT INTO {submissions} ({columns}, lane, {same})
        SELECT {columns}, CASE WHEN in_flight > %b THEN 'bulk' ELSE 'interactive' END, {values}
        FROM counted WHERE in_flight <= %b ORDER BY place
        RETURNING {returned}
    ), drawn AS (
        INSERT INTO {drawings} (submission_id, {drawn}) SELECT key, {drawn} FROM stored JOIN sent USING (id, owner_id)
    )
    SELECT {returned}, pg_notify('{channel}', '') FROM stored
"""
SENT = (  # may differ in each row
    "id", "owner", "source", "kept_bytes", "may_train", "review_sample", "expects", "request_id"
)  # fmt: skip
Fields = Sequence["Field[Any, Any]"]


class Plan(NamedTuple):
    """The fields to send, of both tables; those with the same `usual` values in all rows; those to get back."""

    sent: Fields
    drawn: Fields
    same: Fields
    usual: list[Any]
    returned: Fields
    statement: str


def is_plain(submission: Submission) -> bool:
    """Return whether the submission can be stored with others: an owner, and nothing special about it."""
    plan = _plan()
    return submission.owner_id is not None and plan.usual == [getattr(submission, field.attname) for field in plan.same]


def store(rows: Sequence[tuple[Submission, Drawing]], in_flight_limit: int, interactive_share: int) -> None:
    """Insert what its owner has room for, and set the lane, the key and the times that Postgres generates.

    Afterwards the others have no key: their owners have more than `in_flight_limit` waiting, or are being deleted. Call
    it outside a transaction. One query; all or nothing. Raises IntegrityError.

    Args:
        rows: of plain submissions, with different ids.
        interactive_share: how many drawings of an owner wait in the interactive lane.
    """
    plan = _plan()
    arrays = [[_value(submission, field) for submission, _ in rows] for field in plan.sent]
    arrays += [[_value(drawing, field) for _, drawing in rows] for field in plan.drawn]
    same = [_value(rows[0][0], field) for field in plan.same]
    owners = list({submission.owner_id for submission, _ in rows})
    stored = run_prepared(plan.statement, [*arrays, owners, interactive_share, *same, in_flight_limit])
    found = {(row[0], row[1]): row[2:-1] for row in stored}
    for submission, drawing in rows:
        if values := found.get((submission.id, submission.owner_id)):
            _complete(submission, drawing, values)


def _complete(submission: Submission, drawing: Drawing, values: Sequence[Any]) -> None:
    for field, value in zip(_plan().returned, values, strict=True):
        setattr(submission, field.attname, value)
    drawing.submission = submission
    for row in (submission, drawing):
        row._state.adding, row._state.db = False, connection.alias


@cache
def _plan() -> Plan:
    plain, meta = Submission(), Submission._meta
    by_name: dict[str, Field[Any, Any]] = {field.name: field for field in meta.concrete_fields}
    sent = [by_name[name] for name in SENT]
    drawn = [field for field in Drawing._meta.concrete_fields if not field.primary_key and field.name != "thumbnail"]
    lane, key = by_name["lane"], by_name["key"]
    rest = [field for field in by_name.values() if field not in (*sent, lane, key)]
    generated = [field for field in rest if isinstance(getattr(plain, field.attname), DatabaseDefault)]
    same = [field for field in rest if field not in generated]
    returned = [key, lane, *generated]
    types = [field.db_type(connection) for field in sent + drawn]
    statement = STORE.format(
        arrays=", ".join(f"%b::{type_}[]" for type_ in types),
        names=_columns(sent + drawn),
        submissions=meta.db_table,
        columns=_columns(sent),
        same=_columns(same),
        values=", ".join(f"%b::{field.db_type(connection)}" for field in same),
        returned=f"id, owner_id, {_columns(returned)}",
        drawings=Drawing._meta.db_table,
        drawn=_columns(drawn),
        channel=QUEUED_CHANNEL,
    )
    return Plan(sent, drawn, same, [getattr(plain, field.attname) for field in same], returned, statement)


def _columns(fields: Fields) -> str:
    return ", ".join(f'"{field.column}"' for field in fields)


def _value(row: Model, field: "Field[Any, Any]") -> Any:
    value = getattr(row, field.attname)
    if value is None or isinstance(field, BinaryField):
        return value
    if isinstance(value, Enum):
        return value.value
    return field.get_db_prep_save(value, connection)
