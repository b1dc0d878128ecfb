"""An export is written whole and once, whatever happens to the worker, and after people's drawings."""

import threading
import uuid

import pytest
from django.db import OperationalError, connection
from django.db.models.functions import Now

from predictions import lifecycle
from predictions.models import Export, ExportChunk, ExportPart, Submission
from predictions.services.exports.requests import delete_export
from predictions.services.selection.deletion import delete_rows
from predictions.worker import recognize, schedule, watch
from predictions.worker.exports import chunks, pace, run
from predictions.worker.exports import tables as tables_module
from tests.exports import file_of, queue_export
from tests.factories import make_submission, read_one

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def short_steps(monkeypatch):
    """Let every call end a step, and record progress at once."""
    monkeypatch.setattr(pace, "STEP_S", 0.0)
    monkeypatch.setattr(chunks, "NOTE_EVERY_S", 0.0)


@pytest.fixture
def export(alice) -> Export:
    """Return a waiting export of three drawings."""
    for _ in range(3):
        read_one(alice)
    return queue_export(alice)


def test_nothing_is_done_while_none_waits(alice, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert not run.run_next(go_on=lambda: True)


def test_drawings_that_arrive_meanwhile_are_read_before_the_export_is_finished(export, alice, reader):
    read_at = []

    def go_on():
        if not read_at:
            make_submission(alice)
        recognize.recognize_batch()
        read_at.append(Export.objects.get().status)
        return True

    assert run.run_next(go_on=go_on)
    assert set(read_at) == {"running"}
    assert not Submission.objects.unfinished().exists()
    assert file_of(export).count(b"\n") == 4, "what arrived later is not in it"


def test_the_watch_writes_exports(export, reader):
    assert watch.poll()
    export.refresh_from_db()
    assert export.status == "succeeded"


def test_a_worker_that_ends_puts_it_back_without_counting_the_attempt(export):
    calls = iter([True, True, False])
    assert not run.run_next(go_on=lambda: next(calls))
    export.refresh_from_db()
    assert (export.status, export.attempts) == ("queued", 0)
    Export.objects.update(available_at=Now())
    assert run.run_next(go_on=lambda: True)
    assert file_of(export).count(b"\n") == 4


def test_an_error_counts_as_an_attempt_and_the_last_one_fails_it(export, monkeypatch, settings):
    def fail(export, file):
        file.write(b"x" * 2_000_000)
        raise RuntimeError("broken")

    monkeypatch.setitem(run.WRITERS, "csv", fail)
    for attempt in range(settings.MAX_ATTEMPTS):
        assert not run.run_next(go_on=lambda: True)
        export.refresh_from_db()
        assert (export.status, export.attempts) == ("queued", attempt + 1)
        Export.objects.update(available_at=Now())
    schedule.run_all()
    export.refresh_from_db()
    assert (export.status, export.error_code, export.bytes) == ("failed", "gave_up", 0)
    assert not ExportChunk.objects.exists()
    assert not ExportPart.objects.exists()


def test_a_database_error_counts_no_attempt(export, monkeypatch):
    def fail(export, file):
        raise OperationalError("disk full")

    monkeypatch.setitem(run.WRITERS, "csv", fail)
    with pytest.raises(OperationalError):
        run.run_next(go_on=lambda: True)
    export.refresh_from_db()
    assert (export.status, export.attempts) == ("queued", 0)


def test_a_worker_that_lost_its_claim_writes_nothing_more(export, monkeypatch):
    """Another worker begins again while this one sleeps; both then go on."""

    def write(export, file):
        file.write(b"a" * 1_000_000)
        if not took_over:
            took_over.append(True)
            Export.objects.update(lease_until=Now())
            assert run.run_next(go_on=lambda: True), "the other worker finishes it"
        file.write(b"b" * 1_000_000)

    took_over: list[bool] = []
    monkeypatch.setitem(run.WRITERS, "csv", write)
    monkeypatch.setattr(pace.recognize, "network_lock", threading.RLock())
    assert not run.run_next(go_on=lambda: True)
    assert file_of(export) == b"a" * 1_000_000 + b"b" * 1_000_000
    assert ExportChunk.objects.count() == 2
    assert (export.status, export.attempts) == ("succeeded", 2)


def test_an_export_that_is_deleted_meanwhile_leaves_nothing(export, alice):
    def go_on():
        if Export.objects.exists():
            delete_export(Export.objects.get(), by=alice)
        return True

    assert not run.run_next(go_on=go_on)
    assert not Export.objects.exists()
    assert not ExportChunk.objects.exists()


def test_a_file_that_is_larger_than_its_owner_may_keep_fails(export, monkeypatch):
    Export.objects.update(limit_bytes=10)
    assert run.run_next(go_on=lambda: True)
    export.refresh_from_db()
    assert (export.status, export.error_code, export.bytes) == ("failed", "too_large", 0)
    assert not ExportChunk.objects.exists()


def test_progress_is_recorded_while_it_is_written(export):
    seen = []

    def go_on():
        seen.append(Export.objects.values_list("done", flat=True).get())
        return True

    run.run_next(go_on=go_on)
    assert seen[0] < seen[-1] <= 3
    export.refresh_from_db()
    assert (export.done, export.total, export.percent) == (3, 3, 100)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json", "png", "everything"])
def test_what_is_deleted_before_it_is_written_is_not_counted(export, alice, kind):
    Export.objects.update(format=kind)
    gone = Submission.objects.newest_first()[:2]
    delete_rows(alice, Submission.objects.filter(pk__in=[row.pk for row in gone]))
    assert run.run_next(go_on=lambda: True)
    export.refresh_from_db()
    assert (export.status, export.done, export.total, export.left_out) == ("succeeded", 1, 3, 2)


def test_every_step_is_under_the_watchdog(export, monkeypatch):
    locked = []
    cells = tables_module.read_parts
    monkeypatch.setattr(
        tables_module, "read_parts", lambda export: locked.append(recognize.network_lock.locked()) or cells(export)
    )

    def go_on():
        assert not recognize.network_lock.locked()
        return True

    run.run_next(go_on=go_on)
    assert locked == [True]


def test_a_finished_export_is_deleted_after_a_day_and_one_of_a_lost_owner_at_once(export, alice, db):
    run.run_next(go_on=lambda: True)
    schedule.run_all()
    assert Export.objects.of(alice).count() == 1
    with connection.cursor() as cursor:
        cursor.execute("UPDATE predictions_export SET finished_at = now() - interval '25 hours'")
    assert not Export.objects.of(alice).exists()
    schedule.run_all()
    assert not Export.objects.exists()
    lost = queue_export(alice)
    Export.objects.filter(pk=lost.pk).update(owner=2**40)  # as older code leaves it
    schedule.run_all()
    assert not Export.objects.exists()


def test_a_completion_without_the_claim_changes_nothing(export):
    export.claim = uuid.uuid4()
    assert not lifecycle.complete_export(export, 3)
    assert not lifecycle.fail_export(export, "gave_up")
