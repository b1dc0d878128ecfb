"""What people may ask of their history and say of a reading."""

from datetime import UTC, date, datetime, time, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django import forms
from django.utils.translation import gettext_lazy as _

from ml.types import CLASSES, Verdict
from predictions.models import SubmissionQuerySet
from predictions.services.labels import STATUSES, VERDICTS
from predictions.services.review import TEXT_LIMIT

ANY = ("", _("any"))


class DayInput(forms.DateInput):
    """The browser's own field for a day. It complains of anything else, so that is not shown again."""

    input_type = "date"

    def format_value(self, value: Any) -> str | None:
        """Return the day as YYYY-MM-DD; None if it is none."""
        try:
            return date.fromisoformat(value).isoformat()
        except (TypeError, ValueError):
            return None


class HistoryFilter(forms.Form):
    """Which of one's own submissions to show; a field that makes no sense says so and narrows nothing."""

    digit = forms.ChoiceField(
        label=_("Digit"), required=False, choices=[ANY, *((str(digit), str(digit)) for digit in range(CLASSES))]
    )
    verdict = forms.ChoiceField(label=_("Verdict"), required=False, choices=[ANY, *VERDICTS.items()])
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[ANY, *STATUSES.items()])
    since = forms.DateField(label=_("From"), required=False, input_formats=["%Y-%m-%d"], widget=DayInput)
    until = forms.DateField(label=_("To"), required=False, input_formats=["%Y-%m-%d"], widget=DayInput)
    corrected = forms.BooleanField(label=_("Only what was corrected"), required=False)
    zone = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)  # whose days: UTC's, if not said

    def clean_zone(self) -> tzinfo:
        """Return the time zone that `since` and `until` are days of."""
        try:
            return ZoneInfo(self.cleaned_data["zone"]) if self.cleaned_data["zone"] else UTC
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise forms.ValidationError(_("This time zone is not known here.")) from None

    def clean(self) -> dict[str, Any]:
        """Say so where no day can be meant: the last before the first."""
        cleaned = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", _("This day is before the first one."))
        return cleaned

    @property
    def zone_name(self) -> str:
        """The time zone's name, for people."""
        self.is_valid()
        return str(self.cleaned_data.get("zone", UTC))

    @property
    def is_asked(self) -> bool:
        """Return whether anything but the time zone was asked for."""
        return any(value for name, value in self.data.items() if name != "zone")

    def narrow(self, rows: SubmissionQuerySet) -> SubmissionQuerySet:
        """Return those of `rows` that were asked for."""
        self.is_valid()
        asked: dict[str, Any] = {name: value for name, value in self.cleaned_data.items() if value}
        zone = asked.pop("zone", UTC)
        for name, clock in (("since", time.min), ("until", time.max)):
            if name in asked:
                asked[name] = datetime.combine(asked[name], clock, zone)
        columns = {
            "digit": "text__contains",
            "verdict": "verdict",
            "status": "status",
            "since": "created_at__gte",
            "until": "created_at__lte",
        }
        if "digit" in asked:
            rows = rows.exclude(verdict=Verdict.NOT_A_DIGIT)
        if asked.pop("corrected", False):
            rows = rows.corrected()
        return rows.filter(**{columns[name]: value for name, value in asked.items()})


class AnswerForm(forms.Form):
    """What the owner of a drawing says of its reading."""

    answer = forms.ChoiceField(choices=[("right", ""), ("wrong", ""), ("no_digit", "")])
    text = forms.CharField(required=False, max_length=TEXT_LIMIT)

    def clean(self) -> dict[str, Any]:
        """Ask for the digits where only they make sense of the answer."""
        cleaned = super().clean() or {}
        if cleaned.get("answer") == "wrong" and not cleaned.get("text", "").strip():
            raise forms.ValidationError(_("Write which digits it really is, 0 to 9."))
        return cleaned
