"""A challenger in shadow: which drawings it reads, that it harms nothing, and that nobody is shown what it read."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from ml.types import Reading, Verdict
from predictions import claims, lifecycle, registry
from predictions.models import Challenger, Job, ModelVersion, ReviewRequest, Role, ShadowReading, Status, Submission
from predictions.models.submissions.conditions import MOST_SHADOWED, place_below
from predictions.services.review import review_submission
from predictions.worker import challenger, model_cache, recognize, retention, schedule, watch
from tests.factories import make_job, make_submission, make_user, make_version, read_one

pytestmark = pytest.mark.django_db


class Constant:
    """Read everything as `text`, or raise `error`."""

    network = SimpleNamespace(runtime="stub", device="none")

    def __init__(self, text="7", error=None):
        self.text, self.error, self.count = text, error, 0

    def read(self, pages):
        self.count += len(pages)
        if self.error:
            raise self.error
        verdict = Verdict.DIGIT if self.text else Verdict.NOT_A_DIGIT
        return [Reading(self.text or "3", verdict, 0.8, (), written=self.text) for _ in pages]


@pytest.fixture
def shadow(monkeypatch):
    """Start a challenger that reads sevens, while the live version reads sevens too; load it without a thread."""
    live, candidate = make_version("old", b"1"), make_version("new", b"2", is_live=False)
    reader = Constant()

    def load(version):
        if isinstance(reader.error, model_cache.CannotLoad):
            raise reader.error
        return model_cache.Loaded(version, reader)

    class Thread:
        def __init__(self, **_):
            pass

        def start(self):
            challenger.load()

        def is_alive(self):
            return False

    monkeypatch.setattr(challenger, "load_apart", load)
    monkeypatch.setattr(challenger, "Thread", Thread)
    monkeypatch.setattr(challenger, "CHECK_EVERY_S", 0.0)
    monkeypatch.setattr(challenger, "_loaded", None)
    row = Challenger.objects.create(model_version=candidate, share=MOST_SHADOWED)
    yield SimpleNamespace(live=live, candidate=candidate, reader=reader, row=row)
    challenger._loaded, challenger._running, challenger._checked_at = None, None, -10.0
    challenger._left_out.clear()


@pytest.fixture
def alice():
    return make_user("alice")


IN_THE_SHARE = """
    SELECT id FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, 2000)) AS drawn
    WHERE uuid_hash_extended(id, 0) < %s LIMIT 1
