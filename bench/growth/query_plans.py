"""Collect the query plans of the statements that our code sends: buffers, and full scans of tables."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

FULL_SCAN_ROWS = 10_000  # a scan that a LIMIT ends earlier does not count
EXPLAINED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


@dataclass
class Plans:
    """The plans of one operation: its statements, the 8 KiB buffers that they touched, and the tables fully scanned."""

    statements: list[str] = field(default_factory=list)
    buffers: int = 0
    scanned: dict[str, str] = field(default_factory=dict)  # by table: the last statement that scanned it

    def add(self, sql: str, plan: dict[str, Any]) -> None:
        """Add a statement with its plan from EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)."""
        self.statements.append(sql)
        self.buffers += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
        self.scanned |= {node["Relation Name"]: sql for node in _nodes(plan) if _rows_scanned(node) > FULL_SCAN_ROWS}


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


def _rows_scanned(node: dict[str, Any]) -> int:
    read = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return int(read * node["Actual Loops"]) if node["Node Type"] == "Seq Scan" else 0


@contextmanager
def explained() -> Iterator[Plans]:
    """Explain every statement in the block before it is executed. EXPLAIN ANALYZE's own changes are rolled back."""
    plans = Plans()
    is_ours = False

    def explain(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal is_ours
        if not is_ours and sql.lstrip("(\n ").upper().startswith(EXPLAINED) and not many:
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


def run_and_roll_back(operation: Callable[[], object]) -> None:
    """Run an operation and roll it back."""
    with transaction.atomic():
        operation()
        transaction.set_rollback(True)


def time_ms(operation: Callable[[], object]) -> float:
    """Run an operation, roll it back, and return the milliseconds."""
    began = time.perf_counter()
    run_and_roll_back(operation)
    return 1_000 * (time.perf_counter() - began)
