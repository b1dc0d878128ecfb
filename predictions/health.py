"""Do this process and the workers live and serve? For probes, without log-in; a middleware: nothing stands before."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from predictions import metrics
from predictions.models import ModelVersion

_migrated = False  # once true it stays so for this process's code


@never_cache
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """Answer 200 as long as the process answers at all."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 if the database answers, is migrated and has a live model, else 503 naming what is missing."""
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
    """Answer 200 if the site reads, end to end, else 503; to who has STATUS_TOKEN with all that is known. Four queries.

    For people and their alarms. No probe may use it: to restart the web does not help where workers are missing.
    """
    try:
        workers, waiting, golden = list(metrics.workers()), metrics.queue(), metrics.golden()
    except DatabaseError:
        connection.close()
        return JsonResponse({"status": "failing"}, status=503)
    wrong = metrics.find_problems(workers, golden)
    told: dict[str, Any] = {"status": "failing" if wrong else "ok"}
    if _may_know(request):
        names = ("name", "device", "runtime", "code", "seen_at", "trouble")
        told |= {"wrong": wrong, "queue": waiting, "golden": golden}
        told["workers"] = [
            {name: getattr(worker, name) for name in names} | {"model": str(worker.model_version or "")}
            for worker in workers
        ]
    return JsonResponse(told, status=503 if wrong else 200)


def _may_know(request: HttpRequest) -> bool:
    shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return bool(settings.STATUS_TOKEN) and constant_time_compare(shown, settings.STATUS_TOKEN)


def probes(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer probes before any other middleware: by whatever name or address, over http too."""
    views = {"/health/live": live, "/health/ready": ready, "/health/status": status}

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
