"""Links from one's own statistics to the history, filtered by what a number counts."""

from datetime import date
from urllib.parse import urlencode

from django.urls import reverse

from predictions.services.own_statistics.told import NO_DIGIT, Confusion


def link_history(**filters: str) -> str:
    """Return the address of the history with these filters."""
    return f"{reverse('history')}?{urlencode(filters)}"


def link_days(first: date, last: date, zone: str) -> str:
    """Return the address of the drawings of these days in a time zone."""
    return link_history(since=first.isoformat(), until=last.isoformat(), zone=zone)


def link_source(source: str) -> str:
    """Return the address of the drawings that were sent in this way."""
    return link_history(source=source)


def link_corrected(verdict: str = "") -> str:
    """Return the address of corrected drawings, of one verdict or of all."""
    return link_history(corrected="on", **({"verdict": verdict} if verdict else {}))


def link_confusion(one: Confusion) -> str:
    """Return the address of corrected drawings in which a digit was read, or none."""
    return link_corrected("not_a_digit") if one.read == NO_DIGIT else link_history(corrected="on", digit=one.read)
