"""Retention deletes what belongs together in one transaction, so that a worker's death leaves nothing half deleted."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.db.models.functions import Now

from predictions.models import Drawing, IdempotencyKey, Prediction, Submission
from predictions.worker import retention
from tests.factories import make_user, read_one

pytestmark = pytest.mark.django_db


@pytest.fixture
def delete_failing_at():
    """Run retention with the connection lost at the first statement that starts so."""

    def run(start):
        def fail(execute, sql, *rest):
            if sql.startswith(start):
                raise OperationalError("server closed the connection unexpectedly")
            return execute(sql, *rest)

        with connection.execute_wrapper(fail), pytest.raises(OperationalError):
            retention.delete_expired()

    return run


@pytest.mark.parametrize(
    "start",
    [
        'DELETE FROM "predictions_prediction"',
        'DELETE FROM "predictions_drawing"',
        'UPDATE "predictions_submission"',
    ],
)
def test_content_is_deleted_completely_or_not_at_all(delete_failing_at, start):
    row = read_one(make_user())
    Submission.objects.update(deleted_at=Now() - timedelta(minutes=2))
    delete_failing_at(start)
    row.refresh_from_db()
    assert (row.text, Drawing.objects.count(), Prediction.objects.count()) == ("7", 1, 1)

    retention.delete_expired()
    row.refresh_from_db()
    assert (row.text, Drawing.objects.count(), Prediction.objects.count()) == ("", 0, 0)


def test_a_row_and_its_idempotency_key_are_deleted_together(delete_failing_at):
    row = read_one(make_user())
    IdempotencyKey.objects.create(owner=row.owner, key="order 1017", body_sha256="", submission=row)
    IdempotencyKey.objects.update(created_at=Now() - timedelta(days=2))
    Submission.objects.update(deleted_at=Now() - timedelta(days=2))
    delete_failing_at('DELETE FROM "predictions_idempotencykey"')
    assert IdempotencyKey.objects.get().submission == row

    retention.delete_expired()
    assert not Submission.objects.exists()
    assert not IdempotencyKey.objects.exists()
