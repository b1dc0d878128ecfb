"""Is this process alive, and can it serve? For probes, without log-in; a middleware, so nothing stands before."""

from collections.abc import Callable

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

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


def probes(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Answer probes before any other middleware: by whatever name or address, over http too."""
    views = {"/health/live": live, "/health/ready": ready}

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
