"""What people read about a photograph: what is wrong with it, where, and what to do."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from predictions.models.sheets import SheetPage

PLACES = {
    "upper left": pgettext_lazy("of a photograph", "in the upper left"),
    "upper right": pgettext_lazy("of a photograph", "in the upper right"),
    "lower left": pgettext_lazy("of a photograph", "in the lower left"),
    "lower right": pgettext_lazy("of a photograph", "in the lower right"),
    "top": pgettext_lazy("of a photograph", "at the top"),
    "bottom": pgettext_lazy("of a photograph", "at the bottom"),
    "left": pgettext_lazy("of a photograph", "on the left"),
    "right": pgettext_lazy("of a photograph", "on the right"),
    "middle": pgettext_lazy("of a photograph", "in the middle"),
}
SENTENCES = {
    "no_page": gettext_lazy("No page was found. Photograph all of it, from above."),
    "no_table": gettext_lazy("No table was found. Photograph all of it, from above."),
    "several_tables": gettext_lazy("There are several tables. Only the largest one is read."),
    "marks_missing": gettext_lazy("Too few of the black corner marks can be seen. Take it again with all of the page."),
    "cells_missing": gettext_lazy("Part of the table is not on the photograph. Take it again with all of the page."),
    "cut_off": gettext_lazy("Part of the page is cut off. Check whether anything is missing."),
    "too_small": gettext_lazy("The page is too small. Go closer and take it again."),
    "blurred": gettext_lazy("Too blurred. Hold still and take it again."),
    "slightly_blurred": gettext_lazy("A little blurred. Check the cells closely, or take it again."),
    "dark": gettext_lazy("Too dark. Take it again with more light."),
    "shadow": gettext_lazy("There is a shadow. Check the cells below it."),
    "glare": gettext_lazy(
        "There is glare, which hides what is written. Take it again without flash, or from another side."
    ),
    "repeated": gettext_lazy(
        "Another page of this sheet holds the same numbers. If it is the same page twice, remove one of them."
    ),
    "covered": gettext_lazy("Something lies over a part of the table. You are asked about the cells there."),
    "no_code": gettext_lazy("The code at the top can't be read. Take it again, closer and without glare."),
    "code_hidden": gettext_lazy(
        "The code at the top can't be seen: it is covered or cut off. Take it again with all of the page."
    ),
}
PLACED_SENTENCES = {
    "marks_missing": gettext_lazy("A corner mark can't be seen %(place)s. Take it again with all of the page."),
    "cut_off": gettext_lazy("The page is cut off %(place)s. Check whether anything is missing."),
    "blurred": gettext_lazy("Too blurred %(place)s. Take it again."),
    "slightly_blurred": gettext_lazy("A little blurred %(place)s. Check the cells there closely, or take it again."),
    "dark": gettext_lazy("Too dark %(place)s. Take it again with more light."),
    "glare": gettext_lazy(
        "There is glare %(place)s, which hides what is written. Take it again without flash, or from another side."
    ),
    "shadow": gettext_lazy("There is a shadow %(place)s. Check the cells below it."),
}
RESEMBLES = gettext_lazy(
    'This looks like a page of "%(title)s", but its black corner marks can\'t be seen. '
    "Take it again with all of the page."
)


class Finding(NamedTuple):
    """A sentence about a photograph; `is_fatal` if it can't be read."""

    text: str
    is_fatal: bool


def describe_quality(quality: Mapping[str, Any] | None, *, is_fatal: bool) -> list[Finding]:
    """Return a sentence for each problem of a page, without repeating one."""
    found = [_describe(problem) for problem in _problems(quality)]
    return [Finding(text, is_fatal) for text in dict.fromkeys(found)]


def describe_failed(pages: Sequence[SheetPage]) -> str:
    """Return which pages can't be read, and what that means; "" if all can."""
    if not pages:
        return ""
    sentence = ngettext(
        "Page %(numbers)s can't be read. Its rows are missing in the table and in all files.",
        "Pages %(numbers)s can't be read. Their rows are missing in the table and in all files.",
        len(pages),
    )
    return sentence % {"numbers": ", ".join(str(page.number) for page in pages)}


def describe_missing(numbers: Sequence[int]) -> str:
    """Return which pages of the template were not photographed; "" if none is missing."""
    if not numbers:
        return ""
    sentence = ngettext(
        "Page %(numbers)s of the template is not here. Add it if it was filled in.",
        "Pages %(numbers)s of the template are not here. Add them if they were filled in.",
        len(numbers),
    )
    return sentence % {"numbers": ", ".join(map(str, numbers))}


def _problems(quality: Mapping[str, Any] | None) -> Iterable[Mapping[str, str]]:
    return (quality or {}).get("problems", ())


def _describe(problem: Mapping[str, str]) -> str:
    kind, place = problem.get("kind", ""), problem.get("place", "")
    if kind == "marks_missing" and "title" in problem:
        return str(RESEMBLES) % {"title": problem["title"]}
    if place in PLACES and kind in PLACED_SENTENCES:
        return str(PLACED_SENTENCES[kind]) % {"place": PLACES[place]}
    if kind in SENTENCES:
        return str(SENTENCES[kind])
    return _("Something is wrong with this photograph. Take it again.")
