"""Format percentages and durations in the current language."""

import math

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def share(value: float | str | None) -> str:
    """Return a share in [0, 1] as a percentage with two decimals, or a dash for None and ""."""
    if value is None or value == "":
        return "-"
    return _("%(share)s%%") % {"share": number_format(round(float(value) * 100, 2), 2)}


def rounded_share(value: float) -> str:
    """Return a share in [0, 1] as a percentage with one decimal, or none if it is whole."""
    percent = round(value * 100, 1)
    return _("%(share)s%%") % {"share": number_format(percent, 0 if percent == int(percent) else 1)}


def sure(confidence: float | None) -> str:
    """Return a confidence in [0, 1] as a percentage with one decimal, rounded down: 99.96% must not look certain."""
    if confidence is None:
        return "-"
    return _("%(share)s%%") % {"share": number_format(math.floor(confidence * 1000) / 10, 1)}


def duration(seconds: float) -> str:
    """Return a rough duration in the current language: "40 s", "5 min", "3 h", "2 days"."""
    if seconds < 90:
        return _("%(count)s s") % {"count": round(seconds)}
    if seconds < 90 * 60:
        return _("%(count)s min") % {"count": round(seconds / 60)}
    if seconds < 48 * 3600:
        return _("%(count)s h") % {"count": round(seconds / 3600)}
    days = round(seconds / 86400)
    return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}


def with_article(number: int | str) -> str:
    """Return a number with its indefinite article: "a 7", but "an 8" and "an 11". messages.js has the same rule."""
    text = str(number)
    takes_an = text.startswith("8") or (len(text) in (2, 5) and text.startswith(("11", "18")))
    return _("an %(number)s") % {"number": text} if takes_an else _("a %(number)s") % {"number": text}
