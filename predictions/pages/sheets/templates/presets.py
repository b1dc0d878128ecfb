"""Ready-made templates to start from, in the reader's language."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class Preset(NamedTuple):
    """A template to start from. `make` returns its JSON form."""

    key: str
    title: str | Promise
    text: str | Promise
    make: Callable[[], dict[str, Any]]


def _make_marks() -> dict[str, Any]:
    points = {"kind": "digits", "min_length": 1, "max_length": 2, "min": 0, "max": 20}
    return {
        "title": _("Mark list"),
        "rows": 22,
        "columns": [
            {"name": _("Name"), "kind": "label", "width": 3},
            *(
                {"name": _("Test %(number)s") % {"number": number}, "expects": points, "boxes": 2}
                for number in (1, 2, 3)
            ),
            {
                "name": _("Sum"),
                "expects": {"kind": "digits", "min_length": 1, "max_length": 3},
                "boxes": 3,
                "width": 1.25,
            },
        ],
        "sums": [{"kind": "row", "total": 4, "parts": [1, 2, 3]}],
    }


def _make_meters() -> dict[str, Any]:
    return {
        "title": _("Meter readings"),
        "rows": 20,
        "columns": [
            {"name": _("Meter"), "kind": "label", "width": 2},
            {"name": _("Date"), "expects": {"kind": "date"}, "width": 1.5},
            {
                "name": _("Meter reading"),
                "expects": {"kind": "digits", "min_length": 4, "max_length": 7},
                "boxes": 7,
                "width": 2.5,
            },
            {"name": _("Remark"), "kind": "text", "width": 2},
        ],
    }


def _make_stock() -> dict[str, Any]:
    count = {"kind": "digits", "min_length": 1, "max_length": 4}
    return {
        "title": _("Stocktaking"),
        "rows": 20,
        "columns": [
            {"name": _("Article"), "kind": "label", "width": 3},
            {"name": _("Shelf"), "expects": count, "boxes": 4, "width": 1.5},
            {"name": _("Store room"), "expects": count, "boxes": 4, "width": 1.5},
            {
                "name": _("Together"),
                "expects": {"kind": "digits", "min_length": 1, "max_length": 5},
                "boxes": 5,
                "width": 1.75,
            },
        ],
        "sums": [{"kind": "row", "total": 3, "parts": [1, 2]}, {"kind": "column", "total": 3}],
    }


def _make_hours() -> dict[str, Any]:
    hours = {"kind": "number", "decimal": "both", "sign": False, "min": 0, "max": 24}
    days = [_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday")]
    return {
        "title": _("Time card"),
        "rows": 7,
        "row_mm": 14,
        "columns": [
            {"name": _("Day"), "kind": "label", "width": 1.5, "labels": days},
            {"name": _("Start"), "expects": {"kind": "time"}},
            {"name": _("End"), "expects": {"kind": "time"}},
            {"name": _("Hours"), "expects": hours},
            {"name": _("Remark"), "kind": "text", "width": 2},
        ],
        "sums": [{"kind": "column", "total": 3}],
    }


def _make_empty() -> dict[str, Any]:
    return {"rows": 20, "columns": [{"name": "", "kind": "read"}]}


EMPTY = Preset("empty", gettext_lazy("Empty"), gettext_lazy("Columns of your own from the start."), _make_empty)
PRESETS = (
    Preset(
        "marks", gettext_lazy("Mark list"), gettext_lazy("Names, points of three tests, and their sum."), _make_marks
    ),
    Preset("meters", gettext_lazy("Meter readings"), gettext_lazy("Meters, dates and readings."), _make_meters),
    Preset(
        "stock", gettext_lazy("Stocktaking"), gettext_lazy("Articles counted in two places, with totals."), _make_stock
    ),
    Preset("hours", gettext_lazy("Time card"), gettext_lazy("A week with start, end and hours."), _make_hours),
    EMPTY,
)


def make_preset(key: str) -> dict[str, Any]:
    """Return the JSON form of a preset; of the empty one if there is none with this key."""
    return next((preset for preset in PRESETS if preset.key == key), EMPTY).make()