"""


def _read(drawer, **fields):
    """Read a drawing whose id is in the share."""
    row = read_one(drawer)
    with connection.cursor() as cursor:
        cursor.execute(IN_THE_SHARE, [place_below(0.01)])
        [[id_]] = cursor.fetchall()
    Submission.objects.filter(pk=row.pk).update(**{"id": id_} | fields)
    row.refresh_from_db()
    return row


def _run():
    """Poll until the challenger has loaded, and once more."""
    return challenger.read_next() or challenger.read_next()


def test_a_drawing_is_read_in_shadow_once(shadow, alice):
    row = _read(alice)
    assert _run()
    found = ShadowReading.objects.get()
    assert (found.submission_id, found.model_version, found.text, found.agrees) == (row.pk, shadow.candidate, "7", True)
    assert (found.verdict, found.confidence) == ("digit", 0.8) and found.elapsed_ms > 0
    assert not _run()
    shadow.row.refresh_from_db()
    assert (shadow.row.status, shadow.row.attempts) == (Status.QUEUED, 0)


def test_nothing_that_shows_readings_shows_it(shadow, alice, client):
    shadow.reader.text = "1"
    row = _read(alice)
    assert _run()
    row.refresh_from_db()
    assert (row.text, row.predictions.get().model_version) == ("7", shadow.live)
    client.force_login(alice)
    statements = []

    def note(execute, sql, *arguments):
        statements.append(sql)
        return execute(sql, *arguments)

    with connection.execute_wrapper(note):
        for path in (row.get_absolute_url(), "/history/", f"/api/v1/submissions/{row.id}/", "/api/v1/submissions/"):
            assert client.get(path).status_code == 200
    assert statements and not any("shadowreading" in sql for sql in statements)


@pytest.mark.parametrize(
    "fields",
    [
        {"deleted_at": Now()},
        {"superseded_at": Now()},
        {"finished_at": Now() - timedelta(minutes=6)},
        {"owner": None, "guest_key": "golden"},
        {"owner": None, "guest_key": "somebody", "deleted_at": Now() + timedelta(hours=1)},
    ],
)
def test_deleted_old_golden_and_guests_drawings_are_never_read(shadow, alice, fields):
    _read(alice, **fields)
    assert not _run()
    assert shadow.reader.count == 0


def test_the_share_is_exact_on_average(shadow):
    ids = "SELECT count(*) FILTER (WHERE uuid_hash_extended(id, 0) < %s) FROM (SELECT gen_random_uuid() AS id"
    with connection.cursor() as cursor:
        cursor.execute(f"{ids} FROM generate_series(1, 200000)) AS drawn", [place_below(0.05)])
        [[count]] = cursor.fetchall()
    assert count == pytest.approx(10_000, abs=500)  # five standard deviations
    assert place_below(0.5) == 0


def test_what_is_not_in_the_share_is_not_read(shadow, alice):
    row = _read(alice)
    Challenger.objects.update(share=1e-9)
    assert not _run()
    assert not ShadowReading.objects.filter(submission=row).exists()


@pytest.mark.parametrize("what", ["submission", "job"])
def test_nothing_is_read_while_somebody_waits(shadow, alice, what):
    row = _read(alice)
    waiting = make_submission(alice) if what == "submission" else make_job(row)
    assert not _run()
    lifecycle.cancel(type(waiting).objects.filter(pk=waiting.pk))
    assert _run()


def test_a_poll_reads_in_shadow_only_if_it_found_no_work(shadow, alice, monkeypatch):
    reads = []
    monkeypatch.setattr(challenger, "read_next", lambda: reads.append(1))
    for found in (True, False):
        monkeypatch.setattr(watch, "_serve_people", lambda found=found, **_: found)
        assert watch.poll() == found
        assert len(reads) == (not found)


def test_without_a_challenger_nothing_is_asked(shadow, monkeypatch, django_assert_num_queries):
    lifecycle.stop_challengers()
    monkeypatch.setattr(challenger, "CHECK_EVERY_S", 5.0)
    monkeypatch.setattr(challenger, "_checked_at", -10.0)
    with django_assert_num_queries(1):
        assert not challenger.read_next()
    with django_assert_num_queries(0):
        assert not challenger.read_next()


@pytest.mark.parametrize(
    ("served", "text", "agrees"),
    [
        ({}, "7", True),
        ({}, "1", False),
        ({}, "", False),
        ({"verdict": "not_a_digit"}, "", True),
        ({"verdict": "unsure"}, "7", True),
        ({"written": "7"}, "7", True),
        ({"text": "75", "written": "7.5"}, "75", False),
        ({"text": "75", "written": "7.5"}, "7.5", True),
    ],
)
def test_agreement_is_about_what_is_read_not_how_sure(served, text, agrees):
    submission = Submission(**{"text": "7", "verdict": "digit"} | served)
    [reading] = Constant(text).read([None])
    assert challenger.is_served(submission, reading) == agrees


def test_a_disagreement_goes_to_review_unless_it_was_reviewed(shadow, alice):
    shadow.reader.text = "1"
    row, reviewed = _read(alice), _read(alice)
    review_submission(reviewed, make_user("carol"), "7", Role.REVIEWER)
    assert _run() and _run()
    assert list(ReviewRequest.objects.values_list("submission", flat=True)) == [row.pk]


def test_one_that_cannot_be_loaded_is_stopped_with_the_reason(shadow, alice):
    shadow.reader.error = model_cache.CannotLoad("it is broken")
    _read(alice)
    assert not _run()
    shadow.row.refresh_from_db()
    assert (shadow.row.status, shadow.row.trouble) == (Status.FAILED, "new cannot be loaded: it is broken")
    assert not challenger.read_next()


def test_one_that_fails_is_stopped_with_the_reason_and_readings_go_on(shadow, alice, monkeypatch):
    monkeypatch.setattr(recognize, "live", lambda: model_cache.Loaded(shadow.live, Constant()))
    shadow.reader.error = ValueError("a bad shape")
    _read(alice)
    assert not _run()
    shadow.row.refresh_from_db()
    assert shadow.row.status == Status.FAILED and "a bad shape" in shadow.row.trouble
    make_submission(alice)
    assert recognize.recognize_batch() == 1


def test_one_that_ends_its_workers_is_given_up(shadow, alice, settings):
    _read(alice)
    Challenger.objects.update(attempts=settings.MAX_ATTEMPTS)
    schedule.run_all()
    shadow.row.refresh_from_db()
    assert (shadow.row.status, shadow.row.trouble) == (Status.FAILED, "It ended its workers; their logs say why.")


def test_the_challenger_is_of_one_worker_at_a_time_and_returns_from_a_dead_one(shadow, alice):
    _read(alice)
    challenger.load()
    with claims.claimed_challenger() as held:
        assert len(held) == 1 and not _run()
        Challenger.objects.update(lease_until=Now() - timedelta(seconds=1))
        assert _run()
        assert not lifecycle.release_challenger(held[0])
    assert ShadowReading.objects.count() == 1


def test_what_was_read_by_one_that_was_stopped_meanwhile_is_not_stored(shadow, alice, monkeypatch):
    _read(alice)
    read_under = recognize.read_under

    def read(*args):
        lifecycle.stop_challengers()
        return read_under(*args)

    monkeypatch.setattr(recognize, "read_under", read)
    assert not _run()
    assert (ShadowReading.objects.count(), Challenger.objects.get().status) == (0, Status.CANCELED)


def test_what_was_deleted_meanwhile_is_not_stored(shadow, alice, monkeypatch):
    _read(alice)
    read_under = recognize.read_under

    def read(*args):
        Submission.objects.update(deleted_at=Now())
        return read_under(*args)

    monkeypatch.setattr(recognize, "read_under", read)
    assert not _run()
    assert ShadowReading.objects.count() == 0


def test_a_promotion_stops_the_challenger(shadow):
    registry.promote(shadow.candidate, None)
    shadow.row.refresh_from_db()
    assert shadow.row.status == Status.CANCELED and "went live" in shadow.row.trouble


def test_one_that_older_code_promoted_stops(shadow, alice):
    _read(alice)
    ModelVersion.objects.update(is_live=False)
    ModelVersion.objects.filter(pk=shadow.candidate.pk).update(is_live=True)
    assert not _run()
    shadow.row.refresh_from_db()
    assert (shadow.row.status, shadow.reader.count) == (Status.CANCELED, 0)


def test_there_is_one_at_a_time_with_a_small_share(shadow):
    for fields in ({"share": 0.01}, {"share": 0.06, "status": "canceled", "finished_at": Now()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Challenger.objects.create(model_version=shadow.candidate, **fields)
    lifecycle.stop_challengers()
    Challenger.objects.create(model_version=shadow.candidate)


class TestDeletion:
    """The shadow readings of a deleted drawing go with its content, and with its row in older code too."""

    @pytest.fixture
    def row(self, shadow, alice):
        row = _read(alice)
        assert _run()
        return row

    def test_content(self, row):
        Submission.objects.update(deleted_at=Now() - timedelta(minutes=2))
        retention.delete_expired()
        assert ShadowReading.objects.count() == 0 and Submission.objects.count() == 1

    def test_content_that_older_code_has_emptied(self, row):
        Submission.objects.update(deleted_at=Now() - timedelta(minutes=2))
        row.drawing.delete()
        retention.delete_expired()
        assert ShadowReading.objects.count() == 0

    def test_account(self, row, alice):
        alice.delete()
        assert ShadowReading.objects.count() == 0

    def test_a_row_that_older_code_deletes(self, row):
        row.predictions.all().delete()
        row.drawing.delete()
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM predictions_submission WHERE key = %s", [row.pk])
        assert ShadowReading.objects.count() == 0

    def test_age(self, row):
        ShadowReading.objects.update(created_at=F("created_at") - timedelta(days=31))
        retention.delete_expired()
        assert ShadowReading.objects.count() == 0


def test_jobs_are_left_alone(shadow, alice):
    job = make_job(_read(alice))
    assert not _run()
    assert Job.objects.get() == job
