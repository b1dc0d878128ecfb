"""What is expected of a drawing reaches the reader, and is part of what makes a reading unique; signs are kept."""

import pytest
from django.db import IntegrityError, connection
from django.db.models.functions import Now
from django.urls import reverse

from ml.expects import parse_expectation
from ml.types import Alternative, DigitReading, Reading, Reason, SymbolReading, Verdict
from predictions import claims, lifecycle
from predictions.models import Prediction, Review, Role, Submission
from predictions.services.jobs import reading_by
from predictions.services.review import InvalidReview, review_submission
from predictions.worker import jobs, known_drawings, measuring, recognize, retention
from predictions.worker.model_cache import Loaded
from tests.factories import make_job, make_prediction, make_submission, make_user, make_version, read_one

pytestmark = pytest.mark.django_db
DATE = parse_expectation("date")
GUESS = DigitReading(2, 0.9, (0.1,) * 10, (0, 0, 9, 9), bytes(784))
SIGNED = Reading(
    "280842",
    Verdict.UNSURE,
    0.97,
    (GUESS,),
    written="28/08/42",
    symbols=(SymbolReading("2", 0.9, (0, 0, 9, 9)),),
    reasons=(Reason.SIGN, Reason.CLOSE_CALL),
    alternatives=(Alternative("28/08/12", 0.02),),
)


@pytest.fixture
def alice():
    return make_user("alice")


def read_signed(owner, reader, **fields):
    reader.reading = SIGNED
    row = make_submission(owner, **fields)
    recognize.recognize_batch()
    row.refresh_from_db()
    return row


def test_the_reader_is_told_what_is_expected_of_each_drawing(reader):
    make_submission(expects=DATE.as_dict())
    make_submission()
    recognize.recognize_batch()
    assert reader.expected == [DATE, None]
    assert set(Prediction.objects.values_list("expects_sha256", flat=True)) == {DATE.sha256, ""}


def test_a_reader_that_knows_no_expectations_is_told_of_none(reader, monkeypatch):
    known = reader.read
    monkeypatch.setattr(reader, "read", lambda pages: known(pages))
    make_submission()
    assert recognize.recognize_batch() == 1


def test_a_second_reading_is_under_the_same_expectation(reader, monkeypatch):
    row = make_submission(expects=DATE.as_dict())
    recognize.recognize_batch()
    newer = make_version("newer", b"newer")
    monkeypatch.setattr(jobs, "load_to_read", lambda version: Loaded(version, reader))
    make_job(row, "read_again", newer)
    assert jobs.run_next() == 1
    assert reader.expected == [DATE, DATE]
    assert list(Prediction.objects.values_list("expects_sha256", flat=True)) == [DATE.sha256] * 2


def test_a_reading_without_the_expectation_is_another_one(alice):
    """A worker of the version before reads without it; so the drawing may be read again under it."""
    row = read_one(alice)
    Submission.objects.filter(pk=row.pk).update(expects=DATE.as_dict())
    row.refresh_from_db()
    [older] = row.predictions.all()
    assert reading_by(older.model_version, row, [older]) is None
    under = make_prediction(row, older.model_version)
    under.expects_sha256 = row.expects_sha256
    under.save()
    assert reading_by(older.model_version, row, [older, under]) == under
    under.pk = None
    with pytest.raises(IntegrityError):
        under.save()


def test_a_job_finds_its_own_reading_among_those_under_other_expectations(alice):
    row = read_one(alice)
    Submission.objects.filter(pk=row.pk).update(expects=DATE.as_dict())
    job = make_job(row, "read_again")
    with claims.claimed_job() as [claimed]:
        reading = make_prediction(claimed.submission, claimed.model_version)
        reading.expects_sha256 = DATE.sha256
        assert lifecycle.complete_job(claimed, prediction=reading)
    job.refresh_from_db()
    assert job.prediction.expects_sha256 == DATE.sha256


def test_what_was_written_and_the_reasons_are_copied_for_lists(alice, reader):
    row = read_signed(alice, reader)
    assert (row.text, row.written, row.reasons, row.shown_text) == (
        "280842",
        "28/08/42",
        ["sign", "close_call"],
        "28/08/42",
    )
    kept = row.predictions.get().reading
    assert kept["symbols"] == [{"symbol": "2", "confidence": 0.9, "box": [0, 0, 9, 9]}]
    assert kept["alternatives"] == [{"text": "28/08/12", "probability": 0.02}]


@pytest.mark.parametrize(
    ("written", "expects", "shown"),
    [("", None, "12"), ("1-2", None, "1-2"), ("12?", None, "12"), ("-", None, "-"), ("1-2", DATE.as_dict(), "12")],
)
def test_signs_are_shown_if_people_can_type_them_and_nothing_was_expected(written, expects, shown):
    assert Submission(text="12", written=written, expects=expects).shown_text == shown


