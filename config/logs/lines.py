"""The lines of the log: masked, in UTC, and those about a refused request tell who sent it and from where."""

import logging
import time

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from config.logs.masks import MaskingFormatter

REFUSED = range(400, 500)


class InUTC(MaskingFormatter):
    """A formatter whose lines are masked and have the time of all machines."""

    converter = staticmethod(time.gmtime)
    default_time_format, default_msec_format = "%Y-%m-%dT%H:%M:%S", "%s.%03dZ"


class WhoWasRefused(logging.Filter):
    """Add the number of the user and the address to the line of a refused request. No query, and never a name."""

    def filter(self, record: logging.LogRecord) -> bool:
        from accounts.audit.origin import address_of  # logging is set up before there are models

        request = getattr(record, "request", None)
        is_new = getattr(record, "status_code", None) in REFUSED and not hasattr(record, "has_who")
        if is_new and isinstance(request, HttpRequest):  # a record passes the filter of each handler
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
