"""An explanation belongs to one reading: a model may read a submission again once preprocessing has changed."""

from types import SimpleNamespace

import pytest
from django.db import connection

from ml.types import PIPELINE_VERSION
from predictions.models import Job, Prediction, Status
from predictions.services.jobs import (
    explanation_of,
    latest_job,
    match_explanations,
    reading_from,
    request_explanation,
    request_new_reading,
)
from predictions.worker import jobs, model_cache
from tests.factories import URL, make_job, make_prediction, make_version, read_one
from tests.predictions.stubs import StubReader

pytestmark = pytest.mark.django_db
BEFORE = "ink-1 line-1"  # a preprocessing and segmentation of the past


@pytest.fixture
def worker(monkeypatch):
    """Replace every network by one that reads 7, and explanations by the digit that is explained."""
    for module in (jobs, model_cache):
        monkeypatch.setattr(module, "load", lambda version: model_cache.Loaded(version, StubReader(batches=[])))

    def explain(reader, inputs, digits):
        digit = {"digit": digits[0], "runner_up": 3, "log_odds": 5.0, "for_at": "left", "against_at": None}
        return [SimpleNamespace(as_dict=lambda: digit)]

    monkeypatch.setattr(jobs, "explain_digits", explain)


@pytest.fixture
def row(alice):
    """Return a submission that was read as 1 in the past, by a model that is live still."""
    row = read_one(alice, "1")
    row.predictions.update(preprocessing=BEFORE)
    return row


def test_each_reading_of_one_model_has_its_own_explanation(worker, row, alice):
    read_again = request_new_reading(row, make_version(), alice)
    assert jobs.run_next() == 1
    old, new = row.predictions.order_by("pk")
    assert (old.preprocessing, new.preprocessing, old.model_version) == (BEFORE, PIPELINE_VERSION, new.model_version)
    queued = [request_explanation(one, alice) for one in (old, new)]
    assert queued[0] != queued[1]
    assert [jobs.run_next(), jobs.run_next(), jobs.run_next()] == [1, 1, 0]
    explained = [explanation_of(one) for one in (old, new)]
    assert [job.result["digits"][0]["digit"] for job in explained] == [1, 7]
    assert explained == queued == [request_explanation(one, alice) for one in (old, new)]
    read_again.refresh_from_db()
    assert (read_again.prediction, reading_from(read_again, [old, new])) == (new, new)


def test_the_api_explains_the_reading_that_is_named(worker, row, api, alice):
    version = make_version()
    make_prediction(row, version, "7").save()

    def explained(query):
        return api.get(f"{URL}{row.id}/explanation/{query}").data["explanation"]["digits"][0]["digit"]

    for preprocessing in (BEFORE, PIPELINE_VERSION):
        query = f"?model={version.name}&preprocessing={preprocessing}"
        assert api.get(f"{URL}{row.id}/explanation/{query}").status_code == 404
        assert api.post(f"{URL}{row.id}/explanation/{query}").status_code == 202
        assert jobs.run_next() == 1
    assert explained(f"?preprocessing={BEFORE}") == explained("") == 1
    assert explained(f"?model={version.name}&preprocessing={PIPELINE_VERSION}") == 7
    assert api.post(f"{URL}{row.id}/explanation/?preprocessing=none").status_code == 404
    assert Job.objects.count() == 2


def test_a_submission_can_be_read_again_after_each_change_of_preprocessing(worker, row, api, alice):
    make_version()
    for change in (2, 3):
        assert api.post(f"{URL}{row.id}/read-again/").status_code == 202
        assert jobs.run_next() == 1
        assert api.get(f"{URL}{row.id}/read-again/").data["reading"]["text"] == "7"
        assert api.post(f"{URL}{row.id}/read-again/").status_code == 200
        Prediction.objects.filter(preprocessing=PIPELINE_VERSION).update(preprocessing=f"ink-1 line-{change}")
    assert Job.objects.filter(kind="read_again", status=Status.SUCCEEDED).count() == 2


class TestWithAnOlderVersion:
    """Code from before migration 0009 queues and finishes jobs that name no prediction."""

    def test_its_explanation_is_of_the_earliest_reading_by_the_model(self, worker, row, alice):
        make_prediction(row, make_version(), "7").save()
        old, new = row.predictions.order_by("pk")
        job = make_job(row)
        assert jobs.run_next() == 1
        assert explanation_of(old).result["digits"][0]["digit"] == 1
        assert explanation_of(new) is None
        assert request_explanation(old, alice) == job
        second = request_explanation(new, alice)
        assert match_explanations([old, new], [job, second]) == {old.pk: job, new.pk: second}

    def test_a_job_that_names_the_reading_is_preferred(self, row):
        [reading] = row.predictions.all()
        named, unnamed = make_job(row, prediction=reading), make_job(row)
        assert match_explanations([reading], [named, unnamed]) == {reading.pk: named}

    def test_its_new_reading_does_not_prevent_another_one(self, worker, row, alice):
        version = make_version()
        done = make_job(row, "read_again", version)
        assert jobs.run_next() == 1
        Job.objects.update(prediction=None)
        Prediction.objects.filter(preprocessing=PIPELINE_VERSION).update(preprocessing="ink-1 line-2")
        assert latest_job(Job.Kind.READ_AGAIN, row) == done
        assert request_new_reading(row, version, alice) != done

    def test_it_can_insert_a_job_and_only_once(self, row, alice):
        insert = (
            "INSERT INTO predictions_errand (submission_id, kind, model_version_id, asked_by_id, lane, status,"
            " attempts, error_code) VALUES (%s, 'explain', %s, %s, 'interactive', 'queued', 0, '')"
            " ON CONFLICT DO NOTHING"
        )
        with connection.cursor() as cursor:
            for _ in range(2):
                cursor.execute(insert, [row.pk, make_version().pk, alice.pk])
        job = Job.objects.get()
        assert (job.prediction, explanation_of(row.predictions.get())) == (None, job)
