"""Times on pages: in UTC, until js/times.js shows them in the reader's time zone."""

from datetime import datetime

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

register = template.Library()


@register.simple_tag
def local_time(at: datetime, form: str = "minute", **attributes: str) -> SafeString:
    """Return `at`, which is aware, as a <time> element. form: `minute`, `zone` (adds the reader's zone) or `day`."""
    utc = localtime(at)  # TIME_ZONE is UTC
    text = f"{date_format(utc)} UTC" if form == "day" else date_format(utc, "DATETIME_FORMAT")  # which has the zone
    rest = SafeString("").join(format_html(' {}="{}"', name, value) for name, value in attributes.items())
    return format_html('<time datetime="{}" data-time="{}"{}>{}</time>', utc.isoformat(), form, rest, text)
