"""Statements that run many times a second: querysets that are compiled once, and rows from plain SQL.

Django has no prepared querysets: it compiles one each time it runs, which would cost a claim more than its queries.
"""

from collections.abc import Callable, Sequence
from functools import cache, wraps
from typing import Any, Protocol, TypeVar
from uuid import UUID

from django.db import connection
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


@cache
def columns_of(model: type[Model]) -> str:
    """Return the columns of a table in the order that `row_of` expects, to follow SELECT."""
    table = model._meta
    return ", ".join(f'"{table.db_table}"."{field.column}"' for field in table.concrete_fields)


def row_of(model: type[M], values: Sequence[Any]) -> M:
    """Return the row whose columns, as `columns_of` names them, are `values`."""
    values = list(values)
    for place, convert in _converters(model):
        values[place] = convert(values[place], None, connection)
    names = [field.attname for field in model._meta.concrete_fields]
    return model.from_db(connection.alias, names, values)


@cache
def _converters(model: type[Model]) -> list[tuple[int, Callable[..., Any]]]:
    fields = enumerate(model._meta.concrete_fields)
    return [(place, field.from_db_value) for place, field in fields if hasattr(field, "from_db_value")]
