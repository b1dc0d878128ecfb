"""The lines of the log: one for each event, as JSON or for people; masked, in UTC, with the id of their request."""

import logging
from datetime import UTC, datetime
from typing import Any

import structlog
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from structlog.typing import EventDict, Processor

from config.logs.masks import mask

FORMATS = ("json", "console")
REFUSED = range(400, 500)


def configure() -> None:
    """Have structlog's loggers, and warnings of Python, go through the handlers and levels of `logging`.

    No line tells where in the code it was logged, nor by which thread, so that is not looked up (as "Optimization" in
    the documentation of `logging` says).
    """
    logging.captureWarnings(True)
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=logging.getLogger,  # structlog's own would look for the caller
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def renderer_of(kind: str) -> Processor:
    """Return what makes the text of a line."""
    if kind != "console":
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(
        colors=False, timestamp_key="time", repr_native_str=True, exception_formatter=structlog.dev.plain_traceback
    )


def stamp(seconds: float) -> str:
    """Return a time since the epoch as lines have it: in UTC, whatever the zone of the machine."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Lines(structlog.stdlib.ProcessorFormatter):
    """A formatter that makes a line of each record of any library: time, level, logger, event, and what is bound.

    Values are masked before they are written as JSON, which would join a line's end to what begins the next one.
    """

    def __init__(self, kind: str = "json") -> None:
        super().__init__(processors=[_describe, structlog.processors.format_exc_info, _mask_values, renderer_of(kind)])

    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))


def _describe(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Say of a record what every line says. A request's own id counts: Django logs refusals after its middleware."""
    record: logging.LogRecord = event.pop("_record")
    del event["_from_structlog"]
    line: EventDict = {
        "time": stamp(record.created),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": event.pop("event"),
        **structlog.contextvars.get_contextvars(),
    }
    if request_id := getattr(getattr(record, "request", None), "request_id", None):
        line["request_id"] = request_id
    return {**line, **event}


def _mask_values(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return {name: mask(value) if isinstance(value, str) else value for name, value in event.items()}


class WhoWasRefused(logging.Filter):
    """Add the number of the user and the address to the line of a refused request. No query, and never a name."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        is_new = getattr(record, "status_code", None) in REFUSED and not hasattr(record, "has_who")
        if is_new and isinstance(request, HttpRequest):  # a record passes the filter of each handler
            from accounts.audit.origin import address_of  # logging is set up before there are models

            record.msg = f"{record.msg} (%s, from %s)"
            record.args = (*_args_of(record), _who(request), address_of(request) or "an unknown address")
            record.has_who = True
        return True


def _args_of(record: logging.LogRecord) -> tuple[object, ...]:
    return record.args if isinstance(record.args, tuple) else () if record.args is None else (record.args,)


def _who(request: HttpRequest) -> str:
    user = getattr(request, "user", None)
    is_known = not isinstance(user, SimpleLazyObject) or hasattr(request, "_cached_user")
    number = user.pk if user is not None and is_known else None
    return f"user {number}" if number else "nobody logged in"
