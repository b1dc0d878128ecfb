"""The review queue's list: each drawing with the field for its correct digits."""

from copy import copy
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.db.models import Max, Min
from django.forms.models import BaseModelFormSet
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from predictions.models import Role, Submission, SubmissionQuerySet
from predictions.services.review import TEXT_LIMIT, InvalidReview, check_review

NO_DIGIT = ("-", "*", "#")  # what a reviewer types for no digit; some phones' number pads have no "-"


class DateRangeQuerySet(SubmissionQuerySet):
    """Submissions whose date hierarchy comes from the first and last date: listing each would read all rows."""

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return the aggregates; for the first and last date, which the hierarchy begins with, those of all rows.

        An index has these; the first date of a few filtered rows would be found only after reading the others.
        """
        if kwargs.keys() == {"first", "last"}:
            return Submission.objects.current().filter(deleted_at=None).aggregate(**kwargs)
        return super().aggregate(*args, **kwargs)

    def datetimes(self, field_name: str, kind: str, *args: Any, **options: Any) -> list[datetime]:  # type: ignore[override]
        """Return every year, month or day (`kind`) from the first to the last, even those without rows."""
        first, last = ("first", "last") if kind == "year" else ("first_filtered", "last_filtered")
        ends = self.aggregate(**{first: Min(field_name), last: Max(field_name)})
        if ends[first] is None:
            return []
        at, end = (timezone.localtime(ends[name]) for name in (first, last))
        at = at.replace(hour=0, minute=0, second=0, microsecond=0)
        found = [at]
        while (at := _next(at, kind)) <= end:
            found.append(at)
        return found


def _next(at: datetime, kind: str) -> datetime:
    """Return the start of the next year, month or day."""
    if kind == "year":
        return at.replace(year=at.year + 1, month=1, day=1)
    if kind == "month":
        return at.replace(year=at.year + at.month // 12, month=at.month % 12 + 1, day=1)
    return at + timedelta(days=1)


class LabelInput(forms.TextInput):
    """The label field, with the label at the time the page was rendered in a hidden field."""

    label_before = ""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        field = super().render(name, value, attrs, renderer)
        return format_html('{}<input type="hidden" name="{}-said" value="{}">', field, name, self.label_before)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        self.label_when_rendered = data.get(f"{name}-said")
        return super().value_from_datadict(data, files, name)


class ReviewForm(forms.ModelForm):
    """The correct digits of one submission; nothing else of it can be changed here."""

    label = forms.CharField(
        label=_("Correct digits"),
        required=False,
        max_length=TEXT_LIMIT,
        widget=LabelInput(
            attrs={"size": 4, "inputmode": "tel", "autocomplete": "off", "enterkeyhint": "done", "data-label": True}
        ),
        help_text=_("Digits and signs, or only “-” or “*” if there is no digit."),
    )
    reviewer: User  # set by the admin

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["label"] = ""  # only what was typed is saved, never what someone else entered
        is_own = self.instance.owner_id == self.reviewer.pk
        self.original = copy(self.instance)  # before the form changes it
        self.fields["label"].widget.label_before = _label_text(self.instance)
        attrs = self.fields["label"].widget.attrs
        attrs["aria-label"] = _("Your own drawing: someone else has to review it") if is_own else _("Correct digits")
        if is_own:  # for convenience; `check_review` is what refuses it
            attrs |= {"readonly": True, "placeholder": _("yours")}

    class Meta:
        model = Submission
        fields = ["label"]

    def clean_label(self) -> str | None:
        """Return the label to record, "" for no digit, None for nothing typed. Raises ValidationError."""
        text = self.cleaned_data["label"].strip()
        if not text:
            return None
        text = "" if text in NO_DIGIT else text
        try:
            text = check_review(self.instance, self.reviewer, text, Role.REVIEWER)
        except InvalidReview as error:
            raise ValidationError(str(error)) from error
        then, now = self.fields["label"].widget.label_when_rendered, self.instance.label
        if then not in (None, _label_text(self.instance)) and text != now:
            found = _("no digit") if now == "" else now
            raise ValidationError(
                _("Someone else has entered %(said)s in the meantime. Save again to enter yours instead."),
                params={"said": found},
            )
        return text


def _label_text(row: Submission) -> str:
    """Return a drawing's current label and who gave it, as one text."""
    return "" if row.label is None else f"{row.label_by} {row.label}"


class ReviewFormSet(BaseModelFormSet):
    """The rows of one page, without Django's extra query for each row's key on POST."""

    def add_fields(self, form: forms.ModelForm, index: int | None) -> None:
        """Use a plain number field for the key: its row has been fetched already."""
        super().add_fields(form, index)
        form.fields[Submission._meta.pk.name] = forms.IntegerField(
            required=False, widget=forms.HiddenInput, initial=form.instance.pk
        )


class ReviewQueueList(ChangeList):
    """A change list that shows on POST the rows that were sent, without those deleted in the meantime.

    Django's own refuses the whole page if one row is gone, and after an error pairs the submitted fields with the rows
    that are on the page now: one new drawing would shift every label to the wrong row.
    """

    _formset: BaseModelFormSet | None = None

    @property  # type: ignore[override]
    def formset(self) -> BaseModelFormSet | None:
        """The forms of the rows, in the order of `result_list`."""
        return self._formset

    @formset.setter
    def formset(self, formset: BaseModelFormSet | None) -> None:
        self._formset = formset
        if formset is not None and formset.is_bound:
            found = self.apply_select_related(self.root_queryset).in_bulk([form.instance.pk for form in formset])
            formset.forms = [form for form in formset if form.instance.pk in found]
            self.result_list = [found[form.instance.pk] for form in formset.forms]
