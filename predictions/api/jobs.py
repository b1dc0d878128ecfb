"""What may be asked for a finished submission: why it was read so, and to have it read by today's model.

A worker does it as an Job; the submission itself never changes.
"""

import uuid
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from predictions.api import request_parsing, schema
from predictions.api.responses import freshness
from predictions.api.serializers import error_body
from predictions.api.views import LimitedView, owner_of
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


def _mine(request: Request, id_: uuid.UUID) -> Submission:
    return get_object_or_404(Submission.objects.of(owner_of(request)), id=id_)


def _asked_reading(request: Request, submission: Submission) -> Prediction | None:
    """Return the earliest reading by `?model=` with `?preprocessing=`, if given. Raises Http404 if none matches."""
    name, preprocessing = (request.query_params.get(key) for key in ("model", "preprocessing"))
    for one in readings_of(submission):
        if name in (None, one.model_version.name) and preprocessing in (None, one.preprocessing):
            return one
    if name is None and preprocessing is None:
        return None
    raise Http404


class ErrandView(LimitedView):
    """What both kinds of errands have in common: how they are waited for, and answered about."""

    def wait(self, request: Request, errand: Job) -> Job:
        """Return an errand, after `?wait=N` seconds at most. Raises Refused."""
        wait_s = request_parsing.asked_wait_s(request)
        return long_poll.wait_for_known(errand, wait_s) if wait_s and errand.finished_at is None else errand

    def answer(self, errand: Job, version: ModelVersion, **found: Any) -> Response:
        """Answer how an errand of `version` stands; `found`: what it brought, or None."""
        is_asked_only = self.request.method == "POST" and errand.finished_at is None
        body = {
            "status": errand.status,
            "model": model_body(version),
            "asked_at": errand.created_at,
            "finished_at": errand.finished_at,
            "error": error_body(errand),
            **found,
        }
        return Response(body, status=202 if is_asked_only else 200, headers=freshness(errand))


class SubmissionExplanation(ErrandView):
    """`/api/v1/submissions/<id>/explanation/`"""

    @schema.ASK_WHY
    def post(self, request: Request, id_: uuid.UUID) -> Response:
        """Ask why one's own submission was read so: 202, or 200 and the explanation if there is one."""
        prediction = _asked_reading(request, _mine(request, id_))
        if prediction is None:
            raise Refused("not_read", "There is no reading here that could be explained.", 409)
        return self.explain(request_explanation(prediction, owner_of(request)), prediction.model_version)

    @schema.GET_WHY
    def get(self, request: Request, id_: uuid.UUID) -> Response:
        """Return the explanation that was asked for, after `?wait=N` seconds at most; 404 if none was."""
        prediction = _asked_reading(request, _mine(request, id_))
        errand = explanation_of(prediction) if prediction else None
        if prediction is None or errand is None:
            raise Http404
        return self.explain(self.wait(request, errand), prediction.model_version)

    def explain(self, errand: Job, version: ModelVersion) -> Response:
        """Answer with an errand and its explanation."""
        result = errand.result
        return self.answer(errand, version, explanation=result and {"text": say_in_english(result), **result})


class SubmissionReadAgain(ErrandView):
    """`/api/v1/submissions/<id>/read-again/`"""

    @schema.READ_AGAIN
    def post(self, request: Request, id_: uuid.UUID) -> Response:
        """Have one's own finished submission read by the live model: 202, or 200 and its reading if it has read it."""
        submission = _mine(request, id_)
        version = model_for(submission)
        found = reading_by(version, readings_of(submission))
        if found is None:
            return self.read(request_new_reading(submission, version, owner_of(request)), version)
        body = {
            "status": Status.SUCCEEDED,
            "model": model_body(version),
            "asked_at": None,
            "finished_at": found.finished_at,
            "error": None,
            "reading": result_body(found),
        }
        return Response(body, headers={"Cache-Control": "no-store"})

    @schema.GET_AGAIN
    def get(self, request: Request, id_: uuid.UUID) -> Response:
        """Return how the last reading again stands, after `?wait=N` seconds at most; 404 if none was asked for."""
        errand = latest_job(Kind.READ_AGAIN, _mine(request, id_))
        if errand is None:
            raise Http404
        version = errand.model_version  # before the wait, which would forget it
        return self.read(self.wait(request, errand), version)

    def read(self, errand: Job, version: ModelVersion) -> Response:
        """Answer with an errand and its reading."""
        found = reading_from(errand, readings_of(errand.submission))
        return self.answer(errand, version, reading=found and result_body(found))
