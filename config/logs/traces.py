"""OpenTelemetry traces of requests and readings, sent to TRACES_URL if it is set.

`predictions.worker.journal.spans` has the worker's half. The packages are an extra (requirements/traces.txt), so only
what runs with traces imports them. A thread sends the spans in batches: a collector that is slow or gone costs spans,
never a request.
"""

import threading
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

QUEUED_SPANS = 8_192  # more are dropped
SEND_EVERY_MS = 1_000.0
SEND_TIMEOUT_S = 3.0  # retries included
STOP_WITHIN_S = 2.0
GetResponse = Callable[[HttpRequest], HttpResponse]
_provider: Any = None


def start(service: str) -> None:
    """Send the spans of this process from now on, if TRACES_URL is set. Call it after the fork: it starts a thread."""
    global _provider
    if not settings.configured or not settings.TRACES_URL:
        return
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import TraceIdRatioBased

    from config.logs.trace_ids import RequestIds

    _provider = TracerProvider(
        sampler=TraceIdRatioBased(settings.TRACES_SHARE),  # by the trace's id: web and workers choose the same ones
        resource=Resource.create({"service.name": f"inkling-{service}", "service.version": settings.CODE_VERSION}),
        id_generator=RequestIds(),
        shutdown_on_exit=False,  # that may take half a minute
    )
    exporter = OTLPSpanExporter(settings.TRACES_URL, timeout=SEND_TIMEOUT_S)
    _provider.add_span_processor(BatchSpanProcessor(exporter, QUEUED_SPANS, SEND_EVERY_MS))
    trace.set_tracer_provider(_provider)


def stop() -> None:
    """Send what is left, for STOP_WITHIN_S at most."""
    if _provider:
        last = threading.Thread(target=_provider.shutdown, daemon=True)
        last.start()
        last.join(STOP_WITHIN_S)


def trace_requests(get_response: GetResponse) -> GetResponse:
    """Middleware that makes the first span of a request's trace. Of an address, it has the pattern alone."""
    if not settings.TRACES_URL:
        raise MiddlewareNotUsed
    from opentelemetry import trace
    from opentelemetry.context import Context

    tracer = trace.get_tracer("inkling.web")

    def answer(request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith("/health/"):
            return get_response(request)
        with tracer.start_as_current_span(request.method or "", Context(), trace.SpanKind.SERVER) as span:
            response = get_response(request)
            if span.is_recording():
                span.update_name(f"{request.method} {(route := _route_of(request))}")
                span.set_attribute("http.request.method", request.method or "")
                span.set_attribute("http.route", route)
                span.set_attribute("http.response.status_code", response.status_code)
                if response.status_code >= 500:
                    span.set_status(trace.StatusCode.ERROR)
            return response

    return answer


def _route_of(request: HttpRequest) -> str:
    """Return the pattern of the address: the address itself may hold a key."""
    try:
        return f"/{(request.resolver_match or resolve(request.path_info)).route}"
    except Resolver404:
        return "/"
