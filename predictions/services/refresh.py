"""Rows looked at anew by those who waited for them: at once by many, so by one query for all."""

import threading
from dataclasses import dataclass
from typing import Any

from predictions.models import Job, Status, Submission
from predictions.services.readings import keep_readings


@dataclass
class _Ask:
    """Somebody's question for a row: answered by the row, or by what went wrong."""

    key: Any
    row: Submission | Job | None = None
    error: Exception | None = None


class Looks:
    """Rows of one table as they now are: who asks while a look is under way is answered by the next, one for all.

    When a batch is finished, those who wait for it all ask at once.
    """

    def __init__(self, model: type[Submission] | type[Job]) -> None:
        self._model = model
        self._lock, self._turn = threading.Lock(), threading.Lock()
        self._asked: list[_Ask] = []

    def look(self, row: Submission | Job) -> Any:
        """Return `row` anew, a submission that succeeded with its readings. Raises DoesNotExist."""
        ask = _Ask(row.pk)
        with self._lock:
            self._asked.append(ask)
        with self._turn:
            if not (ask.row or ask.error):
                self._answer_all()
        if ask.error:
            raise ask.error
        return ask.row

    def _answer_all(self) -> None:
        with self._lock:
            asked, self._asked = self._asked, []
        try:
            found = self._find({ask.key for ask in asked})
            for ask in asked:
                ask.row = found.get(ask.key)
                ask.error = None if ask.row else self._model.DoesNotExist()
        except Exception as error:
            for ask in asked:
                ask.error = error

    def _find(self, keys: set[Any]) -> dict[Any, Any]:
        table = self._model._meta
        sql = f"SELECT * FROM {table.db_table} WHERE {table.pk.column} = ANY(%s)"  # noqa: S608 (our own names)
        rows = list(self._model._default_manager.raw(sql, [list(keys)]))
        keep_readings([row for row in rows if isinstance(row, Submission) and row.status == Status.SUCCEEDED])
        return {row.pk: row for row in rows}


looks = {model: Looks(model) for model in (Submission, Job)}
