"""The sections on changes: the last days next to the weeks before, and to what the live model was trained on."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise

from predictions.models import ModelVersion
from predictions.pages.accuracy.labels import CHANGES, DIFFERENCES, FEATURES, label_bin
from predictions.pages.charts.shares import drift_chart
from predictions.services.statistics.drift import (
    Change,
    Drift,
    load_distributions,
    measure_drift,
    measure_drift_from_training,
)


def drift_sections() -> dict[str, Any]:
    """Return what the template shows of changes. Two queries."""
    found = load_distributions(timezone.localdate())
    name, reference = ModelVersion.objects.live().values_list("name", "card__reference").first() or ("", None)
    return {
        "live_name": name,
        "drifts": [_section(one, CHANGES) for one in measure_drift(found) if one.bins],
        "training_drifts": [_section(one, DIFFERENCES) for one in measure_drift_from_training(found, reference)],
    }


def _section(drift: Drift, words: Mapping[Change, str | Promise]) -> dict[str, Any]:
    labels = [label_bin(drift.feature, one) for one in drift.bins]
    title = FEATURES[drift.feature]
    counts = [sum(drift.now) or 1, sum(drift.before) or 1]
    shares = [(now / counts[0], before / counts[1]) for now, before in zip(drift.now, drift.before, strict=True)]
    return {
        "feature": drift.feature,
        "title": title,
        "drift": drift,
        "change": words[drift.change],
        "chart": drift_chart(title, drift, labels),
        "rows": [(label, *pair) for label, pair in zip(labels, shares, strict=True)],
    }
