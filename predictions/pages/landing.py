"""The landing page: the drawing page for people without an account, with what there is to know about the service."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from predictions import registry
from predictions.models import ModelVersion

MEASURED_ON = ("held_out_writers", "mnist_test")  # sets of a model's card


def landing(request: HttpRequest) -> HttpResponse:
    """Show a canvas to try, and how well the model reads. Four queries; the session begins with the first drawing."""
    return render(request, "predictions/landing.html", {"measured": _measured(), "reads_live": True})


def _measured() -> dict[str, dict[str, Any]]:
    """Return accuracy and count of each set, from the card of the version that reads; {} without one.

    Only these figures are fetched: a card is long, and this page is public.
    """
    try:
        version = registry.serving().version
    except registry.NoModel:
        return {}
    paths = {
        (name, figure): f"card__sets__{name}__{figure}" for name in MEASURED_ON for figure in ("accuracy", "count")
    }
    row = ModelVersion.objects.filter(pk=version.pk).values(*paths.values()).get()
    figures = {name: {figure: row[paths[name, figure]] for figure in ("accuracy", "count")} for name in MEASURED_ON}
    return {name: found for name, found in figures.items() if None not in found.values()}
