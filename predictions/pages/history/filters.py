"""The filters of the history, which its address carries."""

import re
import uuid
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from ml.types import SIGNS, Verdict
from predictions.models import SubmissionQuerySet
from predictions.services.labels import STATUSES, VERDICTS
from predictions.services.review import TEXT_LIMIT

ANY = ("", _("any"))
BATCHES_LIMIT = 100  # in one filter: many files are sent as several batches


class DayInput(forms.DateInput):
    """The browser's date field. A value that is not a date is left out, since browsers warn about it."""

    input_type = "date"

    def format_value(self, value: Any) -> str | None:
        """Return the date as YYYY-MM-DD, or None if it is not a date."""
        try:
            return date.fromisoformat(value).isoformat()
        except (TypeError, ValueError):
            return None


class HistoryFilter(forms.Form):
    """Filters of the history. An invalid field shows an error and filters nothing."""

    digit = forms.CharField(  # the name of older versions, which had digits alone
        label=_("Contains"),
        required=False,
        max_length=TEXT_LIMIT,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "text", "spellcheck": "false"}),
        validators=[RegexValidator(rf"^[0-9{re.escape(SIGNS)}]*\Z", _("Enter digits or signs."))],
    )
    verdict = forms.ChoiceField(label=_("Verdict"), required=False, choices=[ANY, *VERDICTS.items()])
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[ANY, *STATUSES.items()])
    since = forms.DateField(label=_("From"), required=False, input_formats=["%Y-%m-%d"], widget=DayInput)
    until = forms.DateField(label=_("To"), required=False, input_formats=["%Y-%m-%d"], widget=DayInput)
    corrected = forms.BooleanField(label=_("Corrected only"), required=False)
    zone = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)  # of the dates; UTC if empty
    batch = forms.CharField(required=False, max_length=BATCHES_LIMIT * 37, widget=forms.HiddenInput)  # ids and commas

    def clean_batch(self) -> list[uuid.UUID]:
        """Return the ids of the batches; one that the user does not have shows nothing."""
        try:
            return [uuid.UUID(id_) for id_ in self.cleaned_data["batch"].split(",") if id_]
        except ValueError:
            raise forms.ValidationError(_("Unknown batch.")) from None

    def clean_zone(self) -> tzinfo:
        """Return the time zone of `since` and `until`."""
        try:
            return ZoneInfo(self.cleaned_data["zone"]) if self.cleaned_data["zone"] else UTC
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise forms.ValidationError(_("Unknown time zone.")) from None

    def clean(self) -> dict[str, Any]:
        """Check that the last day is not before the first."""
        cleaned = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", _("The end date is before the start date."))
        return cleaned

    @property
    def zone_name(self) -> str:
        """The name of the time zone, for display."""
        self.is_valid()
        return str(self.cleaned_data.get("zone", UTC))

    @property
    def has_filters(self) -> bool:
        """Whether any filter is set."""
        return any(value for name, value in self.data.items() if name != "zone")

    @property
    def skips_many(self) -> bool:
        """Whether a filter is set that may skip many rows and has no index of its own."""
        self.is_valid()
        return any(self.cleaned_data.get(name) for name in ("digit", "since", "until"))

    @property
    def batches(self) -> list[uuid.UUID]:
        """The batches whose submissions are shown, or none for all submissions."""
        self.is_valid()
        return list(self.cleaned_data.get("batch", ()))

    def apply(self, rows: SubmissionQuerySet) -> SubmissionQuerySet:
        """Return the rows that match the filters."""
        self.is_valid()
        filters: dict[str, Any] = {name: value for name, value in self.cleaned_data.items() if value}
        zone = filters.pop("zone", UTC)
        for name, clock in (("since", time.min), ("until", time.max)):
            if name in filters:
                filters[name] = datetime.combine(filters[name], clock, zone)
        columns = {
            "verdict": "verdict",
            "status": "status",
            "since": "created_at__gte",
            "until": "created_at__lte",
            "batch": "batch__in",
        }
        if contained := filters.pop("digit", None):
            rows = rows.containing(contained).exclude(verdict=Verdict.NOT_A_DIGIT)
        if filters.pop("corrected", False):
            rows = rows.corrected()
        return rows.filter(**{columns[name]: value for name, value in filters.items()})
