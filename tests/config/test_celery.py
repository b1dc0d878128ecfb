"""What the clock does beside ticking."""

from celery.signals import after_task_publish

from config import celery


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
