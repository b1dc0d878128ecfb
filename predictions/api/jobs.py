"""Jobs on a finished submission: explain a reading, or read it again with the live model.

A worker does the job; the submission itself does not change.
"""

import uuid
from typing import Any

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from predictions.api import request_parsing
from predictions.api.responses import cache_headers, failure_body
from predictions.api.schema import operations
from predictions.api.views import LimitedView, get_submission, owner_of
from predictions.models import Job, ModelVersion, Prediction, Status, Submission
from predictions.services import long_poll
from predictions.services.errors import Refused
from predictions.services.explanations import say_in_english
from predictions.services.jobs import (
    Kind,
    explanation_of,
    latest_job,
    model_for,
    reading_by,
    reading_from,
    request_explanation,
    request_new_reading,
)
from predictions.services.readings import model_body, readings_of, result_body


def _chosen_reading(request: Request, submission: Submission) -> Prediction | None:
    """Return the earliest reading by `?model=` with `?preprocessing=`, if given. Raises Http404 or Refused."""
    name, preprocessing = (request_parsing.single_parameter(request, key) for key in ("model", "preprocessing"))
    for one in readings_of(submission):
        if name in (None, one.model_version.name) and preprocessing in (None, one.preprocessing):
            return one
    if name is None and preprocessing is None:
        return None
    raise Http404


class JobView(LimitedView):
    """Wait for a job and show it."""

    def wait(self, request: Request, job: Job) -> Job:
        """Return the job after waiting up to `?wait=N` seconds for it to finish. Raises Refused."""
        wait_s = request_parsing.wait_s(request)
        return long_poll.wait_for_known(job, wait_s) if wait_s and job.finished_at is None else job

    def respond(self, job: Job, version: ModelVersion, **result: Any) -> Response:
        """Return a response that shows `job` and its result: 202 if this request queued it and it is unfinished."""
        is_accepted = self.request.method == "POST" and job.finished_at is None
        body = {
            "status": job.status,
            "model": model_body(version),
            "asked_at": job.created_at,
            "finished_at": job.finished_at,
            "error": failure_body(job),
            **result,
        }
        return Response(body, status=202 if is_accepted else 200, headers=cache_headers(job))


class SubmissionExplanation(JobView):
    """`/api/v1/submissions/<id>/explanation/`"""

    @operations.ASK_FOR_EXPLANATION
    def post(self, request: Request, id_: uuid.UUID) -> Response:
        """Request an explanation: 202, or 200 if it exists; 409 if there is no reading."""
        prediction = _chosen_reading(request, get_submission(request, id_))
        if prediction is None:
            raise Refused("not_read", "There is no reading to explain.", 409)
        return self.respond_explanation(request_explanation(prediction, owner_of(request)), prediction.model_version)

    @operations.GET_EXPLANATION
    def get(self, request: Request, id_: uuid.UUID) -> Response:
        """Return the explanation, after `?wait=N` seconds at most; 404 if none was requested."""
        prediction = _chosen_reading(request, get_submission(request, id_))
        job = explanation_of(prediction) if prediction else None
        if prediction is None or job is None:
            raise Http404
        return self.respond_explanation(self.wait(request, job), prediction.model_version)

    def respond_explanation(self, job: Job, version: ModelVersion) -> Response:
        """Return a response that shows `job` and its explanation."""
        result = job.result
        return self.respond(job, version, explanation=result and {"text": say_in_english(result), **result})


class SubmissionReadAgain(JobView):
    """`/api/v1/submissions/<id>/read-again/`"""

    @operations.READ_AGAIN
    def post(self, request: Request, id_: uuid.UUID) -> Response:
        """Read a finished submission with the live model: 202, or 200 if that model has already read it."""
        submission = get_submission(request, id_)
        version = model_for(submission)
        found = reading_by(version, submission, readings_of(submission))
        if found is None:
            return self.respond_reading(request_new_reading(submission, version, owner_of(request)), version)
        body = {
            "status": Status.SUCCEEDED,
            "model": model_body(version),
            "asked_at": None,
            "finished_at": found.finished_at,
            "error": None,
            "reading": result_body(found, submission),
        }
        return Response(body, headers={"Cache-Control": "no-store"})

    @operations.GET_READ_AGAIN
    def get(self, request: Request, id_: uuid.UUID) -> Response:
        """Return the latest repeated reading, after `?wait=N` seconds at most; 404 if none was requested."""
        job = latest_job(Kind.READ_AGAIN, get_submission(request, id_))
        if job is None:
            raise Http404
        version = job.model_version  # before the wait, which reloads the row without it
        return self.respond_reading(self.wait(request, job), version)

    def respond_reading(self, job: Job, version: ModelVersion) -> Response:
        """Return a response that shows `job` and its reading."""
        found = reading_from(job, readings_of(job.submission))
        return self.respond(job, version, reading=found and result_body(found, job.submission))
