"""Querysets that run many times a second: built and compiled once, then run as plain SQL.

Django has no prepared querysets: it compiles one each time it runs, which would cost a claim more than its queries.
"""

from collections.abc import Callable
from functools import cache, wraps
from typing import Any, Protocol, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)

PLACEHOLDER = UUID(int=0)  # stands in a queryset for a UUID that is known only when the query runs


class Fetch(Protocol[M]):
    """Run a compiled queryset."""

    def __call__(self, *args: Any, uuid: UUID = PLACEHOLDER) -> list[M]: ...


def compiled_once(make: "Callable[..., QuerySet[M]]") -> Fetch[M]:
    """Turn a function that returns a queryset into one that fetches its rows, with PLACEHOLDER replaced by `uuid`.

    The SQL is kept for each function and its arguments, so they must determine the queryset, and be hashable. One
    query; the rows come without related ones.
    """

    @cache
    def compile_sql(*args: Any) -> tuple[type[M], str, tuple[Any, ...]]:
        rows = make(*args)
        return rows.model, *rows.query.sql_with_params()

    @wraps(make)
    def fetch(*args: Any, uuid: UUID = PLACEHOLDER) -> list[M]:
        model, sql, params = compile_sql(*args)
        return list(model._default_manager.raw(sql, [uuid if param == PLACEHOLDER else param for param in params]))

    return fetch
