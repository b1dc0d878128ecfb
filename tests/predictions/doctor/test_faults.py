"""Planted faults that need no process of their own: each is named with its remedy, and nothing is found without it.

Those of workers, beat, clocks and mail are in test_faults_of_processes.py.
"""

import os
import socket
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.functions import Now

from accounts import audit
from accounts.models import AuditEvent
from predictions.doctor import database, files, mail, model, processes, queue_tables, redis_server, secrets, workers
from predictions.doctor import site_settings as own_settings
from predictions.doctor.results import State
from predictions.models import ModelArtifact, ScheduledRun, ScheduledTask, Submission, WorkerSeen
from tests.factories import make_submission, make_user, make_version

pytestmark = pytest.mark.django_db


def assert_fails(finding, seen, remedy):
    assert finding.state == State.FAILING, finding
    assert seen in finding.seen and remedy in finding.remedy, finding


def assert_fine(finding):
    assert (finding.state, finding.remedy) == (State.OK, ""), finding


def test_a_site_with_usual_settings_is_fine():
    for check in (own_settings.find_problems, own_settings.find_test_settings, secrets.find_open_secrets):
        assert_fine(check())
    for check in (database.check_database, database.check_migrations, database.check_connections):
        assert_fine(check())
    for check in (redis_server.check_redis, redis_server.check_policy, queue_tables.check_bloat, mail.check_outbox):
        assert_fine(check())


def test_a_site_that_does_not_answer(settings):
    assert processes.check_web().state == State.SKIPPED
    with socket.create_server(("127.0.0.1", 0)) as hangs:
        settings.WEB_URL = f"http://127.0.0.1:{hangs.getsockname()[1]}"
        assert_fails(processes.check_web(), "timed out", "docker compose restart web")
    assert_fails(processes.check_web(), "refused", "docker compose logs web")


def test_debug_on(settings):
    settings.DEBUG = True
    assert_fails(own_settings.find_test_settings(), "DEBUG is on", "Set DEBUG=0")


@pytest.mark.parametrize(("name", "value"), [("READER", "tests.readers.Constant"), ("TESTING", True)])
def test_a_reader_for_tests(settings, name, value):
    setattr(settings, name, value)
    assert_fails(own_settings.find_test_settings(), name, f"Unset {name}")


def test_a_secret_that_everybody_can_read(settings, tmp_path):
    opened = Path("/etc/hostname")
    settings.SECRET_FILES = {"STATUS_TOKEN_FILE": str(opened)}
    assert opened.stat().st_mode & 0o004
    assert_fails(secrets.find_open_secrets(), "STATUS_TOKEN_FILE", "chmod 600")
    closed = tmp_path / "secret"
    closed.write_text("x")
    closed.chmod(0o600)
    settings.SECRET_FILES = {"STATUS_TOKEN_FILE": str(closed)}
    assert_fine(secrets.find_open_secrets())


def test_passwords_that_can_be_guessed_are_named_and_not_told(settings):
    settings.SECRET_KEY_WEAKNESS = "has fewer than 50 characters"
    settings.REDIS_URL = "redis://:opensesame@redis.internal:6379/0"
    found = secrets.find_open_secrets()
    assert_fails(found, "SECRET_KEY has fewer", "random")
    assert "REDIS_URL" in found.seen and "opensesame" not in f"{found}"


def test_static_files_missing(settings, tmp_path, monkeypatch):
    settings.STATIC_ROOT, settings.WHITENOISE_USE_FINDERS = str(tmp_path), False
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
    }
    assert_fails(files.check_static_files(), "staticfiles.json", "collectstatic")
    call_command("collectstatic", interactive=False, verbosity=0)
    assert_fine(files.check_static_files())
    settings.STATIC_ROOT = str(tmp_path / "nowhere")
    monkeypatch.delitem(sys.modules, "gunicorn", raising=False)
    assert files.check_static_files().state == State.SKIPPED  # this may be a worker
    monkeypatch.setitem(sys.modules, "gunicorn", sys)  # a web process
    assert_fails(files.check_static_files(), "staticfiles.json", "collectstatic")
    settings.STATIC_ROOT = str(tmp_path)
    next(tmp_path.glob("css/inkling.*.css")).unlink()
    assert_fails(files.check_static_files(), "css/inkling.", "collectstatic")


def test_a_full_queue_and_drawings_that_failed_by_our_fault(settings):
    settings.QUEUE_LIMIT = 5
    owner = make_user("alice")
    rows = [make_submission(owner) for _ in range(3)]
    assert_fine(queue_tables.check_queue())
    rows += [make_submission(owner)]
    assert "4 of at most 5" in queue_tables.check_queue().seen
    rows += [make_submission(owner)]
    assert_fails(queue_tables.check_queue(), "5 of at most 5 drawings are unfinished. New ones are refused", "workers")
    Submission.objects.filter(pk__in=[row.pk for row in rows]).update(
        status="failed", error_code="gave_up", finished_at=Now()
    )
    found = queue_tables.check_queue()
    assert (found.state, "5 drawings failed by our fault" in found.seen) == (State.WARNING, True)


