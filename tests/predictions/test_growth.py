"""With 100,000 submissions no operation on the hot path scans a growing table, and filters use their indexes."""

import pytest
from django.db import connection

from bench.growth.fill_database import GROWING, fill_database
from bench.growth.operations import operations
from bench.growth.query_plans import explained, run_and_roll_back
from tests.factories import make_version

pytestmark = pytest.mark.django_db
ROWS = 100_000
FEW_BUFFERS = {
    f"{page} {name}": 60 for page in ("history by", "one item among") for name in ("verdict", "status", "corrected")
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
