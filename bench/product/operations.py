"""What people, programs, workers and the clock do, each by the product's own code, to be measured on a filled table."""

from collections.abc import Callable
from typing import Any

from django.test import Client

from accounts.models import User
from accounts.tokens import create_token
from ml.golden import golden_drawing
from predictions import claims, lifecycle, metrics
from predictions.models import ModelVersion, Prediction, Submission
from predictions.services import quotas
from predictions.worker import sweep

API = "/api/v1/submissions/"
DESK = "/admin/predictions/submission/"
PAGE = 24
Operations = dict[str, Callable[[], object]]


def operations(measured: User, version: ModelVersion) -> Operations:
    """Return every operation by name. Each raises AssertionError if its answer is not what it should be."""
    mine = Submission.objects.of(measured).current().newest_first()
    deep = mine[PAGE * 15].id
    return {
        **_of_a_person(measured, deep),
        **_of_a_program(measured, mine[0].id),
        **_of_the_desk(),
        "claim 32 and record one": lambda: _claim(version),
        "metrics and /health/status": lambda: (metrics.queue(), list(metrics.workers()), metrics.golden()),
        "the sweep of every 30 s": sweep.sweep,
    }


def _get(client: Client, path: str, **headers: str) -> Callable[[], object]:
    def get() -> object:
        answer = client.get(path, headers=headers)
        assert answer.status_code == 200, (path, answer.status_code)  # noqa: S101
        return answer

    return get


def _of_a_person(measured: User, deep: Any) -> Operations:
    client = Client()
    client.force_login(measured)
    filters = {
        "digit": "digit=7",
        "verdict": "verdict=unsure",
        "status": "status=failed",
        "dates": "since=2026-01-01&until=2026-06-01",
        "corrected": "corrected=yes",
    }
    deepest = f"/history/{deep}/"
    return {
        "history": _get(client, "/history/"),
        "history, 15 pages on": _get(client, f"/history/?before={deep}"),
        **{f"history by {name}": _get(client, f"/history/?{query}") for name, query in filters.items()},
        "one item": _get(client, deepest),
    }


def _of_a_program(measured: User, newest: Any) -> Operations:
    client = Client()
    token = {"authorization": f"Token {create_token(measured)}"}

    def submit() -> None:
        quotas.waiting_in_all._sums.clear()  # so that the queries of both sums are measured too
        quotas.kept_of_user._sums.clear()
        sent = client.post(API, golden_drawing(7, seed=2), content_type="application/json", headers=token)
        assert sent.status_code == 202, sent.content  # noqa: S101

    first = client.get(API, headers=token).json()
    return {
        "submit": submit,
        "poll": _get(client, f"{API}{newest}/", **token),
        "list": _get(client, API, **token),
        "list by cursor": _get(client, first["next"], **token),
    }


def _of_the_desk() -> Operations:
    client = Client()
    client.force_login(User.objects.create_superuser("root-of-the-bench", password=None))
    return {
        "office: submissions, review order": _get(client, DESK),
        "office: disputed": _get(client, f"{DESK}?review=disputed"),
        "office: doubtful": _get(client, f"{DESK}?review=doubtful"),
        "office: page 10": _get(client, f"{DESK}?p=10"),
        "office: predictions": _get(client, "/admin/predictions/prediction/"),
    }


def _claim(version: ModelVersion) -> None:
    with claims.claimed(32) as rows:
        row = rows[0]
        kept = {"reading": {"text": "7", "verdict": "digit", "confidence": 0.9, "digits": []}, "batch_size": 32}
        names = {"preprocessing": version.preprocessing, "runtime": "litert", "device": "cpu", "worker": "bench"}
        times = {"queued_at": row.queued_at, "started_at": row.started_at}
        prediction = Prediction(submission=row, model_version=version, **kept, **names, **times)
        assert lifecycle.succeed(row, prediction)  # noqa: S101
