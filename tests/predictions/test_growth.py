"""With 100,000 submissions no operation on the hot path scans a growing table."""

import pytest
from django.db import connection

from bench.product.filling import GROWING, fill
from bench.product.operations import operations
from bench.product.plans import explained, undone
from tests.factories import make_version

pytestmark = pytest.mark.django_db
ROWS = 100_000
GROWN = {f"predictions_{name}" for name in GROWING}


def test_no_operation_scans_a_table_that_grows():
    version = make_version()
    measured = fill(ROWS, version)
    measures, scanned = operations(measured, version), {}
    for name, operation in measures.items():
        with explained() as plans:
            undone(operation)
        assert plans.statements, name
        scanned |= {(name, table): sql for table, sql in plans.scanned.items() if table in GROWN}
    assert scanned == {}

    with connection.cursor() as cursor:  # a scan would be found
        cursor.execute("DROP INDEX submission_desk")
    with explained() as plans:
        undone(next(measure for name, measure in measures.items() if name.endswith("review order")))
    assert plans.scanned.keys() & GROWN == {"predictions_submission"}
