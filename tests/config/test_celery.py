"""What the clock does beside ticking, and what a worker does before a task."""

import pytest
from celery.signals import after_task_publish
from django.db import connection

from config import celery
from predictions import tasks


def test_the_clock_beats_when_it_starts_and_whenever_it_has_sent_what_was_due(settings, tmp_path):
    beat = tmp_path / "heartbeat"
    settings.HEARTBEAT_FILE = str(beat)
    celery.start_beating()
    try:
        beat.unlink()  # as a health check does
        after_task_publish.send(sender="predictions.tasks.sweep")
        assert beat.exists()
    finally:
        after_task_publish.disconnect(celery.note_alive)


@pytest.mark.django_db(transaction=True)
def test_a_task_after_a_break_of_the_database_has_a_new_connection():
    connection.ensure_connection()
    connection.connection.close()  # as the server does at its end
    assert tasks.sweep.apply().successful()