def test_a_backup_that_is_too_old(settings, tmp_path, monkeypatch):
    assert files.check_backups().state == State.SKIPPED  # of make run
    monkeypatch.delenv("INKLING_RUN_DIR")
    settings.BACKUPS_FOLDER = str(tmp_path)
    assert files.check_backups().state == State.WARNING
    dump = tmp_path / "inkling.dump"
    dump.write_bytes(b"PGDMP")
    assert_fine(files.check_backups())
    os.utime(dump, (time.time() - 30 * 3600,) * 2)
    assert_fails(files.check_backups(), "30.0 hours old", "make backup")
    call_command("record_backup", "--bytes", "5", verbosity=0)  # of another kind, and newer
    assert_fine(files.check_backups())
    assert AuditEvent.objects.get(action="backup.made").details == {"bytes": 5}


def test_a_full_disk(settings, tmp_path):
    """On a small disk, which only root can mount."""
    if os.geteuid():
        pytest.skip("only root can mount a disk")
    settings.DATABASE_FOLDER = str(tmp_path)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", tmp_path], check=True)
    try:
        assert_fine(files.check_disk())
        with pytest.raises(OSError), (tmp_path / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(bytes(4096))
        assert_fails(files.check_disk(), "DATABASE_FOLDER: 0", "Delete what is not needed")
    finally:
        subprocess.run(["umount", "--lazy", tmp_path], check=True)


def test_redis_down(settings, tmp_path):
    settings.REDIS_URL = f"unix://:secret@{tmp_path}/redis.sock?db=0"
    assert_fails(redis_server.check_redis(), "", "Start Redis")


def test_a_wrong_password_for_redis(settings):
    given = urlsplit(settings.REDIS_URL)
    settings.REDIS_URL = given._replace(netloc=":wrong@").geturl()
    found = redis_server.check_redis()
    assert_fails(found, "", "Correct the password in REDIS_URL")
    assert "wrong@" not in found.seen and ":wrong" not in found.seen


def test_redis_that_evicts(settings):
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        assert_fails(redis_server.check_policy(), "allkeys-lru", "CONFIG SET maxmemory-policy noeviction")
    finally:
        client.config_set("maxmemory-policy", "noeviction")
        client.close()


def test_a_database_that_is_not_migrated():
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'predictions' AND name LIKE '0034%'")
    assert_fails(database.check_migrations(), "predictions.0034", "manage.py prepare")


def test_autovacuum_off_for_a_table_of_the_queue():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE predictions_submission SET (autovacuum_enabled = off)")
    assert_fails(queue_tables.check_bloat(), "predictions_submission", "RESET (autovacuum_enabled)")


def test_no_live_model():
    assert_fails(model.check_live_model(), "No model is live", "install_model")


def test_a_live_model_whose_bytes_were_changed():
    version = make_version()
    assert_fine(model.check_live_model())
    ModelArtifact.objects.filter(version=version, format="litert").update(data=b"another network")
    assert_fails(model.check_live_model(), "not those that were registered", "promote --rollback")


def test_a_live_model_whose_artifact_was_deleted():
    version = make_version()
    ModelArtifact.objects.filter(version=version, format="litert").delete()
    assert_fails(model.check_live_model(), "not those that were registered", "register_model")


def test_no_worker_and_an_old_worker():
    assert_fails(workers.check_workers(), "No worker is running", "docker compose up -d worker")
    WorkerSeen.objects.create(name="one", device="cpu", code="dev")
    assert_fine(workers.check_workers())
    WorkerSeen.objects.update(code="older")
    found = workers.check_workers()
    assert found.state == State.WARNING and "older" in found.seen and "upgrade" in found.remedy
    WorkerSeen.objects.update(seen_at=Now() - timedelta(minutes=1))
    assert_fails(workers.check_workers(), "the last one was one", "docker compose logs worker")


def test_a_drawing_that_waits_while_workers_run():
    row = make_submission(make_user())
    WorkerSeen.objects.create(name="one", device="cpu", code="dev")
    assert_fine(workers.check_progress())
    type(row).objects.filter(pk=row.pk).update(available_at=Now() - timedelta(minutes=1))
    assert_fails(workers.check_progress(), "take nothing", "docker compose logs worker")


def test_scheduled_work_that_is_late_or_fails():
    MigrationRecorder.Migration.objects.update(applied=Now())
    assert processes.check_beat().state == State.SKIPPED  # a new site
    MigrationRecorder.Migration.objects.update(applied=Now() - timedelta(hours=1))
    assert_fails(processes.check_beat(), "No scheduled task has ever run", "Start workers first")
    WorkerSeen.objects.create(name="one")
    run = ScheduledRun.objects.create(name=ScheduledTask.SESSIONS, finished_at=Now())
    assert_fine(processes.check_beat())
    ScheduledRun.objects.update(due_at=Now() - timedelta(minutes=4))
    assert_fails(processes.check_beat(), "1 of 1 scheduled tasks have been due", "docker compose up -d beat")
    ScheduledRun.objects.update(due_at=Now(), error="ValueError: no")
    assert_fails(processes.check_beat(), f"{run.name} failed: ValueError: no", "logs worker")


def test_an_entry_of_a_backup_is_old_by_the_clock_of_postgres():
    audit.record(None, "backup.made", bytes=1)
    assert_fine(files.check_backups())
