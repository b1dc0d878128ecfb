"""How an explanation is told to people: its sentences, and its heat map as the paths of an SVG."""

import base64
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ml.types import SIDE

COULD_BE = math.log(99)  # a runner-up that is nearer than one to 99 is named as possible
SHADES = 6  # of each colour
LEAST_INK = 16  # of 255; fainter ink is not drawn
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
    """Return an explanation in words, a line a digit, for programs and their makers."""
    with translation.override("en"):
        return "\n".join(f"{headline(digit)} {reasons(digit)}" for digit in result["digits"])


def headline(digit: dict[str, Any]) -> str:
    """Say what a digit looks like, and what else."""
    named = {"digit": digit["digit"], "other": digit["runner_up"]}
    if digit["log_odds"] < 0:
        return _("Read as a %(digit)s, though by itself it looks more like a %(other)s.") % named
    if digit["log_odds"] < COULD_BE:
        return _("Looks like a %(digit)s, could be a %(other)s.") % named
    return _("Looks like a %(digit)s. The nearest other digit would be a %(other)s.") % named


def reasons(digit: dict[str, Any]) -> str:
    """Say which ink spoke most for a digit, and which for the other one."""
    return " ".join(
        _reason(digit[name], digit[place]) for name, place in (("digit", "for_at"), ("runner_up", "against_at"))
    )


def _reason(digit: int, place: str | None) -> str:
    if place is None:
        return _("No part of the ink speaks for %(digit)s.") % {"digit": digit}
    return _("The ink %(place)s speaks most for %(digit)s.") % {"digit": digit, "place": PLACES[place]}


def shaded(seen: str, heat: Sequence[Sequence[float]]) -> Iterator[dict[str, Any]]:
    """Return the paths that paint a heat map over its ink: for each a kind, an opacity and SVG's path data.

    The kinds are `ink`, as dark as it was, and over it `for` and `against`, as strong as they spoke beside the most.
    seen: base64 of the 28 x 28 bytes that the network saw; heat: as many numbers.
    """
    ink = base64.b64decode(seen)
    most = max((abs(value) for row in heat for value in row), default=0.0) or 1.0
    cells: dict[tuple[str, int], list[str]] = defaultdict(list)
    for place, dark in enumerate(ink):
        if dark < LEAST_INK:
            continue
        y, x = divmod(place, SIDE)
        square, value = f"M{x} {y}h1v1h-1z", heat[y][x] / most
        cells["ink", _shade(dark / 255)].append(square)
        if shade := _shade(abs(value) * dark / 255):
            cells["for" if value > 0 else "against", shade].append(square)
    for (kind, shade), squares in sorted(cells.items(), key=lambda cell: cell[0][0] != "ink"):
        yield {"kind": kind, "opacity": f"{shade / SHADES:.2f}", "d": "".join(squares)}


def _shade(share: float) -> int:
    return round(min(share, 1.0) * SHADES)
