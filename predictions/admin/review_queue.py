"""The desk's list: the field in which a reviewer says what is true, kept beside the drawing that it is about."""

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


class DatedQuerySet(SubmissionQuerySet):
    """Submissions whose dates are told by the first and the last: to look for each, Postgres would read all rows."""

    def datetimes(self, field_name: str, kind: str, *args: Any, **options: Any) -> list[datetime]:  # type: ignore[override]
        """Return every year, month or day, as `kind` says, from the first to the last, with rows or without."""
        ends = self.aggregate(first=Min(field_name), last=Max(field_name))
        if ends["first"] is None:
            return []
        at, last = (timezone.localtime(ends[name]) for name in ("first", "last"))
        at = at.replace(hour=0, minute=0, second=0, microsecond=0)
        found = [at]
        while (at := _next(at, kind)) <= last:
            found.append(at)
        return found


def _next(at: datetime, kind: str) -> datetime:
    """Return the beginning of the next year, month or day."""
    if kind == "year":
        return at.replace(year=at.year + 1, month=1, day=1)
    if kind == "month":
        return at.replace(year=at.year + at.month // 12, month=at.month % 12 + 1, day=1)
    return at + timedelta(days=1)


class LabelInput(forms.TextInput):
    """The field, and beside it, hidden, what had been said of the drawing when the page was made."""

    said = ""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        field = super().render(name, value, attrs, renderer)
        return format_html('{}<input type="hidden" name="{}-said" value="{}">', field, name, self.said)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        self.said_then = data.get(f"{name}-said")
        return super().value_from_datadict(data, files, name)


class DeskForm(forms.ModelForm):
    """One submission whose true digits can be said; anything else of it is `lifecycle`'s."""

    label = forms.CharField(
        label=_("It really is"),
        required=False,
        max_length=TEXT_LIMIT,
        widget=LabelInput(
            attrs={"size": 4, "inputmode": "tel", "autocomplete": "off", "enterkeyhint": "done", "data-label": True}
        ),
        help_text=_('The digits, 0 to 9, or "-" or "*" if it is no digit.'),
    )
    reviewer: User  # set by the admin

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["label"] = ""  # only what is typed counts: never what somebody else said meanwhile
        is_own = self.instance.owner_id == self.reviewer.pk
        self.as_it_was = copy(self.instance)  # before the form writes to it
        self.fields["label"].widget.said = _said(self.instance)
        attrs = self.fields["label"].widget.attrs
        attrs["aria-label"] = _("Yours: somebody else has to review it") if is_own else _("It really is")
        if is_own:  # a courtesy: that it is refused is `check_review`'s
            attrs |= {"readonly": True, "placeholder": _("yours")}

    class Meta:
        model = Submission
        fields = ["label"]

    def clean_label(self) -> str | None:
        """Return what is to be recorded, "" for no digit, None for nothing; refuse what cannot be."""
        text = self.cleaned_data["label"].strip()
        if not text:
            return None
        text = "" if text in NO_DIGIT else text
        try:
            text = check_review(self.instance, self.reviewer, text, Role.REVIEWER)
        except InvalidReview as error:
            raise ValidationError(str(error)) from error
        then, now = self.fields["label"].widget.said_then, self.instance.label
        if then not in (None, _said(self.instance)) and text != now:
            found = _("no digit") if now == "" else now
            raise ValidationError(
                _("Somebody said meanwhile: %(said)s. Save again if you say otherwise."), params={"said": found}
            )
        return text


def _said(row: Submission) -> str:
    """Return what was said of a drawing so far, and as whom, as one text."""
    return "" if row.label is None else f"{row.label_by} {row.label}"


class DeskFormSet(BaseModelFormSet):
    """The rows of one page. Django's own asks the database for each row's key once more when the page is sent."""

    def add_fields(self, form: forms.ModelForm, index: int | None) -> None:
        """Let the key be a number: its row was fetched with all the others already."""
        super().add_fields(form, index)
        form.fields[Submission._meta.pk.name] = forms.IntegerField(
            required=False, widget=forms.HiddenInput, initial=form.instance.pk
        )


class DeskList(ChangeList):
    """Django's list, but a page that was sent holds the rows that were sent, as far as they are still there.

    Django's own refuses the whole page if one drawing is gone meanwhile; and one that comes back with an error shows
    the rows that would be on it now, each beside the field of whichever row stood there before: with one new drawing
    meanwhile, everything typed would stand beside the wrong one.
    """

    _formset: BaseModelFormSet | None = None

    @property  # type: ignore[override]
    def formset(self) -> BaseModelFormSet | None:
        """The rows' forms, in the order of `result_list`."""
        return self._formset

    @formset.setter
    def formset(self, formset: BaseModelFormSet | None) -> None:
        self._formset = formset
        if formset is not None and formset.is_bound:
            found = self.apply_select_related(self.root_queryset).in_bulk([form.instance.pk for form in formset])
            formset.forms = [form for form in formset if form.instance.pk in found]
            self.result_list = [found[form.instance.pk] for form in formset.forms]
