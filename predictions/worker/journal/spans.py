"""The spans of a reading, in the trace of the request that sent the drawing. They need OpenTelemetry.

The row carries the id of its request and no more, so that is the id of the trace, and its second half the id of the
trace's first span, which the web process makes (`config.logs.traces`).
"""

from uuid import UUID

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, TraceFlags

tracer = trace.get_tracer("inkling.worker")


def first_span_id(trace_id: int) -> int:
    """Return the id of the first span of a trace."""
    return trace_id & (2**64 - 1)


def emit(
    request_id: UUID | None,
    name: str,
    period: tuple[int, int],
    stages: dict[str, tuple[int, int]],
    attributes: dict[str, str],
) -> None:
    """Record the span of one reading with its stages below it. Times are in nanoseconds since the epoch."""
    named = {f"inkling.{key}": value for key, value in attributes.items()}
    span = tracer.start_span(name, _below_request(request_id), SpanKind.CONSUMER, named, start_time=period[0])
    within = trace.set_span_in_context(span, Context())
    for stage, (begin_ns, end_ns) in sorted(stages.items(), key=lambda item: item[1]):
        tracer.start_span(stage, within, start_time=begin_ns).end(end_ns)
    span.end(period[1])


def _below_request(request_id: UUID | None) -> Context:
    """Return the context of the request's span; an empty one without an id, which makes a trace of its own."""
    if request_id is None:
        return Context()
    parent = SpanContext(request_id.int, first_span_id(request_id.int), is_remote=True, trace_flags=TraceFlags(1))
    return trace.set_span_in_context(NonRecordingSpan(parent), Context())
