"""What Postgres does for the statements that our own code sends: buffers, and the tables it reads from end to end."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

MOST_SCANNED = 10_000  # rows: what a LIMIT ends before that is no scan of all
EXPLAINED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


@dataclass
class Plans:
    """Of one operation: its statements, the 8 KiB buffers that they touched, and who scanned which table to its end."""

    statements: list[str] = field(default_factory=list)
    buffers: int = 0
    scanned: dict[str, str] = field(default_factory=dict)  # the last statement that did, by table

    def add(self, sql: str, plan: dict[str, Any]) -> None:
        """Count a statement in by its plan, as EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) gives it."""
        self.statements.append(sql)
        self.buffers += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
        self.scanned |= {node["Relation Name"]: sql for node in _nodes(plan) if _rows_scanned(node) > MOST_SCANNED}


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


def _rows_scanned(node: dict[str, Any]) -> int:
    read = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return int(read * node["Actual Loops"]) if node["Node Type"] == "Seq Scan" else 0


@contextmanager
def explained() -> Iterator[Plans]:
    """Have every statement explained, then carried out; that it was tried once more leaves no trace but numbers."""
    plans = Plans()
    is_ours = False

    def explain(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal is_ours
        if not is_ours and sql.lstrip("( ").upper().startswith(EXPLAINED) and not many:
            is_ours = True
            try:
                plans.add(sql, _plan(sql, params))
            finally:
                is_ours = False
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield plans


def _plan(sql: str, params: Any) -> dict[str, Any]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + sql, params)
        [[found]] = cursor.fetchall()
        transaction.set_rollback(True)
    plan: dict[str, Any] = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return plan


def undone(operation: Callable[[], object]) -> None:
    """Carry it out and roll back."""
    with transaction.atomic():
        operation()
        transaction.set_rollback(True)


def milliseconds(operation: Callable[[], object]) -> float:
    """Return how long it takes, and undo it."""
    began = time.perf_counter()
    undone(operation)
    return 1_000 * (time.perf_counter() - began)
