"""Do this process and the workers live and serve? For probes, without log-in; a middleware: nothing stands before."""

from collections.abc import Callable

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import F
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.tokens import TokenAuthentication
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
    """Say whether workers read, and with the live model: "ok", or "trouble" of which a staff member's token tells more.

    Always 200 while the database answers, for this is for eyes and monitors, not for whoever restarts processes.
    """
    try:
        model = ModelVersion.objects.live().values_list("name", flat=True).first()
        workers = list(metrics.workers().values("name", "trouble", model=F("model_version__name")))
        queue = metrics.queue()
        is_staff = _is_staff(request)
    except DatabaseError:
        connection.close()
        return JsonResponse({"status": "trouble"}, status=503)
    following = sum(one["model"] == model and not one["trouble"] for one in workers)
    found = {
        "status": "ok" if workers and following == len(workers) else "trouble",
        "model": model,
        "workers": {"alive": len(workers), "following": following},
        "queue": queue,
    }
    return JsonResponse(found | {"seen": workers} if is_staff else found)


def _is_staff(request: HttpRequest) -> bool:
    try:
        found = TokenAuthentication().authenticate(Request(request))
    except AuthenticationFailed:
        return False
    return bool(found and found[0].is_staff)


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