def test_old_code_can_insert_a_submission_and_a_prediction(alice):
    """It knows none of the new columns."""
    version = make_version()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO predictions_submission (id, owner_id, guest_key, source, lane, body_sha256, may_train, status,"
            " attempts, error_code, text, verdict, label_by, available_at, created_at, queued_at) SELECT"
            " gen_random_uuid(), %s, '', 'api', 'interactive', '', false, 'queued', 0, '', '', '', '', now(), now(),"
            " now() RETURNING key",
            [alice.pk],
        )
        [key] = cursor.fetchone()
        cursor.execute(
            "INSERT INTO predictions_prediction (submission_id, model_version_id, preprocessing, reading, runtime,"
            " device, worker, batch_size, queued_at) VALUES (%s, %s, '1', '{}', '', '', '', 1, now())",
            [key, version.pk],
        )
    row = Submission.objects.get(pk=key)
    assert (row.expects, row.written, row.reasons) == (None, "", None)
    assert row.predictions.get().expects_sha256 == ""


def test_deleted_content_includes_what_was_written_and_expected(alice, reader):
    row = read_signed(alice, reader, expects=DATE.as_dict())
    Submission.objects.filter(pk=row.pk).update(deleted_at=Now() - 2 * retention.MINUTE)
    retention.delete_expired()
    row.refresh_from_db()
    assert (row.text, row.written, row.reasons, row.expects) == ("", "", None, None)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("28/08/42", "28/08/42"), (" 28. 8. 42 ", "28.8.42"), ("−7", "-7"), ("3x4", "3×4"), ("1" * 64, "1" * 64)],
)
def test_a_review_takes_digits_and_signs(alice, typed, kept):
    row = read_one(alice)
    review_submission(row, alice, typed, Role.OWNER)
    row.refresh_from_db()
    assert row.label == Review.objects.get().text == kept


@pytest.mark.parametrize("typed", ["1" * 65, "a", "-", "1?", "1#", "٣", "7\x00"])
def test_a_review_takes_nothing_else(alice, typed):
    with pytest.raises(InvalidReview, match="at most 64"):
        review_submission(read_one(alice), alice, typed, Role.OWNER)


def test_the_signs_of_a_reading_are_confirmed_in_one_press(client, alice, reader):
    row = read_signed(alice, reader)
    client.force_login(alice)
    client.post(reverse("review", args=[row.id]), {"answer": "right"})
    row.refresh_from_db()
    assert row.label == "28/08/42"
    assert not Submission.objects.corrected().exists()


def test_an_alternative_is_chosen_in_one_press(client, alice, reader):
    row = read_signed(alice, reader)
    client.force_login(alice)
    page = client.get(reverse("item", args=[row.id])).content.decode()
    assert '<button class="chip" type="submit" name="text" value="28/08/12">' in page
    client.post(reverse("review", args=[row.id]), {"answer": "wrong", "text": "28/08/12"})
    assert 'value="28/08/12"' not in client.get(reverse("item", args=[row.id])).content.decode()
    assert Submission.objects.corrected().get().label == "28/08/12"


def test_the_history_shows_signs_and_reasons_in_the_readers_language(client, alice, reader):
    read_signed(alice, reader)
    client.force_login(alice)
    english = client.get(reverse("history")).content.decode()
    assert "Not a plain number: 28/08/42" in english
    assert "There are signs between or next to the digits. Something else is almost as likely." in english
    german = client.get(reverse("history"), headers={"accept-language": "de"}).content.decode()
    assert "Zwischen oder neben den Ziffern stehen Zeichen." in german


@pytest.mark.parametrize(("wanted", "is_found"), [("8/08", True), ("2808", True), ("42", True), ("43", False)])
def test_the_history_is_searched_for_digits_and_signs(client, alice, reader, wanted, is_found):
    row = read_signed(alice, reader)
    client.force_login(alice)
    shown = client.get(reverse("history"), {"digit": wanted}).context["submissions"]
    assert [one.pk for one in shown] == ([row.pk] if is_found else [])


def test_an_unknown_reason_of_a_newer_worker_is_unclear(client, alice, reader):
    row = read_signed(alice, reader)
    Submission.objects.filter(pk=row.pk).update(reasons=["from_the_future"])
    client.force_login(alice)
    assert "The writing is hard to make out." in client.get(reverse("history")).content.decode()


def test_models_are_compared_under_what_was_expected(alice, reader):
    row = read_signed(alice, reader, expects=DATE.as_dict())
    review_submission(row, make_user("carol"), "28/08/42", Role.REVIEWER)
    reader.expected.clear()
    [known] = known_drawings.reviewed()
    [reading] = measuring.read_all(reader, known.pages)
    assert measuring.is_right("28/08/42", reading, known.pages[0]) and known.truths == ["28/08/42"]
    assert reader.expected == [DATE]
