"""The operations of pages, API, admin, workers and the periodic sweep, to be measured on full tables."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.test import Client

from accounts.models import User
from accounts.tokens import create_token
from ml.golden import golden_drawing
from predictions import claims, lifecycle, metrics
from predictions.models import ModelVersion, Prediction, Submission
from predictions.services import quotas
from predictions.worker import schedule

API = "/api/v1/submissions/"
ADMIN_URL = "/admin/predictions/submission/"
PAGE = 24
Operations = dict[str, Callable[[], object]]


def operations(measured: User, version: ModelVersion) -> Operations:
    """Return every operation by name. Each raises AssertionError if its result is wrong."""
    return {
        **person_operations(measured),
        **_admin_operations(),
        "claim 32 and record one": lambda: _claim(version),
        "metrics and /health/status": lambda: (metrics.queue(), list(metrics.workers()), metrics.golden()),
        "sweep, every 30 s": schedule.run_due,
    }


def person_operations(measured: User) -> Operations:
    """Return what a person opens and what their programs send."""
    mine = Submission.objects.of(measured).current().newest_first()
    return _page_operations(measured, mine[PAGE * 15].id) | _api_operations(measured, mine[0].id)


def _get(client: Client, path: str, **headers: str) -> Callable[[], object]:
    def get() -> object:
        response = client.get(path, headers=headers)
        assert response.status_code == 200, (path, response.status_code)  # noqa: S101
        return response

    return get


def _page_operations(measured: User, deep: Any) -> Operations:
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
        "own statistics": _get(client, "/history/statistics/"),
        "history, 15 pages on": _get(client, f"/history/?before={deep}"),
        **{f"history by {name}": _get(client, f"/history/?{query}") for name, query in filters.items()},
        "one item": _get(client, deepest),
        **{f"one item among {name}": _get(client, f"{deepest}?{query}") for name, query in filters.items()},
    }


def _api_operations(measured: User, newest: Any) -> Operations:
    client = Client()
    token = {"authorization": f"Token {create_token(measured)}"}

    def submit() -> None:
        quotas.waiting_in_all._sums.clear()  # include the queries behind the cached sums
        quotas.kept_of_user._sums.clear()
        response = client.post(API, golden_drawing(7, seed=2), content_type="application/json", headers=token)
        assert response.status_code == 202, response.content  # noqa: S101

    first = client.get(API, headers=token).json()
    return {
        "submit": submit,
        "poll": _get(client, f"{API}{newest}/", **token),
        "list": _get(client, API, **token),
        "list by cursor": _get(client, first["next"], **token),
    }


def _admin_operations() -> Operations:
    client = Client()
    client.force_login(User.objects.create_superuser("bench-admin", password=None))
    return {
        "admin: start page": _get(client, "/admin/"),
        "admin: failed": _get(client, f"{ADMIN_URL}?status__exact=failed"),
        "admin: search by id": _get(client, f"{ADMIN_URL}?q={Submission.objects.order_by('key')[0].id}"),
        "admin: search by owner": _get(client, f"{ADMIN_URL}?q=person-77"),
        "admin: submissions, review order": _get(client, ADMIN_URL),
        "admin: disputed": _get(client, f"{ADMIN_URL}?review=disputed"),
        "admin: doubtful": _get(client, f"{ADMIN_URL}?review=doubtful"),
        "admin: page 10": _get(client, f"{ADMIN_URL}?p=10"),
        "admin: predictions": _get(client, "/admin/predictions/prediction/"),
        "admin: wrong in the random sample": _get(client, f"{ADMIN_URL}?sample=wrong"),
        "review mode: the first 8 drawings": _take_turn(client),
        "how well we read": _get(client, "/review/accuracy/"),
        "whether reviewers agree": _get(client, "/review/agreement/"),
    }


def _take_turn(client: Client) -> Callable[[], object]:
    body = {"holder": str(uuid4()), "held": [], "sent": [], "count": 8}

    def take_turn() -> object:
        response = client.post("/review/turn/", body, content_type="application/json")
        assert len(response.json()["drawings"]) == 8, response.content  # noqa: S101
        return response

    return take_turn


def _claim(version: ModelVersion) -> None:
    with claims.claimed(32) as rows:
        row = rows[0]
        kept = {"reading": {"text": "7", "verdict": "digit", "confidence": 0.9, "digits": []}, "batch_size": 32}
        names = {"preprocessing": version.preprocessing, "runtime": "litert", "device": "cpu", "worker": "bench"}
        times = {"queued_at": row.queued_at, "started_at": row.started_at}
        prediction = Prediction(submission=row, model_version=version, **kept, **names, **times)
        assert lifecycle.succeed(row, prediction)  # noqa: S101
