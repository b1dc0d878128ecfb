"""What may be asked for a finished submission: why it was read so, and to have it read by today's model.

A worker does it as an Errand; the submission itself never changes.
"""

import uuid
from typing import Any

from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from ml.digits import PREPARED
from predictions import lifecycle, registry, tasks
from predictions.models import Errand, ModelVersion, Prediction, Status, Submission
from predictions.web import bodies, described, limits, waiting
from predictions.web.answers import freshness
from predictions.web.drawings import Refused
from predictions.web.gate import LimitedView, owner_of
from predictions.web.serializers import error_body, model_body, readings_of, result_body
from predictions.web.why import say_in_english

Kind = Errand.Kind


def ask_why(prediction: Prediction, by: User) -> Errand:
    """Have a reading explained by the model that read it; asked again, it is the same errand. Raises Refused."""
    return _ask(prediction.submission, Kind.EXPLAIN, prediction.model_version, by)


def ask_again(submission: Submission, version: ModelVersion, by: User) -> Errand:
    """Have a submission read by `version`, as `model_for` gives it; asked again, it is the same errand.

    Raises Refused.
    """
    return _ask(submission, Kind.READ_AGAIN, version, by)


def model_for(submission: Submission) -> ModelVersion:
    """Give the live model, if it may read `submission` again. Raises Refused."""
    if submission.finished_at is None or lifecycle.is_retryable(submission):
        raise Refused("not_readable", "Only what is finished is read again; what failed by our fault, by retry/.", 409)
    version = live_model()
    if version is None:
        raise Refused("no_model", "No model is live right now. Try again later.", 503, retry_after_s=60)
    return version


def live_model() -> ModelVersion | None:
    """Give the live version, or None. One query."""
    try:
        return registry.live_version()
    except registry.NoModel:
        return None


def reading_by(version: ModelVersion, readings: list[Prediction]) -> Prediction | None:
    """Give the newest of `readings` that is by `version` with today's preprocessing."""
    own = [one for one in readings if (one.model_version_id, one.preprocessing) == (version.pk, PREPARED)]
    return own[-1] if own else None


def newest(kind: Errand.Kind, submission: Submission, version: ModelVersion | None = None) -> Errand | None:
    """Give the last errand of that kind, of `version` or of any. One query."""
    rows = Errand.objects.filter(submission=submission, kind=kind).select_related("model_version")
    rows = rows.filter(model_version=version) if version else rows
    return rows.defer("model_version__card").order_by("-pk").first()


def _ask(submission: Submission, kind: Errand.Kind, version: ModelVersion, by: User) -> Errand:
    """Give the errand of that kind and model: queued now, or as it stands; what failed by our fault is tried again."""
    named: dict[str, Any] = {"submission": submission, "kind": kind, "model_version": version}
    found = Errand.objects.filter(**named).first()
    if found and not lifecycle.is_retryable(found):
        return found
    with limits.admitting_errand(by) as lane, transaction.atomic():
        errand, is_new = Errand.objects.get_or_create(**named, defaults={"asked_by": by, "lane": lane})
        if is_new or lifecycle.retry(errand):
            tasks.ring_for_errand()
    errand.refresh_from_db()
    return errand


def _mine(request: Request, id_: uuid.UUID) -> Submission:
    return get_object_or_404(Submission.objects.of(owner_of(request)), id=id_)


def _asked_reading(request: Request, submission: Submission) -> Prediction | None:
    """Give the reading by the `?model=` of a request, by default the first. Raises Http404 if that model has none."""
    name, readings = request.query_params.get("model"), readings_of(submission)
    if name is None:
        return readings[0] if readings else None
    found = next((one for one in readings if one.model_version.name == name), None)
    if found is None:
        raise Http404
    return found


class ErrandView(LimitedView):
    """What both kinds of errands have in common: how they are waited for, and answered about."""

    def wait(self, request: Request, errand: Errand) -> Errand:
        """Give an errand, after `?wait=N` seconds at most. Raises Refused."""
        wait_s = bodies.asked_wait_s(request)
        return waiting.wait_for_known(errand, wait_s) if wait_s and errand.finished_at is None else errand

    def answer(self, errand: Errand, version: ModelVersion, **found: Any) -> Response:
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

    @described.ASK_WHY
    def post(self, request: Request, id_: uuid.UUID) -> Response:
        """Ask why one's own submission was read so: 202, or 200 and the explanation if there is one."""
        prediction = _asked_reading(request, _mine(request, id_))
        if prediction is None:
            raise Refused("not_read", "There is no reading here that could be explained.", 409)
        return self.explain(ask_why(prediction, owner_of(request)), prediction.model_version)

    @described.GET_WHY
    def get(self, request: Request, id_: uuid.UUID) -> Response:
        """Give the explanation that was asked for, after `?wait=N` seconds at most; 404 if none was."""
        submission = _mine(request, id_)
        prediction = _asked_reading(request, submission)
        errand = newest(Kind.EXPLAIN, submission, prediction.model_version) if prediction else None
        if prediction is None or errand is None:
            raise Http404
        return self.explain(self.wait(request, errand), prediction.model_version)

    def explain(self, errand: Errand, version: ModelVersion) -> Response:
        """Answer with an errand and its explanation."""
        result = errand.result
        return self.answer(errand, version, explanation=result and {"text": say_in_english(result), **result})


class SubmissionReadAgain(ErrandView):
    """`/api/v1/submissions/<id>/read-again/`"""

    @described.READ_AGAIN
    def post(self, request: Request, id_: uuid.UUID) -> Response:
        """Have one's own finished submission read by the live model: 202, or 200 and its reading if it has read it."""
        submission = _mine(request, id_)
        version = model_for(submission)
        found = reading_by(version, readings_of(submission))
        if found is None:
            return self.read(ask_again(submission, version, owner_of(request)), version)
        body = {
            "status": Status.SUCCEEDED,
            "model": model_body(version),
            "asked_at": None,
            "finished_at": found.finished_at,
            "error": None,
            "reading": result_body(found),
        }
        return Response(body, headers={"Cache-Control": "no-store"})

    @described.GET_AGAIN
    def get(self, request: Request, id_: uuid.UUID) -> Response:
        """Give how the last reading again stands, after `?wait=N` seconds at most; 404 if none was asked for."""
        errand = newest(Kind.READ_AGAIN, _mine(request, id_))
        if errand is None:
            raise Http404
        version = errand.model_version  # before the wait, which would forget it
        return self.read(self.wait(request, errand), version)

    def read(self, errand: Errand, version: ModelVersion) -> Response:
        """Answer with an errand and its reading."""
        is_read = errand.status == Status.SUCCEEDED
        found = reading_by(version, readings_of(errand.submission)) if is_read else None
        return self.answer(errand, version, reading=found and result_body(found))
