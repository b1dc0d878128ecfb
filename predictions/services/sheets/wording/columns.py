"""What is written in a column, in a few plain words: below its name on paper, and in lists."""

from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ml.expects import Expectation, Kind
from ml.expects.forms import MAX_PLACES
from ml.sheets.template import Column, ColumnKind, SumKind, Template


def find_problem(template: Template | None, row: int, column: int, text: str) -> str | None:
    """Return why a value is not what its column expects, as `Expectation.problem`; None if it is, or is empty."""
    expects = template.expects_at(row, column) if template and text else None
    return expects.problem(text) if expects else None


def describe_column(column: Column) -> str:
    """Return what is written in a column; "" if there is nothing to say."""
    if column.kind is not ColumnKind.READ or column.expects is None:
        return ""
    return describe_expectation(column.expects)


def describe_sums(template: Template, place: int) -> list[str]:
    """Return of what the column at this place is the sum, and whether the last row holds its total."""
    said = []
    for one in template.sums:
        if one.total == place and one.kind is SumKind.ROW:
            names = [template.columns[part].name for part in one.parts]
            said.append(_("sum of {columns}").format(columns=get_text_list(names, _("and"))))
        elif one.total == place:
            said.append(_("total in the last row"))
    return said


def describe_kind(column: Column) -> str:
    """Return what a column is for."""
    names = {
        ColumnKind.READ: _("Numbers to read"),
        ColumnKind.TEXT: _("Text, kept as a picture"),
        ColumnKind.LABEL: _("Printed names"),
    }
    return names[column.kind]


def describe_expectation(expects: Expectation) -> str:
    """Return what is expected, as "3 digits, 100 to 250"."""
    options: dict[str, Any] = dict(expects.options)
    limits = _describe_limits(options)
    if limits and expects.kind in (Kind.DIGIT, Kind.NUMBER):
        return limits
    if limits and expects.kind is Kind.DIGITS and options["min_length"] == 1:
        return limits
    form = _describe_form(expects.kind, options)
    return f"{form}, {limits}" if limits else form


def _describe_form(kind: Kind, options: dict[str, Any]) -> str:
    match kind:
        case Kind.DIGIT:
            return _("1 digit")
        case Kind.DIGITS:
            return _describe_lengths(options["min_length"], options["max_length"])
        case Kind.NUMBER:
            return _("whole number") if options["decimal"] == "none" else _("number")
        case Kind.DATE:
            return _("date")
        case Kind.TIME:
            return _("hh:mm")
    return str(options["pattern"])


def _describe_lengths(least: int, most: int) -> str:
    if least == most:
        return ngettext("{count} digit", "{count} digits", most).format(count=most)
    if most == MAX_PLACES:
        return _("digits") if least == 1 else _("{least} digits or more").format(least=least)
    if least == 1:
        return _("up to {count} digits").format(count=most)
    return _("{least} to {most} digits").format(least=least, most=most)


def _describe_limits(options: dict[str, Any]) -> str:
    least, most = (_format(options[name]) if name in options else "" for name in ("min", "max"))
    if least and most:
        return _("{least} to {most}").format(least=least, most=most)
    if least:
        return _("{least} or more").format(least=least)
    return _("up to {most}").format(most=most) if most else ""


def _format(value: float) -> str:
    return str(number_format(Decimal(str(value)), use_l10n=True, force_grouping=False))
