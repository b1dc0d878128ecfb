"""Explanations for people: sentences, and a heat map as the paths of an SVG."""

import base64
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ml.types import SIDE
from predictions.services.formatting import with_article

POSSIBLE_BELOW = math.log(99)  # a runner-up at odds of 1 to 99 or better is mentioned as possible
SHADES = 6  # of each color
MIN_INK = 16  # of 255; fainter ink is not drawn
PLACES = {
    "top left": gettext_lazy("at the top left"),
    "top": gettext_lazy("at the top"),
    "top right": gettext_lazy("at the top right"),
    "left": gettext_lazy("on the left"),
    "middle": gettext_lazy("in the middle"),
    "right": gettext_lazy("on the right"),
    "bottom left": gettext_lazy("at the bottom left"),
    "bottom": gettext_lazy("at the bottom"),
    "bottom right": gettext_lazy("at the bottom right"),
}


def say_in_english(result: dict[str, Any]) -> str:
    """Return an explanation as English text, one line for each digit, for the API."""
    with translation.override("en"):
        return "\n".join(f"{headline(digit)} {reasons(digit)}" for digit in result["digits"])


def headline(digit: dict[str, Any]) -> str:
    """Return a sentence that compares a digit with its runner-up."""
    numbers = {"digit": with_article(digit["digit"]), "other": with_article(digit["runner_up"])}
    if digit["log_odds"] < 0:
        return _("Read as %(digit)s, though on its own it looks more like %(other)s.") % numbers
    if digit["log_odds"] < POSSIBLE_BELOW:
        return _("Looks like %(digit)s, but could be %(other)s.") % numbers
    return _("Looks like %(digit)s. The closest alternative is %(other)s.") % numbers


def reasons(digit: dict[str, Any]) -> str:
    """Return sentences about where the ink points to a digit, and where to its runner-up."""
    return " ".join(
        _reason(digit[name], digit[place]) for name, place in (("digit", "for_at"), ("runner_up", "against_at"))
    )


def _reason(digit: int, place: str | None) -> str:
    if place is None:
        return _("No part of the ink points to %(digit)s.") % {"digit": digit}
    return _("The ink %(place)s points most strongly to %(digit)s.") % {"digit": digit, "place": PLACES[place]}


def heat_paths(seen: str, heat: Sequence[Sequence[float]]) -> Iterator[dict[str, Any]]:
    """Yield the SVG paths of a heat map over its ink, each with a kind, an opacity and path data.

    Args:
        seen: base64 of the 28 x 28 bytes of the network's input.
        heat: (28, 28); positive where the ink points to the digit, negative where it points to the runner-up.

    Yields:
        First paths of the kind `ink`, as dark as the ink, then `for` and `against`, relative to the strongest value.
    """
    ink = base64.b64decode(seen)
    most = max((abs(value) for row in heat for value in row), default=0.0) or 1.0
    cells: dict[tuple[str, int], list[str]] = defaultdict(list)
    for index, dark in enumerate(ink):
        if dark < MIN_INK:
            continue
        y, x = divmod(index, SIDE)
        square, value = f"M{x} {y}h1v1h-1z", heat[y][x] / most
        cells["ink", _shade(dark / 255)].append(square)
        if shade := _shade(abs(value) * dark / 255):
            cells["for" if value > 0 else "against", shade].append(square)
    for (kind, shade), squares in sorted(cells.items(), key=lambda cell: cell[0][0] != "ink"):
        yield {"kind": kind, "opacity": f"{shade / SHADES:.2f}", "d": "".join(squares)}


def _shade(share: float) -> int:
    return round(min(share, 1.0) * SHADES)
