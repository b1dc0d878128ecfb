"""The filters of the history, which its address carries."""

import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, time, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django import forms
from django.core.validators import RegexValidator
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from ml.types import SIGNS
from predictions.models import FINISHED, SubmissionQuerySet
from predictions.pages.history.choices import ANY, DIGITS, SOURCES, SURENESS, TOLD, DayInput, DigitsInput
from predictions.services.labels import REASONS, STATUSES, VERDICTS
from predictions.services.review import TEXT_LIMIT

BATCHES_LIMIT = 100  # in one filter: many files are sent as several batches
LOOKUPS = {
    "verdict": "verdict",
    "status": "status",
    "source": "source",
    "since": "created_at__gte",
    "until": "created_at__lte",
    "batch": "batch__in",
}
READ_ALONE = ("digit", "digits", "verdict", "sure", "reason", "told")  # filters that leave out what has no reading


class HistoryFilter(forms.Form):
    """Filters of the history. While a field is invalid, it shows an error and nothing matches."""

    digit = forms.CharField(  # the name of older versions, which had digits alone
        label=_("Search by number"),
        required=False,
        max_length=TEXT_LIMIT,
        widget=forms.TextInput(
            attrs={"type": "search", "autocomplete": "off", "inputmode": "text", "spellcheck": "false"}
        ),
        validators=[RegexValidator(rf"^[0-9{re.escape(SIGNS)}]*\Z", _("Enter digits or signs."))],
    )
    verdict = forms.ChoiceField(label=_("Verdict"), required=False, choices=[ANY, *VERDICTS.items()])
    sure = forms.ChoiceField(label=_("How sure"), required=False, choices=[ANY, *SURENESS.items()])
    reason = forms.ChoiceField(label=_("Why not sure"), required=False, choices=[ANY, *REASONS.items()])
    told = forms.ChoiceField(label=_("What you said"), required=False, choices=[ANY, *TOLD.items()])
    source = forms.ChoiceField(label=_("How it was sent"), required=False, choices=[ANY, *SOURCES])
    status = forms.ChoiceField(label=_("Status"), required=False, choices=[ANY, *STATUSES.items()])
    since = forms.DateField(label=_("From"), required=False, input_formats=["%Y-%m-%d"], widget=DayInput)
    until = forms.DateField(label=_("To"), required=False, input_formats=["%Y-%m-%d"], widget=DayInput)
    digits = forms.MultipleChoiceField(
        label=_("With these digits"), required=False, choices=[(each, each) for each in DIGITS], widget=DigitsInput
    )
    zone = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)  # of the dates; UTC if empty
    batch = forms.CharField(required=False, max_length=BATCHES_LIMIT * 37, widget=forms.HiddenInput)  # ids and commas

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        """Take the parameters of an address, a QueryDict or a dict; those that are no filters have no effect."""
        super().__init__(_normalized(parameters))

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
    def parameters(self) -> dict[str, str]:
        """The parameters of an address with these filters, wrong ones included."""
        return dict(self.data)

    @property
    def search(self) -> forms.BoundField:
        """The field that is always visible."""
        return self["digit"]

    @property
    def choices(self) -> list[forms.BoundField]:
        """The fields that are folded away."""
        return [field for field in self.visible_fields() if field.name != "digit"]

    @property
    def opens(self) -> bool:
        """Whether the folded fields are shown at once, since one of them is set."""
        return any(value for name, value in self.data.items() if name not in ("digit", "batch", "zone"))

    @property
    def time_zone(self) -> tzinfo:
        """The time zone of `since` and `until`."""
        self.is_valid()
        return self.cleaned_data.get("zone") or UTC

    @property
    def zone_name(self) -> str:
        """The name of the time zone, for display."""
        return str(self.time_zone)

    @property
    def has_filters(self) -> bool:
        """Whether any filter is set, or is invalid; a time zone alone is none."""
        return any(value for name, value in self.data.items() if name != "zone") or not self.is_valid()

    @property
    def batches(self) -> list[uuid.UUID]:
        """The batches whose submissions are shown, or none for all submissions."""
        self.is_valid()
        return list(self.cleaned_data.get("batch", ()))

    @property
    def times(self) -> dict[str, datetime]:
        """The first and the last moment that is shown, as `since` and `until`, if they are set."""
        self.is_valid()
        clocks = {"since": time.min, "until": time.max}
        days = {name: day for name in clocks if (day := self.cleaned_data.get(name))}
        return {name: datetime.combine(day, clocks[name], self.time_zone) for name, day in days.items()}

    def apply(self, rows: SubmissionQuerySet) -> SubmissionQuerySet:
        """Return the rows that match the filters, the one definition of "all that match": none if they are invalid.

        No query. What deletes or exports all that match must not take a filter that it cannot read for none.
        """
        if not self.is_valid():
            return rows.none()
        asked: dict[str, Any] = {name: value for name, value in self.cleaned_data.items() if value} | self.times
        rows = rows.filter(**{lookup: asked[name] for name, lookup in LOOKUPS.items() if name in asked})
        for text in (asked.get("digit"), *asked.get("digits", ())):
            rows = rows.containing(text) if text else rows
        if "reason" in asked:
            rows = rows.unsure_for(asked["reason"])
        if "sure" in asked:
            rows = rows.sure() if asked["sure"] == "yes" else rows.not_sure()
        if "told" in asked:
            rows = {"corrected": rows.corrected, "confirmed": rows.confirmed, "neither": rows.untold}[asked["told"]]()
        return rows

    def newest(self, rows: SubmissionQuerySet, own: SubmissionQuerySet, count: int) -> SubmissionQuerySet:
        """Return the newest `count` of `rows`, which `apply` returned, by the indexes of the filters. One query.

        Those hold what is finished, so the few others are looked for apart, unless the filters leave them out.

        Args:
            own: all submissions of the user.
        """
        self.is_valid()
        found, near = self.cleaned_data, rows.near(own, **self.times)
        if any(found.get(name) for name in READ_ALONE) or found.get("status") in FINISHED:
            return near.newest(count)
        if not self.has_filters:
            return rows.newest(count)
        # by source there is an index of its own; submission_listed has the status and the time
        done = near.filter(finished_at__isnull=False) if found.get("source") else near.finished()
        return done.newest(count, rows.unfinished())


def _normalized(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the filters among the parameters as newer addresses write them: one value a name, `digits` as one word."""
    named = dict(parameters.items())
    if isinstance(parameters, QueryDict):
        named["digits"] = "".join(parameters.getlist("digits"))
    if named.get("corrected"):  # the check box of older versions
        named.setdefault("told", "corrected")
    found = {name: named[name] for name in HistoryFilter.base_fields if name in named}
    if digits := found.pop("digits", ""):
        found["digits"] = "".join(sorted(set(digits)))
    return found
