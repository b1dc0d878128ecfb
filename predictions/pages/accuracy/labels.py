"""What people read for the bins, features and findings of the page of accuracy."""

from collections.abc import Hashable
from typing import cast

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ml.types import Verdict
from predictions.models import Source
from predictions.services.formatting import rounded_share
from predictions.services.labels import VERDICTS
from predictions.services.statistics.drift import EDGES, Change
from predictions.services.statistics.sample import LONGEST

FEATURES: dict[str, str | Promise] = {
    "pen": gettext_lazy("Pen width, of the canvas"),
    "side_px": gettext_lazy("Longer side of the canvas"),
    "stroke": gettext_lazy("Stroke width, in the network's input"),
    "aspect": gettext_lazy("Width by height of a digit"),
    "tilt": gettext_lazy("Tilt to the right"),
    "source": gettext_lazy("How it was sent"),
    "confidence": gettext_lazy("Confidence"),
    "verdict": gettext_lazy("Verdict"),
    "digit": gettext_lazy("Digits that were read"),
    "length": gettext_lazy("Number of digits"),
}
CHANGES = {
    Change.UNKNOWN: gettext_lazy("Too few drawings to tell."),
    Change.NONE: gettext_lazy("No change worth looking at."),
    Change.SOME: gettext_lazy("Some change: look at a few drawings."),
    Change.LARGE: gettext_lazy("A large change: find out why."),
}
DIFFERENCES = CHANGES | {  # from the training data, which need not be alike
    Change.NONE: gettext_lazy("Hardly different."),
    Change.SOME: gettext_lazy("Somewhat different: look at a few drawings."),
    Change.LARGE: gettext_lazy("Very different from training."),
}
UNITS: dict[str, str | Promise] = {
    "side_px": gettext_lazy("%(number)s px"),
    "stroke": gettext_lazy("%(number)s px"),
    "aspect": "%(number)s",
    "tilt": "%(number)s°",
}


def label_range(low: float | None, high: float | None, unit: str | Promise = "") -> str:
    """Return what people read for a range, with None for no end: "under 5%", "95% to 98%".

    unit: how a number is shown; without one, it is a share.
    """
    ends = {
        name: str(unit) % {"number": number_format(int(value) if value == int(value) else value)}
        if unit
        else rounded_share(value)
        for name, value in (("low", low), ("high", high))
        if value is not None
    }
    if low is None:
        return _("under %(high)s") % ends
    return (_("%(low)s or more") if high is None else _("%(low)s to %(high)s")) % ends


def label_bin(feature: str, name: Hashable) -> str:
    """Return what people read for a bin of a feature."""
    if feature in EDGES:
        ends, place = (None, *EDGES[feature], None), cast(int, name)
        return label_range(ends[place], ends[place + 1], UNITS.get(feature, ""))
    if feature == "verdict":
        return str(VERDICTS[Verdict(cast(str, name))])
    if feature == "source":
        return str(Source(cast(str, name)).label)
    if feature == "length" and name == LONGEST:
        return _("%(low)s or more") % {"low": name}
    return str(name)
