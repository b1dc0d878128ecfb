"""Reload rows that many requests wait for, with one query for all that are due at the same time."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from predictions.models import Job, Sheet, Submission
from predictions.services.combining import Combiner
from predictions.services.readings import fetch_with_readings

ROWS_LIMIT = 256  # of one query
TURN_WITHIN_S = 20.0  # longer than any answer of Postgres may take


Model = type[Submission] | type[Job] | type[Sheet]


def reload_rows(model: Model, keys: Sequence[Any]) -> list[Any]:
    """Return the rows as they are in the database now, successful submissions with their readings.

    For a row that was deleted the result is DoesNotExist.
    """
    others: Any = model._default_manager
    rows = fetch_with_readings(list(set(keys))) if model is Submission else others.filter(pk__in=set(keys))
    found = {row.pk: row for row in rows}
    return [found.get(key) or model.DoesNotExist() for key in keys]


reloaders: dict[type, Combiner[Any, Any]] = {
    model: Combiner(partial(reload_rows, model), ROWS_LIMIT) for model in (Submission, Job, Sheet)
}
