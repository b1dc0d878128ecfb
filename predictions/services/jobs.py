"""Jobs that a person may start on a finished submission: explain a reading, or read it again with the live model."""

from typing import Any

from django.db import transaction

from accounts.models import User
from ml.types import PIPELINE_VERSION
from predictions import lifecycle, registry, tasks
from predictions.models import Errand, ModelVersion, Prediction, Submission
from predictions.services import quotas
from predictions.services.errors import Refused

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
    """Return the live model, if it may read `submission` again. Raises Refused."""
    if submission.finished_at is None or lifecycle.is_retryable(submission):
        raise Refused("not_readable", "Only what is finished is read again; what failed by our fault, by retry/.", 409)
    version = live_model()
    if version is None:
        raise Refused("no_model", "No model is live right now. Try again later.", 503, retry_after_s=60)
    return version


def live_model() -> ModelVersion | None:
    """Return the live version, or None. One query."""
    try:
        return registry.live_version()
    except registry.NoModel:
        return None


def reading_by(version: ModelVersion, readings: list[Prediction]) -> Prediction | None:
    """Return the newest of `readings` that is by `version` with today's preprocessing."""
    own = [one for one in readings if (one.model_version_id, one.preprocessing) == (version.pk, PIPELINE_VERSION)]
    return own[-1] if own else None


def newest(kind: Errand.Kind, submission: Submission, version: ModelVersion | None = None) -> Errand | None:
    """Return the last errand of that kind, of `version` or of any. One query."""
    rows = Errand.objects.filter(submission=submission, kind=kind).select_related("model_version")
    rows = rows.filter(model_version=version) if version else rows
    return rows.defer("model_version__card").order_by("-pk").first()


def _ask(submission: Submission, kind: Errand.Kind, version: ModelVersion, by: User) -> Errand:
    """Return the errand of that kind and model: queued now, or as it stands; what failed by our fault is tried again."""
    named: dict[str, Any] = {"submission": submission, "kind": kind, "model_version": version}
    found = Errand.objects.filter(**named).first()
    if found and not lifecycle.is_retryable(found):
        return found
    with quotas.admitting_job(by) as lane, transaction.atomic():
        errand, is_new = Errand.objects.get_or_create(**named, defaults={"asked_by": by, "lane": lane})
        if is_new or lifecycle.retry(errand):
            tasks.ring_for_errand()
    errand.refresh_from_db()
    return errand
