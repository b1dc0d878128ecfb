"""The page about the model: what its card says, drawn by the server as tables and SVG; nothing is worked out anew."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from predictions.models import ModelVersion

WIDE, HIGH = 120, 90  # the units of a chart's drawing area
FEWEST_IN_BIN = 8
NAMES: dict[str, str | Promise] = {
    "mnist_test": _("MNIST's test set"),
    "mnist_test_as_pictures": _("the same, sent as pictures"),
    "held_out_writers": _("writers it never saw, as strokes"),
    "held_out_canvas_pixels": _("their drawings on a canvas, as pictures"),
    "held_out_canvas_strokes": _("their drawings on a canvas, as strokes"),
    "no_digits": _("what is no digit"),
    "no digits": _("what is no digit"),
    "plain": _("a plain canvas"),
    "pen 1 px": _("a pen of 1 px"),
    "pen 2 px": _("a pen of 2 px"),
    "pen 6 px": _("a pen of 6 px"),
    "pen 34 px": _("a pen of 34 px"),
    "pen 40 px": _("a pen of 40 px"),
    "60 px in a corner": _("60 px tall, in a corner"),
    "filling the canvas": _("filling the canvas"),
    "tilted 12 to 22 degrees": _("tilted by 12 to 22 degrees"),
    "blurred 4 px": _("blurred by 4 px"),
    "JPEG quality 25": _("a JPEG of quality 25"),
    "white on black": _("white on black"),
    "transparent": _("on transparent paper"),
    "blue on cream": _("blue on cream"),
    "mouse, 1 to 2 px in 800 x 1050": _("a mouse, 1 to 2 px wide in 800 x 1050"),
    "photo of a pen on paper": _("a photo of pen on paper"),
    "photo, ruled paper": _("a photo, ruled paper"),
    "photo, squared paper": _("a photo, squared paper"),
    "squared paper, scanned": _("squared paper, scanned"),
    "pen width": _("Pen width"),
    "size": _("Size"),
    "tilt": _("Tilt"),
    "blur": _("Blur"),
    "degrees": _("degrees"),
    "digits": _("Digits on all kinds of canvas"),
    "digits and no digits": _("The same, with as many that are no digit"),
    "strokes": _("from strokes"),
    "PNG": _("from a picture of 280 x 280"),
    "PNG, naively": _("from that picture, the naive way"),
}


@dataclass(frozen=True)
class Dot:
    """A dot of a chart, in its units."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True)
class Chart:
    """A small chart: its title, what its two lines show as SVG points, and what stands below its axis."""

    title: str | Promise
    ours: list[Dot]
    naive: list[Dot]
    ticks: list[tuple[float, str]]
    note: str | Promise = ""


@require_safe
def model(request: HttpRequest) -> HttpResponse:
    """Show the card of the live version to everybody. One query."""
    version = ModelVersion.objects.live().first()
    card = version.card if version else {}
    context = {
        "version": version,
        "card": card,
        "sets": _named(card.get("sets", {})),
        "canvases": _named(card.get("canvases", {})),
        "sweeps": [_sweep_chart(title, sweep) for title, sweep in _named(card.get("sweeps", {}))],
        "trust": [(_chart_of_bins(title, ways), ways) for title, ways in _named(card.get("trust", {}))],
        "confusions": list(_confusions(card.get("sets", {}))),
        "cost": _named(card.get("cost", {})),
        "wide": WIDE,
        "high": HIGH,
    }
    return render(request, "predictions/model.html", context)


def _named(found: dict[str, Any]) -> list[tuple[str | Promise, Any]]:
    """Give figures with their names' words, in the order of NAMES: Postgres keeps none."""
    order = {name: place for place, name in enumerate(NAMES)}
    names = sorted(found, key=lambda name: (order.get(name, len(order)), name))
    return [(NAMES.get(name, name), found[name]) for name in names]


def _dots(values: Iterable[float], shares: Iterable[float], radii: Iterable[float]) -> list[Dot]:
    """Give dots for values and shares, both in [0, 1]."""
    return [
        Dot(round(value * WIDE, 1), round(HIGH * (1 - share), 1), round(radius, 1))
        for value, share, radius in zip(values, shares, radii, strict=True)
    ]


def _sweep_chart(title: str | Promise, sweep: dict[str, Any]) -> Chart:
    """Show accuracy as one thing goes further; the values stand at equal distances."""
    values: Sequence[float] = sweep["values"]
    places = [place / (len(values) - 1) for place in range(len(values))]
    small = [1.8] * len(values)
    ticks = [(round(place * WIDE, 1), f"{value:g}") for place, value in zip(places, values, strict=True)]
    ours, naive = (_dots(places, sweep[key], small) for key in ("accuracy", "naive_accuracy"))
    return Chart(title, ours, naive, ticks, NAMES.get(sweep["unit"], sweep["unit"]))


def _chart_of_bins(title: str | Promise, ways: dict[str, Any]) -> Chart:
    """Show how often readings of a confidence are right; a dot's area tells how many there are."""
    drawn = {}
    for way in ("reader", "naive"):
        bins = ways[way].get("bins", {"confidence": [], "right": [], "count": []})
        total = sum(bins["count"]) or 1
        rows = [
            (confidence, right, 1.5 + 5 * (count / total) ** 0.5)
            for confidence, right, count in zip(bins["confidence"], bins["right"], bins["count"], strict=True)
            if count >= FEWEST_IN_BIN
        ]
        drawn[way] = _dots(*zip(*rows, strict=True)) if rows else []
    ticks = [(WIDE * share / 100, f"{share}%") for share in (0, 50, 100)]
    return Chart(title, drawn["reader"], drawn["naive"], ticks, _("confidence"))


def _confusions(sets: dict[str, Any]) -> Iterable[tuple[str | Promise, list[list[int]]]]:
    for name in ("mnist_test", "held_out_writers"):
        if "confusion" in sets.get(name, {}):
            yield NAMES[name], sets[name]["confusion"]
