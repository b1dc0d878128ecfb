"""Ids of spans: a request's own id is its trace's. It needs OpenTelemetry's SDK, which only `traces.start` imports."""

import threading

from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from structlog.contextvars import get_contextvars

from predictions.worker.journal.spans import first_span_id


class RequestIds(RandomIdGenerator):
    """Gives the first span of a request the ids that its row leads to. OpenTelemetry asks for the trace's id first."""

    def __init__(self) -> None:
        self._first = threading.local()

    def generate_trace_id(self) -> int:
        found = get_contextvars().get("request_id")
        trace_id = int(found, 16) if found else super().generate_trace_id()
        self._first.span_id = first_span_id(trace_id)
        return trace_id

    def generate_span_id(self) -> int:
        span_id: int | None = self._first.__dict__.pop("span_id", None)
        return super().generate_span_id() if span_id is None else span_id
