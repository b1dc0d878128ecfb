"""Sentences for what a reading is short of, and for what was expected of it."""

from collections.abc import Sequence
from typing import Any

from django import template

from ml.expects import Kind
from predictions.services.labels import ADVICE, KINDS, PROBLEMS, REASONS, reason_label

register = template.Library()


@register.filter
def reason_labels(codes: Sequence[str] | None) -> list[str]:
    """Return a sentence for each reason."""
    return [str(reason_label(code)) for code in codes or ()]


@register.simple_tag
def labels_of_codes() -> dict[str, Any]:
    """Return the sentence of each reason, with what to try, and of each problem, by the name of its message."""
    reasons = {f"reason_{code}": label for code, label in REASONS.items()}
    reasons |= {f"advice_{code}": label for code, label in ADVICE.items()}
    return reasons | {f"problem_{code}": label for code, label in PROBLEMS.items()}


@register.filter
def expectation_label(expects: dict[str, Any] | None) -> str:
    """Return what was expected as people say it, with the pattern if it is one."""
    if not expects:
        return ""
    label = str(KINDS[Kind(expects["kind"])])
    return f"{label}: {expects['pattern']}" if "pattern" in expects else label
