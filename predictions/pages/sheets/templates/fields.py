"""A column of the editor: its form, and how that becomes part of a template's JSON form, and back."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ml.expects import InvalidExpectation, Kind, parse_expectation
from ml.expects.forms import MAX_PLACES
from ml.sheets.characters import find_invisible, name_characters
from ml.sheets.template import MAX_BOXES, MAX_LABEL_CHARS, MAX_NAME_CHARS, MAX_WIDTH, MIN_WIDTH, ColumnKind
from predictions.services.sheets.templates import name_unprintable

ANY = "any"  # no expectation: any number
KINDS = [
    (ColumnKind.READ.value, _("Numbers to read")),
    (ColumnKind.TEXT.value, _("Text, kept as a picture")),
    (ColumnKind.LABEL.value, _("Printed names")),
]
EXPECTED = [
    (ANY, _("Any number")),
    (Kind.DIGITS.value, _("Digits only")),
    (Kind.NUMBER.value, _("Number, with sign and decimals")),
    (Kind.DATE.value, _("Date")),
    (Kind.TIME.value, _("Time of day")),
    (Kind.PATTERN.value, _("Pattern")),
]
DECIMALS = [
    ("both", _("Point or comma")),
    ("point", _("Point")),
    ("comma", _("Comma")),
    ("none", _("Whole numbers only")),
]
WITH_RANGE = (ANY, Kind.DIGITS, Kind.NUMBER, Kind.PATTERN)
OF_READ = (
    "expected",
    "shortest",
    "longest",
    "decimal",
    "has_sign",
    "pattern",
    "least",
    "most",
    "boxes",
    "parts",
    "totals",
)
OF_KIND = {  # fields that matter only for this kind
    Kind.DIGITS: ("shortest", "longest"),
    Kind.NUMBER: ("decimal", "has_sign"),
    Kind.PATTERN: ("pattern",),
}


def check_visible(text: str) -> None:
    """Raise ValidationError for characters that show nothing."""
    if invisible := find_invisible(text):
        message = _("Leave out what can't be printed: %(characters)s.")
        raise forms.ValidationError(message, params={"characters": name_characters(invisible)})


class ColumnForm(forms.Form):
    """A column in the words of people. Fields that do not matter for its kind are ignored, whatever they hold.

    parts: of which columns, by their places, it is the sum in each row.
    check: the check digit of a template that a program made; kept as it is.
    """

    name = forms.CharField(label=_("Name"), max_length=MAX_NAME_CHARS, validators=[check_visible])
    kind = forms.ChoiceField(label=_("What goes in it"), choices=KINDS, initial=ColumnKind.READ.value)
    expected = forms.ChoiceField(label=_("Numbers"), choices=EXPECTED, initial=ANY, required=False)
    shortest = forms.IntegerField(label=_("Digits, at least"), min_value=1, max_value=MAX_PLACES, required=False)
    longest = forms.IntegerField(label=_("Digits, at most"), min_value=1, max_value=MAX_PLACES, required=False)
    decimal = forms.ChoiceField(label=_("Decimal mark"), choices=DECIMALS, initial="both", required=False)
    has_sign = forms.BooleanField(label=_("May have a sign, as -5"), initial=False, required=False)
    pattern = forms.CharField(
        label=_("Pattern"), max_length=200, required=False, help_text=_("d stands for a digit, as in dd/dddd.")
    )
    least = forms.FloatField(label=_("Smallest value"), required=False, localize=True)
    most = forms.FloatField(label=_("Largest value"), required=False, localize=True)
    boxes = forms.IntegerField(
        label=_("Boxes in a cell"), min_value=0, max_value=MAX_BOXES, required=False, initial=0,
        help_text=_("One for each digit or sign; 0 for an open cell."),
    )  # fmt: skip
    width = forms.FloatField(
        label=_("Width"), min_value=MIN_WIDTH, max_value=MAX_WIDTH, initial=1, localize=True, required=False,
        help_text=_("Compared with the other columns."),
    )  # fmt: skip
    labels = forms.CharField(
        label=_("Names, one a line"), required=False, strip=False, widget=forms.Textarea(attrs={"rows": 6})
    )
    parts = forms.TypedMultipleChoiceField(
        label=_("In each row, the sum of"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    totals = forms.BooleanField(label=_("The last row holds its total"), required=False)
    check = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, others: list[tuple[int, str]], **kwargs: Any) -> None:
        """Make the form. others: place and name of each other column."""
        super().__init__(*args, **kwargs)
        self.others = others
        self.is_changing = False
        self.fields["parts"].choices = others  # type: ignore[attr-defined]

    @property
    def is_open(self) -> bool:
        """Whether its fields are shown at first: those of a column that has errors, or was added or moved just now."""
        return self.is_changing or bool(self.errors)

    @property
    def kind_label(self) -> str:
        """What the column is for."""
        return str(dict(KINDS).get(str(self["kind"].value()), ""))

    def clean(self) -> dict[str, Any]:
        """Drop what does not matter for the kind of column, and check what does."""
        cleaned = super().clean() or {}
        self._ignore(self._find_ignored(cleaned))
        if cleaned.get("kind") == ColumnKind.LABEL:
            self._check_labels()
        elif cleaned.get("kind") == ColumnKind.READ and not self.errors:
            self._check_expected(cleaned)
        return cleaned

    def _find_ignored(self, cleaned: dict[str, Any]) -> set[str]:
        kind, expected = cleaned.get("kind"), cleaned.get("expected")
        if kind != ColumnKind.READ:
            return {*OF_READ, *(() if kind == ColumnKind.LABEL else ("labels",))}
        of_others = {name for other, names in OF_KIND.items() if other != expected for name in names}
        return {"labels", *of_others, *(() if expected in WITH_RANGE else ("least", "most"))}

    def _ignore(self, names: set[str]) -> None:
        for name in names:
            self.errors.pop(name, None)
            self.cleaned_data[name] = None

    def _check_labels(self) -> None:
        for number, label in enumerate(self.list_labels(), start=1):
            params = {"number": number, "limit": MAX_LABEL_CHARS, "characters": name_unprintable(label)}
            if params["characters"]:
                message = _("Line %(number)s has characters that can't be printed: %(characters)s.")
                self.add_error("labels", forms.ValidationError(message, params=params))
            elif len(label) > MAX_LABEL_CHARS:
                message = _("Line %(number)s is longer than %(limit)s characters.")
                self.add_error("labels", forms.ValidationError(message, params=params))

    def _check_expected(self, cleaned: dict[str, Any]) -> None:
        shortest, longest = cleaned.get("shortest"), cleaned.get("longest")
        if shortest and longest and shortest > longest:
            return self.add_error("longest", _("Enter at least as many digits as the least number."))
        least, most = cleaned.get("least"), cleaned.get("most")
        if least is not None and most is not None and least > most:
            return self.add_error("most", _("Enter a number that is not below the smallest value."))
        if cleaned.get("expected") == Kind.PATTERN and not cleaned.get("pattern"):
            return self.add_error("pattern", _("Enter a pattern, such as dd/dddd."))
        try:
            if spec := self.expectation():
                parse_expectation(spec)
        except InvalidExpectation:
            is_pattern = cleaned.get("expected") == Kind.PATTERN
            message = _("Use d for a digit, and digits and signs such as / . - : as they are written.")
            self.add_error(
                "pattern" if is_pattern else "expected", message if is_pattern else _("This range can't be used.")
            )
        return None

    def expectation(self) -> dict[str, Any] | None:
        """Return what is expected, as `parse_expectation` takes it, or None for any number."""
        value = self.cleaned_data
        expected = value.get("expected") or ANY
        limits = {"min": value.get("least"), "max": value.get("most")}
        limits = {name: limit for name, limit in limits.items() if limit is not None}
        if expected == ANY:
            return {"kind": Kind.NUMBER.value, **limits} if limits else None
        spec: dict[str, Any] = {"kind": expected, **limits}
        if expected == Kind.DIGITS:
            spec |= {"min_length": value.get("shortest") or 1}
            spec |= {"max_length": value["longest"]} if value.get("longest") else {}
        if expected == Kind.NUMBER:
            spec |= {"decimal": value.get("decimal") or "both", "sign": bool(value.get("has_sign"))}
        if expected == Kind.PATTERN:
            spec |= {"pattern": value.get("pattern")}
        if expected in (Kind.DIGITS, Kind.PATTERN) and value.get("check"):
            spec |= {"check": value["check"]}
        return spec

    def column(self) -> dict[str, Any]:
        """Return the column as `parse_template` takes it."""
        value = self.cleaned_data
        form: dict[str, Any] = {"name": value["name"], "kind": value["kind"], "width": value.get("width") or 1}
        if value["kind"] == ColumnKind.READ:
            form |= {"expects": self.expectation(), "boxes": value.get("boxes") or 0}
        if value["kind"] == ColumnKind.LABEL:
            form |= {"labels": self.list_labels()}
        return form

    def list_labels(self) -> list[str]:
        """Return the printed names, one a row; empty lines between them are rows without a name."""
        text = (self.cleaned_data.get("labels") or "").rstrip()
        return [" ".join(line.split()) for line in text.splitlines()]


def shorten(value: Any) -> Any:
    """Return a number as people write it: 10 instead of 10.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def describe(column: dict[str, Any]) -> dict[str, Any]:
    """Return a column of a template's JSON form as the initial values of its form."""
    initial: dict[str, Any] = {
        name: shorten(column[name]) for name in ("name", "kind", "width", "boxes") if name in column
    }
    initial["labels"] = "\n".join(column.get("labels", ()))
    expects = column.get("expects")
    if not expects:
        return initial
    initial["expected"] = Kind.DIGITS.value if expects["kind"] == Kind.DIGIT else expects["kind"]
    if expects["kind"] == Kind.DIGIT:
        initial |= {"shortest": 1, "longest": 1}
    names = {"min_length": "shortest", "max_length": "longest", "decimal": "decimal", "sign": "has_sign"}
    names |= {"pattern": "pattern", "min": "least", "max": "most", "check": "check"}
    if expects.get("max_length") == MAX_PLACES:
        names.pop("max_length")
    return initial | {names[name]: value for name, value in expects.items() if name in names}
