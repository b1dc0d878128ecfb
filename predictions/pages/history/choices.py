"""What the filters of the history offer to choose from, and their fields."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from predictions.models import Source

ANY = ("", _("any"))
DIGITS = "0123456789"
TOLD = {
    "corrected": _("corrected"),
    "confirmed": _("confirmed"),
    "neither": _("nothing yet"),
}
SURENESS = {
    "yes": _("sure"),
    "no": _("not sure"),
}
NOT_LISTED = (Source.GOLDEN, Source.SHEET)  # nobody's drawings, and cells, which are shown with their sheet
SOURCES = [choice for choice in Source.choices if choice[0] not in NOT_LISTED]


class DayInput(forms.DateInput):
    """The browser's date field. A value that is not a date is left out, since browsers warn about it."""

    input_type = "date"

    def format_value(self, value: Any) -> str | None:
        """Return the date as YYYY-MM-DD, or None if it is not a date."""
        try:
            return date.fromisoformat(value).isoformat()
        except (TypeError, ValueError):
            return None


class DigitsInput(forms.CheckboxSelectMultiple):
    """A check box for each digit, whose value is one word, such as 49."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        """Return the digits of the word."""
        return list(data.get(name) or "")
