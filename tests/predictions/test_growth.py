"""With 100,000 submissions no operation on the hot path scans a growing table, and filters use their indexes.

The history of somebody with many drawings costs no more than that of somebody with few, whatever it is filtered by.
"""

import time

import pytest
from django.db import connection

from bench.growth.fill_database import GROWING, fill_database
from bench.growth.fill_long_history import fill_cells, fill_histories
from bench.growth.long_history import history_operations
from bench.growth.operations import operations, person_operations
from bench.growth.query_plans import explained, run_and_roll_back
from tests.factories import make_version

pytestmark = pytest.mark.django_db
ROWS = 100_000
FEW_BUFFERS = {
    f"{page} {name}": 130 for page in ("history by", "one item among") for name in ("verdict", "status", "corrected")
}
GROWN = {f"predictions_{name}" for name in GROWING}


def test_no_operation_scans_a_table_that_grows():
    version = make_version()
    measured = fill_database(ROWS, version)
    measures, scanned, touched = operations(measured, version), {}, {}
    for name, operation in measures.items():
        with explained() as plans:
            run_and_roll_back(operation)
        assert plans.statements, name
        touched[name] = plans.buffers
        scanned |= {(name, table): sql for table, sql in plans.scanned.items() if table in GROWN}
    assert scanned == {}
    assert {name: touched[name] for name, most in FEW_BUFFERS.items() if touched[name] > most} == {}

    with connection.cursor() as cursor:  # a scan would be found
        cursor.execute("DROP INDEX submission_desk")
    with explained() as plans:
        run_and_roll_back(measures["admin: submissions, review order"])
    assert plans.scanned.keys() & GROWN == {"predictions_submission"}


LONGER = 1.3  # times the buffers of a page of the short history
VISIBLE = "SELECT relallvisible >= 0.9 * relpages FROM pg_class WHERE relname = %s"
NOISE = 100  # buffers: Postgres joins 25 drawings with their terms in one of two ways, by what it sampled


@pytest.mark.long  # fills a history: 13 s
@pytest.mark.django_db(transaction=True)  # as VACUUM runs in none; without it, no index answers alone
def test_a_long_history_costs_no_more_than_a_short_one():
    persons = fill_histories([1_000, 20_000], rows_of_others=1_500)
    _vacuum()
    assert _find_longer(*(history_operations(person) for person in persons)) == {}


@pytest.mark.long  # fills a history: 20 s
@pytest.mark.django_db(transaction=True)
def test_50_000_cells_of_sheets_make_a_history_no_longer():
    persons = fill_histories([1_000, 1_000], rows_of_others=1_500)
    fill_cells(persons[1], 50_000)
    _vacuum()
    others = ("own statistics", "list")
    measured = [
        history_operations(person) | {name: run for name, run in person_operations(person).items() if name in others}
        for person in persons
    ]
    assert _find_longer(*measured) == {}


def _vacuum():
    """Vacuum what grows, again if a snapshot of somebody else kept pages from being marked as visible to all."""
    with connection.cursor() as cursor:
        for name in GROWING:
            for _ in range(20):
                cursor.execute(f"VACUUM (ANALYZE) predictions_{name}")
                cursor.execute(VISIBLE, [f"predictions_{name}"])
                if cursor.fetchone()[0]:
                    break
                time.sleep(0.5)


def _find_longer(of_one, of_other):
    """Return the operations that touch more buffers for the other, with both numbers."""
    touched = {}
    for name in (name for name in of_one if not name.startswith("two:")):
        buffers = []
        for measured in (of_one[name], of_other[name]):
            with explained() as plans:
                measured()
            buffers.append(plans.buffers)
        touched[name] = buffers
    return {name: (few, many) for name, (few, many) in touched.items() if many > LONGER * few + NOISE}
