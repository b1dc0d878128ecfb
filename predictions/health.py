"""Health endpoints for probes and alarms. They need no log-in and are answered by the first middleware."""

import threading
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import outbox
from predictions import metrics
from predictions.models import ModelVersion
from predictions.monitoring.exposition import CONTENT_TYPE, write_metrics

REPORT_CACHED_S = 1.0

_migrated = False  # once true, it stays true for this process
_lock = threading.Lock()
_report: dict[str, Any] | None = None
_report_expires = 0.0  # by time.monotonic()


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """Answer 200 if the process can answer at all."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 if the database is up, migrated and has a live model, else 503 with what is missing."""
    checks = {"database": False, "migrations": False, "model": False}
    try:
        checks["migrations"] = _is_migrated()
        checks["database"] = True
        checks["model"] = checks["migrations"] and ModelVersion.objects.live().exists()
    except DatabaseError:
        connection.close()
    is_ready = all(checks.values())
    return JsonResponse(
        {"status": "ok" if is_ready else "not ready", "checks": checks}, status=200 if is_ready else 503
    )


@never_cache
@require_safe
def status(request: HttpRequest) -> JsonResponse:
    """Answer 200 if drawings are read from end to end, else 503; show details to a client that sends STATUS_TOKEN.

    For people and alarms, not for probes: restarting the web process does not help if workers are missing.
    """
    report = _site_report()
    is_ok = report is not None and not report["wrong"]
    body: dict[str, Any] = {"status": "ok" if is_ok else "failing"}
    if _may_see_details(request):
        body |= report or {"wrong": ["database_down"]}
    return JsonResponse(body, status=200 if is_ok else 503)


def _site_report() -> dict[str, Any] | None:
    """Return what is known of the site, or None if the database is down.

    Seven queries, at most once in REPORT_CACHED_S for the whole process: anybody may ask.
    """
    global _report, _report_expires
    with _lock:
        if time.monotonic() >= _report_expires:
            try:
                _report = _build_report()
            except DatabaseError:
                connection.close()
                _report = None
            _report_expires = time.monotonic() + REPORT_CACHED_S
        return _report


def _build_report() -> dict[str, Any]:
    workers, queue, golden = list(metrics.workers()), metrics.queue(), metrics.golden()
    live, paused = ModelVersion.objects.live().defer("card").first(), metrics.paused_lanes()
    mail_count, mail_due_s = outbox.measure_waiting()
    names = ("name", "device", "runtime", "code", "seen_at", "trouble")
    rows = [
        {name: getattr(worker, name) for name in names} | {"model": str(worker.model_version or "")}
        for worker in workers
    ]
    return {
        "wrong": [
            *metrics.find_problems(workers, golden, live, paused),
            *(["mail_waiting"] if mail_due_s > outbox.DUE_WITHIN_S else []),
        ],
        "queue": queue,
        "paused": paused,
        "golden": golden,
        "mail": {"waiting": mail_count, "due_s": mail_due_s},
        "live": str(live or ""),
        "workers": rows,
    }


@never_cache
@require_safe
def exposition(request: HttpRequest) -> HttpResponse:
    """Answer what Prometheus asks for, to a client that sends STATUS_TOKEN; 404 as long as there is none."""
    if not settings.STATUS_TOKEN:
        return HttpResponse("Set STATUS_TOKEN to see metrics.\n", status=404, content_type="text/plain")
    if not _may_see_details(request):
        refusal = HttpResponse("Send STATUS_TOKEN as a bearer token.\n", status=401, content_type="text/plain")
        refusal["WWW-Authenticate"] = "Bearer"
        return refusal
    return HttpResponse(write_metrics(), content_type=CONTENT_TYPE)


def _may_see_details(request: HttpRequest) -> bool:
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return bool(settings.STATUS_TOKEN) and constant_time_compare(sent, settings.STATUS_TOKEN)


def probes(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer health checks before any other middleware: for any Host, and over http too."""
    views = {"/health/live": live, "/health/ready": ready, "/health/status": status, "/metrics": exposition}

    def answer(request: HttpRequest) -> HttpResponse:
        view = views.get(request.path)
        return view(request) if view else get_response(request)

    return answer


def _is_migrated() -> bool:
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated
