"""The editor of a template: the form of the page and those of its columns, and what its buttons change.

It works without scripts: each button sends the whole form, and gets the page with the form as it is then.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ml.sheets.template import (
    DEFAULT_ROW_MM,
    MAX_COLUMNS,
    MAX_ROW_MM,
    MAX_ROWS,
    MAX_TITLE_CHARS,
    MIN_ROW_MM,
    ColumnKind,
    InvalidTemplate,
    Paper,
    SumKind,
    Template,
    parse_template,
)  # fmt: skip
from predictions.pages.sheets.templates.fields import ColumnForm, check_visible, describe, shorten
from predictions.services.sheets.templates import UnprintableText

Raw = dict[str, Any]  # the values of one column's form, as they were sent


class PageForm(forms.Form):
    """The page as a whole."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=MAX_TITLE_CHARS, validators=[check_visible])
    rows = forms.IntegerField(label=gettext_lazy("Rows"), min_value=1, max_value=MAX_ROWS, initial=20)
    row_mm = forms.FloatField(
        label=gettext_lazy("Row height in mm"), min_value=MIN_ROW_MM, max_value=MAX_ROW_MM,
        initial=DEFAULT_ROW_MM, localize=True,
    )  # fmt: skip
    paper = forms.ChoiceField(
        label=gettext_lazy("Paper"),
        initial=Paper.A4.value,
        choices=[(Paper.A4.value, "A4"), (Paper.LETTER.value, gettext_lazy("US Letter"))],
    )
    landscape = forms.TypedChoiceField(
        label=gettext_lazy("Orientation"), coerce=lambda value: value == "yes", initial="no",
        choices=[("no", gettext_lazy("Portrait")), ("yes", gettext_lazy("Landscape"))],
    )  # fmt: skip


@dataclass
class Editor:
    """The forms. `is_checked` says whether errors are shown."""

    page: PageForm
    columns: list[ColumnForm]
    is_checked: bool = False

    @property
    def can_add(self) -> bool:
        """Whether there may be another column."""
        return len(self.columns) < MAX_COLUMNS

    @property
    def has_errors(self) -> bool:
        """Whether any field has an error that is shown."""
        return self.is_checked and any(form.errors for form in (self.page, *self.columns))

    def parse(self) -> Template | None:
        """Return the template that the forms describe, or None; then they have errors."""
        checks = [form.is_valid() for form in (self.page, *self.columns)]  # all of them, so that all errors show
        if not all(checks):
            return None
        self._check_columns()
        if any(form.errors for form in (self.page, *self.columns)):
            return None
        try:
            return parse_template(self._template_form())
        except InvalidTemplate:  # the forms check all that a person can enter
            self.page.add_error(None, _("This template can't be used as it is. Change it, then try again."))
            return None

    def bind(self) -> "Editor":
        """Return the editor as if it had been sent as it is shown, without its errors shown."""
        data: dict[str, Any] = {}
        for form in (self.page, *self.columns):
            data |= {form.add_prefix(field.name): field.value() for field in form}
        columns = [ColumnForm(data, prefix=form.prefix, others=form.others) for form in self.columns]
        return Editor(PageForm(data), columns)

    def tell_unprintable(self, refusal: UnprintableText) -> None:
        """Say at its field which characters can't be printed."""
        message = _("These characters can't be printed: %(characters)s. Use Latin, Greek or Cyrillic letters.")
        message %= {"characters": refusal.characters}
        match refusal.path:
            case ("columns", int(place), str(name), *_rest):
                self.columns[place].add_error(name, message)
            case _:
                self.page.add_error("title", message)

    def _check_columns(self) -> None:
        """Check what one column alone doesn't know."""
        values = [form.cleaned_data for form in self.columns]
        if all(value["kind"] != ColumnKind.READ for value in values):
            self.page.add_error(None, _("At least one column must hold numbers to read."))
        names = [" ".join(value["name"].split()).casefold() for value in values]
        for place, (form, value) in enumerate(zip(self.columns, values, strict=True)):
            if names[place] in names[:place]:
                form.add_error("name", _("Another column has this name. Give each its own."))
            if any(values[part]["kind"] != ColumnKind.READ for part in value.get("parts") or ()):
                form.add_error("parts", _("Only columns with numbers to read can be added up."))
            count, rows = len(form.list_labels()), self.page.cleaned_data["rows"]
            if count > rows:
                message = _("More names (%(names)s) than rows (%(rows)s). Add rows, or take names away.")
                form.add_error("labels", message % {"names": count, "rows": rows})

    def _template_form(self) -> dict[str, Any]:
        sums: list[dict[str, Any]] = []
        for place, form in enumerate(self.columns):
            if parts := form.cleaned_data.get("parts"):
                sums.append({"kind": SumKind.ROW.value, "total": place, "parts": parts})
            if form.cleaned_data.get("totals"):
                sums.append({"kind": SumKind.COLUMN.value, "total": place})
        return {**self.page.cleaned_data, "columns": [form.column() for form in self.columns], "sums": sums}


