"""Which drawings a person selected: some by their ids, or all that match, up to the newest that the page showed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from predictions.models import Submission, SubmissionQuerySet

MOST_IDS = 500
MOST_ROWS = 100_000  # of one deletion, the newest ones: it takes seconds, which count toward the time to undo it
MOST_COUNTED = 10_000


@dataclass(frozen=True)
class Selection:
    """Drawings of one person, at the moment of each query.

    rows: what is selected.
    ids: of the selected drawings; none if all that match are selected.
    newest: the key of the newest drawing that the page showed, if all that match are; what arrived later is not.
    query: the address's parameters that all that match do match, for the page to apply again.
    """

    rows: SubmissionQuerySet
    ids: tuple[UUID, ...] = ()
    newest: int | None = None
    query: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the selection for JSON, without its rows."""
        return {"ids": [str(id_) for id_ in self.ids], "newest": self.newest, "query": self.query}


def select_ids(rows: SubmissionQuerySet, ids: Sequence[UUID]) -> Selection:
    """Return the selection of those of `rows` with these ids, of which the first MOST_IDS count."""
    kept = tuple(dict.fromkeys(ids))[:MOST_IDS]
    return Selection(rows.filter(id__in=kept), ids=kept)


def select_all(rows: SubmissionQuerySet, newest: int, query: str = "") -> Selection:
    """Return the selection of all of `rows`, which match `query`, up to the one with the key `newest`."""
    return Selection(rows.filter(key__lte=newest), newest=newest, query=query)


def newest_key(rows: SubmissionQuerySet) -> int | None:
    """Return the key of the newest of `rows`, or None. One query."""
    newest = rows.newest_first().values_list("key", flat=True)
    return newest.first()


def count_up_to(rows: SubmissionQuerySet, most: int = MOST_COUNTED) -> int:
    """Return how many rows there are, or `most` + 1 if there are more than `most`. One query."""
    return rows.order_by()[: most + 1].count()


def find_keys(rows: SubmissionQuerySet, most: int = MOST_ROWS) -> list[tuple[int, Any]]:
    """Return the keys of the newest `most` rows, each with when it was finished, or None. One query."""
    return list(rows.newest_first().values_list("key", "finished_at")[:most])


def rows_of(keys: Sequence[int]) -> SubmissionQuerySet:
    """Return the rows with these keys, of anybody."""
    return Submission.objects.filter(key__in=keys)
