"""The heartbeat of beat, and the database connection of a task."""

import pytest
from celery.signals import after_task_publish
from django.db import connection

from config import celery
from predictions import tasks


def test_beat_touches_the_heartbeat_at_start_and_whenever_it_sends_a_task(settings, tmp_path):
    heartbeat = tmp_path / "heartbeat"
    settings.HEARTBEAT_FILE = str(heartbeat)
    celery.start_heartbeat()
    try:
        heartbeat.unlink()  # as a health check does
        after_task_publish.send(sender="predictions.tasks.sweep")
        assert heartbeat.exists()
    finally:
        after_task_publish.disconnect(celery.touch_heartbeat)


@pytest.mark.django_db(transaction=True)
def test_a_task_reconnects_after_the_database_connection_was_lost():
    connection.ensure_connection()
    connection.connection.close()  # as when the server restarts
    assert tasks.sweep.apply().successful()
