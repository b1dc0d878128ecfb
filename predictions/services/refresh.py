"""Reload rows that many requests wait for, with one query for all that ask at the same time."""

import threading
from dataclasses import dataclass
from typing import Any

from predictions.models import Job, Status, Submission
from predictions.services.readings import keep_readings


@dataclass
class _Request:
    """One caller's request for a row, filled in with the row or an error."""

    key: Any
    row: Submission | Job | None = None
    error: Exception | None = None


class Reloader:
    """Reload rows of one table. Calls that arrive during a query share the next one.

    When a batch finishes, all requests that wait for its rows reload them at once.
    """

    def __init__(self, model: type[Submission] | type[Job]) -> None:
        self._model = model
        self._lock, self._turn = threading.Lock(), threading.Lock()
        self._pending: list[_Request] = []

    def reload(self, row: Submission | Job) -> Any:
        """Return the row as it is in the database now, a successful submission with its readings.

        Raises:
            DoesNotExist: if the row was deleted.
        """
        request = _Request(row.pk)
        with self._lock:
            self._pending.append(request)
        with self._turn:
            if not (request.row or request.error):
                self._serve_pending()
        if request.error:
            raise request.error
        return request.row

    def _serve_pending(self) -> None:
        with self._lock:
            requests, self._pending = self._pending, []
        try:
            found = self._find({request.key for request in requests})
            for request in requests:
                request.row = found.get(request.key)
                request.error = None if request.row else self._model.DoesNotExist()
        except Exception as error:  # raised again by each of the callers
            for request in requests:
                request.error = error

    def _find(self, keys: set[Any]) -> dict[Any, Any]:
        table = self._model._meta
        sql = f"SELECT * FROM {table.db_table} WHERE {table.pk.column} = ANY(%s)"  # noqa: S608 (our own names)
        rows = list(self._model._default_manager.raw(sql, [list(keys)]))
        keep_readings([row for row in rows if isinstance(row, Submission) and row.status == Status.SUCCEEDED])
        return {row.pk: row for row in rows}


reloaders = {model: Reloader(model) for model in (Submission, Job)}
