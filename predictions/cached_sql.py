"""Questions that are asked over and over: compiled from a queryset once, then run as SQL."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)

ANY = UUID(int=0)  # stands in a queryset for what is given when it is asked

_compiled: dict[Hashable, tuple[str, tuple[Any, ...]]] = {}


def ask(model: type[M], name: Hashable, rows: Callable[[], "QuerySet[M]"], given: UUID = ANY) -> list[M]:
    """Return the rows of a queryset that is the same whenever it is asked for by this name, but for what is `given`.

    rows: makes the queryset, with ANY where `given` belongs. One query; the rows come without related ones.
    """
    if (model, name) not in _compiled:
        _compiled[model, name] = rows().query.sql_with_params()
    sql, params = _compiled[model, name]
    return list(model._default_manager.raw(sql, [given if param == ANY else param for param in params]))
