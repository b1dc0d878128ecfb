"""Times on pages: in UTC and saying so, until js/times.js tells them as the reader's own clock does."""

from datetime import datetime

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

register = template.Library()


@register.simple_tag
def local_time(at: datetime, form: str = "minute", **attributes: str) -> SafeString:
    """Return `at`, aware, as a <time> element. form: `minute`, `zone` (and the reader's zone too) or `day`."""
    here = localtime(at)  # in TIME_ZONE, which is UTC
    text = f"{date_format(here)} UTC" if form == "day" else date_format(here, "DATETIME_FORMAT")  # which says its zone
    rest = SafeString("").join(format_html(' {}="{}"', name, value) for name, value in attributes.items())
    return format_html('<time datetime="{}" data-time="{}"{}>{}</time>', here.isoformat(), form, rest, text)
