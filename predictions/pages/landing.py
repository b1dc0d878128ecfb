"""The landing page: the drawing page for people without an account, with what there is to know about the service."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise

from predictions import registry
from predictions.models import ModelVersion
from predictions.services.labels import NAMES

MEASURED = ("mnist_test", "held_out_writers")  # the sets of a model's card that are told here


@dataclass(frozen=True)
class Measured:
    """How much of one set of drawings a model read correctly: a share in [0, 1]."""

    name: str | Promise
    accuracy: float
    count: int


def landing(request: HttpRequest) -> HttpResponse:
    """Show a canvas to try, and how well the model reads. Two queries; the session begins with the first drawing."""
    return render(request, "predictions/landing.html", {"measured": _measured()})


def _measured() -> list[Measured]:
    """Return the figures in the card of the version that reads; none without one, or without that set in its card."""
    try:
        version = registry.serving().version
    except registry.NoModel:
        return []
    found = []
    for name in MEASURED:  # the paths into the card spare loading it: it is long, and this page is public
        found += [f"card__sets__{name}__accuracy", f"card__sets__{name}__count"]
    figures = ModelVersion.objects.filter(pk=version.pk).values(*found).get()
    return [
        Measured(NAMES[name], figures[f"card__sets__{name}__accuracy"], figures[f"card__sets__{name}__count"])
        for name in MEASURED
        if figures[f"card__sets__{name}__accuracy"] is not None
    ]
