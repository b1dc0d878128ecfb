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
from predictions.services.labels import NAMES

WIDE, HIGH = 120, 90  # the units of a chart's drawing area
FEWEST_IN_BIN = 8


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
    """Return figures with their names' words, in the order of NAMES: Postgres keeps none."""
    order = {name: place for place, name in enumerate(NAMES)}
    names = sorted(found, key=lambda name: (order.get(name, len(order)), name))
    return [(NAMES.get(name, name), found[name]) for name in names]


def _dots(values: Iterable[float], shares: Iterable[float], radii: Iterable[float]) -> list[Dot]:
    """Return dots for values and shares, both in [0, 1]."""
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