def open_editor(form: Mapping[str, Any]) -> Editor:
    """Return the editor with the values of a template's JSON form."""
    page = {name: shorten(form[name]) for name in ("title", "rows", "row_mm", "paper") if name in form}
    raws = [describe(column) for column in form["columns"]]
    for one in form.get("sums", ()):
        raws[one["total"]] |= {"parts": one["parts"]} if one["kind"] == SumKind.ROW else {"totals": True}
    columns = _show(raws)
    columns[0].is_changing = len(columns) == 1
    return Editor(PageForm(initial=page | {"landscape": "yes" if form.get("landscape") else "no"}), columns)


def read_editor(data: Any) -> Editor:
    """Return the editor with what was sent, to be checked."""
    raws = _read_columns(data)
    names = _list_names(raws)
    columns = [
        ColumnForm(_prefix(raw, place), prefix=f"c{place}", others=_others(names, place))
        for place, raw in enumerate(raws)
    ]
    return Editor(PageForm(data), columns, is_checked=True)


def change_editor(data: Any, action: str) -> Editor:
    """Return the editor with what was sent, after a button: "add", or "up", "down" or "remove" with a place."""
    raws = _read_columns(data)
    kind, _dash, number = action.partition("-")
    place = int(number) if number.isdecimal() and len(number) <= 2 else -1
    if kind == "add" and len(raws) < MAX_COLUMNS:
        raws.append({})
    order = list(range(len(raws)))
    other = place + {"up": -1, "down": 1}.get(kind, len(raws))
    if kind == "remove" and place in order and len(order) > 1:
        order.remove(place)
    elif place in order and other in order:
        order[place], order[other] = other, place
    page = PageForm(initial={name: data.get(name) for name in PageForm.base_fields if name in data})
    columns = _show(_reorder(raws, order))
    changed = other if other in order else len(columns) - 1 if kind == "add" else -1
    if changed >= 0:
        columns[changed].is_changing = True
    return Editor(page, columns)


def _reorder(raws: list[Raw], order: list[int]) -> list[Raw]:
    """Return the columns in another order; the parts of sums follow their columns."""
    moved = {str(old): new for new, old in enumerate(order)}
    return [
        raws[old] | {"parts": [moved[part] for part in raws[old].get("parts", ()) if part in moved]} for old in order
    ]


def _show(raws: list[Raw]) -> list[ColumnForm]:
    names = _list_names(raws)
    return [ColumnForm(initial=raw, prefix=f"c{place}", others=_others(names, place)) for place, raw in enumerate(raws)]


def _read_columns(data: Any) -> list[Raw]:
    """Return the values of the columns that were sent, at most one more than there may be, at least one."""
    number = str(data.get("columns", ""))
    count = min(int(number), MAX_COLUMNS + 1) if number.isdecimal() and len(number) <= 3 else 1
    return [_read_column(data, f"c{place}-") for place in range(max(1, count))]


def _read_column(data: Any, prefix: str) -> Raw:
    raw = {name: data.get(prefix + name) for name in ColumnForm.base_fields if prefix + name in data}
    return raw | {"parts": data.getlist(f"{prefix}parts")}


def _prefix(raw: Raw, place: int) -> Raw:
    return {f"c{place}-{name}": value for name, value in raw.items()}


def _list_names(raws: list[Raw]) -> list[str]:
    return [
        str(raw.get("name") or "").strip() or _("Column %(number)s") % {"number": place + 1}
        for place, raw in enumerate(raws)
    ]


def _others(names: list[str], place: int) -> list[tuple[int, str]]:
    return [(number, name) for number, name in enumerate(names) if number != place]
