"""The model page: the figures of the model card as tables and SVG charts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from predictions import registry
from predictions.models import ModelVersion
from predictions.services.labels import NAMES, label_format

WIDE, HIGH = 120, 90  # of a chart's drawing area, in SVG units
MIN_BIN_COUNT = 8


@dataclass(frozen=True)
class Dot:
    """A dot of a chart, in SVG units."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True)
class Chart:
    """A small chart with two lines; `ticks` are (x, label) pairs and `note` names the x axis."""

    title: str | Promise
    model: list[Dot]
    baseline: list[Dot]
    ticks: list[tuple[float, str]]
    note: str | Promise = ""


@require_safe
def model(request: HttpRequest) -> HttpResponse:
    """Show the card of the version that reads, mostly the live one; no login needed. Two queries."""
    serving = _serving()
    version = ModelVersion.objects.get(pk=serving.version.pk) if serving else None
    card = version.card if version else {}
    context = {
        "version": version,
        "instead_of": serving.live if serving and serving.is_stand_in else None,
        "networks": [(label_format(name), sha256) for name, sha256 in sorted(card.get("sha256", {}).items())],
        "card": card,
        "sets": _with_labels(card.get("sets", {})),
        "canvases": _with_labels(card.get("canvases", {})),
        "robustness": [_robustness_chart(title, sweep) for title, sweep in _with_labels(card.get("sweeps", {}))],
        "calibration": [(_calibration_chart(title, ways), ways) for title, ways in _with_labels(card.get("trust", {}))],
        "confusions": list(_confusions(card.get("sets", {}))),
        "cost": _with_labels(card.get("cost", {})),
        "wide": WIDE,
        "high": HIGH,
    }
    return render(request, "predictions/model.html", context)


def _serving() -> registry.Serving | None:
    try:
        return registry.serving()
    except registry.NoModel:
        return None


def _with_labels(found: dict[str, Any]) -> list[tuple[str | Promise, Any]]:
    """Return (label, figure) pairs in the order of NAMES, since JSON in Postgres has no order."""
    order = {name: index for index, name in enumerate(NAMES)}
    names = sorted(found, key=lambda name: (order.get(name, len(order)), name))
    return [(NAMES.get(name, name), found[name]) for name in names]


def _dots(values: Iterable[float], shares: Iterable[float], radii: Iterable[float]) -> list[Dot]:
    """Return dots for values and shares, both in [0, 1]."""
    return [
        Dot(round(value * WIDE, 1), round(HIGH * (1 - share), 1), round(radius, 1))
        for value, share, radius in zip(values, shares, radii, strict=True)
    ]


def _robustness_chart(title: str | Promise, sweep: dict[str, Any]) -> Chart:
    """Return a chart of accuracy over increasing values of one property; the values are evenly spaced."""
    values: Sequence[float] = sweep["values"]
    positions = [index / (len(values) - 1) for index in range(len(values))]
    radii = [1.8] * len(values)
    ticks = [(round(position * WIDE, 1), f"{value:g}") for position, value in zip(positions, values, strict=True)]
    model, baseline = (_dots(positions, sweep[key], radii) for key in ("accuracy", "naive_accuracy"))
    return Chart(title, model, baseline, ticks, NAMES.get(sweep["unit"], sweep["unit"]))


def _calibration_chart(title: str | Promise, ways: dict[str, Any]) -> Chart:
    """Return a reliability diagram: accuracy over confidence; the area of a dot shows the number of readings."""
    dots = {}
    for way in ("reader", "naive"):
        bins = ways[way].get("bins", {"confidence": [], "right": [], "count": []})
        total = sum(bins["count"]) or 1
        rows = [
            (confidence, right, 1.5 + 5 * (count / total) ** 0.5)
            for confidence, right, count in zip(bins["confidence"], bins["right"], bins["count"], strict=True)
            if count >= MIN_BIN_COUNT
        ]
        dots[way] = _dots(*zip(*rows, strict=True)) if rows else []
    ticks = [(WIDE * share / 100, f"{share}%") for share in (0, 50, 100)]
    return Chart(title, dots["reader"], dots["naive"], ticks, _("Confidence"))


def _confusions(sets: dict[str, Any]) -> Iterable[tuple[str | Promise, list[list[int]]]]:
    """Yield (label, confusion matrix) pairs."""
    for name in ("mnist_test", "held_out_writers"):
        if "confusion" in sets.get(name, {}):
            yield NAMES[name], sets[name]["confusion"]
