"""Middleware that takes the time of requests, by the name of their route."""

import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from predictions.monitoring.measures import requests

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
OF_OPERATORS = ("/health/", "/metrics")
GetResponse = Callable[[HttpRequest], HttpResponseBase]


def measure(get_response: GetResponse) -> GetResponse:
    """Count each answer and the time until it began."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        response = get_response(request)
        method = request.method if request.method in METHODS else "other"
        status = f"{response.status_code // 100}xx"
        requests.labels(route_of(request), method, status).observe(time.perf_counter() - began)
        return response

    return answer


def route_of(request: HttpRequest) -> str:
    """Return the name of the request's route: one of few, whatever path somebody sends."""
    match = request.resolver_match
    if match:
        return "admin" if "admin" in match.namespaces else match.view_name
    if route := getattr(request, "route", None):  # the fast path resolves nothing
        return str(route)
    if request.path.startswith(OF_OPERATORS):
        return "health"
    return "static" if request.path.startswith(settings.STATIC_URL) else "none"
